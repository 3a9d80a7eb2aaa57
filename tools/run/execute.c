/* execute.c: the plan, its runs and how long they take; see run.h. */
#include <stdlib.h>
#include <string.h>

#include "common/order.h"
#include "common/progress.h"
#include "common/session.h"
#include "run/run.h"

void execute_placement(struct job *job) {
  if (!job->settings->placement) return;
  json_t *list = json_loads(atr_plan_placement(job->plan), 0, NULL), *step;
  size_t i;
  json_array_foreach(list, i, step) {
    const char *node = json_string_value(json_object_get(step, "node")),
               *op = json_string_value(json_object_get(step, "op")),
               *device = json_string_value(json_object_get(step, "device")),
               *algorithm = json_string_value(json_object_get(step, "algorithm")),
               *reason = json_string_value(json_object_get(step, "reason"));
    if (job->text)
      fprintf(job->text, "%-22s %-12s %-22s %s%s%s\n", op, device, algorithm, node,
              reason && *reason ? "; " : "", reason ? reason : "");
  }
  json_object_set_new(job->result, "placement", list ? list : json_null());
}

bool execute_plan(struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  const atr_model *model = job->differentiated ? job->differentiated : job->model;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  options.math = (atr_math)job->common->math;
  options.keep_all = s->trace != NULL;
  atr_shape *shapes = calloc(job->in.count + 2, sizeof *shapes);
  if (!shapes) return fault_nomem(fault, job->in.count * sizeof *shapes);
  for (size_t i = 0; i < job->in.count; i++) shapes[i] = job->in.item[i].value.shape;
  shapes[job->in.count] = job->target.value.shape;
  bool ok =
      job->context || session_open_for(job->report, job->model, shapes, job->in.count, &job->context, fault);
  const double started = report_now();
  if (ok && atr_plan_create(model, job->context, shapes, job->in.count + (job->target.file != NULL), &options,
                            &error, &job->plan))
    ok = fault_from_error(fault, &error);
  if (ok && atr_run_create(job->plan, &error, &job->run)) ok = fault_from_error(fault, &error);
  if (ok) {
    session_plan(job->report, job->plan, started);
    json_object_set_new(job->result, "memory",
                        json_pack("{s:I, s:I}", "run_bytes", (json_int_t)atr_plan_memory(job->plan),
                                  "apart_bytes", (json_int_t)atr_plan_memory_apart(job->plan)));
  }
  free(shapes);
  return ok;
}

static bool write_port(const struct job *job, const struct port *p, struct fault *fault) {
  const atr_status status = atr_run_write(job->run, p->port.name, p->value.data, p->value.bytes);
  return !status || session_fault(job->run, status, fault);
}

bool execute_write(struct job *job, struct fault *fault) {
  for (size_t i = 0; i < job->in.count; i++)
    if (!write_port(job, &job->in.item[i], fault)) return false;
  return !job->target.file || write_port(job, &job->target, fault);
}

bool execute_read(atr_run *run, const char *name, atr_type type, const atr_shape *shape, struct array *value,
                  struct fault *fault) {
  if (!array_create(value, type, shape, fault)) return false;
  const atr_status status = atr_run_read(run, name, value->data, value->bytes);
  if (!status) return true;
  array_destroy(value);
  return session_fault(run, status, fault);
}

/* From values in to values out; what was read before is replaced. The size of an output may follow from the
 * values. */
static bool once(struct job *job, struct fault *fault) {
  const atr_status status = atr_run_execute(job->run);
  if (status) return session_fault(job->run, status, fault);
  for (size_t i = 0; i < job->out.count; i++) {
    struct port *p = &job->out.item[i];
    atr_port port;
    const atr_status has = atr_run_output(job->run, p->port.name, &port);
    if (has) return session_fault(job->run, has, fault);
    if (p->value.data && (p->value.type != port.type || !shape_equal(&p->value.shape, &port.shape)))
      array_destroy(&p->value);
    if (!p->value.data && !array_create(&p->value, port.type, &port.shape, fault)) return false;
    const atr_status read = atr_run_read(job->run, p->port.name, p->value.data, p->value.bytes);
    if (read) return session_fault(job->run, read, fault);
  }
  return true;
}

bool execute_times(struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  const size_t n = (size_t)s->repeat, all = n + (size_t)s->warmup;
  double *time = malloc(n * sizeof *time);
  if (!time) return fault_nomem(fault, n * sizeof *time);
  bool ok = true;
  const double started = report_now();
  for (size_t i = 0; ok && i < all; i++) {
    if (all > 1) progress_show("running", i, all, -1, NULL);
    const double begin = report_now();
    ok = once(job, fault);
    if (i < (size_t)s->warmup) continue;
    time[i - (size_t)s->warmup] = report_now() - begin;
    ok = ok && profile_collect(job, fault);
  }
  progress_clear();
  report_time(job->report, "run", report_now() - started);
  if (ok) {
    json_object_set_new(job->result, "times_s", report_numbers(time, n));
    order_sort(time, n);
    const double median = order_median(time, n);
    json_object_set_new(job->result, "median_s", report_number(median));
    if (job->text && all > 1)
      fprintf(job->text, "time: median %.6g ms of %zu runs, %.6g to %.6g ms\n", 1e3 * median, n,
              1e3 * time[0], 1e3 * time[n - 1]);
  }
  free(time);
  return ok;
}
