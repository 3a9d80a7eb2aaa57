/* train.c: atrous-forecast train: a series in, an ONNX file out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/charts.h"
#include "common/output.h"
#include "common/plot.h"
#include "forecast/forecast.h"

static bool draw(const struct job *job, const struct fit *fit, struct fault *fault) {
  double *train = malloc(2 * (fit->count + 1) * sizeof *train),
         *valid = train ? train + fit->count + 1 : NULL;
  if (!train) return fault_nomem(fault, 2 * (fit->count + 1) * sizeof *train);
  for (size_t i = 1; i <= fit->count; i++)
    train[i - 1] = fit->epoch[i].train_loss, valid[i - 1] = fit->epoch[i].valid_loss;
  bool ok = chart_loss(job->settings->plot, job->common->no_clobber, job->settings->series.column, train,
                       valid, fit->count, fit->best, fault);
  free(train);
  return ok;
}

static json_t *epochs_json(const struct fit *fit) {
  json_t *list = json_array();
  for (size_t i = 1; i <= fit->count; i++)
    json_array_append_new(list, json_pack("{s:I, s:o, s:o, s:o, s:o}", "epoch", (json_int_t)i, "train_loss",
                                          report_number(fit->epoch[i].train_loss), "valid_loss",
                                          report_number(fit->epoch[i].valid_loss), "learning_rate",
                                          report_number(fit->epoch[i].learning_rate), "time_s",
                                          report_number(fit->epoch[i].seconds)));
  return list;
}

static json_t *result_json(const struct job *job, const struct series *series, const struct forecaster *f,
                           const struct fit *fit) {
  const struct skill *s = &f->skill;
  json_t *valid = json_pack("{s:o, s:o, s:o, s:o, s:b}", "mae", report_number(s->mae), "rmse",
                            report_number(s->rmse), "mase", report_number(s->mase), "naive_mae",
                            report_number(s->naive_mae), "better_than_naive", s->better);
  return json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:s, s:o, s:o}", "series",
                   series_json(series, &f->spec.transform[0]), "model", report_text(job->settings->model),
                   "net", net_name(f->net.kind), "parameters", (json_int_t)fit->parameters, "receptive_field",
                   (json_int_t)f->spec.reach, "best_epoch", (json_int_t)fit->best, "stopped",
                   fit_stopped_name(fit->stopped), "epochs", epochs_json(fit), "valid", valid);
}

static void tell(const struct job *job, const struct forecaster *f, const struct fit *fit) {
  report_say(job->report,
             "network of %zu weights sees %s%lld rows; best of %zu epochs: %zu; error of the validation rows "
             "%.4g, of the last value %.4g%s",
             fit->parameters, f->net.kind == NET_TCN ? "" : "at least ", (long long)f->spec.reach, fit->count,
             fit->best, f->skill.mae, f->skill.naive_mae, f->skill.better ? "" : ": no better");
}

static bool finish(struct job *job, const struct series *series, struct forecaster *f, const struct fit *fit,
                   const char *checkpoint, json_t **result, struct fault *fault) {
  tell(job, f, fit);
  if (!forecaster_save(f, job->settings->model, fault)) return false;
  if (job->settings->plot && !draw(job, fit, fault)) return false;
  if (!job->settings->resume) unlink(checkpoint);
  *result = result_json(job, series, f, fit);
  return true;
}

json_t *train_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  struct series series = { 0 };
  struct forecaster f = { 0 };
  struct fit fit = { 0 };
  char checkpoint[OUTPUT_PATH];
  json_t *result = NULL;
  if (!o->model) {
    options_usage(job->program, fault, "train needs --model OUT.onnx");
    return NULL;
  }
  snprintf(checkpoint, sizeof checkpoint, o->resume ? "%s" : "%s.ckpt", o->resume ? o->resume : o->model);
  bool ok = output_check(o->model, job->common->no_clobber, fault) &&
            output_check(checkpoint, false, fault) && plot_check(o->plot, job->common->no_clobber, fault) &&
            job_read(job, &o->series, &series, fault) &&
            (job->common->dry_run || session_open(job->report, &job->context, fault));
  if (ok && job->common->dry_run)
    result = json_pack("{s:o}", "series", series_json(&series, NULL));
  else if (ok && forecaster_train(job, net_kind_of(o->net, strlen(o->net)), &series, series.n, checkpoint,
                                  "training", &f, &fit, fault)) {
    if (fit.stopped == STOPPED_INTERRUPTED) {
      report_say(job->report, "stopped after %zu epochs; --resume %s goes on", fit.count, checkpoint);
      result = json_pack("{s:s, s:s, s:o, s:o}", "stopped", "interrupted", "net", o->net, "checkpoint",
                         report_text(checkpoint), "epochs", epochs_json(&fit));
    } else
      finish(job, &series, &f, &fit, checkpoint, &result, fault);
  }
  fit_destroy(&fit);
  forecaster_destroy(&f);
  series_destroy(&series);
  return result;
}
