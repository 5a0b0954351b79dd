#!/usr/bin/env python3
"""The reference for vectors: ONNX Runtime and tokenizers in Python, one text at a time, without any batching.

embed_reference.py MODEL_DIR < TEXTS > VECTORS      TEXTS: {"role": "query" or "passage", "text": ...} a line;
                                                    VECTORS: {"values": [...], "truncated": ...} a line
embed_reference.py MODEL_DIR --fixture TEXTS OUT    OUT: the vectors alone, as little-endian float32
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


class Reference:
    def __init__(self, directory: Path, threads: int = 0) -> None:
        self.manifest = tomllib.loads((directory / "manifest.toml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # As the service does: exact 8-bit products on processors without VNNI.
        options.add_session_config_entry("session.x64quantprecision", "1")
        self.session = onnxruntime.InferenceSession(str(directory / "model.onnx"), options)
        self.inputs = {given.name for given in self.session.get_inputs()}
        self.tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.manifest["max_tokens"])

    def tokenise(self, texts: list[str], role: str) -> list:
        prefix = self.manifest[f"{role}_prefix"]
        return self.tokenizer.encode_batch([prefix + text for text in texts])

    def embed(self, rows: list[list[int]]) -> np.ndarray:
        """Vectors of a batch of token ids, padded to its longest."""
        width = max(map(len, rows))
        ids = np.ones((len(rows), width), np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(
            ["last_hidden_state"], {name: value for name, value in feeds.items() if name in self.inputs}
        )
        if self.manifest["pooling"] == "cls":
            pooled = states[:, 0]
        else:
            pooled = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return (pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--fixture", type=Path, nargs=2, metavar=("TEXTS", "OUT"))
    options = parser.parse_args()
    reference = Reference(options.model)
    lines = options.fixture[0].open() if options.fixture else sys.stdin
    vectors = []
    for line in lines:
        asked = json.loads(line)
        (encoding,) = reference.tokenise([asked["text"]], asked["role"])
        vectors.append(reference.embed([encoding.ids])[0])
        if not options.fixture:
            print(json.dumps({"values": vectors[-1].tolist(), "truncated": bool(encoding.overflowing)}))
    if options.fixture:
        options.fixture[1].write_bytes(np.array(vectors, "<f4").tobytes())


if __name__ == "__main__":
    main()
