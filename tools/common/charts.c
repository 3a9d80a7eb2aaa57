/* charts.c: loss curves and forecasts; see charts.h. */
#include "common/charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plot.h"

bool chart_loss(const char *path, bool no_clobber, const char *title, const double *train,
                const double *valid, size_t epochs, size_t best_epoch, struct fault *fault) {
  size_t n = 0;
  double *x = malloc(3 * (epochs + 1) * sizeof *x);
  if (!x) return fault_nomem(fault, epochs * sizeof *x);
  double *measured_x = x + epochs, *measured = x + 2 * epochs;
  for (size_t i = 0; i < epochs; i++) x[i] = (double)(i + 1);
  for (size_t i = 0; valid && i < epochs; i++)
    if (isfinite(valid[i])) measured_x[n] = x[i], measured[n++] = valid[i]; /* not every epoch is validated */
  struct plot *plot = plot_create(800, 440, title);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, "loss");
  plot_x_label(plot, "epoch");
  plot_x_counted(plot);
  plot_line(panel, x, train, epochs, PLOT_BLUE, 2, "training");
  if (epochs == 1) plot_points(panel, x, train, epochs, PLOT_BLUE, NULL);
  if (n) {
    plot_line(panel, measured_x, measured, n, PLOT_RED, 2, "validation");
    if (n <= 40) plot_points(panel, measured_x, measured, n, PLOT_RED, NULL);
  }
  char text[40];
  snprintf(text, sizeof text, "best: %zu", best_epoch);
  if (best_epoch) plot_mark_x(panel, (double)best_epoch, text);
  bool ok = plot_write(plot, path, no_clobber, fault);
  plot_destroy(plot);
  free(x);
  return ok;
}

/* The forecast's line begins at the last known value, so that the eye sees no gap: `joined` is last, then y.
 */
static double *join(double last, const double *y, size_t n) {
  double *joined = malloc((n + 1) * sizeof *joined);
  if (!joined) return NULL;
  joined[0] = last;
  memcpy(joined + 1, y, n * sizeof *y);
  return joined;
}

static void contributions(struct plot *plot, const struct forecast_chart *c, double *sum) {
  char label[64];
  snprintf(label, sizeof label, "adds%s%s", c->unit ? ", " : "", c->unit ? c->unit : "");
  struct plot_panel *panel = plot_add_panel(plot, 1, "by dilation", label);
  plot_own_x(panel);
  plot_include_y(panel, 0);
  plot_stack(panel, c->x, c->contribution, c->scales, c->steps, c->scale);
  for (size_t i = 0; i < c->steps; i++) {
    sum[i] = 0;
    for (size_t k = 0; k < c->scales; k++) sum[i] += c->contribution[k * c->steps + i];
  }
  plot_points(panel, c->x, sum, c->steps, PLOT_RED, "sum");
}

bool chart_forecast(const char *path, bool no_clobber, const struct forecast_chart *c, struct fault *fault) {
  size_t shown = 5 * c->steps < 60 ? 60 : 5 * c->steps, skip = c->history > shown ? c->history - shown : 0;
  bool any = c->history > 0;
  double last_x = any ? c->history_x[c->history - 1] : c->x[0],
         last = any ? c->history_y[c->history - 1] : c->forecast[0];
  double *x = join(last_x, c->x, c->steps), *forecast = join(last, c->forecast, c->steps);
  double *low = join(last, c->low ? c->low : c->forecast, c->steps),
         *high = join(last, c->high ? c->high : c->forecast, c->steps);
  double *actual = join(last, c->actual ? c->actual : c->forecast, c->steps),
         *sum = calloc(c->steps + 1, sizeof *sum);
  bool ok = x && forecast && low && high && actual && sum;
  if (!ok) fault_nomem(fault, c->steps * sizeof *x);
  if (ok) {
    char band[40];
    struct plot *plot = plot_create(900, c->scales ? 640 : 440, c->title);
    struct plot_panel *panel = plot_add_panel(plot, 1.8, NULL, c->column);
    if (c->dates) plot_x_dates(plot);
    snprintf(band, sizeof band, "%g %% band", 100 * c->level);
    if (c->low && c->high) plot_band(panel, x, low, high, c->steps + 1, PLOT_ORANGE, band);
    plot_line(panel, c->history_x + skip, c->history_y + skip, c->history - skip, PLOT_BLUE, 1.5, c->column);
    if (c->actual) plot_dashes(panel, x, actual, c->steps + 1, PLOT_BLACK, "what came");
    plot_line(panel, x, forecast, c->steps + 1, PLOT_RED, 2, "forecast");
    if (c->steps <= 40) plot_points(panel, c->x, c->forecast, c->steps, PLOT_RED, NULL);
    plot_mark_x(panel, last_x, NULL);
    if (c->scales) contributions(plot, c, sum);
    ok = plot_write(plot, path, no_clobber, fault);
    plot_destroy(plot);
  }
  free(x);
  free(forecast);
  free(low);
  free(high);
  free(actual);
  free(sum);
  return ok;
}
