/* predict.c: atrous-forecast predict: the next steps with band, probabilities, signal and what each dilation
 * adds (a recurrent network has none). With --model the network and its columns come from the file, else one
 * is trained on the spot. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/charts.h"
#include "common/output.h"
#include "common/plot.h"
#include "forecast/forecast.h"

struct prediction {
  int64_t horizon, scales;
  double last, base; /* the forecast is base + constant + Σ scales */
  struct outlook *step;
  double *adds; /* [scales + 1][horizon]: constant first, in the column's units */
};

static void prediction_destroy(struct prediction *p) {
  free(p->step);
  free(p->adds);
}

/* What the network's parts add in the column's units. Returns grow by exp(s), s the sum of parts; each part
 * gets its share of (exp(s) - 1)·last, so that the parts add up to the change exactly. */
static void explain(const struct forecaster *f, const struct prediction *p, int64_t h, double y,
                    const float *scales, double *adds) {
  const struct transform *t = &f->spec.transform[0];
  const double steps = (double)(h + 1), wide = transform_lead(t) ? sqrt(steps) : 1;
  double known = 0, unit = t->scale * wide, constant;
  for (int64_t i = 0; i < p->scales; i++) known += (double)scales[i * p->horizon + h];
  constant = unit * (y - known) + (transform_lead(t) ? steps * t->centre : 0);
  double sum = constant + unit * known;
  double factor = t->kind != TRANSFORM_RETURN ? 1 : p->last * (fabs(sum) > 1e-12 ? expm1(sum) / sum : 1);
  adds[h] = factor * constant;
  for (int64_t i = 0; i < p->scales; i++)
    adds[(i + 1) * p->horizon + h] = factor * unit * (double)scales[i * p->horizon + h];
}

static bool predict(const struct job *job, const struct forecaster *f, const struct series *series,
                    struct prediction *p, struct fault *fault) {
  struct features features = { 0 };
  struct infer infer = { .count = 0 };
  const struct transform *t = &f->spec.transform[0];
  size_t need = spec_first(&f->spec) + 1, h = (size_t)f->spec.horizon, k = (size_t)f->net.scales;
  if (series->n < need) {
    fault_set(fault, FAULT_DATA, "%zu rows are too few: the network sees %zu rows back", series->n, need);
    return fault_at(fault, job->input, 0, 0);
  }
  if (!features_make(&features, &f->spec, series, job->input, fault)) return false;
  p->horizon = f->spec.horizon;
  p->scales = f->net.scales;
  p->last = series_column(series, 0)[series->n - 1];
  p->base = transform_lead(t) ? p->last : t->centre;
  p->step = calloc(h, sizeof *p->step);
  p->adds = calloc((k + 1) * h, sizeof *p->adds);
  float *y = malloc((k + 1) * h * sizeof *y);
  bool ok = (p->step && p->adds && y) || fault_nomem(fault, (k + 1) * h * sizeof *p->adds);
  ok = ok && infer_open(&infer, job->report, job->context, f->model, &f->net, NULL, 1, fault) &&
       infer_run(&infer, &features, series->n - 1, y, y + h, fault);
  for (size_t i = 0; ok && i < h; i++) {
    p->step[i] =
        outlook_make(t, &f->residuals, (int64_t)i + 1, p->last, (double)y[i], features.spread[series->n - 1],
                     job->settings->level, job->settings->threshold_pct);
    if (!isfinite(p->step[i].forecast))
      ok = fault_set(fault, FAULT_NONFINITE, "the forecast of step %zu is not finite", i + 1);
    explain(f, p, (int64_t)i, (double)y[i], y + h, p->adds);
  }
  infer_close(&infer);
  features_destroy(&features);
  free(y);
  return ok;
}

/* ---- output ---- */

/* Three decimals that add up to 1. */
static void shares(const struct outlook *o, int thousandths[3]) {
  thousandths[0] = (int)(1000 * o->p_up + 0.5);
  thousandths[2] = (int)(1000 * o->p_down + 0.5);
  if (thousandths[0] + thousandths[2] > 1000) thousandths[2] = 1000 - thousandths[0];
  thousandths[1] = 1000 - thousandths[0] - thousandths[2];
}

static bool write_table(const struct job *job, const struct series *series, const struct prediction *p,
                        struct fault *fault) {
  struct output out = { 0 };
  const char *path = job->common->output ? job->common->output : "-";
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  fputs("date,forecast,low,high,p_up,p_flat,p_down,signal\n", out.file);
  for (int64_t i = 0; i < p->horizon; i++) {
    const struct outlook *o = &p->step[i];
    char date[32];
    int part[3];
    series_date(series, series->n + (size_t)i, date, sizeof date);
    shares(o, part);
    fprintf(out.file, "%s,%.6g,%.6g,%.6g,%d.%03d,%d.%03d,%d.%03d,%s\n", date, o->forecast, o->low, o->high,
            part[0] / 1000, part[0] % 1000, part[1] / 1000, part[1] % 1000, part[2] / 1000, part[2] % 1000,
            signal_name(o->signal));
  }
  return output_commit(&out, fault);
}

/* What the contributions are added to. */
static const char *base_name(const struct forecaster *f) {
  switch (f->spec.transform[0].kind) {
  case TRANSFORM_ZSCORE: return "mean";
  case TRANSFORM_NONE: return "";
  default: return "last";
  }
}

static bool draw(const struct job *job, const struct forecaster *f, const struct series *series,
                 const struct prediction *p, struct fault *fault) {
  size_t h = (size_t)p->horizon, n = series->n;
  double *v = malloc((n + 4 * h) * sizeof *v);
  if (!v) return fault_nomem(fault, (n + 4 * h) * sizeof *v);
  double *x = v + n, *y = x + h, *low = y + h, *high = low + h;
  char names[SCALES_MOST + 1][40], title[200], unit[60];
  const char *labels[SCALES_MOST + 1];
  for (size_t i = 0; i < n; i++) v[i] = (double)series_seconds(series, i);
  for (size_t i = 0; i < h; i++) {
    x[i] = (double)series_seconds(series, n + i);
    y[i] = p->step[i].forecast;
    low[i] = p->step[i].low;
    high[i] = p->step[i].high;
  }
  for (int64_t i = 0; i <= p->scales; i++) {
    if (i)
      snprintf(names[i], sizeof names[i], "%lld (%lld rows)", (long long)net_dilation(i - 1),
               (long long)net_scale_reach(&f->net, i - 1));
    else
      snprintf(names[i], sizeof names[i], "constant");
    labels[i] = names[i];
  }
  snprintf(title, sizeof title, "%.60s: %s, next %lld steps", f->spec.names[0],
           signal_name(p->step[h - 1].signal), (long long)p->horizon);
  snprintf(unit, sizeof unit, "to %s %.4g", base_name(f), p->base);
  struct forecast_chart chart = { .title = title,
                                  .column = f->spec.names[0],
                                  .dates = series->dates != NULL,
                                  .history = n,
                                  .history_x = v,
                                  .history_y = series_column(series, 0),
                                  .steps = h,
                                  .x = x,
                                  .forecast = y,
                                  .low = low,
                                  .high = high,
                                  .level = job->settings->level,
                                  .scales = p->scales ? (size_t)p->scales + 1 : 0,
                                  .contribution = p->adds,
                                  .scale = labels,
                                  .unit = unit };
  bool ok = chart_forecast(job->settings->plot, job->common->no_clobber, &chart, fault);
  free(v);
  return ok;
}

static json_t *scales_json(const struct forecaster *f, const struct prediction *p) {
  size_t h = (size_t)p->horizon;
  double total = 0;
  json_t *list = json_array();
  for (size_t i = h; i < h * ((size_t)p->scales + 1); i++) total += fabs(p->adds[i]);
  for (int64_t k = 0; k < p->scales; k++) {
    const double *adds = p->adds + ((size_t)k + 1) * h;
    double own = 0;
    for (size_t i = 0; i < h; i++) own += fabs(adds[i]);
    json_array_append_new(list, json_pack("{s:I, s:I, s:o, s:o}", "dilation", (json_int_t)net_dilation(k),
                                          "reach", (json_int_t)net_scale_reach(&f->net, k), "share",
                                          report_number(total > 0 ? own / total : 0), "adds",
                                          report_numbers(adds, h)));
  }
  return list;
}

static json_t *result_json(const struct job *job, const struct forecaster *f, const struct series *series,
                           const struct prediction *p) {
  json_t *steps = json_array();
  char date[32];
  for (int64_t i = 0; i < p->horizon; i++) {
    const struct outlook *o = &p->step[i];
    series_date(series, series->n + (size_t)i, date, sizeof date);
    json_array_append_new(steps,
                          json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "date", date, "forecast",
                                    report_number(o->forecast), "low", report_number(o->low), "high",
                                    report_number(o->high), "change_pct", report_number(o->change_pct),
                                    "p_up", report_number(o->p_up), "p_flat", report_number(o->p_flat),
                                    "p_down", report_number(o->p_down), "signal", signal_name(o->signal)));
  }
  series_date(series, series->n - 1, date, sizeof date);
  return json_pack("{s:o, s:{s:s, s:o}, s:o, s:s, s:o, s:{s:o, s:b}, s:o, s:o, s:o, s:o}", "series",
                   series_json(series, &f->spec.transform[0]), "last", "date", date, "value",
                   report_number(p->last), "level", report_number(job->settings->level), "signal",
                   signal_name(p->step[p->horizon - 1].signal), "threshold_pct",
                   report_number(job->settings->threshold_pct), "skill", "mase", report_number(f->skill.mase),
                   "better_than_naive", f->skill.better, "steps", steps, "scales", scales_json(f, p), "base",
                   report_number(p->scales ? p->base : NAN), "constant",
                   p->scales ? report_numbers(p->adds, (size_t)p->horizon) : json_null());
}

/* ---- the command ---- */

/* The columns of a model's file, as options for reading the series; `with` is to be freed. */
static bool columns_of(const struct job *job, const struct forecaster *f, struct series_options *options,
                       char **with, struct fault *fault) {
  *options = job->settings->series;
  if (options->with || options->transform != TRANSFORM_AUTO || options->calendar)
    return options_usage(
        job->program, fault,
        "columns, transform and calendar are the model's; --with, --transform and --calendar do "
        "not go with --model");
  if (!options->column) options->column = f->spec.names[0];
  size_t size = 1;
  for (size_t i = 1; i < f->spec.columns; i++) size += strlen(f->spec.names[i]) + 1;
  *with = calloc(size, 1);
  if (!*with) return fault_nomem(fault, size);
  for (size_t i = 1; i < f->spec.columns; i++) {
    if (i > 1) strcat(*with, ",");
    strcat(*with, f->spec.names[i]);
  }
  if (f->spec.columns > 1) options->with = *with;
  options->calendar = f->spec.calendar;
  return true;
}

static bool fits(const struct job *job, const struct forecaster *f, const struct series *series,
                 struct fault *fault) {
  char here[40], there[40];
  if (series->columns != f->spec.columns) {
    fault_set(fault, FAULT_DATA, "the model reads %zu columns, and %zu are there", f->spec.columns,
              series->columns);
    return fault_at(fault, job->input, 0, 0);
  }
  if (f->spec.calendar && !series->dates) {
    fault_set(fault, FAULT_DATA, "the model learnt from the calendar, and the series has no dates");
    return fault_at(fault, job->input, 0, 0);
  }
  frequency_text(&series->freq, here, sizeof here);
  frequency_text(&f->spec.freq, there, sizeof there);
  if (strcmp(here, there) != 0)
    report_warn(job->report, "frequency", "the model was trained on steps of one %s, and this series has %s",
                there, here);
  return true;
}

struct loading {
  const char *path;
  struct forecaster *f;
};

static bool load(void *user, struct fault *fault) {
  struct loading *l = user;
  return forecaster_load(l->path, l->f, fault);
}

static bool obtain(struct job *job, struct series *series, struct forecaster *f, bool *interrupted,
                   struct fault *fault) {
  const struct settings *o = job->settings;
  struct fit fit = { 0 };
  if (o->model) {
    struct series_options options;
    char *with = NULL;
    struct loading loading = { o->model, f };
    bool ok =
        (job->common->dry_run ? load(&loading, fault)
                              : session_open_beside(job->report, &job->context, load, &loading, fault)) &&
        columns_of(job, f, &options, &with, fault) && job_read(job, &options, series, fault) &&
        fits(job, f, series, fault);
    free(with);
    return ok;
  }
  if (!job_read(job, &o->series, series, fault)) return false;
  if (job->common->dry_run) return true;
  if (!session_open(job->report, &job->context, fault)) return false;
  bool ok = forecaster_train(job, net_kind_of(o->net, strlen(o->net)), series, series->n, NULL, "training", f,
                             &fit, fault);
  *interrupted = ok && fit.stopped == STOPPED_INTERRUPTED;
  fit_destroy(&fit);
  return ok;
}

json_t *predict_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  struct series series = { 0 };
  struct forecaster f = { 0 };
  struct prediction p = { 0 };
  json_t *result = NULL;
  bool interrupted = false, table = job->report->data_on_stdout || job->common->output;
  bool ok = plot_check(o->plot, job->common->no_clobber, fault) &&
            (!job->common->output || output_check(job->common->output, job->common->no_clobber, fault)) &&
            obtain(job, &series, &f, &interrupted, fault);
  if (ok && (job->common->dry_run || interrupted))
    result = json_pack("{s:o}", "series", series_json(&series, NULL));
  else if (ok && predict(job, &f, &series, &p, fault)) {
    if (!f.skill.better)
      report_warn(job->report, "skill",
                  "on the rows kept for validation this forecast was no better than the last value");
    if ((!table || write_table(job, &series, &p, fault)) && (!o->plot || draw(job, &f, &series, &p, fault)))
      result = result_json(job, &f, &series, &p);
  }
  prediction_destroy(&p);
  forecaster_destroy(&f);
  series_destroy(&series);
  return result;
}
