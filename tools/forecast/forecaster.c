/* forecaster.c: training, errors on the validation rows, and the ONNX file; see forecast.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/forecast.h"
#include "forecast/stats.h"

bool job_read(const struct job *job, const struct series_options *options, struct series *series,
              struct fault *fault) {
  double started = report_now();
  if (!series_read(job->input, options, series, fault)) return false;
  report_time(job->report, "load", report_now() - started);
  for (int i = 0; i < series->note_count; i++)
    report_warn(job->report, series->notes[i].code, "%s", series->notes[i].text);
  return true;
}

int64_t history_of(const struct settings *settings, const struct series *series, size_t rows) {
  if (settings->history) return settings->history;
  int64_t history = series->freq.unit <= FREQ_HOUR && series->freq.unit != FREQ_NONE ? 192 : 64;
  int64_t most = (int64_t)rows / 6;
  if (history > most) history = most;
  return history < 3 ? 3 : history;
}

/* Mean absolute change from row to row in the training part, what MASE is relative to (Hyndman and Koehler,
 * 2006). */
static double naive_scale(const double *x, size_t rows) {
  double sum = 0;
  for (size_t i = 1; i < rows; i++) sum += fabs(x[i] - x[i - 1]);
  return rows > 1 ? sum / (double)(rows - 1) : NAN;
}

/* Errors of the validation rows: the residuals of every step, and how good that is. */
static bool judge(const struct job *job, struct forecaster *f, const struct features *features,
                  const double *x, const struct split *s, struct fault *fault) {
  size_t count = s->valid_end - s->valid_from, h = (size_t)f->net.horizon;
  struct infer infer = { .count = 0 };
  float *y = malloc(h * count * sizeof *y);
  double *raw = malloc((h + 1) * count * sizeof *raw), *difference = raw ? raw + h * count : NULL;
  double absolute = 0, square = 0, naive = 0;
  bool ok = (y && raw) || fault_nomem(fault, h * count * sizeof *raw);
  ok = ok && infer_open(&infer, job->report, job->context, f->model, &f->net, NULL, count, fault) &&
       infer_run(&infer, features, s->valid_from, y, NULL, fault);
  for (size_t i = 0; ok && i < count; i++) {
    size_t row = s->valid_from + i;
    difference[i] = 0;
    for (size_t k = 0; k < h; k++) {
      double value = x[row + k + 1], guess = (double)y[k * count + i];
      double e = value - target_value(&f->spec.transform[0], x[row], (int64_t)k + 1, guess);
      raw[k * count + i] =
          (target_of(&f->spec.transform[0], x[row], (int64_t)k + 1, value) - guess) / features->spread[row];
      absolute += fabs(e);
      square += e * e;
      naive += fabs(value - x[row]);
      difference[i] += fabs(e) - fabs(value - x[row]);
    }
  }
  if (ok) {
    double n = (double)(h * count);
    f->skill = (struct skill){ absolute / n, sqrt(square / n), absolute / n / naive_scale(x, s->valid_rows),
                               naive / n, false };
    f->skill.better =
        f->skill.mae < f->skill.naive_mae && stats_equal_accuracy(difference, count, h, h) < 0.05;
    ok = residuals_make(&f->residuals, f->net.horizon, raw, count, fault);
  }
  infer_close(&infer);
  free(y);
  free(raw);
  return ok;
}

static bool train(const struct job *job, enum net_kind kind, const struct series *series, size_t rows,
                  const char *checkpoint, const char *label, struct forecaster *f, struct fit *fit,
                  struct fault *fault) {
  const struct settings *o = job->settings;
  struct features features = { 0 };
  struct split split;
  /* The reach decides where the first position is, and whether any column needs the row before is known only
   * after fitting: 1 more row is cheap. */
  if (!spec_create(&f->spec, series, &o->series, fault)) return false;
  f->net.kind = kind;
  f->net.channels = (int64_t)spec_channels(&f->spec);
  f->net.horizon = f->spec.horizon = o->horizon;
  net_choose(&f->net, history_of(o, series, rows));
  f->spec.reach = net_reach(&f->net);
  if (!split_make(&split, rows, (size_t)f->spec.reach, o->horizon, o->valid, fault)) {
    fault_at(fault, job->input, 0, 0);
    return false;
  }
  if (!spec_fit(&f->spec, series, o->series.transform, split.valid_rows, fault) ||
      !features_make(&features, &f->spec, series, job->input, fault))
    return false;
  const struct fit_task task = { .report = job->report,
                                 .context = job->context,
                                 .net = &f->net,
                                 .spec = &f->spec,
                                 .features = &features,
                                 .target = series_column(series, 0),
                                 .split = split,
                                 .epochs = o->epochs,
                                 .seed = (uint64_t)job->common->seed,
                                 .checkpoint = checkpoint,
                                 .resume = o->resume != NULL && checkpoint != NULL,
                                 .label = label };
  bool ok = fit_run(&task, fit, fault);
  if (ok && fit->stopped != STOPPED_INTERRUPTED) {
    f->rows = rows;
    series_date(series, rows - 1, f->last, sizeof f->last);
    ok = net_build(&f->net, task.seed, fit->weights, &f->model, fault) &&
         judge(job, f, &features, task.target, &split, fault);
  }
  features_destroy(&features);
  return ok;
}

bool forecaster_train(const struct job *job, enum net_kind kind, const struct series *series, size_t rows,
                      const char *checkpoint, const char *label, struct forecaster *f, struct fit *fit,
                      struct fault *fault) {
  memset(f, 0, sizeof *f);
  memset(fit, 0, sizeof *fit);
  if (train(job, kind, series, rows, checkpoint, label, f, fit, fault)) return true;
  forecaster_destroy(f);
  fit_destroy(fit);
  return false;
}

void forecaster_destroy(struct forecaster *f) {
  spec_destroy(&f->spec);
  residuals_destroy(&f->residuals);
  atr_model_destroy(f->model);
  f->model = NULL;
}

bool forecaster_save(struct forecaster *f, const char *path, struct fault *fault) {
  json_t *meta = meta_write(f);
  char *text = meta ? json_dumps(meta, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
  atr_error error = ATR_ERROR_INIT;
  json_decref(meta);
  if (!text) return fault_nomem(fault, 1);
  bool ok = !atr_model_set_metadata(f->model, "atrous.task", "forecast") &&
            !atr_model_set_metadata(f->model, "atrous.series", text);
  free(text);
  if (!ok) return fault_nomem(fault, 1);
  if (!atr_model_save(f->model, path, &error)) return true;
  return fault_from_error(fault, &error);
}

bool forecaster_load(const char *path, struct forecaster *f, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  memset(f, 0, sizeof *f);
  if (atr_model_load(path, NULL, &error, &f->model)) return fault_from_error(fault, &error);
  const char *task = atr_model_metadata(f->model, "atrous.task"),
             *text = atr_model_metadata(f->model, "atrous.series");
  bool ok = true;
  if (!task || strcmp(task, "forecast") != 0 || !text)
    ok = fault_set(fault, FAULT_DATA, "this model does not forecast: its metadata has no atrous.series");
  ok = ok && meta_read(text, f, fault) && net_of(f->model, f->spec.reach, &f->net, fault);
  if (ok && (f->net.channels != (int64_t)spec_channels(&f->spec) || f->net.horizon != f->spec.horizon))
    ok =
        fault_set(fault, FAULT_DATA,
                  "network and metadata disagree: %lld channels, %lld steps against %zu channels, %lld steps",
                  (long long)f->net.channels, (long long)f->net.horizon, spec_channels(&f->spec),
                  (long long)f->spec.horizon);
  if (ok) return true;
  fault_at(fault, path, 0, 0);
  forecaster_destroy(f);
  return false;
}
