"""load.py: the time and memory of loading models beside ONNX Runtime's; see README.md.

    bench/run load [--python PYTHON] [--repetitions N] [--devices host,cpu] [--markdown] [MODEL ...]

Each number is a new process's; contenders alternate within every repetition; medians. Ours is from file to ready
plan, over an opened context; ONNX Runtime's the making of a session, over the module imported; "again" is one more
load in the same process. Memory is what the process has grown by after the load and a first run. Without onnxruntime
in this Python ours stand alone. Without MODEL: the models below $ATROUS_TEST_DATA, and the networks that are
written with the library itself into a temporary folder (networks.c).
"""
import argparse, os, statistics, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
PEER = r"""
import sys, time
import numpy, onnxruntime
def memory(key):
    for line in open("/proc/self/status"):
        if line.startswith(key): return int(line.split()[1])
kinds = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(int64)": "i8", "tensor(int32)": "i4", "tensor(bool)": "?",
         "tensor(uint8)": "u1", "tensor(int8)": "i1"}
path, shapes = sys.argv[1], [[int(d) for d in s.split("x") if d] for s in sys.argv[2:]]
onnxruntime.set_default_logger_severity(4)
empty = memory("VmRSS:")
open("/proc/self/clear_refs", "w").write("5")
def load():
    start = time.perf_counter()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session, time.perf_counter() - start
session, first = load()
loaded = memory("VmRSS:")
feed = {}
for k, port in enumerate(session.get_inputs()):
    shape = shapes[k] if k < len(shapes) else [d if isinstance(d, int) else 1 for d in port.shape]
    feed[port.name] = numpy.zeros(shape, kinds[port.type])
session.run(None, feed)
ran, peak = memory("VmRSS:"), memory("VmHWM:")
other, again = load()
print(first, again, loaded - empty, ran - empty, peak - empty)
"""


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def dims(path):
    """The dimensions (field 1) of a TensorProto."""
    data, at, found = open(path, "rb").read(), 0, []
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
            if tag >> 3 == 1:
                found.append(value)
        elif tag & 7 == 2:
            size, at = varint(data, at)
            inner = at
            while tag >> 3 == 1 and inner < at + size:
                value, inner = varint(data, inner)
                found.append(value)
            at += size
        else:
            at += 4 if tag & 7 == 5 else 8
    return found


def shapes(model):
    """Of the inputs, as the model's test data has them."""
    texts, folder = [], os.path.join(os.path.dirname(model), "test_data_set_0")
    while os.path.exists(path := os.path.join(folder, f"input_{len(texts)}.pb")):
        texts.append("x".join(map(str, dims(path))))
    return texts


def measure(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it failed"])[-1][:150]
    return [float(x) for x in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser(prog="bench/run load")
    parser.add_argument("--python", default=sys.executable, help="a Python that has onnxruntime and numpy")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--devices", default="host,cpu", help="cpu+kept: with a folder of its own for compiled kernels")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    build = os.environ.get("ATROUS_BUILD", ".")
    peer = subprocess.run([options.python, "-c", "import numpy, onnxruntime"], capture_output=True).returncode == 0
    if not peer:
        print(f"load: {options.python} has no onnxruntime (pip install onnxruntime numpy); ours stand alone", file=sys.stderr)
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([os.path.join(build, "bench/networks"), made], check=True)
        models = list(options.models)
        given = os.environ.get("ATROUS_TEST_DATA")
        if not models and given:
            for folder, _, files in sorted(os.walk(os.path.join(given, "models"))):
                models += [os.path.join(folder, f) for f in files if f == "model.onnx"]
        if not options.models:
            models += [os.path.join(made, f) for f in sorted(os.listdir(made))]
        report(options, build, peer, models, os.path.join(made, "kept"))


def report(options, build, peer, models, kept):
    devices = options.devices.split(",")
    head = ["model", "ORT ms", "again", "ORT MiB", "peak"]
    for device in devices:
        head += [f"{device} ms", "ratio", "again", "MiB", "ratio", "peak"]
    if options.markdown:
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    else:
        print(" ".join(f"{h:>9}" if i else f"{h:28}" for i, h in enumerate(head)))
    for model in models:
        name = os.path.basename(os.path.dirname(model)) if os.path.basename(model) == "model.onnx" else os.path.basename(model)[:-5]
        commands = [[options.python, "-c", PEER, model] + shapes(model)] if peer else []
        for device in devices:
            folder = [f"ATROUS_CACHE_DIR={kept}"] if device.endswith("+kept") else ["-u", "ATROUS_CACHE_DIR"]
            commands.append(["env"] + folder + [os.path.join(build, "bench/load"), device.split("+")[0], model] + shapes(model))
        for command in commands:  # caches
            measure(command)
        found = [[] for _ in commands]
        for _ in range(options.repetitions):
            for k, command in enumerate(commands):
                found[k].append(measure(command))
        rows, words = [], []
        for lists in found:
            wrong = [x for x in lists if isinstance(x, str)]
            words += wrong[:1]
            rows.append(None if wrong else [statistics.median(x) for x in zip(*lists)])
        line, theirs = [name], rows[0] if peer else None
        line += [f"{1e3 * theirs[0]:.2f}", f"{1e3 * theirs[1]:.2f}", f"{theirs[3] / 1024:.1f}", f"{theirs[4] / 1024:.1f}"] if theirs else ["-"] * 4
        for ours in rows[1 if peer else 0:]:
            if not ours:
                line += ["-"] * 6
                continue
            ratios = (f"{ours[0] / theirs[0]:.2f}", f"{ours[3] / theirs[3]:.2f}") if theirs else ("-", "-")
            line += [f"{1e3 * ours[0]:.2f}", ratios[0], f"{1e3 * ours[1]:.2f}", f"{ours[3] / 1024:.1f}", ratios[1], f"{ours[4] / 1024:.1f}"]
        print("| " + " | ".join(line) + " |" if options.markdown else " ".join(f"{h:>9}" if i else f"{h:28}" for i, h in enumerate(line)), flush=True)
        for word in words:
            print("  " + word, file=sys.stderr)


if __name__ == "__main__":
    main()
