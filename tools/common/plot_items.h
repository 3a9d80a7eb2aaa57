/* plot_items.h: a plot as it is kept until it is drawn; shared by plot.c (collecting) and plot_draw.c
 * (drawing). */
#ifndef TOOLS_PLOT_ITEMS_H
#define TOOLS_PLOT_ITEMS_H

#include "common/plot.h"

enum plot_kind {
  PLOT_LINE,
  PLOT_DASHES,
  PLOT_POINTS,
  PLOT_BAND,
  PLOT_BARS,
  PLOT_STACK,
  PLOT_RINGS,
  PLOT_ARROWS,
  PLOT_HEAT,
  PLOT_MARK_X,
  PLOT_MARK_Y
};
enum { PLOT_PANELS = 8 };

struct plot_item {
  enum plot_kind kind;
  int colour;
  double width;
  size_t n, rows;           /* rows: layers of a stack, 2 for a band, 3 for arrows (y, dx, dy), else 1 */
  double *x, *y;            /* [n], [rows][n] */
  double box[4], low, high; /* of a heat: x and y from and to; what the ends of the colours stand for */
  char *label, **row_label; /* row_label [rows] of a stack */
};

struct plot_panel {
  struct plot *plot;
  double share, include;
  bool own_x, places, plane, equal, powers, has_include;
  char *title, *y_label;
  struct plot_item *item; /* [room] */
  size_t items, room;
};

struct plot {
  int width, height;
  bool dates, whole, failed; /* failed: memory ran out while collecting */
  char *title, *x_label;
  struct plot_panel *panel[PLOT_PANELS];
  size_t panels;
};

/* Draws into 32-bit pixels (cairo's RGB24) of width × height; false when memory ran out. */
bool plot_draw(const struct plot *plot, unsigned char *pixels, int stride);

#endif
