/* infer.c: one plan, one run; see infer.h. */
#include "forecast/infer.h"

#include <stdlib.h>
#include <string.h>

#include "common/session.h"

static size_t before(const struct net *net) {
  return (size_t)net_reach(net) - 1;
}

void infer_window(const struct net *net, const struct features *f, size_t from, size_t count, float *into) {
  size_t length = before(net) + count;
  for (size_t c = 0; c < f->channels; c++)
    memcpy(into + c * length, f->x + c * f->n + from - before(net), length * sizeof *into);
}

bool infer_open(struct infer *infer, struct report *report, atr_context *context, const atr_model *model,
                const struct net *net, atr_params *params, size_t count, struct fault *fault) {
  const double started = report_now();
  atr_error error = ATR_ERROR_INIT;
  size_t length = before(net) + count;
  const atr_shape shape = { 3, { 1, net->channels, (int64_t)length } };
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.math = (atr_math)report->options->math;
  options.params = params;
  *infer = (struct infer){ *net, count, NULL, NULL, NULL };
  infer->x = malloc((size_t)net->channels * length * sizeof *infer->x);
  if (!infer->x) return fault_nomem(fault, (size_t)net->channels * length * sizeof *infer->x);
  bool ok = !atr_plan_create(model, context, &shape, 1, &options, &error, &infer->plan);
  if (ok && atr_plan_output(infer->plan, 0).shape.dim[2] != (int64_t)count) { /* a file may say anything */
    infer_close(infer);
    return fault_set(fault, FAULT_DATA, "network and metadata disagree on how many rows it sees");
  }
  if (ok && !atr_run_create(infer->plan, &error, &infer->run)) {
    session_plan(report, infer->plan, started);
    return true;
  }
  infer_close(infer);
  return fault_from_error(fault, &error);
}

void infer_close(struct infer *infer) {
  atr_run_destroy(infer->run);
  atr_plan_destroy(infer->plan);
  free(infer->x);
  memset(infer, 0, sizeof *infer);
}

bool infer_run(struct infer *infer, const struct features *features, size_t from, float *y, float *scales,
               struct fault *fault) {
  const struct net *net = &infer->net;
  size_t each = (size_t)net->horizon * infer->count;
  size_t read = (size_t)net->channels * (before(net) + infer->count);
  infer_window(net, features, from, infer->count, infer->x);
  atr_status status = atr_run_write(infer->run, "x", infer->x, read * sizeof *infer->x);
  if (!status) status = atr_run_execute(infer->run);
  if (!status) status = atr_run_read(infer->run, "forecast", y, each * sizeof *y);
  for (int64_t i = 0; scales && !status && i < net->scales; i++) {
    char name[24];
    net_scale_name(i, name);
    status = atr_run_read(infer->run, name, scales + (size_t)i * each, each * sizeof *scales);
  }
  return !status || session_fault(infer->run, status, fault);
}
