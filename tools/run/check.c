/* check.c: derivatives by central differences, in double on the host, by another way than the gradients they
 * are held against: the model itself is run twice a number, and L is added up here.
 *
 * (L(x+h) - L(x-h)) / 2h with h = 1e-5·max(1, |x|): the formula's error is of order h², that of rounding of
 * order 1e-16·|L|/h. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/session.h"
#include "run/run.h"

struct differences {
  struct job *job;
  atr_context *own; /* where the job's is no host */
  atr_plan *plan;
  atr_run *run;
  const char *output; /* NULL: all of float32 */
  double *value;      /* room for the largest output */
  double loss;        /* at the point itself */
  double seconds;     /* that one run takes */
  char *tensor;       /* whose values these are: */
  double *base;
};

void differences_close(struct differences *d) {
  if (!d) return;
  atr_run_destroy(d->run);
  atr_plan_destroy(d->plan);
  atr_context_destroy(d->own);
  free(d->value);
  free(d->tensor);
  free(d->base);
  free(d);
}

static bool is_meant(const struct differences *d, const struct port *p) {
  return p->value.type == ATR_F32 && (!d->output || !strcmp(d->output, p->port.name));
}

/* L of what the run has just computed. */
static bool loss_of(struct differences *d, double *loss, struct fault *fault) {
  const struct array *target = d->job->target.file ? &d->job->target.value : NULL;
  long double sum = 0;
  for (size_t i = 0; i < d->job->out.count; i++) {
    const struct port *p = &d->job->out.item[i];
    if (!is_meant(d, p)) continue;
    const atr_status status = atr_run_read_double(d->run, p->port.name, d->value, p->value.count);
    if (status) return session_fault(d->run, status, fault);
    for (size_t k = 0; k < p->value.count; k++) {
      const double off = target ? d->value[k] - (double)((const float *)target->data)[k] : 0;
      sum += target ? off * off : d->value[k];
    }
    if (target && p->value.count) sum /= (long double)p->value.count;
    if (target) break;
  }
  *loss = (double)sum;
  return true;
}

static bool loss_at(struct differences *d, double *loss, struct fault *fault) {
  const atr_status status = atr_run_execute(d->run);
  if (status) return session_fault(d->run, status, fault);
  return loss_of(d, loss, fault);
}

static bool open_plan(struct differences *d, struct fault *fault) {
  struct job *job = d->job;
  atr_context_options context_options = ATR_CONTEXT_OPTIONS_INIT;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  atr_device_info info = { .size = sizeof info };
  atr_context_info(job->context, &info);
  context_options.threads = (int)job->common->threads;
  if (strcmp(info.id, "host") != 0 && atr_context_open("host", &context_options, &error, &d->own))
    return fault_from_error(fault, &error);
  options.float64 = 1;
  atr_shape *shapes = calloc(job->in.count + 1, sizeof *shapes);
  if (!shapes) return fault_nomem(fault, sizeof *shapes);
  for (size_t i = 0; i < job->in.count; i++) shapes[i] = job->in.item[i].value.shape;
  const bool failed = atr_plan_create(job->model, d->own ? d->own : job->context, shapes, job->in.count,
                                      &options, &error, &d->plan) ||
                      atr_run_create(d->plan, &error, &d->run);
  free(shapes);
  return !failed || fault_from_error(fault, &error);
}

bool differences_open(struct job *job, struct differences **result, struct fault *fault) {
  struct differences *d = *result = calloc(1, sizeof *d);
  if (!d) return fault_nomem(fault, sizeof *d);
  size_t most = 1;
  d->job = job;
  d->output = job->settings->gradient && *job->settings->gradient ? job->settings->gradient : NULL;
  for (size_t i = 0; i < job->out.count; i++)
    if (job->out.item[i].value.count > most) most = job->out.item[i].value.count;
  d->value = malloc(most * sizeof *d->value);
  if (!d->value) return fault_nomem(fault, most * sizeof *d->value);
  if (!open_plan(d, fault)) return false;
  for (size_t i = 0; i < job->in.count; i++) {
    const struct port *p = &job->in.item[i];
    const atr_status status = atr_run_write(d->run, p->port.name, p->value.data, p->value.bytes);
    if (status) return session_fault(d->run, status, fault);
  }
  const double started = report_now();
  if (!loss_at(d, &d->loss, fault)) return false;
  d->seconds = report_now() - started;
  return true;
}

double differences_seconds(const struct differences *d) {
  return d->seconds;
}

size_t differences_sampled(const struct differences *d, size_t count) {
  const size_t most = (size_t)d->job->settings->samples;
  return most && count > most ? most : count;
}

/* One of each of as many stretches, at a place within it that the number of the stretch decides: evenly
 * spread, but in no step with a tensor's rows. */
size_t differences_at(const struct differences *d, size_t count, size_t k) {
  const size_t n = differences_sampled(d, count);
  const size_t begin = (size_t)((uint64_t)k * count / n), end = (size_t)((uint64_t)(k + 1) * count / n);
  const uint64_t mixed = (k + 1) * 0x9E3779B97F4A7C15u;
  return begin + (size_t)((mixed >> 33) % (end - begin));
}

static bool load(struct differences *d, const char *tensor, size_t count, struct fault *fault) {
  if (d->tensor && !strcmp(d->tensor, tensor)) return true;
  free(d->tensor);
  free(d->base);
  d->tensor = strdup(tensor);
  d->base = malloc((count + 1) * sizeof *d->base);
  if (!d->tensor || !d->base) return fault_nomem(fault, count * sizeof *d->base);
  const atr_status status = atr_run_read_double(d->run, tensor, d->base, count);
  return !status || session_fault(d->run, status, fault);
}

bool differences_measure(struct differences *d, const char *tensor, size_t count, size_t element,
                         struct difference *difference, struct fault *fault) {
  if (!load(d, tensor, count, fault)) return false;
  const double x = d->base[element], asked = 1e-5 * fmax(1, fabs(x));
  const volatile double above = x + asked, below = x - asked; /* as double holds them */
  const double at[2] = { below, above };
  double side[2];
  bool ok = true;
  for (int s = 0; ok && s < 2; s++) {
    d->base[element] = at[s];
    const atr_status status = atr_run_write_double(d->run, tensor, d->base, count);
    ok = (!status || session_fault(d->run, status, fault)) && loss_at(d, &side[s], fault);
  }
  d->base[element] = x;
  const atr_status status = atr_run_write_double(d->run, tensor, d->base, count);
  if (!ok || status) return ok ? session_fault(d->run, status, fault) : false;
  *difference = (struct difference){ (side[1] - side[0]) / (above - below), (d->loss - side[0]) / (x - below),
                                     (side[1] - d->loss) / (above - x),
                                     32 * DBL_EPSILON * fmax(fabs(d->loss), 1) / asked };
  return true;
}
