"""One timed training step of PyTorch in a process of its own: training-peers.py TASK THREADS STEPS"""

import json
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

task, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(0)


def n_pair_angular(embeddings, squared_tangent=1.0, weight=2.0):
    anchors, positives = embeddings[0::2], embeddings[1::2]
    own = (anchors * positives).sum(1, keepdim=True)
    mask = torch.eye(len(anchors), dtype=torch.bool)

    def log_one_plus(logits):
        zero = torch.zeros(len(logits), 1)
        return torch.cat([zero, logits.masked_fill(mask, -torch.inf)], 1).logsumexp(1).mean()

    n_pair = log_one_plus(anchors @ positives.T - own)
    angular = log_one_plus(4 * squared_tangent * (anchors + positives) @ positives.T - 2 * (1 + squared_tangent) * own)
    return n_pair + weight * angular


class Convnet(nn.Module):
    def __init__(self):
        super().__init__()
        channels = [3, 16, 32, 64, 128]
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b, eps=1e-3), nn.MaxPool2d(2), nn.ReLU())
                for a, b in zip(channels, channels[1:])
            )
        )
        self.linear = nn.Linear(512, 64, bias=False)

    def forward(self, x):
        return F.normalize(self.linear(self.blocks(x).flatten(1)))


class Normalized(nn.Module):
    def forward(self, x):
        return F.normalize(x)


GOOGLENET = {"from-5a": ("pool4", (64, 832, 7, 7)), "all": ("data", (16, 3, 227, 227))}
if task == "head":
    model, batch = nn.Linear(1024, 512, bias=False), 0.1 * torch.randn(256, 1024)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
elif task in GOOGLENET:
    entry, shape = GOOGLENET[task]
    googlenet = SourceFileLoader("gpu_step_peers", str(Path(__file__).with_name("gpu-step-peers.py"))).load_module()
    model, batch = nn.Sequential(googlenet.network(entry), Normalized()), 0.1 * torch.randn(shape)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0001)
else:
    model, batch = Convnet(), 0.1 * torch.randn(64, 3, 32, 32)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

seconds, cpu_seconds = [], []
for i in range(-min(8, steps), steps):
    started, cpu_before = time.perf_counter(), time.process_time()
    optimizer.zero_grad()
    loss = n_pair_angular(model(batch))
    loss.backward()
    optimizer.step()
    value = loss.item()
    if i >= 0:
        seconds.append(time.perf_counter() - started)
        cpu_seconds.append(time.process_time() - cpu_before)
print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds, "version": torch.__version__, "result": {"loss": value}}))
