/* backtest_fold.c: every method's forecasts for one fold, with bands from its own errors; see backtest.h. */
#include <math.h>
#include <stdlib.h>

#include "forecast/backtest.h"
#include "forecast/stats.h"

struct work {
  const struct job *job;
  struct backtest *b;
  const struct fold *fold;
  const struct forecaster *f; /* [nets]; the first one's units and split are the baselines' */
  const double *x;
  const struct features *features;
  double scale; /* mean step of the training part */
  size_t season;
};

/* A baseline's forecast in the network's units, so that bands are made alike. */
static double baseline_y(const struct work *w, enum baseline kind, size_t trained, size_t row, int64_t h) {
  const struct transform *t = &w->f->spec.transform[0];
  double value = baseline_forecast(kind, w->x, trained, w->season, row, h);
  double y = target_of(t, w->x[row], h, value);
  return isfinite(y) ? y : target_of(t, w->x[row], h, w->x[row]);
}

static void enter(const struct work *w, struct method *m, size_t origin, size_t row,
                  const struct residuals *residuals, const double *y) {
  const struct settings *o = w->job->settings;
  const struct transform *t = &w->f->spec.transform[0];
  size_t h = w->b->horizon;
  double absolute = 0;
  for (size_t k = 0; k < h; k++) {
    double actual = w->x[row + k + 1];
    struct outlook look = outlook_make(t, residuals, (int64_t)k + 1, w->x[row], y[k],
                                       w->features->spread[row], o->level, o->threshold_pct);
    double e = actual - look.forecast;
    absolute += fabs(e);
    m->squares += e * e;
    m->by_step[k] += fabs(e);
    if (actual >= look.low && actual <= look.high) m->covered++;
    if (m->path) {
      m->path[origin * h + k] = look.forecast;
      m->low[origin * h + k] = look.low;
      m->high[origin * h + k] = look.high;
    }
    if (k + 1 < h) continue;
    double said = look.forecast - w->x[row], came = actual - w->x[row];
    if (fabs(said) < 1e-9 * (fabs(w->x[row]) + w->scale)) said = 0; /* rounding on the way there and back */
    if ((said < 0 || said > 0) && (came < 0 || came > 0)) {
      m->moves++;
      if ((said > 0) == (came > 0)) m->hits++;
    }
    m->stand[origin] = look.signal == SIGNAL_BUY ? 1 : look.signal == SIGNAL_SELL ? -1 : 0;
    m->change[origin] = said / fabs(w->x[row]);
  }
  m->loss[origin] = absolute / (double)h;
  m->scaled[origin] = w->scale > 0 ? m->loss[origin] / w->scale : NAN;
}

static bool network(const struct work *w, size_t net, double *y, struct fault *fault) {
  const struct fold *fold = w->fold;
  const struct forecaster *f = &w->f[net];
  size_t h = w->b->horizon;
  struct infer infer = { .count = 0 };
  float *out = malloc(h * fold->count * sizeof *out);
  if (!out) return fault_nomem(fault, h * fold->count * sizeof *out);
  bool ok =
      infer_open(&infer, w->job->report, w->job->context, f->model, &f->net, NULL, fold->count, fault) &&
      infer_run(&infer, w->features, fold->from, out, NULL, fault);
  for (size_t i = 0; ok && i < fold->count; i++) {
    for (size_t k = 0; k < h; k++) y[k] = (double)out[k * fold->count + i];
    enter(w, &w->b->method[net], w->b->origins + i, fold->from + i, &f->residuals, y);
  }
  infer_close(&infer);
  free(out);
  return ok;
}

/* A baseline: its errors on the same validation rows as the network's give its bands. */
static bool baseline(const struct work *w, enum baseline kind, double *y, struct fault *fault) {
  const struct fold *fold = w->fold;
  const struct transform *t = &w->f->spec.transform[0];
  struct split s;
  struct residuals residuals = { 0 };
  size_t h = w->b->horizon;
  if (!split_make(&s, fold->train_rows, (size_t)w->f->spec.reach, (int64_t)h, w->job->settings->valid, fault))
    return false;
  size_t count = s.valid_end - s.valid_from;
  double *raw = malloc(h * count * sizeof *raw);
  if (!raw) return fault_nomem(fault, h * count * sizeof *raw);
  for (size_t k = 0; k < h; k++)
    for (size_t i = 0; i < count; i++) {
      size_t row = s.valid_from + i;
      int64_t step = (int64_t)k + 1;
      raw[k * count + i] =
          (target_of(t, w->x[row], step, w->x[row + k + 1]) - baseline_y(w, kind, s.valid_rows, row, step)) /
          w->features->spread[row];
    }
  bool ok = residuals_make(&residuals, (int64_t)h, raw, count, fault);
  free(raw);
  for (size_t i = 0; ok && i < fold->count; i++) {
    for (size_t k = 0; k < h; k++)
      y[k] = baseline_y(w, kind, fold->train_rows, fold->from + i, (int64_t)k + 1);
    enter(w, &w->b->method[w->b->nets + kind], w->b->origins + i, fold->from + i, &residuals, y);
  }
  residuals_destroy(&residuals);
  return ok;
}

bool backtest_fold(const struct job *job, struct backtest *b, size_t fold, const struct series *series,
                   const struct forecaster *f, struct fault *fault) {
  struct features features = { 0 };
  const double *x = series_column(series, 0);
  double sum = 0, *y = malloc(b->horizon * sizeof *y);
  if (!y) return fault_nomem(fault, b->horizon * sizeof *y);
  if (!features_make(&features, &f->spec, series, job->input, fault)) {
    free(y);
    return false;
  }
  for (size_t i = 1; i < b->fold[fold].train_rows; i++) sum += fabs(x[i] - x[i - 1]);
  const struct work w = { job,
                          b,
                          &b->fold[fold],
                          f,
                          x,
                          &features,
                          sum / (double)(b->fold[fold].train_rows - 1),
                          baseline_season(&series->freq) };
  bool ok = true;
  for (size_t m = 0; ok && m < b->methods; m++)
    ok = m < b->nets ? network(&w, m, y, fault) : baseline(&w, (enum baseline)(m - b->nets), y, fault);
  for (size_t i = 0; ok && i < w.fold->count; i++) b->row[b->origins++] = w.fold->from + i;
  features_destroy(&features);
  free(y);
  return ok;
}
