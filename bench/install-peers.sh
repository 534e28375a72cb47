#!/bin/sh
# Installs the Python libraries that the benchmarks run beside, into bench/.peers (about 3 GB with PyTorch).
# Optional: peers that are not there are left out of the tables.
set -e
cd "$(dirname "$0")"
python3 -m venv .peers
.peers/bin/pip install --upgrade numpy scikit-learn faiss-cpu torch pytorch-metric-learning pillow
