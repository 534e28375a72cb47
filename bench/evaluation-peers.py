"""One timed task of a Python library in a process of its own: evaluation-peers.py PEER TASK FOLDER CLUSTERS STEPS"""

import json
import sys
import time

import numpy as np

peer, task, folder = sys.argv[1:4]
clusters, steps = map(int, sys.argv[4:6])


def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))


def recall(search, labels):
    """search(k) gives n x k rows, nearest first, self among them."""
    indices = search(1001)
    own = np.arange(len(labels))[:, None]
    ranks = np.full(len(labels), np.inf)
    hits = (labels[indices] == labels[:, None]) & (indices != own)
    before_self = np.cumsum(indices == own, axis=1)
    found = hits.any(axis=1)
    first = hits.argmax(axis=1)
    ranks[found] = first[found] + 1 - before_self[np.arange(len(labels)), first][found]
    return {"recallAtK": {str(k): float((ranks <= k).mean()) for k in (1, 10, 100, 1000)}}


def inertia_of(vectors, centroids, assignments):
    return float(sum(((vectors[i : i + 4096] - centroids[assignments[i : i + 4096]]).astype(np.float64) ** 2).sum() for i in range(0, len(vectors), 4096)))


def with_faiss():
    import faiss

    def retrieval(vectors, labels, _):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(unit)
        return recall(lambda k: index.search(unit, k)[1], labels)

    def k_means(vectors, labels, _):
        means = faiss.Kmeans(vectors.shape[1], clusters, niter=steps, seed=1, min_points_per_centroid=1, max_points_per_centroid=10**9)
        means.train(vectors)
        assignments = means.index.search(vectors, 1)[1][:, 0]
        return {"inertia": inertia_of(vectors, means.centroids, assignments), "iterations": steps}

    return faiss.__version__, {"retrieval": retrieval, "k-means": k_means}


def with_torch():
    import torch

    def retrieval(vectors, labels, _):
        unit = torch.nn.functional.normalize(torch.from_numpy(vectors))

        def search(k):
            return np.concatenate([(block @ unit.T).topk(k).indices.numpy() for block in unit.split(1024)])

        return recall(search, labels)

    return torch.__version__, {"retrieval": retrieval}


def with_sklearn():
    import sklearn
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score
    from sklearn.neighbors import NearestNeighbors

    def retrieval(vectors, labels, _):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        index = NearestNeighbors(algorithm="brute").fit(unit)
        return recall(lambda k: index.kneighbors(unit, k, return_distance=False), labels)

    def k_means(vectors, labels, _):
        means = KMeans(clusters, n_init=1, max_iter=steps, tol=0, random_state=1).fit(vectors)
        return {"inertia": inertia_of(vectors, means.cluster_centers_, means.labels_), "iterations": means.n_iter_}

    def label_scores(vectors, labels, guesses):
        return {"nmi": normalized_mutual_info_score(labels, guesses), "ami": adjusted_mutual_info_score(labels, guesses)}

    return sklearn.__version__, {"retrieval": retrieval, "k-means": k_means, "label scores": label_scores}


def with_pytorch_metric_learning():
    import pytorch_metric_learning
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    def evaluation(vectors, labels, _):
        unit = torch.nn.functional.normalize(torch.from_numpy(vectors))
        calculator = AccuracyCalculator(
            include=("precision_at_1", "mean_average_precision_at_r", "r_precision", "NMI", "AMI"),
            k="max_bin_count",
            device=torch.device("cpu"),
        )
        return {name: float(value) for name, value in calculator.get_accuracy(unit, torch.from_numpy(labels)).items()}

    return pytorch_metric_learning.__version__, {"evaluation": evaluation}


version, tasks = {
    "faiss": with_faiss,
    "PyTorch": with_torch,
    "scikit-learn": with_sklearn,
    "pytorch-metric-learning": with_pytorch_metric_learning,
}[peer]()
before = memory("VmRSS")
labels = np.fromfile(f"{folder}/labels.i32", np.int32).astype(np.int64)
guesses = np.fromfile(f"{folder}/guesses.i32", np.int32).astype(np.int64)
vectors = np.fromfile(f"{folder}/vectors.f32", np.float32).reshape(len(labels), -1)
started, cpu_before = time.perf_counter(), time.process_time()
result = tasks[task](vectors, labels, guesses)
seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_before
peak = memory("VmHWM")
print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds, "peakMiB": peak, "overBaseMiB": peak - before, "version": version, "result": result}))
