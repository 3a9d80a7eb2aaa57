/* data.c: transforms, features and targets; see data.h. */
#include "forecast/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Validation and training need at least so many positions for a loss to mean anything. */
enum { TRAIN_LEAST = 16, VALID_LEAST = 8 };

/* RiskMetrics' daily decay (J.P. Morgan, 1996): half of the weight within 11 rows. */
static const double DECAY = 0.94, SPREAD_LEAST = 0.25;

bool spec_create(struct spec *spec, const struct series *series, const struct series_options *options,
                 struct fault *fault) {
  memset(spec, 0, sizeof *spec);
  if (series->columns > COLUMNS_MOST)
    return fault_set(fault, FAULT_LIMIT, "%zu columns are more than %d", series->columns, COLUMNS_MOST);
  for (size_t i = 0; i < series->columns; i++) {
    spec->names[i] = strdup(series->names[i]);
    if (!spec->names[i]) return fault_nomem(fault, strlen(series->names[i]) + 1);
    spec->columns = i + 1;
  }
  spec->calendar = options->calendar && series->dates;
  spec->freq = series->freq;
  return true;
}

bool spec_fit(struct spec *spec, const struct series *series, int transform, size_t rows,
              struct fault *fault) {
  for (size_t i = 0; i < spec->columns; i++) {
    /* What is asked for is the target's; further columns take what suits them. */
    enum transform_kind kind = i ? TRANSFORM_AUTO : (enum transform_kind)transform;
    if (!transform_fit(&spec->transform[i], kind, spec->names[i], series_column(series, i), rows, fault))
      return false;
  }
  return true;
}

void spec_destroy(struct spec *spec) {
  for (size_t i = 0; i < spec->columns; i++) free(spec->names[i]);
  spec->columns = 0;
}

size_t spec_channels(const struct spec *spec) {
  return spec->columns + (spec->calendar ? (size_t)calendar_count(spec->freq.unit) : 0);
}

size_t spec_first(const struct spec *spec) {
  size_t lead = 0;
  for (size_t i = 0; i < spec->columns; i++)
    if (transform_lead(&spec->transform[i])) lead = 1;
  return lead + (size_t)spec->reach - 1;
}

static void spread_make(const struct transform *t, const double *z, size_t n, double *spread) {
  double square = 1;
  for (size_t i = 0; i < n; i++) {
    if (transform_lead(t) && i) square = DECAY * square + (1 - DECAY) * z[i] * z[i];
    spread[i] = transform_lead(t) ? fmax(sqrt(square), SPREAD_LEAST) : 1;
  }
}

/* A further column whose values were all positive in the training part may turn 0 or negative later; returns
 * then read the last positive value, as if nothing had come. */
static const double *carried(const double *x, size_t n, double *held) {
  for (size_t i = 0; i < n; i++) held[i] = x[i] > 0 || !i ? x[i] : held[i - 1];
  if (n && !(held[0] > 0)) return x;
  return held;
}

bool features_make(struct features *f, const struct spec *spec, const struct series *series, const char *file,
                   struct fault *fault) {
  size_t n = series->n, calendar = spec_channels(spec) - spec->columns, bad = 0;
  f->n = n;
  f->channels = spec_channels(spec);
  f->x = malloc(f->channels * n * sizeof *f->x);
  f->spread = malloc(n * sizeof *f->spread);
  double *z = malloc(2 * n * sizeof *z), *held = z ? z + n : NULL;
  if (!f->x || !f->spread || !z) {
    free(z);
    features_destroy(f);
    return fault_nomem(fault, f->channels * n * sizeof *f->x);
  }
  for (size_t c = 0; c < spec->columns; c++) {
    const double *x = series_column(series, c);
    if (c && spec->transform[c].kind == TRANSFORM_RETURN) x = carried(x, n, held);
    if (!transform_apply(&spec->transform[c], x, n, z, &bad)) {
      char date[32];
      series_date(series, bad, date, sizeof date);
      fault_set(fault, FAULT_DATA, "returns need positive values, and \"%.60s\" is %g at %s", spec->names[c],
                series_column(series, c)[bad], date);
      fault_at(fault, file, 0, 0);
      fault_remedy(fault, "give --transform difference or zscore");
      free(z);
      features_destroy(f);
      return false;
    }
    for (size_t i = 0; i < n; i++) f->x[c * n + i] = (float)z[i];
    if (c == 0) spread_make(&spec->transform[0], z, n, f->spread);
  }
  for (size_t i = 0; calendar && i < n; i++) {
    float values[16];
    calendar_values(spec->freq.unit, series->dates[i], values);
    for (size_t c = 0; c < calendar; c++) f->x[(spec->columns + c) * n + i] = values[c];
  }
  free(z);
  return true;
}

void features_destroy(struct features *f) {
  free(f->x);
  free(f->spread);
  f->x = NULL;
  f->spread = NULL;
}

double target_of(const struct transform *t, double last, int64_t h, double value) {
  double steps = (double)h;
  switch (t->kind) {
  case TRANSFORM_RETURN: return (log(value / last) - steps * t->centre) / (t->scale * sqrt(steps));
  case TRANSFORM_DIFFERENCE: return (value - last - steps * t->centre) / (t->scale * sqrt(steps));
  default: return (value - t->centre) / t->scale;
  }
}

double target_value(const struct transform *t, double last, int64_t h, double y) {
  double steps = (double)h;
  switch (t->kind) {
  case TRANSFORM_RETURN: return last * exp(steps * t->centre + t->scale * sqrt(steps) * y);
  case TRANSFORM_DIFFERENCE: return last + steps * t->centre + t->scale * sqrt(steps) * y;
  default: return t->centre + t->scale * y;
  }
}

static bool split_try(struct split *s, size_t rows, size_t first, size_t horizon, double share) {
  size_t held = (size_t)floor(share * (double)rows + 0.5);
  if (held < horizon + VALID_LEAST - 1) held = horizon + VALID_LEAST - 1;
  if (rows < held + first + horizon + TRAIN_LEAST) return false;
  s->rows = rows;
  s->valid_rows = rows - held;
  s->first = first;
  s->train_end = s->valid_rows - horizon; /* last target: row valid_rows - 1 */
  s->valid_from = s->valid_rows - 1;      /* first target: row valid_rows */
  s->valid_end = rows - horizon;
  return true;
}

bool split_make(struct split *split, size_t rows, size_t first, int64_t horizon, double share,
                struct fault *fault) {
  size_t h = (size_t)horizon, need = rows;
  if (split_try(split, rows, first, h, share)) return true;
  struct split other;
  /* The share kept for validation grows with the rows: the least number is found by trying. */
  while (!split_try(&other, need, first, h, share)) need += 1 + (need > 4096 ? need / 256 : 0);
  fault_set(fault, FAULT_DATA,
            "%zu rows to learn from are too few: seeing %zu rows back and forecasting %zu needs %zu", rows,
            first + 1, h, need);
  return fault_remedy(fault, "give a shorter --history or --horizon");
}
