"""table.py: runs all benchmarks and prints one table of what they should reach; see README.md.

    bench/run [table] [--ort PYTHON] [--torch PYTHON] [--ncnn PYTHON] [--repetitions N] [--json FILE] [--plot FILE.svg]
              [--details] [--from FILE] [PART ...]

PART: dense, dilated, ratio, series, network, transposed, stack, torch, streamed, recurrent, memory, training, models, predict; all
without any. A line of the table is a geometric mean over its shapes, none of which may be below 0.9 unless it says otherwise.
--json keeps the rows, --from reads such a file and measures only the PARTs given. Contenders alternate within every
repetition, with pauses; those in Python are processes that are stopped between their turns.
"""
import argparse, json, math, os, statistics, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import load, table_plot


def mean(values):
    """Geometric; a difference of noise below nothing counts as next to nothing."""
    return math.exp(sum(math.log(max(v, 1e-3)) for v in values) / len(values))


def peers(row):
    return [c for c in row["contenders"][1:] if "ratio" in c and c["name"] not in ("dense", "triad", "peak", "host", "whole")]


def possible(row, contender):
    """Not drowned in noise: a difference of two plans can come out at nothing, or at less than registers can multiply."""
    peak = [c["seconds"][1] for c in row["contenders"] if c["name"] == "peak"]
    return contender["seconds"][1] > max([1e-8] + peak)


def to(row, *names):
    """The ratio to the best of these peers, to the best of all without names; None where there is none."""
    there = [c for c in peers(row) if (not names or c["name"] in names) and possible(row, c)]
    return min(there, key=lambda c: c["seconds"][1])["ratio"][1] if there else None


def others(row):
    return to(row, "its Winograd", "ORT", "PyTorch", "ncnn")


def at_dilation(row):
    dense = [c for c in row["contenders"] if c["name"] == "dense"]
    return 1 / dense[0]["ratio"][1] if dense else None


def bandwidth(row):
    triad = [c for c in row["contenders"] if c["name"] == "triad"]
    return triad[0]["ratio"][1] if triad else None


def one_dnn(row):
    return to(row, "oneDNN")


def torch(row):
    return to(row, "PyTorch")


def value(row):
    return row["value"]


def micro(row):
    return row["contenders"][0]["seconds"][1] * 1e6


# Of each line of the table: PART, what it is, and its conditions: words, part of a row, figure of a row, goal, and floor of
# any one row. A goal below 0 is the most there may be.
TABLE = [
    ("dense", "3×3 stride 1 dense, ResNet and VGG shapes, batch 1", [
        ("oneDNN's default", "dense", one_dnn, 1.7, 1.0), ("best of all peers' others", "dense", others, 1.0, 0.9)]),
    ("dilated", "3×3 dilated, 64 to 512 channels, planes of 64 and more", [
        ("2 to 6: best peer", "dilated", to, 2.3, 0.9), ("12 and 18: best peer", "far", to, 1.1, 0.9)]),
    ("ratio", "time at dilation d over time at dilation 1, planes of 16 d and larger", [
        ("at most", "dilated|far|series", at_dilation, -1.1, None)]),
    ("series", "1-D causal k = 3, 64 and 128 channels, d = 1, 16, 512", [("best peer", "series", to, 1.4, 0.9)]),
    ("network", "strided, 7×7 stem, 1×1, depthwise", [("best peer", "network", to, 0.97, 0.9)]),
    ("transposed", "transposed: 2×2, 3×3 and 4×4 by 2, 3×3 by 1, in series 4 by 2 and 16 by 8", [("best peer", "transposed", to, 1.0, 0.9)]),
    ("stack", "stack of 10 dilations, T = 4096, beside oneDNN's fused chain", [
        ("32 channels, k = 2", "stack k=2", one_dnn, 1.0, 0.9), ("32 channels, k = 3", "stack k=3", one_dnn, 1.15, 0.9),
        ("64 channels, k = 3", "stack 64", one_dnn, 1.3, 0.9)]),
    ("torch", "the same net as PyTorch runs it", [
        ("forward", "stack, PyTorch", torch, 3.5, 0.9), ("training step, 8×2048", "stack training, PyTorch", torch, 3.0, 0.9)]),
    ("streamed", "one streamed sample through that stack, on the host", [
        ("µs, at most", "streamed", micro, -1.5, None), ("oneDNN", "streamed", one_dnn, 4.0, 0.9)]),
    ("recurrent", "LSTM, GRU, RNN over sequences", [
        ("batch 1: oneDNN", "recurrent 1", one_dnn, 1.5, 0.9), ("batch 16: oneDNN", "recurrent 16", one_dnn, 0.95, 0.9),
        ("batch 1: PyTorch", "recurrent 1", torch, 5.0, 0.9), ("batch 16: PyTorch", "recurrent 16", torch, 2.0, 0.9)]),
    ("memory", "bilinear ×2; max pooling and addition out of cache; softmax in its best layout", [
        ("bilinear: oneDNN", "bilinear", one_dnn, 1.7, 0.9), ("out of cache: oneDNN", "memory", one_dnn, 1.2, 0.9),
        ("out of cache: share of triad's bandwidth", "memory", bandwidth, 0.8, None), ("softmax: oneDNN", "softmax", one_dnn, 0.9, 0.9)]),
    ("training", "training step of a U-Net of width 16, 4×128×128, batch normalization", [("PyTorch", "training", torch, 1.3, 0.9)]),
    ("models", "whole models beside ONNX Runtime", [
        ("time", "models", to, 1.3, 0.9), ("peak growth of memory, at most", "models memory", value, -1.2, None)]),
    ("predict", "atrous-segment predict, 256×256", [
        ("empty caches: s, at most", "predict cold", value, -2, None), ("warm: ms, at most", "predict warm", value, -60, None)]),
]


def benchmark(program, options, arguments):
    command = [os.path.join(options.build, "bench", program), "--json", "--script", os.path.join(here, "peers.py"),
               "--repetitions", str(options.repetitions)]
    for peer in ("ort", "torch", "ncnn"):
        if getattr(options, peer):
            command += ["--" + peer, getattr(options, peer)]
    rows = []
    with subprocess.Popen(command + arguments, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            rows.append(json.loads(line))
            print(f"  {rows[-1]['row']}: {rows[-1].get('ratio', ['-', '-'])[1]}", file=sys.stderr, flush=True)
    return rows


def operators(options, parts):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as chosen:
        for line in open(os.path.join(here, "shapes.txt"), encoding="utf-8"):
            if set(line.split()) & {"part=" + p for p in parts}:
                chosen.write(line)
        chosen.flush()
        return benchmark("operators", options, ["--shapes", chosen.name])


def model_files(folder):
    """Those of the reference data and those that are written here, each with its inputs' shapes."""
    subprocess.run([os.path.join(load_build, "bench/networks"), folder], check=True)
    files, given = [os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".onnx")], os.environ.get("ATROUS_TEST_DATA")
    for at, _, names in sorted(os.walk(os.path.join(given, "models"))) if given else []:
        files += [os.path.join(at, f) for f in names if f == "model.onnx"]
    return [(f, load.shapes(f)) for f in files]


def models(options):
    with tempfile.TemporaryDirectory() as folder:
        files = model_files(folder)
        rows = benchmark("models", options, [f + ("=" + ",".join(s) if s else "") for f, s in files])
        for file, shapes in files if options.ort else []:
            peaks = []
            for command in ([options.ort, "-c", load.PEER, file] + shapes, [os.path.join(options.build, "bench/load"), "cpu", file] + shapes):
                load.measure(command)
                found = [x for x in (load.measure(command) for _ in range(3)) if not isinstance(x, str)]
                peaks.append(statistics.median(x[4] for x in found) if found else None)
            if all(peaks):
                name = os.path.basename(os.path.dirname(file)) if file.endswith("/model.onnx") else os.path.basename(file)[:-5]
                rows.append({"row": name + ", memory", "part": "models memory", "value": peaks[1] / peaks[0], "contenders": [],
                             "kib": peaks[::-1]})
    return rows


def predict(options):
    """A first run, with fresh caches, and later ones."""
    rows = []

    def tool(name):
        """As installed: not the script of 10 ms by which libtool starts a program in a build folder."""
        folder = os.path.join(options.build, "tools", name)
        real = os.path.join(folder, ".libs", "atrous-" + name)
        return real if os.path.exists(real) else os.path.join(folder, "atrous-" + name)

    libraries = {"LD_LIBRARY_PATH": os.path.abspath(os.path.join(options.build, ".libs"))}
    with tempfile.TemporaryDirectory() as folder:
        data, model = os.path.join(folder, "data"), os.path.join(folder, "unet.onnx")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        installed = dict(os.environ, **libraries)
        subprocess.run([tool("sample"), "scenes", data, "--count", "4"], check=True, env=installed, **quiet)
        subprocess.run([tool("segment"), "train", "--images", data + "/images", "--masks", data + "/masks", "--model", model,
                        "--epochs", "1", "--size", "64", "--batch", "2", "--device", "host"], check=True, env=installed, **quiet)
        image = os.path.join(data, "images", sorted(os.listdir(data + "/images"))[0])
        for kind, count in (("cold", 3), ("warm", options.repetitions)):
            times = []
            for i in range(count + (kind == "warm")):
                cache = os.path.join(folder, f"cold{i}" if kind == "cold" else "cold0")
                env = dict(installed, POCL_CACHE_DIR=cache + "/pocl", XDG_CACHE_HOME=cache + "/xdg")
                env.pop("ATROUS_CACHE_DIR", None)
                os.makedirs(cache + "/pocl", exist_ok=True)
                os.makedirs(cache + "/xdg", exist_ok=True)
                start = time.perf_counter()
                subprocess.run([tool("segment"), "predict", image, "--model", model, "--mask", os.path.join(folder, "mask.png"),
                                "--device", "cpu"], check=True, env=env, **quiet)
                times.append(time.perf_counter() - start)
            times = times[kind == "warm":]
            rows.append({"row": "predict, " + ("empty caches, s" if kind == "cold" else "warm, ms"), "part": "predict " + kind,
                         "value": statistics.median(times) * (1 if kind == "cold" else 1e3), "contenders": []})
    return rows


def measure(options, wanted):
    """Rows of the parts, by program."""
    rows, of = [], {"dense": ["dense"], "dilated": ["dilated", "far"], "ratio": ["dilated", "far", "series"], "series": ["series"],
                    "network": ["network"], "transposed": ["transposed"], "memory": ["bilinear", "memory", "softmax"]}
    chosen = [p for part in wanted for p in of.get(part, [])]
    if chosen:
        rows += operators(options, chosen)
    words = {"stack": ["k=2", "k=3"], "torch": ["beside PyTorch", "training"], "streamed": ["a sample"]}
    words = [w for part in wanted for w in words.get(part, [])]
    if words:
        rows += benchmark("stack", options, words)
    if "recurrent" in wanted:
        rows += benchmark("recurrent", options, ["batch"])
    if "training" in wanted:
        rows += benchmark("training", options, ["16, 4x128"])
    if "models" in wanted:
        rows += models(options)
    if "predict" in wanted:
        rows += predict(options)
    return [row for row in rows if row["part"]]


def judged(rows):
    """The lines of the table: of each condition the mean, the worst row, and whether it holds."""
    lines = []
    for part, what, conditions in TABLE:
        for words, parts, figure, goal, floor in conditions:
            found = {}
            for row in rows:
                its = figure(row) if row["part"] in parts.split("|") else None
                if its is None:
                    continue
                name = row["row"].removesuffix(", plain")  # the best layout counts
                found[name] = max(its, found.get(name, 0))
            if not found:
                continue
            most = goal < 0
            worst = (max if most else min)(found, key=found.get)
            middle = mean(found.values())
            good = middle <= -goal if most else middle >= goal and (floor is None or found[worst] >= floor)
            near = middle <= -goal * 1.15 if most else middle >= goal / 1.15
            lines.append({"part": part, "work": what, "condition": words, "rows": len(found), "mean": middle, "worst": found[worst],
                          "worst_row": worst, "goal": abs(goal), "most": most, "floor": floor,
                          "holds": "yes" if good else "within 15 %" if near and middle else "no"})
    return lines


def show(lines):
    print("| Work | beside | mean | goal | worst shape | holds |\n|---|---|---|---|---|---|")
    before = None
    for x in lines:
        work, before = (x["work"] if x["part"] != before else ""), x["part"]
        worst = f"{x['worst']:.3g}: {x['worst_row']}" if x["rows"] > 1 else "the only one"
        print(f"| {work} | {x['condition']} | {x['mean']:.3g} | {'≤' if x['most'] else '≥'} {x['goal']:g} | {worst} | {x['holds']} |")
    parts = list(dict.fromkeys(x["part"] for x in lines))
    good = [p for p in parts if all(x["holds"] == "yes" for x in lines if x["part"] == p)]
    print(f"\n{len(good)} of {len(parts)} hold" + (": " + ", ".join(good) if good else "") + ".")


def details(rows):
    print("\n| Row | Atrous | others: ms (ratio, quartiles) | |\n|---|---|---|---|")
    for row in rows:
        if not row["contenders"]:
            print(f"| {row['row']} | {row['value']:.3g} | | |")
            continue
        text = []
        for c in row["contenders"][1:]:
            ratio = "{1:.2f}, {0:.2f}-{2:.2f}".format(*c["ratio"]) if "ratio" in c else ""
            text.append(f"{c['name']} {1e3 * c['seconds'][1]:.4g} ({ratio})")
        own = row["contenders"][0]
        print(f"| {row['row']} | {1e3 * own['seconds'][1]:.4g} | {', '.join(text)} | {own['note']} |")


def main():
    global load_build
    parser = argparse.ArgumentParser(prog="bench/run table")
    for peer in ("ort", "torch", "ncnn"):
        parser.add_argument("--" + peer, metavar="PYTHON", help=f"a Python that has {peer}")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--from", metavar="FILE", dest="before")
    parser.add_argument("--plot", metavar="FILE.svg")
    parser.add_argument("--details", action="store_true", help="every row too")
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    options.build = load_build = os.environ.get("ATROUS_BUILD", ".")
    known = [part for part, _, _ in TABLE]
    for part in options.parts:
        if part not in known:
            parser.error(f"no part \"{part}\"; there are {', '.join(known)}")
    rows = json.load(open(options.before, encoding="utf-8"))["rows"] if options.before else []
    new = measure(options, options.parts or ([] if options.before else known))
    rows = [row for row in rows if row["row"] not in {r["row"] for r in new}] + new
    lines = judged(rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"date": time.strftime("%Y-%m-%d"), "table": lines, "rows": rows}, file, ensure_ascii=False, indent=1)
    if options.plot:
        table_plot.write(options.plot, lines)
    show(lines)
    if options.details:
        details(rows)


if __name__ == "__main__":
    main()
