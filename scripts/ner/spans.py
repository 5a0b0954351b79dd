"""From words' probabilities to spans, as crates/extraction/src/ner.rs does it, and how good they are."""

import re
from collections import defaultdict

import numpy as np

# Words are cut at these besides white space.
WORD = re.compile(r"[^\s,;|()\[\]{}<>\"“”«»•·:!?¿¡]+")
# Between two words of a span nothing else stands.
JOINS = re.compile(r"[ \t\xa0/&+\-'’\"“”]*")


def words_of(text: str) -> list[tuple[int, int]]:
    """Where the words are, without punctuation at their edges (but for .NET, C++, C#)."""
    found = []
    for match in WORD.finditer(text):
        word = match.group()
        signs = [i for i, c in enumerate(word) if c.isalnum()]
        if not signs:
            continue
        first = signs[0] - 1 if word[: signs[0]].endswith(".") else signs[0]
        last = max(i for i, c in enumerate(word) if c.isalnum() or c in "+#" or "\u0300" <= c <= "\u036f")
        found.append((match.start() + first, match.start() + last + 1))
    return found


def decode(
    text: str, offsets: list[tuple[int, int]], probabilities: np.ndarray, labels: list[str]
) -> list[tuple[int, int, str, float]]:
    """Spans (start, end, label, score). A word has the mean of its tokens; B counts by its first token alone."""
    kinds = [label[2:] for label in labels if label.startswith("B-")]
    begin = [labels.index("B-" + kind) for kind in kinds]
    inside = [labels.index("I-" + kind) for kind in kinds]
    spans: list[list] = []
    open_kind, open_end = -1, -1
    at = 0
    for start, end in words_of(text):
        while at < len(offsets) and offsets[at][1] <= start:
            at += 1
        tokens = []
        i = at
        while i < len(offsets) and offsets[i][0] < end:
            if offsets[i][1] > start:
                tokens.append(i)
            i += 1
        if not tokens:
            open_kind = -1
            continue
        mean = probabilities[tokens].mean(0)
        first = probabilities[tokens[0]]
        scores = [mean[b] + mean[i] for b, i in zip(begin, inside)]
        kind = int(np.argmax(scores))
        if scores[kind] <= mean[0]:
            open_kind = -1
            continue
        near = kind == open_kind and JOINS.fullmatch(text[open_end:start])
        if near and first[inside[kind]] >= first[begin[kind]]:
            spans[-1][1] = end
            spans[-1][3].append(scores[kind])
        else:
            spans.append([start, end, kinds[kind], [scores[kind]]])
        open_kind, open_end = kind, end
    return [(start, end, kind, float(np.mean(scores))) for start, end, kind, scores in spans]


def measure(pairs: list[tuple[list[tuple], list[tuple]]]) -> dict[str, dict[str, dict[str, float]]]:
    """Precision, recall and F1 by label, exact and by overlap, from (found, true) spans of each text."""
    counts: dict = defaultdict(lambda: [0, 0, 0, 0, 0])
    for found, true in pairs:
        for label in {s[2] for s in found} | {s[2] for s in true}:
            ours = {(s[0], s[1]) for s in found if s[2] == label}
            theirs = {(s[0], s[1]) for s in true if s[2] == label}
            c = counts[label]
            c[0] += len(ours)
            c[1] += len(theirs)
            c[2] += len(ours & theirs)
            c[3] += sum(any(a < d and c_ < b for c_, d in theirs) for a, b in ours)
            c[4] += sum(any(a < d and c_ < b for c_, d in ours) for a, b in theirs)
    report = {}
    for label, (ours, theirs, same, right, met) in sorted(counts.items()):
        report[label] = {
            "exact": figures(same / max(ours, 1), same / max(theirs, 1)),
            "overlap": figures(right / max(ours, 1), met / max(theirs, 1)),
        }
    return report


def figures(precision: float, recall: float) -> dict[str, float]:
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}
