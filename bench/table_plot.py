"""table_plot.py: draws table.py's lines as SVG: how far each is from its goal, and its worst shape."""
import math

GOOD, NEAR, BAD, INK, GREY = "#4477aa", "#ccbb44", "#ee6677", "#1b1b1b", "#8a8a8a"
LEFT, WIDTH, STEP, LEAST, MOST = 470, 960, 24, 0.25, 4.0


def place(value):
    value = min(max(value, LEAST), MOST)
    return LEFT + (WIDTH - LEFT - 30) * math.log(value / LEAST) / math.log(MOST / LEAST)


def text(x, y, words, size=12, anchor="start", fill=INK, weight="normal"):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}" font-weight="{weight}">{words}</text>'


def write(path, lines):
    parts, y, before = [], 64, None
    height = y + STEP * (len(lines) + len({x["part"] for x in lines})) + 30
    parts.append(text(20, 28, "Measured over goal: bars are geometric means, rings the worst shape", 16, weight="bold"))
    for tick in (0.25, 0.5, 1, 2, 4):
        x = place(tick)
        parts.append(f'<line x1="{x:.1f}" y1="50" x2="{x:.1f}" y2="{height - 24}" stroke="{INK if tick == 1 else "#dddddd"}"/>')
        parts.append(text(x, height - 8, f"{tick:g}", 11, "middle", GREY))
    for line in lines:
        if line["part"] != before:
            before = line["part"]
            parts.append(text(20, y + 6, line["work"], 12, weight="bold"))
            y += STEP
        reached, worst = line["mean"] / line["goal"], line["worst"] / line["goal"]
        if line["most"]:
            reached, worst = 1 / reached, 1 / worst
        colour = {"yes": GOOD, "no": BAD}.get(line["holds"], NEAR)
        x, one = place(reached), place(1)
        parts.append(f'<rect x="{min(x, one):.1f}" y="{y - 7}" width="{abs(x - one):.1f}" height="13" fill="{colour}"/>')
        parts.append(f'<circle cx="{place(worst):.1f}" cy="{y}" r="4" fill="white" stroke="{INK}"/>')
        goal = f"{'at most' if line['most'] else 'at least'} {line['goal']:g}"
        parts.append(text(34, y + 4, f"{line['condition'].replace(', at most', '')}: {line['mean']:.3g} ({goal})", 12))
        y += STEP
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
                   'font-family="sans-serif">\n<title>Benchmarks beside their goals</title>\n'
                   '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")
