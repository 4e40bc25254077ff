"""ONNX Runtime int8 on LeNet-5 and MiniLM, when told to.

Takes the folder of minilm.onnx and minilm.ids. Quantises each network dynamically and statically (QDQ), both by channel, and
uses the faster one. Prints "ready", then answers each line "run|kind NETWORK THREADS SECONDS" with a median or a name.
"""

import pathlib
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FOLDER = pathlib.Path(sys.argv[1])


def lenet():
    random, nodes, weights, y = np.random.default_rng(0), [], [], "x"

    def weight(name, dims):
        array = random.normal(size=dims).astype(np.float32) / np.sqrt(np.prod(dims[1:]))
        weights.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    def node(op, *inputs, **attributes):
        name = f"{op.lower()}{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    for name, dims in (("c1", (6, 1, 5, 5)), ("c3", (16, 6, 5, 5))):
        y = node("Tanh", node("Conv", y, weight(name, dims), weight(f"{name}.bias", dims[:1])))
        y = node("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2])
    y = node("Flatten", y)
    for name, dims in (("f5", (120, 400)), ("f6", (84, 120)), ("f7", (10, 84))):
        y = node("Gemm", y, weight(name, dims), weight(f"{name}.bias", dims[:1]), transB=1)
        y = y if name == "f7" else node("Tanh", y)
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 1, 32, 32]), (y, [1, 10]))]
    graph = helper.make_graph(nodes, "lenet", ports[:1], ports[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), FOLDER / "lenet.onnx")


class Samples(CalibrationDataReader):
    def __init__(self, samples):
        self.samples = iter(samples)

    def get_next(self):
        return next(self.samples, None)


class Network:
    def __init__(self, name, samples):
        self.samples, self.sessions = samples, {}
        prepared = FOLDER / f"{name}.prepared.onnx"
        quant_pre_process(FOLDER / f"{name}.onnx", prepared, skip_symbolic_shape=True)
        files = {"dynamic": FOLDER / f"{name}.dynamic.onnx", "static": FOLDER / f"{name}.static.onnx"}
        # Unsigned activations with signed weights, which are the fast ones on AVX2.
        quantize_dynamic(prepared, files["dynamic"], weight_type=QuantType.QInt8, per_channel=True)
        quantize_static(
            prepared, files["static"], Samples(samples), quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
        )
        for threads in (1, 2):
            kinds = {kind: self.session(file, threads) for kind, file in files.items()}
            times = {kind: min(self.times(session, 0.3)) for kind, session in kinds.items()}
            kind = min(times, key=times.get)
            self.sessions[threads] = (kind, kinds[kind])

    def session(self, file, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Between its turns its threads are not to take the cores from the other side.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def times(self, session, seconds):
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            session.run(None, self.samples[0])
            times.append(time.perf_counter() - start)
        return times


def main():
    lenet()
    ids = np.fromfile(FOLDER / "minilm.ids", "<i4").reshape(-1, 32).astype(np.int64)
    images = np.random.default_rng(1).normal(size=(8, 1, 1, 32, 32)).astype(np.float32)
    networks = {
        "lenet": Network("lenet", [{"x": image} for image in images]),
        "minilm": Network("minilm", [{"ids": sample} for sample in ids[:8]]),
    }
    print("ready", flush=True)
    for line in sys.stdin:
        question, name, threads, seconds = line.split()
        kind, session = networks[name].sessions[int(threads)]
        print(np.median(networks[name].times(session, float(seconds))) if question == "run" else kind, flush=True)


main()
