"""Trains the small networks of this folder on scikit-learn's digits and writes them as ONNX, with samples to test them.

    pip install numpy scikit-learn onnx torch
    python train.py

Writes mlp.onnx, cnn.onnx, digits.u8 (488 images of 64 pixels, 0 to 16: 128 to calibrate with, then 360 to test with) and
digits.labels (a byte each).
"""

import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from torch import nn

FOLDER = pathlib.Path(__file__).parent
TESTED = 360
CALIBRATION = 128


def train(network, images, labels):
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3, weight_decay=1e-4)
    x, y = torch.tensor(images), torch.tensor(labels)
    network.train()
    for _ in range(60):
        order = torch.randperm(len(x))
        for start in range(0, len(x), 64):
            batch = order[start : start + 64]
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()
    network.eval()


class Writer:
    """An ONNX graph, node by node."""

    def __init__(self):
        self.nodes, self.weights, self.count = [], [], 0

    def weight(self, name, tensor):
        self.weights.append(numpy_helper.from_array(tensor.detach().numpy(), name))
        return name

    def node(self, op, *inputs, **attributes):
        self.count += 1
        result = f"{op.lower()}{self.count}"
        self.nodes.append(helper.make_node(op, list(inputs), [result], name=result, **attributes))
        return result

    def linear(self, x, layer, name):
        return self.node("Gemm", x, self.weight(f"{name}.w", layer.weight), self.weight(f"{name}.b", layer.bias), transB=1)

    def save(self, path, shape, result):
        self.nodes[-1].output[0] = "logits"
        assert result == self.nodes[-1].name
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        y = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])
        graph = helper.make_graph(self.nodes, path.stem, [x], [y], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def mlp(images, labels):
    torch.manual_seed(2)
    network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    train(network, images, labels)
    writer = Writer()
    hidden = writer.node("Relu", writer.linear("x", network[0], "hidden"))
    writer.save(FOLDER / "mlp.onnx", [1, 64], writer.linear(hidden, network[2], "output"))
    return network


def cnn(images, labels):
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 10),
    )
    train(network, images.reshape(-1, 1, 8, 8), labels)
    w = Writer()
    norm, second = network[1], network[4]
    y = w.node("Conv", "x", w.weight("conv1.w", network[0].weight), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    parameters = {"scale": norm.weight, "bias": norm.bias, "mean": norm.running_mean, "var": norm.running_var}
    y = w.node("BatchNormalization", y, *(w.weight(f"norm.{k}", v) for k, v in parameters.items()), epsilon=norm.eps)
    y = w.node("MaxPool", w.node("Relu", y), kernel_shape=[2, 2], strides=[2, 2])
    y = w.node("Conv", y, w.weight("conv2.w", second.weight), w.weight("conv2.b", second.bias), pads=[1, 1, 1, 1])
    y = w.node("AveragePool", w.node("Relu", y), kernel_shape=[2, 2], strides=[2, 2])
    w.save(FOLDER / "cnn.onnx", [1, 1, 8, 8], w.linear(w.node("Flatten", y), network[8], "output"))
    return network


def main():
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    pixels, labels = digits.data[order], digits.target[order]
    images = (pixels / 16).astype(np.float32)
    for network, shape in ((mlp(images[:-TESTED], labels[:-TESTED]), (-1, 64)), (cnn(images[:-TESTED], labels[:-TESTED]), (-1, 1, 8, 8))):
        with torch.no_grad():
            answers = network(torch.tensor(images[-TESTED:].reshape(shape))).argmax(1).numpy()
        print("accuracy", (answers == labels[-TESTED:]).mean())
    chosen = np.r_[:CALIBRATION, len(labels) - TESTED : len(labels)]
    (FOLDER / "digits.u8").write_bytes(pixels[chosen].astype(np.uint8).tobytes())
    (FOLDER / "digits.labels").write_bytes(labels[chosen].astype(np.uint8).tobytes())


main()
