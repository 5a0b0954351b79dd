"""The clusterer's counterpart: umap-learn and fast_hdbscan, warm, over the vectors of a .npy file.

    pip install -r bench/oracles/requirements.txt fast_hdbscan==0.3.4
    python cluster_peer.py --make DIR                        # two sets with known clusters: vectors and labels
    python cluster_peer.py [--repeat N] FILE.npy [LABELS.npy]  # one JSON object

umap-learn runs with forced approximation, its fastest way on these sizes, and without a seed, so that it uses all cores.
The first run of a process compiles; it is told apart as `cold_seconds`.
"""

import argparse
import json
import resource
import statistics
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


def make(rows, clusters=60, columns=768, seed=1):
    """Clusters of low rank around centres that share topics, as embeddings have them, and a twelfth of noise."""
    random = np.random.default_rng(seed)

    def directions(count):
        of = random.normal(size=(count, columns))
        return of / np.linalg.norm(of, axis=1, keepdims=True)

    topics, centres = directions(12), directions(clusters)
    common = directions(1)
    centres = 0.9 * common + 0.6 * topics[random.integers(0, 12, clusters)] + 0.55 * centres
    labels = random.choice(clusters, size=rows, p=random.dirichlet(np.full(clusters, 1.5)))
    vectors = random.normal(size=(rows, columns)) * (0.55 / np.sqrt(columns))
    for cluster in range(clusters):
        of = np.flatnonzero(labels == cluster)
        vectors[of] += centres[cluster] + random.uniform(0.10, 0.18) * (random.normal(size=(len(of), 24)) @ directions(24))
    noise = random.random(rows) < 1 / 12
    count = int(noise.sum())
    vectors[noise] = 0.9 * common + 0.6 * topics[random.integers(0, 12, count)] + 0.8 * directions(count)
    labels[noise] = -1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels.astype(np.float32)[:, None]


def measure(vectors, truth, repeat):
    import fast_hdbscan
    import umap
    from sklearn.manifold import trustworthiness
    from sklearn.metrics import adjusted_rand_score, davies_bouldin_score, silhouette_score

    times, steps = [], []
    for _ in range(repeat + 1):
        begun = time.perf_counter()
        placed = umap.UMAP(metric="cosine", force_approximation_algorithm=True).fit_transform(vectors)
        mapped = time.perf_counter()
        labels = fast_hdbscan.HDBSCAN(min_cluster_size=5, min_samples=3).fit_predict(placed)
        ended = time.perf_counter()
        times.append(ended - begun)
        steps.append((mapped - begun, ended - mapped))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    inside = labels >= 0
    begun = time.perf_counter()
    silhouette = silhouette_score(vectors[inside], labels[inside])
    scored = time.perf_counter()
    index = davies_bouldin_score(vectors[inside], labels[inside])
    indexed = time.perf_counter()
    return {
        "name": "umap-learn, fast_hdbscan",
        "rows": len(vectors),
        "columns": vectors.shape[1],
        "seconds": statistics.median(times[1:]),
        "cold_seconds": times[0],
        "layout_seconds": statistics.median(step[0] for step in steps[1:]),
        "hdbscan_seconds": statistics.median(step[1] for step in steps[1:]),
        "rss_mb": peak,
        "clusters": int(labels.max()) + 1,
        "noise": int((~inside).sum()),
        "trust": float(trustworthiness(vectors, placed, n_neighbors=15, metric="cosine")) if len(vectors) <= 20_000 else None,
        "ari": float(adjusted_rand_score(truth, labels)) if truth is not None else None,
        "silhouette": float(silhouette),
        "silhouette_seconds": scored - begun,
        "davies_bouldin": float(index),
        "davies_bouldin_seconds": indexed - scored,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", metavar="DIR")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if options.make:
        for rows, seed in ((3542, 1), (13939, 2)):
            vectors, labels = make(rows, seed=seed)
            np.save(f"{options.make}/vectors-{rows}.npy", vectors)
            np.save(f"{options.make}/labels-{rows}.npy", labels)
        return
    vectors = np.load(options.files[0])
    truth = np.load(options.files[1]).ravel().astype(int) if len(options.files) > 1 else None
    print(json.dumps(measure(vectors, truth, options.repeat)))


if __name__ == "__main__":
    main()
