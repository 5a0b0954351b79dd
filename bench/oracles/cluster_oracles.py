"""What Python's hdbscan, scikit-learn and umap-learn say of small sets, for the tests of crates/clustering.

    pip install -r bench/oracles/requirements.txt
    python bench/oracles/cluster_oracles.py crates/clustering/tests/oracles/clusters.json

The sets are made by arithmetic that the tests repeat (`points` here and there), so that only answers are stored.
"""

import json
import sys
import warnings

import hdbscan
import numpy as np
import umap
from hdbscan._hdbscan_tree import compute_stability
from hdbscan.validity import validity_index
from sklearn.manifold import trustworthiness
from sklearn.metrics import davies_bouldin_score, silhouette_score

MASK = (1 << 64) - 1


def numbers(seed):
    """splitmix64, as shares from 0 to 1."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((z ^ (z >> 31)) >> 11) / (1 << 53)


def points(n, dims, groups, spread, copies, seed):
    """Heaps of points around `groups` centres; every `copies`-th point repeats the one before (0: none)."""
    share = numbers(seed)
    centres = [[10.0 * next(share) for _ in range(dims)] for _ in range(groups)]
    rows = []
    for at in range(n):
        # Six shares add up to something like a bell.
        row = [c + spread * (sum(next(share) for _ in range(6)) - 3.0) for c in centres[at % groups]]
        rows.append(rows[-1] if copies and at % copies == copies - 1 else row)
    return np.array(rows, dtype=np.float32)


def sets():
    for at in range(50):
        n = 30 + 7 * at
        dims = [2, 2, 3, 5, 8, 12, 16, 20, 64, 300][at % 10]
        groups = [1, 2, 3, 5, 8][at % 5] if at % 7 else n
        spread = [0.3, 0.8, 1.5][at % 3]
        copies = 4 if at % 6 == 5 else 0
        yield dict(n=n, dims=dims, groups=groups, spread=spread, copies=copies, seed=1000 + at)
    yield dict(n=200, dims=1000, groups=4, spread=1.0, copies=0, seed=2000)


def of_set(one):
    x = points(**one)
    found = hdbscan.HDBSCAN(
        min_cluster_size=5, min_samples=3, gen_min_span_tree=True, approx_min_span_tree=False, core_dist_n_jobs=1
    ).fit(x.astype(np.float64))
    truth = np.arange(one["n"]) % one["groups"]
    answer = dict(
        one,
        mst=float(found.minimum_spanning_tree_.to_numpy()[:, 2].sum()),
        labels=[int(label) for label in found.labels_],
        silhouette=None,
        davies_bouldin=None,
    )
    # Copies may make two heaps one, whose centres differ by rounding alone.
    if 1 < one["groups"] < one["n"] // 3 and not one["copies"]:
        answer["silhouette"] = float(silhouette_score(x.astype(np.float64), truth))
        answer["davies_bouldin"] = float(davies_bouldin_score(x.astype(np.float64), truth))
    return answer


def of_details(one):
    """What lies behind the labels, of sets without copies."""
    x = points(**one).astype(np.float64)
    params = dict(min_cluster_size=5, min_samples=3, approx_min_span_tree=False, core_dist_n_jobs=1)
    found = hdbscan.HDBSCAN(**params).fit(x)
    leaves = hdbscan.HDBSCAN(**params, cluster_selection_method="leaf").fit(x)
    short = lambda values: [round(float(value), 5) for value in values]
    answer = dict(
        one,
        leaf_labels=[int(label) for label in leaves.labels_],
        probabilities=short(found.probabilities_),
        outlier_scores=short(found.outlier_scores_),
        stabilities=short(sorted(compute_stability(found.condensed_tree_._raw_tree).values())),
        dbcv=None,
    )
    if 1 < one["groups"] < one["n"] // 3:
        answer["dbcv"] = float(validity_index(x, np.arange(one["n"]) % one["groups"]))
    return answer


def of_map(one, metric):
    x = points(**one)
    trust = []
    for seed in (1, 2, 3):
        placed = umap.UMAP(metric=metric, random_state=seed, n_jobs=1).fit_transform(x)
        trust.append(trustworthiness(x, placed, n_neighbors=15, metric=metric))
    return dict(one, metric=metric, trustworthiness=float(np.mean(trust)))


def main():
    warnings.filterwarnings("ignore")
    maps = [
        of_map(dict(n=300, dims=3, groups=6, spread=0.8, copies=0, seed=31), "euclidean"),
        of_map(dict(n=800, dims=20, groups=12, spread=1.2, copies=0, seed=32), "euclidean"),
        of_map(dict(n=600, dims=64, groups=10, spread=1.5, copies=0, seed=33), "cosine"),
        of_map(dict(n=2000, dims=32, groups=25, spread=1.5, copies=0, seed=34), "cosine"),
    ]
    with open(sys.argv[1], "w") as out:
        details = [of_details(one) for one in sets() if not one["copies"]]
        stored = {"sets": [of_set(one) for one in sets()], "maps": maps, "details": details}
        json.dump(stored, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
