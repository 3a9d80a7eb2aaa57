"""recurrent.py: the peer processes of bench/recurrent: ONNX Runtime and PyTorch, told what to do line by line.

    recurrent.py ort|torch THREADS

Reads from standard input, one answer a line: "load PATH T N I" (an ONNX file with input x [T][N][I]) or
"layer CELL T N HIDDEN TRAIN" (of PyTorch, features = hidden); "time COUNT": seconds of one of so many executions.
TRAIN 1: forward, then gradients of the weights and of x for the sum of the outputs. Says "no MODULE" and ends where
the module is not to be had.
"""
import sys, time

kind, threads = sys.argv[1], int(sys.argv[2])
try:
    if kind == "ort":
        import numpy, onnxruntime
        onnxruntime.set_default_logger_severity(4)
        version = onnxruntime.__version__
    else:
        import torch
        torch.set_num_threads(threads)
        version = torch.__version__
except ImportError as error:
    print("no", error.name, flush=True)
    sys.exit(0)
print(version, flush=True)

def load(path, t, n, i):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    x = numpy.random.default_rng(1).standard_normal((int(t), int(n), int(i))).astype("f4")
    return lambda: session.run(None, {"x": x})

def layer(cell, t, n, hidden, train):
    torch.manual_seed(1)
    hidden = int(hidden)
    module = getattr(torch.nn, cell)(hidden, hidden)
    x = torch.randn(int(t), int(n), hidden, requires_grad=train == "1")
    def step():
        for p in module.parameters():
            p.grad = None
        x.grad = None
        module(x)[0].sum().backward()
    def forward():
        with torch.inference_mode():
            module(x)
    return step if train == "1" else forward

run = None
for line in sys.stdin:
    word, *rest = line.split()
    if word == "time":
        count = int(rest[0])
        start = time.perf_counter()
        for _ in range(count):
            run()
        print((time.perf_counter() - start) / count, flush=True)
    else:
        run = (load if word == "load" else layer)(*rest)
        run()
        print("ready", flush=True)
