#!/usr/bin/env python3
"""convolution.py: draws the pictures of doc/performance.md: tile.svg, how a tile goes through Winograd's algorithm, and phases.svg,
a filter with dilation as dense filters on interleaved planes. Python's own library only; run it in this folder after a change."""

INK, GREY, PALE = "#1b1b1b", "#8a8a8a", "#eeeeee"
# Nine colours that stay apart for those who do not see red or green.
PHASE = ["#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#bbbbbb", "#ee8866", "#77aadd"]


class Picture:
    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def box(self, x, y, w, h, fill="none", stroke=INK, line=1, opacity=1):
        self.parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}" stroke="{stroke}" '
                          f'stroke-width="{line}" fill-opacity="{opacity}"/>')

    def text(self, x, y, words, size=13, anchor="start", weight="normal", fill=INK):
        self.parts.append(f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
                          f'fill="{fill}">{words}</text>')

    def arrow(self, x0, y0, x1, y1):
        self.parts.append(f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="{INK}" stroke-width="1.5" '
                          'marker-end="url(#head)"/>')

    def write(self, name, title):
        head = ('<defs><marker id="head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
                f'<path d="M0,0 L9,4 L0,8 z" fill="{INK}"/></marker></defs>')
        with open(name, "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
                       f'viewBox="0 0 {self.width} {self.height}" font-family="sans-serif">\n<title>{title}</title>\n'
                       f'{head}\n<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def grid(p, x, y, rows, columns, size, fill):
    for r in range(rows):
        for c in range(columns):
            p.box(x + c * size, y + r * size, size, size, fill(r, c), "#ffffff")


def tile():
    p, size = Picture(960, 330), 22
    p.text(20, 28, "One tile of F(4, 3), and the block of eight tiles that is multiplied at a time", 16, weight="bold")
    x, y = 30, 80
    p.text(x, y - 14, "6×6 inputs", 13)
    grid(p, x, y, 6, 6, size, lambda r, c: PHASE[1] if 1 <= r <= 4 and 1 <= c <= 4 else PALE)
    p.text(x, y + 6 * size + 20, "tiles overlap by two", 12, fill=GREY)
    p.arrow(x + 6 * size + 8, y + 66, x + 6 * size + 62, y + 66)
    p.text(x + 6 * size + 35, y + 54, "Bᵀ d B", 13, "middle")
    x = 230
    p.text(x, y - 14, "36 points", 13)
    grid(p, x, y, 6, 6, size, lambda r, c: PHASE[3])
    p.text(x, y + 6 * size + 20, "of every input channel", 12, fill=GREY)
    p.arrow(x + 6 * size + 8, y + 66, x + 6 * size + 62, y + 66)
    p.text(x + 6 * size + 35, y + 42, "at each", 12, "middle")
    p.text(x + 6 * size + 35, y + 56, "point", 12, "middle")
    x = 435
    p.text(x, y - 14, "sums over channels", 13)
    for r in range(8):
        for half in range(2):
            p.box(x + half * 84, y + r * 17, 80, 14, PHASE[0], opacity=0.75)
            p.text(x + half * 84 + 40, y + r * 17 + 11, "16 channels", 9, "middle", fill="#ffffff")
        p.text(x - 6, y + r * 17 + 11, f"{r}", 10, "end", fill=GREY)
    p.box(x, y + 8 * 17 + 6, 164, 14, PHASE[4])
    p.text(x + 82, y + 8 * 17 + 17, "weights of a channel, transformed", 9, "middle", fill="#ffffff")
    p.text(x, y + 8 * 17 + 40, "8 tiles × 32 channels: 16 sums", 12, fill=GREY)
    p.text(x, y + 8 * 17 + 55, "stay in registers", 12, fill=GREY)
    p.arrow(x + 172, y + 66, x + 226, y + 66)
    p.text(x + 199, y + 54, "Aᵀ m A", 13, "middle")
    x = 685
    p.text(x, y - 14, "4×4 outputs", 13)
    grid(p, x, y + 22, 4, 4, size, lambda r, c: PHASE[2])
    p.text(x, y + 6 * size + 20, "· factor + summand", 12, fill=GREY)
    p.text(x, y + 6 * size + 35, "+ residual, clipped", 12, fill=GREY)
    p.text(800, y + 40, "16 outputs take", 12)
    p.text(800, y + 57, "36 multiplications,", 12)
    p.text(800, y + 74, "not 144", 12)
    p.text(20, 312, "The points of a block lie behind each other in memory, [point][channel block][tile][16], so that the product "
           "reads one stream.", 12, fill=GREY)
    p.write("tile.svg", "A tile of Winograd's algorithm F(4, 3)")


def phases():
    p, size, d, n = Picture(960, 400), 24, 3, 12
    p.text(20, 28, "A filter with dilation 3 is a dense one on each of 3×3 interleaved planes, the phases", 16, weight="bold")
    x, y = 30, 80
    p.text(x, y - 14, "a plane of 12×12, coloured by row and column modulo 3")
    grid(p, x, y, n, n, size, lambda r, c: PHASE[r % d * d + c % d])
    for r in (1, 4, 7):
        for c in (2, 5, 8):
            p.box(x + c * size + 2, y + r * size + 2, size - 4, size - 4, line=2.5)
    p.text(x, y + n * size + 20, "framed: what one filter of 3×3 with dilation 3 reads", 12, fill=GREY)
    p.arrow(x + n * size + 14, y + 6 * size, x + n * size + 74, y + 6 * size)
    x, small = 430, 17
    p.text(x, y - 14, "its phases: each a dense plane of 4×4, one tile of F(4, 3)")
    for k in range(9):
        at_x, at_y = x + k % 3 * (4 * small + 26), y + k // 3 * (4 * small + 28)
        grid(p, at_x, at_y, 4, 4, small, lambda r, c, k=k: PHASE[k])
        if k == 5:
            for r in range(3):
                for c in range(3):
                    p.box(at_x + c * small + 2, at_y + r * small + 2, small - 4, small - 4, line=2)
        p.text(at_x + 2 * small, at_y + 4 * small + 14, f"row {k // 3}, column {k % 3}", 10, "middle", fill=GREY)
    for k, words in enumerate(["No phase reads another's numbers,", "so nothing is wasted on the zeros",
                               "between taps, and no plane is copied:", "a tile's inputs are 3 apart.", "",
                               "Phases that are no multiple of the", "tile waste a part of it: 64 pixels at",
                               "dilation 12 are phases of 5 and 6,", "which F(3, 3) fits and F(4, 3) does not."]):
        p.text(725, y + 20 + 18 * k, words, 12)
    p.write("phases.svg", "The phases of a dilated plane")


tile()
phases()
