/* plot.h: figures as PNG: panels with axes, lines, bands, bars, stacks and legends.
 *
 * A plot is a column of panels that share the x axis unless a panel asks for its own. What is added is
 * copied; ranges, ticks and margins are worked out when the plot is written, so that labels never overlap or
 * leave the picture. Colours stay apart for the colour-blind. Memory running out while adding is told by
 * plot_write. cairo draws; charts.h has the figures that several programs make. */
#ifndef TOOLS_PLOT_H
#define TOOLS_PLOT_H

#include "common/date.h"

enum plot_colour {
  PLOT_BLUE,
  PLOT_ORANGE,
  PLOT_GREEN,
  PLOT_RED,
  PLOT_SKY,
  PLOT_PURPLE,
  PLOT_BLACK,
  PLOT_GREY,
  PLOT_SCALE = 64 /* PLOT_SCALE + i: the ith of the stack's colours, see plot_stack */
};

struct plot;
struct plot_panel;

/* `title` may be NULL. NULL only when memory ran out (plot_write then tells; every other call takes NULL). */
struct plot *plot_create(int width, int height, const char *title);
void plot_destroy(struct plot *plot);

/* `share`: height relative to the other panels. Title and label may be NULL. */
struct plot_panel *plot_add_panel(struct plot *plot, double share, const char *title, const char *y_label);

/* The panel has x values of its own kind and range, and labels under it. */
void plot_own_x(struct plot_panel *panel);

/* x are only places side by side: own, and without ticks; the legend says what stands there. */
void plot_places(struct plot_panel *panel);

/* x is a value like y, in a plane: own, and with air around it; `equal`: a unit is as long across as up. */
void plot_plane(struct plot_panel *panel, bool equal);

/* y are powers of ten: 3 is shown as 10³. */
void plot_powers(struct plot_panel *panel);

/* x are seconds since 1970 (dates) in all panels; or counted, so that no tick stands between two; else
 * numbers. `label` under the last panel. */
void plot_x_dates(struct plot *plot);
void plot_x_counted(struct plot *plot);
void plot_x_label(struct plot *plot, const char *label);

/* Axis always shows this y. */
void plot_include_y(struct plot_panel *panel, double y);

/* Things to draw; NaN interrupts lines and bands. `label` NULL: not in the legend. */
void plot_line(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour, double width,
               const char *label);
void plot_dashes(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
                 const char *label);
void plot_points(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
                 const char *label);
/* Points that are hollow. */
void plot_rings(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
                const char *label);
/* From (x, y) to (x + dx, y + dy). */
void plot_arrows(struct plot_panel *panel, const double *x, const double *y, const double *dx,
                 const double *dy, size_t n, int colour, const char *label);
/* values [rows][cols] as colours, the first row lowest, over x from box[0] to box[1] and y from box[2] to
 * box[3]; from blue at `low` over white to red at `high`. NaN is grey. */
void plot_heat(struct plot_panel *panel, const double *values, size_t rows, size_t cols, const double box[4],
               double low, double high, const char *label);
void plot_band(struct plot_panel *panel, const double *x, const double *low, const double *high, size_t n,
               int colour, const char *label);
void plot_bars(struct plot_panel *panel, const double *x, const double *y, size_t n, int colour,
               const char *label);

/* Stacked bars: `values` [k][n], positive parts upwards from 0, negative ones downwards; labels[k]; colours
 * run from dark to light over the k. */
void plot_stack(struct plot_panel *panel, const double *x, const double *values, size_t k, size_t n,
                const char *const *labels);

/* A dotted line at an x or y, with a few words beside it (may be NULL). */
void plot_mark_x(struct plot_panel *panel, double x, const char *text);
void plot_mark_y(struct plot_panel *panel, double y, const char *text);

/* Whether a plot can be drawn and written there, which is asked before the work; NULL: none is wanted. */
bool plot_check(const char *path, bool no_clobber, struct fault *fault) TOOLS_MUST;

/* Draws and writes the PNG; "-" is standard output. The plot remains. */
bool plot_write(struct plot *plot, const char *path, bool no_clobber, struct fault *fault) TOOLS_MUST;

/* Ticks: at most `most` round numbers within low … high, returned in `at`; the step is 1, 2 or 5 times a
 * power of ten. number_ticks_text writes one with as many digits as the step needs. */
size_t number_ticks(double low, double high, size_t most, double *at, double *step);
void number_tick_text(double at, double step, char *text, size_t size);

/* 10 to the power of `at`: 10⁻³, and 0.1, 1, 100 where that is short. */
void power_tick_text(double at, char *text, size_t size);

/* The same for dates: whole years, months, days, hours … */
size_t date_ticks(double low, double high, size_t most, double *at, enum frequency_unit *unit);
void date_tick_text(double at, enum frequency_unit unit, char *text, size_t size);

#endif
