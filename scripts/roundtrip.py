"""roundtrip.py: what Atrous writes, others run: see scripts/roundtrip.

  roundtrip.py agree MODEL.onnx ATROUS-RUN [NAME=DIMS…]    the checker accepts the model, and ONNX Runtime's outputs
                                                           are Atrous's within 1e-4, on the host and on the device
  roundtrip.py tune MODEL.onnx FINETUNE [FROZEN…]          ten steps of an imported network of Conv and Relu: the losses
                                                           and the written weights are NumPy's within 1e-4

Each prints one line and exits with 1 where something differs.
"""

import fnmatch
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

TOLERANCE = 1e-4


def fail(text):
    print(text)
    sys.exit(1)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def largest(ours, theirs):
    """The largest difference, in tolerances of TOLERANCE absolute and as much relative."""
    if ours.shape != theirs.shape:
        return np.inf
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    return float(np.max(np.abs(ours - theirs) / (TOLERANCE * (1 + np.abs(theirs))), initial=0))


def agree(path, program, shapes):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(1)
    given = dict(shape.split("=") for shape in shapes)
    inputs = {}
    for port in session.get_inputs():
        dims = [int(d) for d in given[port.name].split("x")] if port.name in given else port.shape
        inputs[port.name] = random.standard_normal(dims).astype(np.float32)
    names = [port.name for port in session.get_outputs()]
    theirs = session.run(names, inputs)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        command = [program, path]
        for i, (name, value) in enumerate(inputs.items()):
            np.save(f"{folder}/in{i}.npy", value)
            command += ["-i", f"{name}={folder}/in{i}.npy"]
        for i, name in enumerate(names):
            command += ["-o", f"{name}={folder}/out{i}.npy"]
        for device in ("auto", "host"):
            run(command + ["--device", device])
            for i, name in enumerate(names):
                error = largest(np.load(f"{folder}/out{i}.npy"), theirs[i])
                if error > 1:
                    fail(f"{path}: output {name} differs from ONNX Runtime's on {device}: {error:.3g} tolerances")
                worst = max(worst, error)
    print(f"{os.path.basename(path)}: {len(names)} outputs agree, the largest difference {worst * TOLERANCE:.2g}")


class Layer:
    """A 1-D convolution of stride 1 and its gradients, in float64; x [n][c][t], w [oc][c][k]."""

    def __init__(self, node, weights):
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if attributes.get("group", 1) != 1 or attributes.get("strides", [1]) != [1]:
            fail(f"node {node.name}: only convolutions of stride 1 without groups")
        self.w, self.b = weights[node.input[1]], weights[node.input[2]]
        self.dilation = attributes.get("dilations", [1])[0]
        pads = attributes.get("pads", [0, 0])
        reach = self.dilation * (self.w.shape[2] - 1)
        self.pads = {b"SAME_UPPER": [reach // 2, reach - reach // 2], b"NOTSET": pads}[attributes.get("auto_pad", b"NOTSET")]

    def columns(self, x):
        x = np.pad(x, ((0, 0), (0, 0), self.pads))
        length = x.shape[2] - self.dilation * (self.w.shape[2] - 1)
        taps = [x[:, :, k * self.dilation : k * self.dilation + length] for k in range(self.w.shape[2])]
        return np.stack(taps, axis=3)  # [n][c][t][k]

    def forward(self, x):
        self.x = x
        return np.einsum("nctk,ock->not", self.columns(x), self.w) + self.b[None, :, None]

    def backward(self, g):
        self.gw = np.einsum("nctk,not->ock", self.columns(self.x), g)
        self.gb = g.sum(axis=(0, 2))
        shares = np.einsum("not,ock->nctk", g, self.w)
        gx = np.zeros((self.x.shape[0], self.x.shape[1], self.x.shape[2] + sum(self.pads)))
        for k in range(self.w.shape[2]):
            gx[:, :, k * self.dilation : k * self.dilation + g.shape[2]] += shares[:, :, :, k]
        return gx[:, :, self.pads[0] : self.pads[0] + self.x.shape[2]]


def tune(path, program, frozen):
    model = onnx.load(path)
    weights = {w.name: numpy_helper.to_array(w).astype(np.float64) for w in model.graph.initializer}
    chain = []
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Relu"):
            fail(f"{path}: node {node.name} is a {node.op_type}; only chains of Conv and Relu are computed here")
        chain.append((node, Layer(node, weights) if node.op_type == "Conv" else None))
    random = np.random.default_rng(2)
    x = random.standard_normal((4, 1, 64)).astype(np.float32)
    target = np.roll(x, 1, axis=2) * np.float32(0.5)
    losses, speed = [], {name: 0.0 for name in weights}
    for _ in range(10):
        value, active = x.astype(np.float64), []
        for _node, layer in chain:
            value = layer.forward(value) if layer else np.maximum(value, 0)
            active.append(value > 0)
        losses.append(float(np.mean((value - target) ** 2)))
        g = 2 * (value - target) / value.size
        for (node, layer), positive in zip(reversed(chain), reversed(active)):
            if layer is None:
                g = g * positive
                continue
            g = layer.backward(g)
            for name, gradient in ((node.input[1], layer.gw), (node.input[2], layer.gb)):
                if not any(fnmatch.fnmatchcase(name, pattern) for pattern in frozen):
                    speed[name] = 0.9 * speed[name] + gradient
                    weights[name] -= 0.01 * speed[name]  # in place: the layer's own
    with tempfile.TemporaryDirectory() as folder:
        x.tofile(f"{folder}/x.f32")
        target.tofile(f"{folder}/y.f32")
        command = [program, path, f"{folder}/tuned.onnx", f"{folder}/x.f32", f"{folder}/y.f32", "4x1x64", "10", *frozen]
        ours = np.array([float(line) for line in run(command).split()])
        tuned = onnx.load(f"{folder}/tuned.onnx")
        onnx.checker.check_model(tuned, full_check=True)
        after = {w.name: numpy_helper.to_array(w) for w in tuned.graph.initializer}
        names = [port.name for port in onnxruntime.InferenceSession(f"{folder}/tuned.onnx").get_inputs()]
    error = largest(ours, np.array(losses))
    for name, value in weights.items():
        if name not in after:
            fail(f"{path}: weight {name} is not in what was written")
        error = max(error, largest(after[name], value))
    if error > 1:
        fail(f"{path}: losses {ours.tolist()}, NumPy's {losses}; {error:.3g} tolerances")
    print(
        f"{os.path.basename(os.path.dirname(path))}: ten steps from loss {losses[0]:.6f} to {losses[-1]:.6f} as NumPy's, "
        f"the largest difference {error * TOLERANCE:.2g}; ONNX Runtime opens it (inputs {', '.join(names)})"
    )


if __name__ == "__main__":
    {"agree": agree, "tune": tune}[sys.argv[1]](sys.argv[2], sys.argv[3], sys.argv[4:])
