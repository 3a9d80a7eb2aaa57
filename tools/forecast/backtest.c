/* backtest.c: atrous-forecast backtest: folds, and a network for each; see backtest.h. */
#include "forecast/backtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "common/plot.h"

static bool method_create(struct method *m, const char *name, size_t origins, size_t horizon, bool paths) {
  m->name = name;
  m->loss = calloc(origins, sizeof *m->loss);
  m->scaled = calloc(origins, sizeof *m->scaled);
  m->change = calloc(origins, sizeof *m->change);
  m->stand = calloc(origins, sizeof *m->stand);
  m->by_step = calloc(horizon, sizeof *m->by_step);
  if (!m->loss || !m->scaled || !m->change || !m->stand || !m->by_step) return false;
  if (!paths) return true;
  m->path = calloc(3 * origins * horizon, sizeof *m->path);
  if (!m->path) return false;
  m->low = m->path + origins * horizon;
  m->high = m->low + origins * horizon;
  return true;
}

bool backtest_plan(struct backtest *b, const struct series *series, int64_t folds, int64_t horizon,
                   const char *nets, struct fault *fault) {
  size_t n = series->n, test = n / 5, h = (size_t)horizon;
  memset(b, 0, sizeof *b);
  b->horizon = h;
  b->folds = (size_t)folds;
  if (test < b->folds + h) {
    fault_set(fault, FAULT_DATA,
              "%zu rows are too few for %zu folds and %zu steps: the last fifth of them is tested, and must "
              "have at least %zu rows",
              n, b->folds, h, b->folds + h);
    return fault_remedy(fault, "give --folds or --horizon a smaller number");
  }
  size_t begin = n - test, origins = test - h + 1;
  for (size_t i = 0; i < b->folds; i++) {
    size_t from = origins * i / b->folds, to = origins * (i + 1) / b->folds;
    /* The first origin is the last row known: its targets begin with the first row of the fold. */
    b->fold[i] = (struct fold){ begin + from, begin + from - 1, to - from };
  }
  for (const char *at = nets; *at && b->nets < NET_KINDS; at += *at == ',') {
    const size_t length = strcspn(at, ",");
    b->net[b->nets++] = net_kind_of(at, length);
    at += length;
  }
  b->methods = b->nets + BASELINE_SEASON + (baseline_season(&series->freq) > 0);
  b->room = origins;
  b->row = calloc(origins, sizeof *b->row);
  bool ok = b->row != NULL;
  for (size_t m = 0; ok && m < b->methods; m++)
    ok = method_create(&b->method[m],
                       m < b->nets ? net_name(b->net[m]) : baseline_name((enum baseline)(m - b->nets)),
                       origins, h, m == 0);
  return ok || fault_nomem(fault, origins * sizeof *b->row);
}

void backtest_destroy(struct backtest *b) {
  for (size_t m = 0; m < METHODS_MOST; m++) {
    struct method *method = &b->method[m];
    free(method->loss);
    free(method->scaled);
    free(method->change);
    free(method->stand);
    free(method->by_step);
    free(method->path);
  }
  free(b->row);
}

/* Trains a network on what comes before a fold. *stop: interrupted. */
static bool train_for(const struct job *job, const struct backtest *b, size_t fold, size_t net,
                      const struct series *series, struct forecaster *f, bool *stop, struct fault *fault) {
  struct fit fit;
  char label[60];
  const char *name = net_name(b->net[net]);
  const double started = report_now();
  snprintf(label, sizeof label, b->nets > 1 ? "fold %zu of %zu, %s" : "fold %zu of %zu", fold + 1, b->folds,
           name);
  if (!forecaster_train(job, b->net[net], series, b->fold[fold].train_rows, NULL, label, f, &fit, fault))
    return false;
  *stop = fit.stopped == STOPPED_INTERRUPTED;
  if (!*stop) {
    report_detail(job->report, "%s: best of %zu epochs: %zu; %.1f s", label, fit.count, fit.best,
                  report_now() - started);
    report_event(job->report,
                 json_pack("{s:s, s:I, s:s, s:I, s:I, s:o}", "event", "fold", "fold", (json_int_t)fold + 1,
                           "net", name, "epochs", (json_int_t)fit.count, "best_epoch", (json_int_t)fit.best,
                           "time_s", report_number(report_now() - started)));
  }
  fit_destroy(&fit);
  return true;
}

static bool run_folds(const struct job *job, struct backtest *b, const struct series *series,
                      struct transform *target, struct fault *fault) {
  bool ok = true, stop = false;
  for (size_t i = 0; ok && !stop && i < b->folds; i++) {
    struct forecaster f[NET_KINDS] = { 0 };
    size_t made = 0;
    while (ok && !stop && made < b->nets) {
      ok = train_for(job, b, i, made, series, &f[made], &stop, fault);
      if (ok) made++;
    }
    if (ok && !stop) {
      if (!i) *target = f[0].spec.transform[0];
      ok = backtest_fold(job, b, i, series, f, fault);
      if (ok) b->done = i + 1;
    }
    for (size_t k = 0; k < made; k++) forecaster_destroy(&f[k]);
  }
  return ok;
}

static bool results(const struct job *job, struct backtest *b, const struct series *series,
                    const struct transform *target, struct fault *fault) {
  const double *x = series_column(series, 0);
  bool worth = transform_lead(target) > 0, table = job->report->data_on_stdout || job->common->output;
  char text[400];
  for (size_t i = b->fold[0].from; i < series->n; i++) worth = worth && x[i] > 0;
  if (!backtest_results(b, x, worth, job->settings->cost_pct, (uint64_t)job->common->seed, fault) ||
      (table && !backtest_table(b, job, fault)) ||
      (job->settings->plot && !backtest_draw(b, job, series, fault)))
    return false;
  for (size_t i = 0; i < b->nets; i++) {
    backtest_sentence(b, i, text, sizeof text);
    report_say(job->report, "%s", text);
  }
  return true;
}

json_t *backtest_command(struct job *job, struct fault *fault) {
  struct settings settings = *job->settings;
  struct series series = { 0 };
  struct backtest b = { 0 };
  struct transform target = { TRANSFORM_NONE, 0, 1 };
  struct job fixed = *job;
  json_t *result = NULL;
  bool ok = plot_check(settings.plot, job->common->no_clobber, fault) &&
            (!job->common->output || output_check(job->common->output, job->common->no_clobber, fault)) &&
            job_read(job, &settings.series, &series, fault) &&
            (backtest_plan(&b, &series, settings.folds, settings.horizon, settings.net, fault) ||
             fault_at(fault, job->input, 0, 0));
  if (ok) {
    /* One history for all folds: what fits the first. */
    settings.history = history_of(&settings, &series, b.fold[0].train_rows);
    settings.resume = NULL;
    fixed.settings = &settings;
    if (job->common->dry_run)
      result = json_pack("{s:o}", "series", series_json(&series, NULL));
    else
      ok = session_open(job->report, &fixed.context, fault);
  }
  job->context = fixed.context;
  if (ok && !result && run_folds(&fixed, &b, &series, &target, fault) &&
      (b.done < b.folds || results(&fixed, &b, &series, &target, fault))) {
    result = backtest_json(&b, job, &series, &target);
    if (b.done == b.folds && settings.require && strcmp(b.method[0].verdict, "better") != 0)
      fault_set(fault, FAULT_CHECK, "required was better than the last value; the verdict on %s is \"%s\"",
                b.method[0].name, b.method[0].verdict);
  }
  backtest_destroy(&b);
  series_destroy(&series);
  return result;
}
