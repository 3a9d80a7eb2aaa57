/* subject.c: something to be timed: a model, planned on a device and run there; see subject.h. */
#include <stdlib.h>
#include <string.h>

#include "bench/subject.h"
#include "common/session.h"

struct cargo {
  char *name;
  void *data;
  size_t bytes;
};

/* Room for a port's values. */
static bool load(struct cargo *c, const atr_port *port, struct fault *fault) {
  size_t n = 1;
  for (int k = 0; k < port->shape.rank; k++) {
    if (port->shape.dim[k] < 0)
      return fault_set(fault, FAULT_UNSUPPORTED, "the size of \"%s\" follows from data", port->name);
    n *= (size_t)port->shape.dim[k];
  }
  c->bytes = n * atr_type_size(port->type);
  c->name = strdup(port->name);
  c->data = calloc(c->bytes ? c->bytes : 1, 1);
  return (c->name && c->data) || fault_nomem(fault, c->bytes);
}

/* Float32 inputs get numbers between -1 and 1, the same each time; others stay 0. */
static void fill(struct cargo *c, const atr_port *port) {
  uint32_t state = 1;
  float *values = c->data;
  for (size_t k = 0; port->type == ATR_F32 && k < c->bytes / sizeof *values; k++) {
    state = state * 1664525u + 1013904223u;
    values[k] = (float)(state >> 8) * (2.0f / 16777216.0f) - 1.0f;
  }
}

static bool load_all(struct subject *s, struct fault *fault) {
  while (atr_plan_input(s->plan, s->n_in).name) s->n_in++;
  while (atr_plan_output(s->plan, s->n_out).name) s->n_out++;
  s->in = calloc(s->n_in + 1, sizeof *s->in);
  s->out = calloc(s->n_out + 1, sizeof *s->out);
  if (!s->in || !s->out) return fault_nomem(fault, sizeof *s->in);
  for (size_t i = 0; i < s->n_in; i++) {
    const atr_port port = atr_plan_input(s->plan, i);
    if (!load(&s->in[i], &port, fault)) return false;
    fill(&s->in[i], &port);
  }
  for (size_t i = 0; i < s->n_out; i++) {
    const atr_port port = atr_plan_output(s->plan, i);
    if (!load(&s->out[i], &port, fault)) return false;
  }
  return true;
}

bool subject_open(struct subject *s, atr_context *context, atr_model *model, const atr_shape *shapes,
                  size_t n, atr_math math, struct fault *fault) {
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  memset(s, 0, sizeof *s);
  s->model = model;
  options.math = math;
  bool ok = !atr_plan_create(model, context, shapes, n, &options, &error, &s->plan) &&
            !atr_run_create(s->plan, &error, &s->run);
  if (!ok) fault_from_error(fault, &error);
  ok = ok && load_all(s, fault);
  double first; /* compiles, packs weights */
  ok = ok && subject_time(s, &first, fault);
  if (!ok) subject_close(s);
  return ok;
}

void subject_close(struct subject *s) {
  for (size_t i = 0; i < s->n_in + s->n_out; i++) {
    struct cargo *c = i < s->n_in ? s->in : s->out;
    if (!c) continue;
    c += i < s->n_in ? i : i - s->n_in;
    free(c->name);
    free(c->data);
  }
  free(s->in);
  free(s->out);
  atr_run_destroy(s->run);
  atr_plan_destroy(s->plan);
  atr_model_destroy(s->model);
  memset(s, 0, sizeof *s);
}

bool subject_time(struct subject *s, double *seconds, struct fault *fault) {
  const double started = report_now();
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < s->n_in; i++)
    status = atr_run_write(s->run, s->in[i].name, s->in[i].data, s->in[i].bytes);
  if (!status) status = atr_run_execute(s->run);
  for (size_t i = 0; !status && i < s->n_out; i++)
    status = atr_run_read(s->run, s->out[i].name, s->out[i].data, s->out[i].bytes);
  *seconds = report_now() - started;
  return !status || session_fault(s->run, status, fault);
}

bool subject_busy(struct subject *s, double *seconds, struct fault *fault) {
  atr_status status = atr_run_profile(s->run, 1);
  if (!status) status = atr_run_execute(s->run);
  *seconds = 0;
  for (size_t i = 0; !status; i++) {
    const atr_profile_step step = atr_run_profile_step(s->run, i);
    if (!step.node) break;
    *seconds += step.time_s;
  }
  return !status || session_fault(s->run, status, fault);
}

bool subject_best(struct subject *s, bool busy, double least, double *seconds, struct fault *fault) {
  const double started = report_now();
  *seconds = 1e300;
  for (int i = 0; i < 3 || report_now() - started < least; i++) {
    double t;
    if (!(busy ? subject_busy(s, &t, fault) : subject_time(s, &t, fault))) return false;
    if (t < *seconds) *seconds = t;
  }
  return true;
}
