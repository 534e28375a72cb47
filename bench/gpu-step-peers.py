"""The steps of gpu-step.mjs in PyTorch: GoogLeNet as BVLC has it, N-pair & angular, Adam.

python3 bench/gpu-step-peers.py [--batches 64,120] [--steps 30] [--threads 1]
Prints medians of groups of five steps on the GPU, float32 and TF32, else on the processor.
"""
import argparse
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


class Convolution(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)

    def forward(self, x):
        return F.relu(self.convolution(x))


class Inception(nn.Module):
    def __init__(self, inputs, one, three_reduced, three, five_reduced, five, pool):
        super().__init__()
        self.branches = nn.ModuleList([
            Convolution(inputs, one, 1),
            nn.Sequential(Convolution(inputs, three_reduced, 1), Convolution(three_reduced, three, 3)),
            nn.Sequential(Convolution(inputs, five_reduced, 1), Convolution(five_reduced, five, 5)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), Convolution(inputs, pool, 1)),
        ])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def halved():
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def normalized():
    return nn.LocalResponseNorm(5, 1e-4, 0.75)


def network(entry):
    """The layers from an entry on: picture, pool4 or pool5."""
    below = [
        Convolution(3, 64, 7, 2), halved(), normalized(), Convolution(64, 64, 1), Convolution(64, 192, 3), normalized(), halved(),
        Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64), halved(),
        Inception(480, 192, 96, 208, 16, 48, 64), Inception(512, 160, 112, 224, 24, 64, 64),
        Inception(512, 128, 128, 256, 24, 64, 64), Inception(512, 112, 144, 288, 32, 64, 64),
        Inception(528, 256, 160, 320, 32, 128, 128), halved(),
    ]
    blocks = [Inception(832, 256, 160, 320, 32, 128, 128), Inception(832, 384, 192, 384, 48, 128, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    layers = {"data": below + blocks, "pool4": blocks, "pool5": []}[entry]
    return nn.Sequential(*layers, nn.Linear(1024, 512, bias=False))


SHAPES = {"data": (3, 227, 227), "pool4": (832, 7, 7), "pool5": (1024,)}
NAMES = {"data": "whole network", "pool4": "from 5a", "pool5": "head"}


def n_pair_angular(embeddings, weight=2.0):
    """Lambda 2, alpha 45 degrees, on the unit sphere."""
    embeddings = F.normalize(embeddings)
    anchors, positives = embeddings[0::2], embeddings[1::2]
    others = 1 - torch.eye(len(anchors), device=embeddings.device)
    own = (anchors * positives).sum(1, keepdim=True)
    log_sum = lambda f: torch.log1p((f.exp() * others).sum(1)).mean()
    return log_sum(anchors @ positives.T - own) + weight * log_sum(4 * (anchors + positives) @ positives.T - 4 * own)


def time_step(entry, batch, steps, device):
    torch.manual_seed(0)
    model = network(entry).to(device)
    inputs = torch.rand(batch, *SHAPES[entry], device=device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-6)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = n_pair_angular(model(inputs))
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(4):
        step().item()
    times = []
    for _ in range(max(1, steps // 5)):
        start = time.perf_counter()
        for _ in range(5):
            loss = step()
        loss.item()
        times.append((time.perf_counter() - start) / 5 * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", default="64,120")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--inputs", default="data,pool4,pool5")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    torch.set_num_threads(options.threads)
    print(f"PyTorch {torch.__version__} on {torch.cuda.get_device_name() if on_gpu else f'{options.threads} threads'}")
    for entry in options.inputs.split(","):
        for batch in map(int, options.batches.split(",")):
            for tf32 in (False, True) if on_gpu else (False,):
                torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
                spent = time_step(entry, batch, options.steps, device)
                print(f"{NAMES[entry]}, {batch} pictures, {'TF32' if tf32 else 'float32'}: {spent:.2f} ms a step", flush=True)
