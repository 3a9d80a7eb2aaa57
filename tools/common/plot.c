/* plot.c: collecting what a plot shows, and writing it; see plot.h. */
#include "common/plot.h"

#include <stdlib.h>
#include <string.h>

#include "common/cairo_calls.h"
#include "common/image.h"
#include "common/output.h"
#include "common/plot_items.h"

static char *copy_text(struct plot *plot, const char *text) {
  if (!text) return NULL;
  char *copy = strdup(text);
  if (!copy) plot->failed = true;
  return copy;
}

struct plot *plot_create(int width, int height, const char *title) {
  struct plot *plot = calloc(1, sizeof *plot);
  if (!plot) return NULL;
  plot->width = width;
  plot->height = height;
  plot->title = copy_text(plot, title);
  return plot;
}

static void destroy_item(struct plot_item *item) {
  for (size_t i = 0; item->row_label && i < item->rows; i++) free(item->row_label[i]);
  free(item->row_label);
  free(item->x);
  free(item->y);
  free(item->label);
}

void plot_destroy(struct plot *plot) {
  if (!plot) return;
  for (size_t i = 0; i < plot->panels; i++) {
    struct plot_panel *panel = plot->panel[i];
    for (size_t k = 0; k < panel->items; k++) destroy_item(&panel->item[k]);
    free(panel->item);
    free(panel->title);
    free(panel->y_label);
    free(panel);
  }
  free(plot->title);
  free(plot->x_label);
  free(plot);
}

struct plot_panel *plot_add_panel(struct plot *plot, double share, const char *title, const char *y_label) {
  if (!plot || plot->panels == PLOT_PANELS) return NULL;
  struct plot_panel *panel = calloc(1, sizeof *panel);
  if (!panel) {
    plot->failed = true;
    return NULL;
  }
  panel->plot = plot;
  panel->share = share;
  panel->title = copy_text(plot, title);
  panel->y_label = copy_text(plot, y_label);
  plot->panel[plot->panels++] = panel;
  return panel;
}

void plot_own_x(struct plot_panel *panel) {
  if (panel) panel->own_x = true;
}

void plot_places(struct plot_panel *panel) {
  if (panel) panel->own_x = panel->places = true;
}

void plot_plane(struct plot_panel *panel, bool equal) {
  if (!panel) return;
  panel->own_x = panel->plane = true;
  panel->equal = equal;
}

void plot_powers(struct plot_panel *panel) {
  if (panel) panel->powers = true;
}

void plot_x_dates(struct plot *plot) {
  if (plot) plot->dates = true;
}

void plot_x_counted(struct plot *plot) {
  if (plot) plot->whole = true;
}
void plot_x_label(struct plot *plot, const char *label) {
  if (plot) plot->x_label = copy_text(plot, label);
}

void plot_include_y(struct plot_panel *panel, double y) {
  if (!panel) return;
  panel->has_include = true;
  panel->include = y;
}

/* A new item with room for n x values and rows · n y values, the x and the first row of y copied. */
static struct plot_item *add(struct plot_panel *panel, enum plot_kind kind, const double *x, const double *y,
                             size_t n, size_t rows, int colour, const char *label) {
  if (!panel) return NULL;
  if (panel->items == panel->room) {
    const size_t room = 2 * panel->room + 16;
    struct plot_item *more = realloc(panel->item, room * sizeof *more);
    if (!more) {
      panel->plot->failed = true;
      return NULL;
    }
    panel->item = more;
    panel->room = room;
  }
  struct plot_item *item = &panel->item[panel->items];
  memset(item, 0, sizeof *item);
  item->x = malloc((n ? n : 1) * sizeof *x);
  item->y = malloc((n ? n : 1) * rows * sizeof *y);
  if (!item->x || !item->y) {
    free(item->x);
    free(item->y);
    panel->plot->failed = true;
    return NULL;
  }
  if (n) {
    memcpy(item->x, x, n * sizeof *x);
    memcpy(item->y, y, n * sizeof *y);
  }
  item->kind = kind;
  item->n = n;
  item->rows = rows;
  item->colour = colour;
  item->label = copy_text(panel->plot, label);
  panel->items++;
  return item;
}

void plot_line(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour, double width,
               const char *label) {
  struct plot_item *item = add(panel, PLOT_LINE, x, y, n, 1, colour, label);
  if (item) item->width = width;
}

void plot_dashes(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
                 const char *label) {
  add(panel, PLOT_DASHES, x, y, n, 1, colour, label);
}

void plot_points(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
                 const char *label) {
  add(panel, PLOT_POINTS, x, y, n, 1, colour, label);
}

void plot_rings(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
                const char *label) {
  add(panel, PLOT_RINGS, x, y, n, 1, colour, label);
}

void plot_arrows(struct plot_panel *panel, const double *x, const double *y, const double *dx,
                 const double *dy, size_t n, int colour, const char *label) {
  struct plot_item *item = add(panel, PLOT_ARROWS, x, y, n, 3, colour, label);
  if (!item || !n) return;
  memcpy(item->y + n, dx, n * sizeof *dx);
  memcpy(item->y + 2 * n, dy, n * sizeof *dy);
}

void plot_heat(struct plot_panel *panel, const double *values, size_t rows, size_t cols, const double box[4],
               double low, double high, const char *label) {
  struct plot_item *item = rows ? add(panel, PLOT_HEAT, values, values, cols, rows, PLOT_BLACK, label) : NULL;
  if (!item) return;
  memcpy(item->y, values, rows * cols * sizeof *values);
  memcpy(item->box, box, sizeof item->box);
  item->low = low;
  item->high = high;
}

void plot_bars(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
               const char *label) {
  add(panel, PLOT_BARS, x, y, n, 1, colour, label);
}

void plot_band(struct plot_panel *panel, const double *x, const double *low, const double *high, size_t n,
               int colour, const char *label) {
  struct plot_item *item = add(panel, PLOT_BAND, x, low, n, 2, colour, label);
  if (item && n) memcpy(item->y + n, high, n * sizeof *high);
}

void plot_stack(struct plot_panel *panel, const double *x, const double *values, size_t k, size_t n,
                const char *const *labels) {
  if (!k) return;
  struct plot_item *item = add(panel, PLOT_STACK, x, values, n, k, PLOT_SCALE, NULL);
  if (!item) return;
  memcpy(item->y, values, k * n * sizeof *values);
  item->row_label = calloc(k, sizeof *item->row_label);
  if (!item->row_label) {
    panel->plot->failed = true;
    return;
  }
  for (size_t i = 0; i < k; i++) item->row_label[i] = copy_text(panel->plot, labels[i]);
}

void plot_mark_x(struct plot_panel *panel, double x, const char *text) {
  double y = 0;
  add(panel, PLOT_MARK_X, &x, &y, 1, 1, PLOT_GREY, text);
}

void plot_mark_y(struct plot_panel *panel, double y, const char *text) {
  double x = 0;
  add(panel, PLOT_MARK_Y, &x, &y, 1, 1, PLOT_GREY, text);
}

bool plot_check(const char *path, bool no_clobber, struct fault *fault) {
  return !path || (cairo_load(fault) && output_check(path, no_clobber, fault));
}

bool plot_write(struct plot *plot, const char *path, bool no_clobber, struct fault *fault) {
  struct image image;
  if (!plot || plot->failed) return fault_nomem(fault, sizeof *plot);
  if (!cairo_load(fault)) return false;
  if (!image_create(&image, (size_t)plot->width, (size_t)plot->height, 3, 8, fault)) return false;
  size_t pixels = image.width * image.height;
  uint32_t *drawn = malloc(pixels * sizeof *drawn);
  bool ok = drawn && plot_draw(plot, (unsigned char *)drawn, plot->width * 4);
  if (!ok) fault_nomem(fault, pixels * sizeof *drawn);
  for (size_t i = 0; ok && i < pixels; i++)
    for (int k = 0; k < 3; k++)
      ((uint8_t *)image.data)[3 * i + (size_t)k] = (uint8_t)(drawn[i] >> (16 - 8 * k));
  ok = ok && image_write(path, no_clobber, &image, fault);
  free(drawn);
  image_destroy(&image);
  return ok;
}
