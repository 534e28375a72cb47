"""Times losses with their gradients in PyTorch: python losses-peers.py pytorch|pml THREADS ROWS,... REPEATS

`pytorch` holds every loss of the kit written with matrices; `pml` those that pytorch-metric-learning has with the same
definition or its nearest. Rows are in pairs of one class; dimension 512. One line of JSON a loss and batch.
"""

import json
import math
import re
import sys
import time

import torch
import torch.nn.functional as F

CONTENDER, THREADS, SIZES, REPEATS = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
DIMENSION = 512
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def memory(name):
    return int(re.search(rf"{name}:\s+(\d+)", open("/proc/self/status").read()).group(1)) / 1024


def squared_distances(x):
    norms = x.square().sum(1)
    return (norms[:, None] + norms[None] - 2 * x @ x.T).relu()


def distances(x):
    d = squared_distances(x)
    return torch.where(d > 1e-12, d, torch.ones_like(d)).sqrt() * (d > 1e-12)


def one_plus(f, mask):
    f = f.masked_fill(~mask, -torch.inf)
    return torch.logsumexp(torch.cat([torch.zeros(len(f), 1), f], 1), 1)


class Products(torch.autograd.Function):
    """Of anchors and positives, and of what came out with each of them, as the N-pair loss and its gradient need them."""

    @staticmethod
    def forward(ctx, x):
        a, p = x[: len(x) // 2], x[len(x) // 2 :]
        s = a @ p.T
        ctx.save_for_backward(torch.cat([s @ p, s.T @ a]))
        return s[0, 0]

    @staticmethod
    def backward(ctx, _):
        return ctx.saved_tensors[0]


def pytorch_losses(labels):
    n = len(labels)
    same = labels[:, None] == labels[None]
    off = ~torch.eye(n, dtype=torch.bool)
    positive, negative = same & off, ~same
    a, p = positive.nonzero(as_tuple=True)
    first = a < p
    others = ~torch.eye(n // 2, dtype=torch.bool)
    proxies = torch.randn(n // 2, DIMENSION, requires_grad=True)
    own = labels[:, None] == torch.arange(n // 2)[None]

    def triplet_all(x):
        d = squared_distances(x)
        violation = torch.relu(d[a, p][:, None] - d[a] + 0.2)
        return violation[negative[a]].mean()

    def triplet_semi_hard(x):
        with torch.no_grad():
            d = squared_distances(x)
            beyond = d[a].masked_fill(~(negative[a] & (d[a] > d[a, p][:, None])), torch.inf)
            farthest = d[a].masked_fill(~negative[a], -torch.inf).argmax(1)
            n_ = torch.where(beyond.isinf().all(1), farthest, beyond.argmin(1))
        return torch.relu((x[a] - x[p]).square().sum(1) - (x[a] - x[n_]).square().sum(1) + 0.2).mean()

    def contrastive(x):
        d = squared_distances(x)
        return (d[positive].sum() + torch.relu(1 - distances(x))[negative].square().sum()) / off.sum()

    def lifted(x):
        d = distances(x)
        reach = torch.logsumexp((1 - d).masked_fill(same, -torch.inf), 1)
        j = torch.logaddexp(reach[a[first]], reach[p[first]]) + d[a[first], p[first]]
        return j.relu().square().mean() / 2

    def margin(x):
        d = distances(F.normalize(x))
        cost = torch.relu(0.2 + torch.where(same, d - 1.2, 1.2 - d))
        cost = cost * off
        return cost.sum() / (cost > 0).sum().clamp(min=1)

    def multi_similarity(x):
        u = F.normalize(x)
        s = u @ u.T - 0.5
        return (one_plus(-2 * s, positive) / 2 + one_plus(50 * s, negative) / 50).mean()

    def n_pair(x):
        return F.cross_entropy(x[0::2] @ x[1::2].T, torch.arange(n // 2))

    def angular(x, t=1.0):
        a_, p_ = x[0::2], x[1::2]
        return one_plus(4 * t * (a_ + p_) @ p_.T - 2 * (1 + t) * (a_ * p_).sum(1, keepdim=True), others).mean()

    def angular_all(x, t=1.0):
        products = x @ x.T
        f = 4 * t * (products[a] + products[p]) - 2 * (1 + t) * products[a, p][:, None]
        return one_plus(f, negative[a]).mean()

    def proxy_anchor(x):
        s = F.normalize(proxies) @ F.normalize(x).T
        return one_plus(-32 * (s - 0.1), own.T).mean() + one_plus(32 * (s + 0.1), ~own.T).mean()

    def proxy_nca(x):
        d = 2 - 2 * F.normalize(x) @ F.normalize(proxies).T
        return (d[own] + torch.logsumexp((-d).masked_fill(own, -torch.inf), 1)).mean()

    return {
        "triplet": triplet_all,
        "triplet, semi-hard": triplet_semi_hard,
        "contrastive": contrastive,
        "lifted structure": lifted,
        "margin": margin,
        "multi-similarity": multi_similarity,
        "N-pair": n_pair,
        "angular": angular,
        "angular, other classes": angular_all,
        "N-pair & angular": lambda x: n_pair(x) + 2 * angular(x),
        "proxy-anchor": proxy_anchor,
        "proxy-NCA": proxy_nca,
        "products alone": Products.apply,
    }


def pml_losses(labels):
    from pytorch_metric_learning import distances as pml_distances
    from pytorch_metric_learning import losses, miners

    squared = pml_distances.LpDistance(normalize_embeddings=False, power=2)
    semi_hard = miners.TripletMarginMiner(margin=0.2, type_of_triplets="semihard", distance=squared)
    triplet = losses.TripletMarginLoss(margin=0.2, distance=squared)
    classes = len(labels) // 2
    having = {
        "triplet": triplet,
        "triplet, semi-hard": lambda x, y: triplet(x, y, semi_hard(x, y)),
        "contrastive": losses.ContrastiveLoss(),
        "lifted structure": losses.LiftedStructureLoss(),
        "margin": losses.MarginLoss(),
        "multi-similarity": losses.MultiSimilarityLoss(),
        "N-pair": losses.NPairsLoss(),
        "angular, other classes": losses.AngularLoss(alpha=45),
        "proxy-anchor": losses.ProxyAnchorLoss(classes, DIMENSION),
        "proxy-NCA": losses.ProxyNCALoss(classes, DIMENSION),
    }
    return {name: (lambda x, loss=loss: loss(x, labels)) for name, loss in having.items()}


def version():
    if CONTENDER == "pytorch":
        return f"torch {torch.__version__}"
    import pytorch_metric_learning

    return f"pytorch-metric-learning {pytorch_metric_learning.__version__}, torch {torch.__version__}"


if CONTENDER == "pml":
    import pytorch_metric_learning.losses
base = memory("VmRSS")
for rows in map(int, SIZES.split(",")):
    labels = torch.arange(rows) // 2
    x = (torch.randn(rows, DIMENSION) / math.sqrt(DIMENSION)).requires_grad_()
    for name, loss in (pytorch_losses if CONTENDER == "pytorch" else pml_losses)(labels).items():
        seconds = []
        for turn in range(3 + REPEATS):
            x.grad = None
            started = time.perf_counter()
            value = loss(x)
            value.backward()
            if turn >= 3:
                seconds.append(time.perf_counter() - started)
        print(
            json.dumps(
                dict(
                    loss=name, rows=rows, milliseconds=1000 * sorted(seconds)[(len(seconds) - 1) // 2],
                    value=value.item(), overBaseMiB=memory("VmHWM") - base, version=version(),
                )
            ),
            flush=True,
        )
