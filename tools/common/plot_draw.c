/* plot_draw.c: margins, axes and marks of a plot with cairo; see plot.h. Toy fonts ("sans"), no font files of
 * ours. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/cairo_calls.h"
#include "common/plot_items.h"

enum { TICKS = 16 };
static const double FONT = 13, SMALL = 12, TITLE = 16, GAP = 10;

struct range {
  double low, high;
};

struct frame {
  cairo_t *cr;
  const struct plot *plot;
  double left, right; /* of every panel's area */
};

/* One panel's area in pixels and in values. */
struct area {
  double x0, y0, x1, y1; /* pixels: left, top, right, bottom */
  struct range x, y;
  size_t y_ticks, x_ticks;
  double y_at[TICKS], x_at[TICKS], y_step, x_step;
  enum frequency_unit x_unit;
};

static void set_colour(cairo_t *cr, int colour, size_t rows, double alpha) {
  static const unsigned char named[][3] = { { 0, 114, 178 }, { 230, 159, 0 },  { 0, 158, 115 },
                                            { 213, 94, 0 },  { 86, 180, 233 }, { 204, 121, 167 },
                                            { 20, 20, 20 },  { 130, 130, 130 } };
  /* From dark blue over green to yellow, steadily lighter, so that the order is seen by every eye. */
  static const double scale[][3] = { { 0.18, 0.10, 0.40 },
                                     { 0.16, 0.36, 0.58 },
                                     { 0.13, 0.60, 0.56 },
                                     { 0.48, 0.79, 0.36 },
                                     { 0.98, 0.90, 0.25 } };
  if (colour < PLOT_SCALE) {
    const unsigned char *c = named[colour & 7];
    cairo.set_source_rgba(cr, c[0] / 255.0, c[1] / 255.0, c[2] / 255.0, alpha);
    return;
  }
  double place = rows > 1 ? 4.0 * (colour - PLOT_SCALE) / (double)(rows - 1) : 0;
  int i = place >= 4 ? 3 : (int)place;
  double t = place - i;
  cairo.set_source_rgba(cr, scale[i][0] + t * (scale[i + 1][0] - scale[i][0]),
                        scale[i][1] + t * (scale[i + 1][1] - scale[i][1]),
                        scale[i][2] + t * (scale[i + 1][2] - scale[i][2]), alpha);
}

static double text_width(cairo_t *cr, const char *text, double size) {
  cairo_text_extents_t e;
  cairo.set_font_size(cr, size);
  cairo.text_extents(cr, text, &e);
  return e.x_advance;
}

/* Text whose middle line is at y; `align` 0 left, 0.5 middle, 1 right of x. */
static void put_text(cairo_t *cr, const char *text, double size, double x, double y, double align) {
  double width = text_width(cr, text, size);
  cairo.move_to(cr, floor(x - align * width) + 0.5, y + 0.36 * size);
  cairo.show_text(cr, text);
}

/* ---- ranges ---- */

static void widen(struct range *r, double v) {
  if (!isfinite(v)) return;
  if (v < r->low) r->low = v;
  if (v > r->high) r->high = v;
}

static void extend_by_stack(struct range *r, const struct plot_item *item) {
  widen(r, 0);
  for (size_t i = 0; i < item->n; i++) {
    double up = 0, down = 0;
    for (size_t k = 0; k < item->rows; k++) {
      double v = item->y[k * item->n + i];
      if (v > 0) up += v;
      if (v < 0) down += v;
    }
    widen(r, up);
    widen(r, down);
  }
}

static struct range y_range(const struct plot_panel *panel) {
  struct range r = { INFINITY, -INFINITY };
  bool heat = false;
  for (size_t k = 0; k < panel->items; k++) {
    const struct plot_item *item = &panel->item[k];
    if (item->kind == PLOT_STACK)
      extend_by_stack(&r, item);
    else if (item->kind == PLOT_HEAT)
      widen(&r, item->box[2]), widen(&r, item->box[3]), heat = true;
    else if (item->kind == PLOT_ARROWS)
      for (size_t i = 0; i < item->n; i++)
        widen(&r, item->y[i]), widen(&r, item->y[i] + item->y[2 * item->n + i]);
    else if (item->kind != PLOT_MARK_X)
      for (size_t i = 0; i < item->rows * item->n; i++) widen(&r, item->y[i]);
    if (item->kind == PLOT_BARS) widen(&r, 0);
  }
  if (panel->has_include) widen(&r, panel->include);
  if (r.low > r.high) r.low = 0, r.high = 1;
  if (r.high - r.low < 1e-9 * (fabs(r.low) + fabs(r.high)) || r.high == r.low) {
    double by = r.low != 0 ? fabs(r.low) * 0.1 : 1;
    r.low -= by;
    r.high += by;
  }
  /* A little air, but none beyond a zero that the values touch. */
  double air = heat ? 0 : 0.05 * (r.high - r.low); /* a heat fills its panel */
  if (r.low != 0 || panel->plane) r.low -= air;
  if (r.high != 0 || panel->plane) r.high += air;
  return r;
}

/* Half the distance between neighbouring bars, 0 without bars. */
static double bar_half(const struct plot_item *item) {
  double least = INFINITY;
  if (item->kind != PLOT_BARS && item->kind != PLOT_STACK) return 0;
  for (size_t i = 1; i < item->n; i++)
    if (item->x[i] - item->x[i - 1] < least) least = item->x[i] - item->x[i - 1];
  return isfinite(least) ? 0.5 * least : 0.5;
}

static void extend_x(struct range *r, const struct plot_panel *panel) {
  for (size_t k = 0; k < panel->items; k++) {
    const struct plot_item *item = &panel->item[k];
    double half = bar_half(item);
    if (item->kind == PLOT_MARK_Y) continue;
    if (item->kind == PLOT_HEAT) {
      widen(r, item->box[0]);
      widen(r, item->box[1]);
      continue;
    }
    for (size_t i = 0; i < item->n; i++) {
      widen(r, item->x[i] - half);
      widen(r, item->x[i] + half);
    }
  }
}

static struct range x_range(const struct plot *plot, const struct plot_panel *own) {
  struct range r = { INFINITY, -INFINITY };
  if (own && own->own_x)
    extend_x(&r, own);
  else
    for (size_t i = 0; i < plot->panels; i++)
      if (!plot->panel[i]->own_x) extend_x(&r, plot->panel[i]);
  if (r.low > r.high) r.low = 0, r.high = 1;
  if (r.low == r.high) r.low -= 1, r.high += 1;
  if (own && own->plane) {
    const double air = 0.05 * (r.high - r.low);
    r.low -= air;
    r.high += air;
  }
  return r;
}

/* Gives the axis that is too short for one scale on both more to show, on both ends. */
static void equalize(struct area *a) {
  const double per_x = (a->x.high - a->x.low) / (a->x1 - a->x0),
               per_y = (a->y.high - a->y.low) / (a->y1 - a->y0);
  struct range *r = per_x < per_y ? &a->x : &a->y;
  const double want = per_x < per_y ? per_y * (a->x1 - a->x0) : per_x * (a->y1 - a->y0),
               more = 0.5 * (want - (r->high - r->low));
  r->low -= more;
  r->high += more;
}

/* ---- drawing items ---- */

static double to_x(const struct area *a, double x) {
  return a->x0 + (x - a->x.low) / (a->x.high - a->x.low) * (a->x1 - a->x0);
}

static double to_y(const struct area *a, double y) {
  return a->y1 - (y - a->y.low) / (a->y.high - a->y.low) * (a->y1 - a->y0);
}

static void draw_line(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  bool pen = false;
  for (size_t i = 0; i < item->n; i++) {
    if (!isfinite(item->y[i]) || !isfinite(item->x[i])) {
      pen = false;
      continue;
    }
    if (pen)
      cairo.line_to(cr, to_x(a, item->x[i]), to_y(a, item->y[i]));
    else
      cairo.move_to(cr, to_x(a, item->x[i]), to_y(a, item->y[i]));
    pen = true;
  }
  cairo.stroke(cr);
}

static void draw_band(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  const double *low = item->y, *high = item->y + item->n;
  for (size_t i = 0, end; i < item->n; i = end + 1) {
    for (end = i; end < item->n && isfinite(low[end]) && isfinite(high[end]); end++) {
    }
    if (end == i) continue;
    for (size_t k = i; k < end; k++) cairo.line_to(cr, to_x(a, item->x[k]), to_y(a, low[k]));
    for (size_t k = end; k-- > i;) cairo.line_to(cr, to_x(a, item->x[k]), to_y(a, high[k]));
    cairo.close_path(cr);
    cairo.fill(cr);
  }
}

static void bar(cairo_t *cr, const struct area *a, double x, double half, double from, double to) {
  double left = to_x(a, x - 0.8 * half), right = to_x(a, x + 0.8 * half);
  cairo.rectangle(cr, left, to_y(a, from), right - left, to_y(a, to) - to_y(a, from));
  cairo.fill(cr);
}

static void draw_stack(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  double half = bar_half(item);
  for (size_t i = 0; i < item->n; i++) {
    double up = 0, down = 0;
    for (size_t k = 0; k < item->rows; k++) {
      double v = item->y[k * item->n + i], *from = v > 0 ? &up : &down;
      if (!isfinite(v)) continue;
      set_colour(cr, PLOT_SCALE + (int)k, item->rows, 1);
      bar(cr, a, item->x[i], half, *from, *from + v);
      *from += v;
    }
  }
}

static void draw_circles(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  for (size_t i = 0; i < item->n; i++) {
    if (!isfinite(item->y[i]) || !isfinite(item->x[i])) continue;
    cairo.new_sub_path(cr);
    cairo.arc(cr, to_x(a, item->x[i]), to_y(a, item->y[i]), item->kind == PLOT_RINGS ? 4 : 3, 0,
              6.283185307179586);
    if (item->kind == PLOT_POINTS) {
      cairo.fill(cr);
      continue;
    }
    cairo.save(cr); /* hollow: what lies behind does not show through */
    cairo.set_source_rgb(cr, 1, 1, 1);
    cairo.fill_preserve(cr);
    cairo.restore(cr);
    cairo.stroke(cr);
  }
}

static void draw_arrows(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  const double *dx = item->y + item->n, *dy = dx + item->n;
  cairo.set_line_width(cr, 1);
  for (size_t i = 0; i < item->n; i++) {
    const double x = to_x(a, item->x[i]), y = to_y(a, item->y[i]), to = to_x(a, item->x[i] + dx[i]),
                 up = to_y(a, item->y[i] + dy[i]), length = hypot(to - x, up - y);
    if (!isfinite(length) || length < 0.5) continue;
    const double size = fmin(4, 0.5 * length), ex = (to - x) / length, ey = (up - y) / length;
    cairo.move_to(cr, x, y);
    cairo.line_to(cr, to, up);
    cairo.stroke(cr);
    cairo.move_to(cr, to + ex, up + ey);
    cairo.line_to(cr, to - size * ex - 0.5 * size * ey, up - size * ey + 0.5 * size * ex);
    cairo.line_to(cr, to - size * ex + 0.5 * size * ey, up - size * ey - 0.5 * size * ex);
    cairo.close_path(cr);
    cairo.fill(cr);
  }
}

/* Blue over white to red, at a place 0 … 1. */
static void heat_colour(cairo_t *cr, double place) {
  static const double low[] = { 0.02, 0.36, 0.62 }, high[] = { 0.75, 0.25, 0.0 };
  if (isnan(place)) {
    cairo.set_source_rgb(cr, 0.6, 0.6, 0.6);
    return;
  }
  place = fmin(fmax(place, 0), 1);
  const double *end = place < 0.5 ? low : high, t = fabs(2 * place - 1);
  cairo.set_source_rgb(cr, 1 + t * (end[0] - 1), 1 + t * (end[1] - 1), 1 + t * (end[2] - 1));
}

static void draw_heat(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  const double x0 = to_x(a, item->box[0]), x1 = to_x(a, item->box[1]), y0 = to_y(a, item->box[2]),
               y1 = to_y(a, item->box[3]);
  const cairo_antialias_t before = cairo.get_antialias(cr);
  cairo.set_antialias(cr, CAIRO_ANTIALIAS_NONE); /* cells meet without seams */
  for (size_t i = 0; i < item->rows; i++)
    for (size_t k = 0; k < item->n; k++) {
      const double left = x0 + (x1 - x0) * (double)k / (double)item->n,
                   right = x0 + (x1 - x0) * (double)(k + 1) / (double)item->n,
                   bottom = y0 + (y1 - y0) * (double)i / (double)item->rows,
                   top = y0 + (y1 - y0) * (double)(i + 1) / (double)item->rows;
      heat_colour(cr, (item->y[i * item->n + k] - item->low) / (item->high - item->low));
      cairo.rectangle(cr, left, top, right - left, bottom - top);
      cairo.fill(cr);
    }
  cairo.set_antialias(cr, before);
}

static void draw_item(cairo_t *cr, const struct area *a, const struct plot_item *item) {
  static const double dashes[] = { 6, 4 }, dots[] = { 2, 3 };
  set_colour(cr, item->colour, item->rows, item->kind == PLOT_BAND ? 0.25 : 1);
  cairo.set_line_width(cr, item->width > 0 ? item->width : 1.5);
  switch (item->kind) {
  case PLOT_DASHES:
    cairo.set_dash(cr, dashes, 2, 0);
    draw_line(cr, a, item);
    break;
  case PLOT_LINE: draw_line(cr, a, item); break;
  case PLOT_BAND: draw_band(cr, a, item); break;
  case PLOT_STACK: draw_stack(cr, a, item); break;
  case PLOT_BARS:
    for (size_t i = 0; i < item->n; i++)
      if (isfinite(item->y[i])) bar(cr, a, item->x[i], bar_half(item), 0, item->y[i]);
    break;
  case PLOT_POINTS:
  case PLOT_RINGS: draw_circles(cr, a, item); break;
  case PLOT_ARROWS: draw_arrows(cr, a, item); break;
  case PLOT_HEAT: draw_heat(cr, a, item); break;
  case PLOT_MARK_X:
  case PLOT_MARK_Y: {
    bool is_x = item->kind == PLOT_MARK_X;
    double at = floor(is_x ? to_x(a, item->x[0]) : to_y(a, item->y[0])) + 0.5;
    cairo.set_dash(cr, dots, 2, 0);
    cairo.set_line_width(cr, 1);
    cairo.move_to(cr, is_x ? at : a->x0, is_x ? a->y0 : at);
    cairo.line_to(cr, is_x ? at : a->x1, is_x ? a->y1 : at);
    cairo.stroke(cr);
    if (!item->label) break;
    /* Words on the side where there is room for them. */
    bool left = is_x && at + 6 + text_width(cr, item->label, SMALL) > a->x1;
    set_colour(cr, PLOT_BLACK, 1, 0.75);
    if (is_x)
      put_text(cr, item->label, SMALL, left ? at - 5 : at + 5, a->y0 + 10, left ? 1 : 0);
    else
      put_text(cr, item->label, SMALL, a->x1 - 4, at - a->y0 < 18 ? at + 10 : at - 9, 1);
    break;
  }
  }
  cairo.set_dash(cr, NULL, 0, 0);
}

/* ---- legend ---- */

struct legend_entry {
  const char *text;
  enum plot_kind kind;
  int colour;
  size_t rows;
  double low, high; /* of a heat */
};

static size_t legend_entries(const struct plot_panel *panel, struct legend_entry *entries, size_t room) {
  size_t n = 0;
  for (size_t k = 0; k < panel->items; k++) {
    const struct plot_item *item = &panel->item[k];
    if (item->kind == PLOT_MARK_X || item->kind == PLOT_MARK_Y) continue;
    if (item->label && n < room)
      entries[n++] =
          (struct legend_entry){ item->label, item->kind, item->colour, item->rows, item->low, item->high };
    for (size_t i = 0; item->row_label && i < item->rows && n < room; i++)
      if (item->row_label[i])
        entries[n++] =
            (struct legend_entry){ item->row_label[i], PLOT_STACK, PLOT_SCALE + (int)i, item->rows, 0, 0 };
  }
  return n;
}

static const double SWATCH = 22, ENTRY_GAP = 16, LINE_HEIGHT = 18;

/* The colours of a heat, with what their ends stand for. */
static const double SCALE = 90;
static void scale_ends(const struct legend_entry *e, char low[24], char high[24]) {
  snprintf(low, 24, "%.3g", e->low);
  snprintf(high, 24, "%.3g", e->high);
}

static void draw_scale(cairo_t *cr, const struct legend_entry *e, double x, double y) {
  char low[24], high[24];
  scale_ends(e, low, high);
  set_colour(cr, PLOT_BLACK, 1, 1);
  put_text(cr, low, SMALL, x, y, 0);
  x += text_width(cr, low, SMALL) + 4;
  for (int i = 0; i < (int)SCALE; i++) {
    heat_colour(cr, i / (SCALE - 1));
    cairo.rectangle(cr, floor(x) + i, floor(y) - 5, 1, 10);
    cairo.fill(cr);
  }
  set_colour(cr, PLOT_BLACK, 1, 1);
  put_text(cr, high, SMALL, x + SCALE + 4, y, 0);
}

static double swatch_width(cairo_t *cr, const struct legend_entry *e) {
  char low[24], high[24];
  if (e->kind != PLOT_HEAT) return SWATCH;
  scale_ends(e, low, high);
  return text_width(cr, low, SMALL) + text_width(cr, high, SMALL) + SCALE + 16;
}

static void draw_swatch(cairo_t *cr, const struct legend_entry *e, double x, double y) {
  static const double dashes[] = { 5, 3 };
  if (e->kind == PLOT_HEAT) {
    draw_scale(cr, e, x, y);
    return;
  }
  bool filled = e->kind == PLOT_BAND || e->kind == PLOT_BARS || e->kind == PLOT_STACK;
  set_colour(cr, e->colour, e->rows, e->kind == PLOT_BAND ? 0.35 : 1);
  if (filled)
    cairo.rectangle(cr, x + 2, y - 5, 14, 10), cairo.fill(cr);
  else if (e->kind == PLOT_POINTS)
    cairo.new_path(cr), cairo.arc(cr, x + 9, y, 3, 0, 6.283185307179586), cairo.fill(cr);
  else if (e->kind == PLOT_RINGS) {
    cairo.set_line_width(cr, 1.5);
    cairo.new_path(cr);
    cairo.arc(cr, x + 9, y, 4, 0, 6.283185307179586);
    cairo.stroke(cr);
  } else {
    if (e->kind == PLOT_DASHES) cairo.set_dash(cr, dashes, 2, 0);
    cairo.set_line_width(cr, 2);
    cairo.move_to(cr, x, y);
    cairo.line_to(cr, x + 18, y);
    cairo.stroke(cr);
    cairo.set_dash(cr, NULL, 0, 0);
  }
}

/* Title and legend above an area, in as many lines as they need; draws unless `measure`. Returns their
 * height. */
static double head(const struct frame *f, const struct plot_panel *panel, double top, bool measure) {
  struct legend_entry entry[64];
  size_t n = legend_entries(panel, entry, 64);
  double x = f->left, y = top + LINE_HEIGHT / 2;
  if (!n && !panel->title) return 4;
  if (panel->title) {
    cairo.select_font_face(f->cr, "sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    if (!measure) {
      set_colour(f->cr, PLOT_BLACK, 1, 1);
      put_text(f->cr, panel->title, FONT, x, y, 0);
    }
    x += text_width(f->cr, panel->title, FONT) + 1.5 * ENTRY_GAP;
    cairo.select_font_face(f->cr, "sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  }
  for (size_t i = 0; i < n; i++) {
    const double swatch = swatch_width(f->cr, &entry[i]);
    double width = swatch + text_width(f->cr, entry[i].text, SMALL);
    if (x + width > f->right && x > f->left) x = f->left, y += LINE_HEIGHT;
    if (!measure) {
      draw_swatch(f->cr, &entry[i], x, y);
      set_colour(f->cr, PLOT_BLACK, 1, 1);
      put_text(f->cr, entry[i].text, SMALL, x + swatch, y, 0);
    }
    x += width + ENTRY_GAP;
  }
  return y + LINE_HEIGHT / 2 + 4 - top;
}

/* ---- axes ---- */

static void y_ticks(struct area *a, double height) {
  size_t most = (size_t)(height / 32);
  a->y_ticks = number_ticks(a->y.low, a->y.high, most < 3 ? 3 : most > 10 ? 10 : most, a->y_at, &a->y_step);
}

static void y_text(const struct area *a, const struct plot_panel *panel, size_t i, char *text, size_t size) {
  if (panel->powers)
    power_tick_text(a->y_at[i], text, size);
  else
    number_tick_text(a->y_at[i], a->y_step, text, size);
}

static double y_label_width(cairo_t *cr, const struct area *a, const struct plot_panel *panel) {
  double widest = 0;
  char text[40];
  for (size_t i = 0; i < a->y_ticks; i++) {
    y_text(a, panel, i, text, sizeof text);
    double w = text_width(cr, text, SMALL);
    if (w > widest) widest = w;
  }
  return widest;
}

static void x_text(const struct area *a, bool dates, size_t i, char *text, size_t size) {
  if (dates)
    date_tick_text(a->x_at[i], a->x_unit, text, size);
  else
    number_tick_text(a->x_at[i], a->x_step, text, size);
}

/* As many ticks as their labels leave room for. */
static void x_ticks(cairo_t *cr, struct area *a, bool dates, bool whole) {
  const double span = a->x.high - a->x.low; /* as many steps of 1 */
  for (size_t most = whole && span < 11 && span >= 1 ? (size_t)span + 1 : 12; most >= 2; most--) {
    double used = 0;
    char text[40];
    a->x_ticks = dates ? date_ticks(a->x.low, a->x.high, most, a->x_at, &a->x_unit)
                       : number_ticks(a->x.low, a->x.high, most, a->x_at, &a->x_step);
    for (size_t i = 0; i < a->x_ticks; i++) {
      x_text(a, dates, i, text, sizeof text);
      double w = text_width(cr, text, SMALL) + 18;
      if (w > used) used = w;
    }
    if (used * (double)a->x_ticks <= a->x1 - a->x0) return;
  }
}

static void draw_axes(const struct frame *f, const struct area *a, const struct plot_panel *panel,
                      bool x_labels) {
  cairo_t *cr = f->cr;
  char text[40];
  cairo.set_line_width(cr, 1);
  for (size_t i = 0; i < a->y_ticks; i++) {
    double y = floor(to_y(a, a->y_at[i])) + 0.5;
    cairo.set_source_rgb(cr, a->y_at[i] == 0 ? 0.6 : 0.88, a->y_at[i] == 0 ? 0.6 : 0.88,
                         a->y_at[i] == 0 ? 0.6 : 0.88);
    cairo.move_to(cr, a->x0, y);
    cairo.line_to(cr, a->x1, y);
    cairo.stroke(cr);
    y_text(a, panel, i, text, sizeof text);
    set_colour(cr, PLOT_BLACK, 1, 0.85);
    put_text(cr, text, SMALL, a->x0 - 6, y, 1);
  }
  for (size_t i = 0; i < a->x_ticks; i++) {
    double x = floor(to_x(a, a->x_at[i])) + 0.5;
    cairo.set_source_rgb(cr, 0.92, 0.92, 0.92);
    cairo.move_to(cr, x, a->y0);
    cairo.line_to(cr, x, a->y1);
    cairo.stroke(cr);
    if (!x_labels) continue;
    x_text(a, f->plot->dates, i, text, sizeof text);
    double half = text_width(cr, text, SMALL) / 2, middle = x;
    if (middle + half > f->plot->width - 4)
      middle = f->plot->width - 4 - half; /* the last label stays inside */
    set_colour(cr, PLOT_BLACK, 1, 0.85);
    put_text(cr, text, SMALL, middle, a->y1 + 14, 0.5);
  }
  set_colour(cr, PLOT_BLACK, 1, 0.6);
  cairo.move_to(cr, floor(a->x0) + 0.5, a->y0);
  cairo.line_to(cr, floor(a->x0) + 0.5, floor(a->y1) + 0.5);
  cairo.line_to(cr, a->x1, floor(a->y1) + 0.5);
  cairo.stroke(cr);
  if (panel->y_label) {
    cairo.save(cr);
    cairo.translate(cr, 14, (a->y0 + a->y1) / 2);
    cairo.rotate(cr, -1.5707963267948966);
    set_colour(cr, PLOT_BLACK, 1, 1);
    put_text(cr, panel->y_label, SMALL, 0, 0, 0.5);
    cairo.restore(cr);
  }
}

/* ---- the whole ---- */

static void draw_panels(struct frame *f, double top, double bottom) {
  const struct plot *plot = f->plot;
  struct area area[PLOT_PANELS];
  double heads[PLOT_PANELS], feet[PLOT_PANELS], shares = 0, fixed = 0, widest = 0;
  bool y_labels = false;
  memset(area, 0, sizeof area);
  for (size_t i = 0; i < plot->panels; i++) {
    struct area *a = &area[i];
    a->y = y_range(plot->panel[i]);
    a->x = x_range(plot, plot->panel[i]);
    y_ticks(a, (bottom - top) / (double)plot->panels);
    double w = y_label_width(f->cr, a, plot->panel[i]);
    if (w > widest) widest = w;
    if (plot->panel[i]->y_label) y_labels = true;
  }
  f->left = widest + 14 + (y_labels ? 20 : 0);
  f->right = plot->width - 18;
  for (size_t i = 0; i < plot->panels; i++) {
    /* Labels stand under the last panel, under one whose neighbour below has another x, and under such ones.
     */
    bool labels = i + 1 == plot->panels || plot->panel[i]->own_x || plot->panel[i + 1]->own_x;
    heads[i] = head(f, plot->panel[i], 0, true);
    feet[i] = labels ? 26 : GAP;
    fixed += heads[i] + feet[i];
    shares += plot->panel[i]->share;
  }
  for (size_t i = 0; i < plot->panels; i++) {
    struct area *a = &area[i];
    double height = (bottom - top - fixed) * plot->panel[i]->share / shares,
           begin = i ? area[i - 1].y1 + feet[i - 1] : top;
    a->x0 = f->left;
    a->x1 = f->right;
    a->y0 = begin + heads[i];
    a->y1 = a->y0 + (height > 20 ? height : 20);
    if (plot->panel[i]->equal) equalize(a);
    y_ticks(a, a->y1 - a->y0);
    if (!plot->panel[i]->places)
      x_ticks(f->cr, a, plot->dates, plot->whole); /* else none, as calloc left it */
    head(f, plot->panel[i], begin, false);
    draw_axes(f, a, plot->panel[i], feet[i] > GAP);
    cairo.save(f->cr);
    cairo.rectangle(f->cr, a->x0 - 4, a->y0 - 4, a->x1 - a->x0 + 8, a->y1 - a->y0 + 8);
    cairo.clip(f->cr);
    cairo.set_line_join(f->cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t k = 0; k < plot->panel[i]->items; k++) draw_item(f->cr, a, &plot->panel[i]->item[k]);
    cairo.restore(f->cr);
  }
}

bool plot_draw(const struct plot *plot, unsigned char *pixels, int stride) {
  cairo_surface_t *surface =
      cairo.image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, plot->width, plot->height, stride);
  struct frame f = { cairo.create(surface), plot, 0, 0 };
  double top = 8, bottom = plot->height - 6;
  cairo.set_source_rgb(f.cr, 1, 1, 1);
  cairo.paint(f.cr);
  if (plot->title) {
    cairo.select_font_face(f.cr, "sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    double width = text_width(f.cr, plot->title, TITLE), room = plot->width - 32,
           size = width > room ? TITLE * room / width : TITLE;
    set_colour(f.cr, PLOT_BLACK, 1, 1);
    put_text(f.cr, plot->title, size, plot->width / 2.0, top + 12, 0.5);
    top += 30;
  }
  cairo.select_font_face(f.cr, "sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  if (plot->x_label) {
    set_colour(f.cr, PLOT_BLACK, 1, 1);
    put_text(f.cr, plot->x_label, SMALL, plot->width / 2.0, bottom - 8, 0.5);
    bottom -= 18;
  }
  draw_panels(&f, top, bottom);
  bool ok = cairo.status(f.cr) == CAIRO_STATUS_SUCCESS;
  cairo.destroy(f.cr);
  cairo.surface_flush(surface);
  ok = ok && cairo.surface_status(surface) == CAIRO_STATUS_SUCCESS;
  cairo.surface_destroy(surface);
  return ok;
}
