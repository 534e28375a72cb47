#!/bin/bash
# stop-slurm.sh FOLDER: ends what start-slurm.sh started, by the process ids that it left in FOLDER.
folder=$1
for file in pid/slurmctld pid/slurmd pid/slurmdbd database/pid pid/munged; do
  [ -s "$folder/$file" ] && kill "$(cat "$folder/$file")" 2>/dev/null
done
exit 0
