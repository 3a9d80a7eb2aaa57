"""peers.py: the peer processes of the benchmarks: ONNX Runtime, PyTorch and ncnn, told what to do line by line.

    peers.py ort|torch|ncnn THREADS

Reads from standard input, one answer a line: "ready" after what it is to run, "no: …" where it cannot, and seconds of one
execution after "time COUNT". What there is to run:

    ort:   load FILE DIMS …                       an ONNX file with inputs of these shapes (1x3x224x224)
           pair FILE FILE NODES DIMS …            the difference of two files' times, divided by NODES
    torch: layer CELL T N HIDDEN TRAIN            a recurrent layer, as many features as hidden units
           stack N C FILTER T TRAIN               the stack of bench/stack.c
           unet WIDTH N CLASSES H W               a training step of the U-Net of bench/training.c
           chain MORE FEW KIND N C OC H W FILTER STRIDE DILATION GROUP CAUSAL RESIDUAL
    ncnn:  chain …                                convolutions with ReLU behind each, in a row or ("fan") of one input:
                                                  the difference of MORE and FEW, of one
TRAIN 1: forward, then gradients, then (not for `layer`) a step of gradient descent. Says "no MODULE" and ends where the
module is not to be had.
"""
import os, sys, tempfile, time

kind, threads = sys.argv[1], int(sys.argv[2])
try:
    if kind == "ort":
        import numpy, onnxruntime
        onnxruntime.set_default_logger_severity(4)
        version = onnxruntime.__version__
    elif kind == "ncnn":
        import numpy, ncnn
        version = ncnn.__version__
    else:
        import torch
        from torch import nn
        torch.set_num_threads(threads)
        version = torch.__version__
except ImportError as error:
    print("no", error.name, flush=True)
    sys.exit(0)
print(version, flush=True)

TYPES = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(int64)": "i8", "tensor(int32)": "i4", "tensor(bool)": "?",
         "tensor(uint8)": "u1", "tensor(int8)": "i1"}


def session(path, dims):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    made = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    random, feed = numpy.random.default_rng(1), {}
    for k, port in enumerate(made.get_inputs()):
        shape = [int(d) for d in dims[k].split("x") if d] if k < len(dims) else [d if isinstance(d, int) else 1 for d in port.shape]
        dtype = TYPES[port.type]
        feed[port.name] = random.uniform(-1, 1, shape).astype(dtype) if dtype[0] == "f" else numpy.zeros(shape, dtype)
    return lambda: made.run(None, feed)


def load(path, *dims):
    return once(session(path, dims))


def pair(more, few, nodes, *dims):
    return difference(session(more, dims), session(few, dims), int(nodes))


def layer(cell, t, n, hidden, train):
    torch.manual_seed(1)
    module = getattr(nn, cell)(int(hidden), int(hidden))
    x = torch.randn(int(t), int(n), int(hidden), requires_grad=train == "1")

    def step():
        for p in module.parameters():
            p.grad = None
        x.grad = None
        module(x)[0].sum().backward()
    return once(step if train == "1" else forward(module, x))


def forward(module, x):
    def run():
        with torch.inference_mode():
            module(x)
    return run


def training(module, x, target, loss):
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-4)

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss(module(x), target).backward()
        optimizer.step()
    return run


def stack(n, c, filter, t, train):
    n, c, filter, t = int(n), int(c), int(filter), int(t)

    class Layer(nn.Module):
        def __init__(self, dilation):
            super().__init__()
            self.pad = (filter - 1) * dilation
            self.dilated = nn.Conv1d(c, c, filter, dilation=dilation)
            self.mix = nn.Conv1d(c, c, 1)

        def forward(self, x):
            return x + self.mix(torch.relu(self.dilated(nn.functional.pad(x, (self.pad, 0)))))
    torch.manual_seed(1)
    module, x = nn.Sequential(*[Layer(1 << i) for i in range(10)]), torch.randn(n, c, t)
    return once(training(module, x, torch.randn(n, c, t), nn.functional.mse_loss) if train == "1" else forward(module, x))


def unet(width, n, classes, h, w):
    width, n, classes, h, w = int(width), int(n), int(classes), int(h), int(w)

    def unit(c, oc):
        return nn.Sequential(nn.Conv2d(c, oc, 3, padding=1, bias=False), nn.BatchNorm2d(oc), nn.ReLU(inplace=True))

    def two(c, oc):
        return nn.Sequential(unit(c, oc), unit(oc, oc))

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            at = [width << i for i in range(5)]
            self.encoder = nn.ModuleList(two(at[i - 1] if i else 3, at[i]) for i in range(4))
            self.bottom = two(at[3], at[4])
            self.decoder = nn.ModuleList(two(at[i + 1] + at[i], at[i]) for i in range(4))
            self.head = nn.Conv2d(width, classes, 1)

        def forward(self, x):
            skips = []
            for part in self.encoder:
                x = part(x)
                skips.append(x)
                x = nn.functional.max_pool2d(x, 2)
            x = self.bottom(x)
            for i in (3, 2, 1, 0):
                x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
                x = self.decoder[i](torch.cat((x, skips[i]), 1))
            return self.head(x)
    torch.manual_seed(1)
    x, target = torch.randn(n, 3, h, w), torch.randint(classes, (n, h, w))
    return once(training(UNet(), x, target, nn.functional.cross_entropy))


def geometry(words):
    n, c, oc, h, w, filter, stride, dilation, group, causal, residual = map(int, words)
    span = dilation * (filter - 1)
    before = span if causal else span // 2
    return n, c, oc, h, w, filter, stride, dilation, group, before, span - before, residual


def enlarging(filter, stride, dilation):
    """Padding on both sides and outputs more behind, with which a transposed convolution enlarges by the stride."""
    over = dilation * (filter - 1) + 1 - stride
    before = max(0, (over + 1) // 2)
    return before, 2 * before - over


def torch_chain(nodes, what, words):
    n, c, oc, h, w, filter, stride, dilation, group, before, after, residual = geometry(words)
    turned = what == "transposed"
    conv = (nn.ConvTranspose2d if h else nn.ConvTranspose1d) if turned else (nn.Conv2d if h else nn.Conv1d)
    if turned:
        before, extra = enlarging(filter, stride, dilation)
        after = before

    class Chain(nn.Module):
        def __init__(self):
            super().__init__()
            padding = before if before == after else 0
            made = (c, oc, filter, stride, padding) + ((extra, group, True, dilation) if turned else (dilation, group))
            self.list = nn.ModuleList(conv(*made) for _ in range(nodes))

        def forward(self, x, r):
            y = x
            for one in self.list:
                if before != after:
                    x = nn.functional.pad(x, (before, after))
                y = one(x)
                y = torch.relu_(y.add_(r) if residual else y)
                if what == "chain":
                    x = y
            return y
    torch.manual_seed(1)
    size = (h, w) if h else (w,)
    out = tuple(s * stride if turned else (s - 1) // stride + 1 for s in size)
    module, x, r = Chain().eval(), torch.randn(n, c, *size), torch.randn(n, oc, *out)

    def run():
        with torch.inference_mode():
            module(x, r)
    return run


def ncnn_chain(nodes, what, words):
    n, c, oc, h, w, filter, stride, dilation, group, before, after, residual = geometry(words)
    if n != 1 or what == "transposed":
        raise ValueError("convolutions of one sample")
    lines, blobs, weights, random = [], 1, b"", numpy.random.default_rng(1)
    lines.append("Input x 0 1 x")

    def add(text, inputs, outputs):
        nonlocal blobs
        kind, name, rest = text
        lines.append(f"{kind} {name} {len(inputs)} {len(outputs)} {' '.join(inputs + outputs)} {rest}")
        blobs += len(outputs)
    branches = ["x"]
    if what == "fan" and nodes > 1:
        branches = [f"x{i}" for i in range(nodes)]
        add(("Split", "split", ""), ["x"], branches)
    if residual:
        lines.append("Input r 0 1 r")
        blobs += 1
        copies = [f"r{i}" for i in range(nodes)]
        add(("Split", "splitr", ""), ["r"], copies)
    last = branches[0]
    for i in range(nodes):
        count = oc * (c // group) * filter * (filter if h else 1)
        two = f"11={filter} 12={dilation} 13={stride} 14={before} 15={after} 16={after}" if h else f"15={after}"
        depthwise = "DepthWise" if group > 1 else ""
        act = "" if residual else " 9=1"
        rest = f"0={oc} 1={filter} 2={dilation} 3={stride} 4={before} 5=1 6={count} {two}{act}" + (f" 7={group}" if group > 1 else "")
        source = branches[i] if what == "fan" else last
        add((f"Convolution{depthwise}{'' if h else '1D'}", f"c{i}", rest), [source], [f"y{i}"])
        last = f"y{i}"
        weights += b"\0\0\0\0" + ((random.random(count, "f4") - 0.5) / 16).tobytes() + numpy.zeros(oc, "f4").tobytes()
        if residual:
            add(("BinaryOp", f"a{i}", "0=0"), [last, copies[i]], [f"s{i}"])
            add(("ReLU", f"t{i}", ""), [f"s{i}"], [f"z{i}"])
            last = f"z{i}"
    net = ncnn.Net()
    net.opt.num_threads = threads
    for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage", "bf16_packed", "int8_inference"):
        if hasattr(net.opt, "use_" + name):
            setattr(net.opt, "use_" + name, False)
    with tempfile.TemporaryDirectory() as folder:
        param, binary = os.path.join(folder, "net.param"), os.path.join(folder, "net.bin")
        open(param, "w").write("7767517\n%d %d\n%s\n" % (len(lines), blobs, "\n".join(lines)))
        open(binary, "wb").write(weights)
        if net.load_param(param) or net.load_model(binary):
            raise ValueError("ncnn refuses the network")
    size = (h, w) if h else (w,)
    out = tuple((s - 1) // stride + 1 for s in size)
    x, r = (random.random((k, *s), "f4") for k, s in ((c, size), (oc, out)))
    x, r = ncnn.Mat(x).clone(), ncnn.Mat(r).clone()
    names = [f"{'z' if residual else 'y'}{i}" for i in (range(nodes) if what == "fan" else [nodes - 1])]

    def run():
        extractor = net.create_extractor()
        extractor.input("x", x)
        if residual:
            extractor.input("r", r)
        for name in names:
            status, _ = extractor.extract(name)
            if status:
                raise ValueError("ncnn fails")
    return run


def chain(more, few, what, *words):
    make = torch_chain if kind == "torch" else ncnn_chain
    more, few = int(more), int(few)
    return difference(make(more, what, words), make(few, what, words), more - few)


def once(run):
    def seconds(count):
        start = time.perf_counter()
        for _ in range(count):
            run()
        return (time.perf_counter() - start) / count
    return seconds


def difference(more, few, nodes):
    more, few = once(more), once(few)

    def seconds(count):
        if count == 1:
            return max(more(1) - few(1), 1e-9) / nodes
        few(1), more(1)
        rounds = [(few(count), more(count)) for _ in range(8)]  # the least of eight: a difference doubles what disturbs
        return max(min(m for _, m in rounds) - min(f for f, _ in rounds), 1e-9) / nodes
    return seconds


commands = {"ort": (load, pair), "torch": (layer, stack, unet, chain), "ncnn": (chain,)}[kind]
commands = {command.__name__: command for command in commands}
seconds = None
for line in sys.stdin:
    word, *rest = line.split()
    if word == "time":
        print(seconds(int(rest[0])), flush=True)
        continue
    try:
        seconds = commands[word](*rest)
        seconds(1)
        print("ready", flush=True)
    except Exception as error:
        print("no:", str(error).replace("\n", " ")[:200], flush=True)
