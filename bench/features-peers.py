"""One timed turn of GoogLeNet's pool5 features in PyTorch: features-peers.py network|pictures WEIGHTS FOLDER"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

task, weights, folder = sys.argv[1:4]
BATCH = 32


def convolution(name, channels, filters, size, stride=1):
    layer = nn.Conv2d(channels, filters, size, stride, size // 2)
    stored = np.fromfile(f"{weights}/{name}_filter.bin", np.float32).reshape(filters, size, size, channels)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(stored.transpose(0, 3, 1, 2))))
        layer.bias.copy_(torch.from_numpy(np.fromfile(f"{weights}/{name}_bias.bin", np.float32)))
    return nn.Sequential(layer, nn.ReLU(inplace=True))


class Inception(nn.Module):
    def __init__(self, name, channels, one, three_reduced, three, five_reduced, five, pool):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                convolution(f"{name}/1x1", channels, one, 1),
                nn.Sequential(
                    convolution(f"{name}/3x3_reduce", channels, three_reduced, 1),
                    convolution(f"{name}/3x3", three_reduced, three, 3),
                ),
                nn.Sequential(
                    convolution(f"{name}/5x5_reduce", channels, five_reduced, 1),
                    convolution(f"{name}/5x5", five_reduced, five, 5),
                ),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), convolution(f"{name}/pool_proj", channels, pool, 1)),
            ]
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def halve():
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def normalization():
    return nn.LocalResponseNorm(5, 1e-4, 0.75)


network = nn.Sequential(
    convolution("conv1/7x7_s2", 3, 64, 7, 2),
    halve(),
    normalization(),
    convolution("conv2/3x3_reduce", 64, 64, 1),
    convolution("conv2/3x3", 64, 192, 3),
    normalization(),
    halve(),
    Inception("inception_3a", 192, 64, 96, 128, 16, 32, 32),
    Inception("inception_3b", 256, 128, 128, 192, 32, 96, 64),
    halve(),
    Inception("inception_4a", 480, 192, 96, 208, 16, 48, 64),
    Inception("inception_4b", 512, 160, 112, 224, 24, 64, 64),
    Inception("inception_4c", 512, 128, 128, 256, 24, 64, 64),
    Inception("inception_4d", 512, 112, 144, 288, 32, 64, 64),
    Inception("inception_4e", 528, 256, 160, 320, 32, 128, 128),
    halve(),
    Inception("inception_5a", 832, 256, 160, 320, 32, 128, 128),
    Inception("inception_5b", 832, 384, 192, 384, 48, 128, 128),
).eval()


def features(batch):
    with torch.inference_mode():
        return network(batch).mean((2, 3))


class Pictures(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        from PIL import Image

        picture = Image.open(self.paths[i]).convert("RGB").resize((224, 224), Image.BICUBIC)
        pixels = np.asarray(picture, np.float32)[:, :, ::-1] - np.float32([104, 117, 123])
        return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


if task == "network":
    inputs = torch.from_numpy(np.fromfile(f"{folder}/inputs.f32", np.float32).reshape(BATCH, 3, 224, 224))
    result = {"features": features(inputs).flatten()[:4096].tolist()}
    turns = 8
    started = time.perf_counter()
    for _ in range(turns):
        features(inputs)
    result |= {"pictures": turns * BATCH, "seconds": time.perf_counter() - started}
else:
    paths = json.load(open(f"{folder}/pictures.json"))
    started = time.perf_counter()
    loader = torch.utils.data.DataLoader(Pictures(paths), BATCH, num_workers=1)
    for batch in loader:
        features(batch)
    result = {"pictures": len(paths), "seconds": time.perf_counter() - started}

with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps(result | {"peakMiB": peak, "version": f"torch {torch.__version__}"}))
