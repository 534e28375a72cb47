"""Preprocessing by torchvision (0.29, Pillow 13): python make-torchvision-fixture.py KIT_DATA > fixtures/torchvision.json

Made-up pictures by a formula that the test repeats, and photographs of CUB-200-2011 of which only numbers are kept.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

NORMALIZE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CLIP = transforms.Normalize([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])


def made_up(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return Image.fromarray(((x * 7 + y * 13 + c * 50 + (x * y) % 31 * 5) % 256).astype(np.uint8))


def of(resize, crop, interpolation, normalize):
    return transforms.Compose(
        [transforms.Resize(resize, interpolation=interpolation), transforms.CenterCrop(crop), transforms.ToTensor(), normalize]
    )


PROTOCOLS = {
    "torchvision": of(256, 224, InterpolationMode.BILINEAR, NORMALIZE),
    "clip": of(224, 224, InterpolationMode.BICUBIC, CLIP),
}


def numbers(tensor):
    flat = tensor.numpy().reshape(-1)
    return {"sampled": [round(float(v), 5) for v in flat[:: len(flat) // 200]], "mean": float(flat.mean())}


result = {"madeUp": [], "photographs": []}
for width, height in [(500, 375), (333, 500), (225, 225), (100, 60), (1200, 301)]:
    for name, transform in PROTOCOLS.items():
        result["madeUp"].append({"width": width, "height": height, "preprocess": name, **numbers(transform(made_up(width, height)))})
images = Path(sys.argv[1]) / "CUB_200_2011" / "images"
for path in sorted(images.glob("*/*.jpg"))[::300]:
    picture = Image.open(path).convert("RGB")
    for name, transform in PROTOCOLS.items():
        result["photographs"].append({"path": str(path.relative_to(images)), "preprocess": name, **numbers(transform(picture))})
print(json.dumps(result))
