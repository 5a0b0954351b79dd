"""The trained part: a small convolutional network from a token's hidden states, and its neighbours', to labels.

Trained with numpy alone, from a fixed seed, on states computed beforehand (the backbone stays as it is).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from e5 import Graph

LABELS = ["O", "B-KNOWLEDGE", "I-KNOWLEDGE", "B-SKILL", "I-SKILL"]
IGNORED = -1
# Each layer sees this many tokens: itself and one on either side, or itself alone.
WIDTHS = [1, 3, 3, 1]


@dataclass
class Example:
    """One sequence: states [tokens, features] and a label's number for each token, or IGNORED."""

    states: np.ndarray
    labels: np.ndarray


@dataclass
class Settings:
    """How to train."""

    hidden: int = 192
    epochs: int = 6
    batch_tokens: int = 1024
    rate: float = 2e-3
    decay: float = 0.005
    drop_input: float = 0.1
    drop_hidden: float = 0.3
    smoothing: float = 0.05
    seed: int = 20261123


def token_labels(spans: list[tuple[int, int, str]], offsets: list[tuple[int, int]], text: str) -> np.ndarray:
    """Labels of tokens; where a skill and a piece of knowledge overlap, it is knowledge."""
    labels = np.zeros(len(offsets), np.int64)
    trimmed = [(end - len(text[start:end].lstrip()), end) for start, end in offsets]
    for start, end, label in sorted(spans, key=lambda span: span[2], reverse=True):
        first = True
        for i, (a, b) in enumerate(trimmed):
            if a < b and a < end and start < b:
                labels[i] = LABELS.index(("B-" if first else "I-") + label)
                first = False
    labels[[a >= b for a, b in trimmed]] = IGNORED
    return labels


class Head:
    """Layers of weights [width * inputs, outputs] and biases, over states made mean 0 and deviation 1."""

    def __init__(self, mean: np.ndarray, deviation: np.ndarray, hidden: int, rng: np.random.Generator) -> None:
        self.mean = mean.astype(np.float32)
        self.deviation = deviation.astype(np.float32)
        sizes = [len(mean)] + [hidden] * (len(WIDTHS) - 1) + [len(LABELS)]
        self.weights = []
        self.biases = []
        for width, inputs, outputs in zip(WIDTHS, sizes[:-1], sizes[1:]):
            spread = np.sqrt(2 / (width * inputs))
            self.weights.append(rng.normal(0, spread, (width * inputs, outputs)).astype(np.float32))
            self.biases.append(np.zeros(outputs, np.float32))

    def parameters(self) -> list[np.ndarray]:
        return self.weights + self.biases

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        """Of each label, for each token of one sequence."""
        x = (states - self.mean) / self.deviation
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = neighbours(x, WIDTHS[i]) @ weight + bias
            if i + 1 < len(self.weights):
                x = np.maximum(x, 0)
        return softmax(x)

    def append(self, graph: Graph, states: list[str]) -> str:
        """Adds the head to the graph of the backbone; returns the logits' name."""
        state = states[0] if len(states) == 1 else graph.add("Concat", *states, axis=-1)
        state = graph.add("Sub", state, graph.constant("head.mean", self.mean))
        state = graph.add("Div", state, graph.constant("head.deviation", self.deviation))
        mask = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=1), graph.integers(1))
        state = graph.add("Transpose", state, perm=[0, 2, 1])
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            # Padding is nothing to a token: what stands outside of the text counts as zero.
            state = graph.add("Mul", state, mask)
            kernel = weight.reshape(WIDTHS[i], -1, weight.shape[1]).transpose(2, 1, 0)
            side = WIDTHS[i] // 2
            state = graph.add(
                "Conv",
                state,
                graph.constant(f"head.{i}.w", kernel),
                graph.constant(f"head.{i}.b", bias),
                pads=[side, side],
            )
            if i + 1 < len(self.weights):
                state = graph.add("Relu", state)
        return graph.add("Transpose", state, perm=[0, 2, 1])


def neighbours(x: np.ndarray, width: int) -> np.ndarray:
    """Each row with those before and after it, zeros where there is none."""
    if width == 1:
        return x
    padded = np.pad(x, ((1, 1), (0, 0)))
    return np.concatenate([padded[:-2], x, padded[2:]], axis=1)


def from_neighbours(gradient: np.ndarray, width: int) -> np.ndarray:
    """The gradient of `neighbours`."""
    if width == 1:
        return gradient
    before, here, after = np.split(gradient, 3, axis=1)
    total = here.copy()
    total[:-1] += before[1:]
    total[1:] += after[:-1]
    return total


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def batches(
    examples: list[Example], size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """States, mask and labels of about `size` tokens, with a row of nothing between sequences."""
    chosen: list[Example] = []
    tokens = 0
    order = rng.permutation(len(examples))
    for position, number in enumerate(order):
        chosen.append(examples[number])
        tokens += len(chosen[-1].labels)
        if tokens < size and position + 1 < len(order):
            continue
        rows = tokens + len(chosen)
        states = np.zeros((rows, chosen[0].states.shape[1]), np.float32)
        mask = np.zeros((rows, 1), np.float32)
        labels = np.full(rows, IGNORED)
        at = 0
        for example in chosen:
            end = at + len(example.labels)
            states[at:end], mask[at:end], labels[at:end] = example.states, 1, example.labels
            at = end + 1
        yield states, mask, labels
        chosen, tokens = [], 0


def train(examples: list[Example], settings: Settings, report=print) -> Head:
    """Trains a head; Adam with a rate that falls to nothing."""
    rng = np.random.default_rng(settings.seed)
    sample = np.concatenate([e.states for e in examples[:: max(1, len(examples) // 2000)]]).astype(np.float32)
    head = Head(sample.mean(0), sample.std(0) + 1e-6, settings.hidden, rng)
    parameters = head.parameters()
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    tokens = sum(len(e.labels) for e in examples)
    total = settings.epochs * (tokens // settings.batch_tokens + 1)
    step = 0
    for epoch in range(settings.epochs):
        losses = []
        for states, mask, labels in batches(examples, settings.batch_tokens, rng):
            step += 1
            loss, gradients = loss_and_gradients(head, states, mask, labels, settings, rng)
            losses.append(loss)
            rate = settings.rate * min(1, step / 50) * max(0.0, 1 - step / total)
            for p, g, m, v in zip(parameters, gradients, first, second):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= rate * (m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8))
                if p.ndim == 2:
                    p -= rate * settings.decay * p
        report(f"epoch {epoch + 1}/{settings.epochs}: loss {np.mean(losses):.4f}")
    return head


def loss_and_gradients(head, states, mask, labels, settings, rng):
    """Cross entropy with smoothed labels, and its gradients in the order of the head's parameters."""

    def kept(shape: tuple, drop: float) -> np.ndarray:
        return (rng.random(shape, dtype=np.float32) >= drop).astype(np.float32) / np.float32(1 - drop)

    last = len(head.weights) - 1
    x = (states - head.mean) / head.deviation * mask * kept(states.shape, settings.drop_input)
    inputs, gates = [], []
    for i, (weight, bias) in enumerate(zip(head.weights, head.biases)):
        inputs.append(neighbours(x, WIDTHS[i]))
        x = inputs[-1] @ weight + bias
        if i < last:
            gates.append((x > 0) * mask * kept(x.shape, settings.drop_hidden))
            x = x * gates[-1]
    probabilities = softmax(x)
    counted = labels != IGNORED
    wanted = np.full(x.shape, settings.smoothing / x.shape[1], np.float32)
    wanted[np.arange(len(labels)), np.maximum(labels, 0)] += 1 - settings.smoothing
    scale = np.float32(1 / max(counted.sum(), 1))
    loss = -(wanted * np.log(probabilities + 1e-9))[counted].sum() * scale
    gradient = (probabilities - wanted) * counted[:, None] * scale
    weights, biases = [], []
    for i in range(last, -1, -1):
        weights.insert(0, inputs[i].T @ gradient)
        biases.insert(0, gradient.sum(0))
        if i:
            gradient = from_neighbours(gradient @ head.weights[i].T, WIDTHS[i]) * gates[i - 1]
    return loss, weights + biases
