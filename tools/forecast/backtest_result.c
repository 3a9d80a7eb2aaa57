/* backtest_result.c: figures, verdict, table, picture and JSON of a backtest; see backtest.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "common/plot.h"
#include "forecast/backtest.h"
#include "forecast/stats.h"

/* Below this p the difference is taken to be more than chance. */
static const double SIGNIFICANT = 0.05;

/* ---- figures ---- */

/* Acting on the signals: every `horizon` rows the position follows the signal of the last step, held until
 * the next decision; a change of position costs. `stand` NULL: bought once and held. */
static void trade(const struct backtest *b, const double *x, const signed char *stand, double cost_pct,
                  double *returns, double *return_pct, double *drawdown_pct) {
  size_t n = 0;
  int before = 0;
  for (size_t i = 0; i < b->origins; i += b->horizon) {
    int position = stand ? stand[i] : 1;
    double move = x[b->row[i] + b->horizon] / x[b->row[i]] - 1;
    returns[n] = position * move - cost_pct / 100 * abs(position - before);
    before = position;
    n++;
  }
  if (n) returns[n - 1] -= cost_pct / 100 * abs(before);
  stats_capital(returns, n, return_pct, drawdown_pct);
}

static void figures(struct method *m, const struct backtest *b, size_t block, uint64_t seed) {
  double values = (double)(b->origins * b->horizon);
  m->mae = stats_mean(m->loss, b->origins);
  m->mase = stats_mean(m->scaled, b->origins);
  stats_interval(m->loss, b->origins, block, seed, &m->mae_low, &m->mae_high);
  m->rmse = sqrt(m->squares / values);
  m->hit_share = m->moves ? (double)m->hits / (double)m->moves : NAN;
  m->coverage = (double)m->covered / values;
  m->return_pct = m->drawdown_pct = NAN;
}

bool backtest_results(struct backtest *b, const double *x, bool worth, double cost_pct, uint64_t seed,
                      struct fault *fault) {
  size_t n = b->origins, root = (size_t)ceil(cbrt((double)n));
  double *v = malloc(n * sizeof *v);
  if (!v) return fault_nomem(fault, n * sizeof *v);
  size_t block = 2 * b->horizon > root ? 2 * b->horizon : root, lag = b->horizon > root ? b->horizon : root;
  b->best = b->method[0].name;
  double least = INFINITY;
  b->hold_return_pct = b->hold_drawdown_pct = NAN;
  for (size_t m = 0; m < b->methods; m++) {
    struct method *method = &b->method[m];
    figures(method, b, block, seed);
    if (worth) trade(b, x, method->stand, cost_pct, v, &method->return_pct, &method->drawdown_pct);
    if (method->mae < least) least = method->mae, b->best = method->name;
  }
  if (worth) trade(b, x, NULL, cost_pct, v, &b->hold_return_pct, &b->hold_drawdown_pct);
  for (size_t m = 0; m < b->nets; m++) {
    struct method *net = &b->method[m];
    for (size_t i = 0; i < n; i++) v[i] = net->loss[i] - b->method[b->nets + BASELINE_LAST].loss[i];
    net->p_value = stats_equal_accuracy(v, n, b->horizon, lag);
    net->verdict = net->p_value < SIGNIFICANT ? (stats_mean(v, n) < 0 ? "better" : "worse") : "no better";
  }
  free(v);
  return true;
}

void backtest_sentence(const struct backtest *b, size_t which, char *text, size_t size) {
  const struct method *net = &b->method[which], *naive = &b->method[b->nets + BASELINE_LAST];
  double less = 100 * (1 - net->mae / naive->mae);
  char other[120] = "";
  if (b->nets > 1) { /* whose verdict this is */
    const int name = snprintf(text, size, "%s: ", net->name);
    text += name, size -= (size_t)name;
  }
  if (strcmp(b->best, net->name) != 0 && strcmp(b->best, naive->name) != 0)
    snprintf(other, sizeof other, "; the smallest error is that of \"%s\"", b->best);
  if (!strcmp(net->verdict, "better"))
    snprintf(text, size, "better than the last value: the error is %.1f %% smaller (p %.2g)%s", less,
             net->p_value, other);
  else if (!strcmp(net->verdict, "worse"))
    snprintf(text, size, "worse than the last value: the error is %.1f %% larger (p %.2g): do not use it%s",
             -less, net->p_value, other);
  else
    snprintf(text, size,
             "no better than saying that the last value stays: the error is %.1f %% %s, which may be chance "
             "(p %.2g)%s",
             fabs(less), less < 0 ? "larger" : "smaller", net->p_value, other);
}

/* ---- table ---- */

static void cell(FILE *file, int width, int decimals, double value) {
  char text[32] = "-";
  if (isfinite(value)) snprintf(text, sizeof text, "%.*f", decimals, value);
  fprintf(file, " %*s", width, text);
}

/* So many that the largest error has five digits, and points stand under each other. */
static int error_decimals(const struct backtest *b) {
  double most = 0;
  for (size_t i = 0; i < b->methods; i++)
    if (isfinite(b->method[i].rmse)) most = fmax(most, fmax(b->method[i].rmse, b->method[i].mae_high));
  const double decimals = most > 0 ? 4 - floor(log10(most)) : 4;
  return decimals < 0 ? 0 : decimals > 8 ? 8 : (int)decimals;
}

bool backtest_table(const struct backtest *b, const struct job *job, struct fault *fault) {
  struct output out = { 0 };
  if (!output_open(&out, job->common->output ? job->common->output : "-", job->common->no_clobber, fault))
    return false;
  fprintf(out.file, "%-8s %10s %10s %10s %10s %7s %6s %9s %8s %10s\n", "method", "mae", "mae_low", "mae_high",
          "rmse", "mase", "hits", "coverage", "return_%", "drawdown_%");
  const int decimals = error_decimals(b);
  for (size_t i = 0; i < b->methods; i++) {
    const struct method *m = &b->method[i];
    fprintf(out.file, "%-8s", m->name);
    cell(out.file, 10, decimals, m->mae);
    cell(out.file, 10, decimals, m->mae_low);
    cell(out.file, 10, decimals, m->mae_high);
    cell(out.file, 10, decimals, m->rmse);
    cell(out.file, 7, 3, m->mase);
    cell(out.file, 6, 3, m->hit_share);
    cell(out.file, 9, 3, m->coverage);
    cell(out.file, 8, 1, m->return_pct);
    cell(out.file, 10, 1, m->drawdown_pct);
    fputc('\n', out.file);
  }
  if (isfinite(
          b->hold_return_pct)) /* bought on the first day and kept: what returns are to be compared with */
    fprintf(out.file, "%-8s %10s %10s %10s %10s %7s %6s %9s %8.1f %10.1f\n", "hold", "-", "-", "-", "-", "-",
            "-", "-", b->hold_return_pct, b->hold_drawdown_pct);
  for (size_t i = 0; i < b->nets; i++) {
    const struct method *net = &b->method[i];
    fprintf(out.file, "verdict: %s%s%s than naive, p %.3g%s", b->nets > 1 ? net->name : "",
            b->nets > 1 ? " " : "", net->verdict, net->p_value, b->nets > 1 ? "\n" : "; ");
  }
  fprintf(out.file, "best: %s; %zu forecasts of %zu step%s in %zu folds\n", b->best, b->origins, b->horizon,
          b->horizon == 1 ? "" : "s", b->folds);
  return output_commit(&out, fault);
}

/* ---- picture ---- */

static void draw_paths(struct plot *plot, const struct backtest *b, const struct series *series, double *v) {
  const double *x = series_column(series, 0);
  const struct method *m = &b->method[0];
  size_t h = b->horizon, paths = 60 / h < 6 ? 6 : 60 / h, n = 0;
  if (paths > (b->origins - 1) / h + 1) paths = (b->origins - 1) / h + 1;
  size_t first = b->origins - 1 - (paths - 1) * h, from = b->row[first], rows = series->n - from;
  double *low = v + h + 1, *high = low + h + 1, *y = high + h + 1;
  struct plot_panel *panel = plot_add_panel(plot, 1.6, NULL, series->names[0]);
  if (series->dates) plot_x_dates(plot);
  for (size_t p = 0; p < paths; p++) {
    size_t origin = first + p * h, row = b->row[origin];
    for (size_t k = 0; k <= h; k++) {
      v[k] = (double)series_seconds(series, row + k);
      low[k] = k ? m->low[origin * h + k - 1] : x[row];
      high[k] = k ? m->high[origin * h + k - 1] : x[row];
      y[k] = k ? m->path[origin * h + k - 1] : x[row];
    }
    plot_band(panel, v, low, high, h + 1, PLOT_ORANGE, p ? NULL : "band");
    plot_line(panel, v, y, h + 1, PLOT_RED, 1.5, p ? NULL : "forecasts");
  }
  double *at = y + h + 1;
  for (n = 0; n < rows; n++) at[n] = (double)series_seconds(series, from + n);
  plot_line(panel, at, x + from, rows, PLOT_BLUE, 1.5, "what came");
}

static void draw_errors(struct plot *plot, const struct backtest *b) {
  static const int nets[NET_KINDS] = { PLOT_RED, PLOT_ORANGE, PLOT_GREY, PLOT_SKY };
  static const int baselines[BASELINES] = { PLOT_BLUE, PLOT_GREEN, PLOT_PURPLE, PLOT_SCALE };
  struct plot_panel *panel = plot_add_panel(plot, 1, "mean absolute error, with its 95 % interval", NULL);
  plot_places(panel);
  plot_include_y(panel, 0);
  for (size_t i = 0; i < b->methods; i++) {
    const struct method *m = &b->method[i];
    double x[2] = { (double)i + 1, (double)i + 1 }, y[2] = { m->mae_low, m->mae_high };
    plot_bars(panel, x, &m->mae, 1, i < b->nets ? nets[i] : baselines[i - b->nets], m->name);
    plot_line(panel, x, y, 2, PLOT_BLACK, 2, NULL);
  }
}

bool backtest_draw(const struct backtest *b, const struct job *job, const struct series *series,
                   struct fault *fault) {
  char title[160];
  double *v = malloc((series->n + 5 * (b->horizon + 1)) * sizeof *v);
  if (!v) return fault_nomem(fault, series->n * sizeof *v);
  const struct method *net = &b->method[0];
  snprintf(title, sizeof title, "%.60s: %s%s%s than the last value (p %.2g)", series->names[0],
           b->nets > 1 ? net->name : "", b->nets > 1 ? " " : "", net->verdict, net->p_value);
  struct plot *plot = plot_create(900, 640, title);
  draw_paths(plot, b, series, v);
  draw_errors(plot, b);
  bool ok = plot_write(plot, job->settings->plot, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(v);
  return ok;
}

/* ---- JSON ---- */

static json_t *methods_json(const struct backtest *b) {
  json_t *list = json_array();
  for (size_t i = 0; i < b->methods; i++) {
    const struct method *m = &b->method[i];
    json_t *steps = json_array();
    for (size_t k = 0; k < b->horizon; k++)
      json_array_append_new(steps, report_number(m->by_step[k] / (double)b->origins));
    json_array_append_new(
        list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", m->name,
                        "verdict", m->verdict ? json_string(m->verdict) : json_null(), "p_value",
                        report_number(m->verdict ? m->p_value : NAN), "mae", report_number(m->mae), "mae_low",
                        report_number(m->mae_low), "mae_high", report_number(m->mae_high), "rmse",
                        report_number(m->rmse), "mase", report_number(m->mase), "hit_share",
                        report_number(m->hit_share), "coverage", report_number(m->coverage), "return_pct",
                        report_number(m->return_pct), "drawdown_pct", report_number(m->drawdown_pct),
                        "mae_by_step", steps));
  }
  return list;
}

json_t *backtest_json(const struct backtest *b, const struct job *job, const struct series *series,
                      const struct transform *target) {
  json_t *folds = json_array();
  char end[32], from[32], to[32];
  for (size_t i = 0; i < b->done; i++) {
    const struct fold *f = &b->fold[i];
    series_date(series, f->train_rows - 1, end, sizeof end);
    series_date(series, f->from + 1, from, sizeof from);
    series_date(series, f->from + f->count - 1 + b->horizon, to, sizeof to);
    json_array_append_new(folds, json_pack("{s:s, s:s, s:s, s:I}", "train_end", end, "test_start", from,
                                           "test_end", to, "n", (json_int_t)f->count));
  }
  if (!b->best) return json_pack("{s:o, s:o}", "series", series_json(series, target), "folds", folds);
  return json_pack(
      "{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "series", series_json(series, target), "folds", folds,
      "verdict", b->method[0].verdict, "p_value", report_number(b->method[0].p_value), "best", b->best,
      "cost_pct", report_number(job->settings->cost_pct), "methods", methods_json(b), "hold_return_pct",
      report_number(b->hold_return_pct), "hold_drawdown_pct", report_number(b->hold_drawdown_pct));
}
