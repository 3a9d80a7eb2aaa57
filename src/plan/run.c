/* run.c: one thread's memory and queue for a plan; see <atrous/plan.h>. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "plan/plan.h"
#include "plan/run.h"
#include "tensor/shape.h"

static int on_host(const atr_plan *plan) {
  return plan->context->backend == &atr__backend_host;
}

/* The buffer and offset of a slot. */
atr__buffer *atr__run_buffer(const atr_run *run, const atr__slot *slot, uint64_t *offset) {
  if (slot->home == ATR__HOME_PARAM) return atr__params_place(run->plan->params, slot->param, offset);
  const int bound = run->bound[slot->storage];
  *offset = bound ? 0 : slot->offset;
  return bound ? run->bindings[bound - 1].tensor->buffer : run->arena[slot->base - 3];
}

static size_t host_bytes(const atr_plan *plan, const atr__slot *slot) {
  return (size_t)atr__shape_size(&slot->shape) * atr__plan_element(plan, slot->type);
}

/* Points the views at the slots' memory, which moves only when the weights' buffer grows. */
void atr__run_point_views(atr_run *run) {
  const atr_plan *plan = run->plan;
  const int host = on_host(plan);
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    if (step->row) continue;
    uint64_t staged = 0;
    for (size_t i = 0; i < step->n_in + step->n_out; i++) {
      const int index = i < step->n_in ? step->in[i] : step->out[i - step->n_in];
      atr__view *view = &run->views[run->first_view[k] + i];
      memset(view, 0, sizeof *view);
      if (index < 0) continue;
      const atr__slot *slot = &plan->slots[index];
      *view = (atr__view){ NULL, slot->type, slot->shape, atr__shape_size(&slot->shape) };
      if (slot->home == ATR__HOME_NONE) continue;
      if (host) {
        uint64_t offset;
        atr__buffer *buffer = atr__run_buffer(run, slot, &offset);
        if (buffer) /* none where everything in it has size 0 */
          view->data = (char *)plan->context->backend->buffer_host(buffer) + offset;
      } else {
        view->data = run->staging + staged;
        staged += (host_bytes(plan, slot) + 63) / 64 * 64;
      }
    }
  }
  run->generation = plan->params->generation;
}

static atr_status make_views(atr_run *run, atr_error *error) {
  const atr_plan *plan = run->plan;
  size_t n = 0;
  uint64_t staging = 0;
  run->first_view = atr__calloc(plan->n_steps, sizeof *run->first_view);
  if (!run->first_view) return atr__nomem(error, plan->n_steps * sizeof *run->first_view);
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    run->first_view[k] = n;
    if (step->row) continue;
    n += step->n_in + step->n_out;
    uint64_t bytes = 0;
    for (size_t i = 0; i < step->n_in + step->n_out; i++) {
      const int index = i < step->n_in ? step->in[i] : step->out[i - step->n_in];
      if (index >= 0) bytes += (host_bytes(plan, &plan->slots[index]) + 63) / 64 * 64;
    }
    if (bytes > staging) staging = bytes;
  }
  run->views = atr__calloc(n, sizeof *run->views);
  if (!on_host(plan) && staging) run->staging = atr__calloc_aligned((size_t)staging);
  if (!run->views || (!on_host(plan) && staging && !run->staging)) return atr__nomem(error, (size_t)staging);
  atr__run_point_views(run);
  return ATR_OK;
}

/* float ⇄ double where the oracle holds ATR_F32 as double. */
static void widen(double *to, const float *from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = from[i];
}
static void narrow(float *to, const double *from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = (float)from[i];
}

static atr_status write_slot(atr_run *run, const atr__slot *slot, const void *data, atr_error *error) {
  const atr_plan *plan = run->plan;
  const size_t count = (size_t)atr__shape_size(&slot->shape);
  uint64_t offset;
  atr__buffer *buffer = atr__run_buffer(run, slot, &offset);
  if (!count) return ATR_OK;
  if (plan->real64 && slot->type == ATR_F32) {
    widen((double *)((char *)plan->context->backend->buffer_host(buffer) + offset), data, count);
    return ATR_OK;
  }
  return plan->context->backend->write(run->queue, buffer, offset, data, count * atr_type_size(slot->type),
                                       error);
}

static size_t first_writer(const atr_plan *plan) {
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_out; i++)
      if (plan->steps[k].out[i] >= 0 && plan->slots[plan->steps[k].out[i]].home == ATR__HOME_PARAM) return k;
  return plan->n_steps;
}

atr_status atr_run_create(atr_plan *plan, atr_error *error, atr_run **result) {
  *result = NULL;
  atr_context *context = plan->context;
  atr_run *run = atr__calloc(1, sizeof *run);
  if (!run) return atr__nomem(error, sizeof *run);
  run->plan = plan;
  run->cancel = &run->cancelled;
  atr__plan_retain(plan);
  atr_status status;
  if (plan->script) {
    ATR__CHECK(atr__script_start(run, error));
    *result = run;
    return ATR_OK;
  }
  run->commit = first_writer(plan);
  ATR__CHECK(context->backend->queue_create(context, plan->program, (const char *const *)plan->kernels,
                                            plan->n_kernels, error, &run->queue));
  for (int i = 0; i < 3; i++)
    if (plan->arena[i]) ATR__CHECK(atr__context_alloc(context, plan->arena[i], error, &run->arena[i]));
  if (plan->n_words) {
    run->words_bytes = (plan->n_words * sizeof *plan->words + 63) / 64 * 64;
    ATR__CHECK(atr__context_alloc(context, run->words_bytes, error, &run->words));
    ATR__CHECK(context->backend->write(run->queue, run->words, 0, plan->words,
                                       plan->n_words * sizeof *plan->words, error));
  }
  run->bound = atr__calloc(plan->n_slots, sizeof *run->bound);
  if (!run->bound) {
    status = atr__nomem(error, plan->n_slots * sizeof *run->bound);
    goto fail;
  }
  for (size_t i = 0; i < plan->n_slots; i++) {
    const atr__slot *slot = &plan->slots[i];
    if (slot->known && slot->home == ATR__HOME_ARENA)
      ATR__CHECK(write_slot(run, slot, slot->known->data, error));
  }
  ATR__CHECK(make_views(run, error));
  *result = run;
  return ATR_OK;
fail:
  atr_run_destroy(run);
  return status;
}

void atr_run_destroy(atr_run *run) {
  if (!run) return;
  atr_plan *plan = run->plan;
  atr__script_stop(run);
  atr_context *context = plan->context;
  if (run->queue) context->backend->queue_destroy(run->queue);
  for (int i = 0; i < 3; i++) atr__context_free(context, run->arena[i], plan->arena[i]);
  atr__context_free(context, run->words, run->words_bytes);
  for (size_t i = 0; i < run->n_bindings; i++) atr_tensor_destroy(run->bindings[i].tensor);
  atr__profile_free(run->profile);
  atr__free(run->bindings);
  atr__free(run->bound);
  atr__free(run->views);
  atr__free(run->first_view);
  atr__free_aligned(run->staging);
  atr__free(run);
  atr__rooms_drop(context->pool); /* as large as this run's steps asked for; others ask again */
  atr_plan_destroy(plan);
}

const char *atr_run_error(const atr_run *run) {
  return run->error.text;
}
void atr_run_cancel(atr_run *run) {
  run->cancelled = 1;
}

int atr__plan_readable(const atr_plan *plan, const char *name) {
  for (size_t i = 0; i < plan->n_outputs; i++)
    if (!strcmp(plan->outputs[i].name, name)) return plan->outputs[i].slot;
  for (size_t i = 0; i < plan->n_inputs; i++)
    if (!strcmp(plan->inputs[i].name, name)) return plan->inputs[i].slot;
  for (size_t i = 0; i < plan->n_slots; i++) {
    const atr__slot *slot = &plan->slots[i];
    if (slot->name && !strcmp(slot->name, name) && (plan->keep_all || slot->home == ATR__HOME_PARAM))
      return (int)i;
  }
  return -1;
}

static atr_status size_error(atr_run *run, const char *name, const atr__slot *slot, size_t bytes) {
  char text[ATR__SHAPE_TEXT];
  return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is %s%s, %zu bytes; %zu were given", name,
                   atr_type_name(slot->type), atr__shape_text(&slot->shape, text),
                   (size_t)atr__shape_size(&slot->shape) * atr_type_size(slot->type), bytes);
}

atr_status atr_run_write(atr_run *run, const char *name, const void *data, size_t bytes) {
  const atr_plan *plan = run->plan;
  if (plan->script) return atr__script_write(run, name, data, bytes);
  for (size_t i = 0; i < plan->n_inputs; i++) {
    if (strcmp(plan->inputs[i].name, name)) continue;
    const atr__slot *slot = &plan->slots[plan->inputs[i].slot];
    if (bytes != (size_t)atr__shape_size(&slot->shape) * atr_type_size(slot->type))
      return size_error(run, name, slot, bytes);
    return write_slot(run, slot, data, &run->error);
  }
  return atr__fail(&run->error, ATR_E_PARAM, "the model has no input \"%s\"", name);
}

static void bases_of(const atr_run *run, atr__buffer *base[ATR__BASES]) {
  memset(base, 0, ATR__BASES * sizeof *base);
  base[0] = run->words;
  base[1] = run->plan->params->buffer[1];
  base[2] = run->plan->params->buffer[0];
  for (int i = 0; i < 3; i++) base[3 + i] = run->arena[i];
  for (size_t i = 0; i < run->n_bindings; i++) base[run->bindings[i].base] = run->bindings[i].tensor->buffer;
}

static atr_status launch(atr_run *run, size_t first, size_t n, const volatile int *cancel) {
  if (!n) return ATR_OK;
  atr__buffer *base[ATR__BASES];
  bases_of(run, base);
  const atr_status status = run->plan->context->backend->launch(run->queue, base, run->plan->launches + first,
                                                                n, cancel, &run->error);
  if (run->profile && !status) atr__profile_launched(run, first, n);
  return status;
}

/* Makes packed weights anew where their canonical values changed since. */
static atr_status pack(atr_run *run) {
  const atr_plan *plan = run->plan;
  atr_params *params = plan->params;
  atr_status status = ATR_OK;
  int any = 0;
  if (!plan->n_packs) return ATR_OK;
  atr__mutex_lock(params->lock);
  for (size_t i = 0; !status && i < plan->n_packs; i++) {
    atr__param *packed = atr__param_at(params, plan->packs[i].packed);
    const uint64_t version = atr__param_at(params, packed->of)->version;
    if (packed->made == version) continue;
    status = launch(run, plan->packs[i].launch, plan->packs[i].n_launches, run->cancel);
    packed->made = status ? 0 : version;
    any = 1;
  }
  /* Other runs read them through queues of their own. */
  if (!status && any && !plan->n_written) status = plan->context->backend->finish(run->queue, &run->error);
  atr__mutex_unlock(params->lock);
  return status;
}

/* A number that changes with any weight that steps run once depend on. */
static uint64_t once_version(const atr_plan *plan) {
  uint64_t sum = 1;
  for (size_t k = 0; k < plan->n_steps && plan->steps[k].once; k++)
    for (size_t i = 0; i < plan->steps[k].n_in; i++) {
      const int index = plan->steps[k].in[i];
      if (index >= 0 && plan->slots[index].home == ATR__HOME_PARAM)
        sum += atr__param_at(plan->params, plan->slots[index].param)->version;
    }
  return sum;
}

static atr_status host_step(atr_run *run, size_t index) {
  const atr_plan *plan = run->plan;
  const atr__backend *backend = plan->context->backend;
  const atr__step *step = &plan->steps[index];
  const atr__view *in = run->views + run->first_view[index], *out = in + step->n_in;
  const int staged = !on_host(plan);
  uint64_t offset;
  atr_status status = ATR_OK;
  for (size_t i = 0; staged && !status && i < step->n_in; i++) {
    if (!in[i].data || !in[i].count) continue;
    const atr__slot *slot = &plan->slots[step->in[i]];
    atr__buffer *buffer = atr__run_buffer(run, slot, &offset);
    status = backend->read(run->queue, buffer, offset, in[i].data, host_bytes(plan, slot), &run->error);
  }
  if (status) return status;
  const atr__call call = { step->params, step->n_in,          step->n_out, in,
                           out,          plan->context->pool, &run->error, plan->math == ATR_MATH_FAST };
  /* Before weights change a step may be left half done: nobody will see its outputs. */
  if (index < run->commit) atr__pool_watch(run->cancel);
  status = (plan->real64 ? step->op->host_f64 : step->op->host_f32)(&call);
  atr__pool_watch(NULL);
  if (index < run->commit && *run->cancel)
    return ATR_OK; /* whatever it made of the half; told by the caller */
  if (status) return atr__fail_in(&run->error, status, "node \"%s\" (%s)", step->node, atr__step_what(step));
  for (size_t i = 0; staged && !status && i < step->n_out; i++) {
    if (!out[i].data || !out[i].count) continue;
    const atr__slot *slot = &plan->slots[step->out[i]];
    atr__buffer *buffer = atr__run_buffer(run, slot, &offset);
    status = backend->write(run->queue, buffer, offset, out[i].data, host_bytes(plan, slot), &run->error);
  }
  return status;
}

static int wanted(const atr_plan *plan, const atr__step *step) {
  for (size_t i = 0; i < step->n_out; i++)
    if (step->out[i] >= 0 && atr__shape_size(&plan->slots[step->out[i]].shape) > 0) return 1;
  return 0;
}

/* Between finishes at most this much work is in the queue, so that a cancel is heard within about 50 ms and
 * progress means something: some 10 ms of a CPU, less of a GPU. Most plans are smaller and are enqueued
 * whole. */
static uint64_t portion(const atr_plan *plan) {
  return plan->context->device.device_class == ATR__CLASS_CPU ? 1000000000u : 20000000000u;
}

/* Launches steps [*next, end) that have kernels, some of them: up to so much work, those of a flow by one
 * launch. *work: how much it was. Where launches are measured each is made by itself. */
static atr_status launch_some(atr_run *run, size_t *next, size_t end, uint64_t most,
                              const volatile int *cancel, uint64_t *work) {
  const atr_plan *plan = run->plan;
  const atr__flow *flow = run->profile ? NULL : atr__plan_flow_at(plan, *next);
  const size_t first = plan->steps[*next].launch, stop = flow ? flow->step : end;
  size_t n = 0;
  if (flow && *next == stop) {
    for (; *next < stop + flow->n; ++*next) *work += (uint64_t)plan->steps[*next].work;
    return launch(run, flow->launch, 1, cancel);
  }
  while (*next < end && *next != stop && plan->steps[*next].row && *work < most) {
    n += plan->steps[*next].n_launches;
    *work += (uint64_t)plan->steps[(*next)++].work;
  }
  return launch(run, first, n, cancel);
}

/* Runs steps [*next, …) that have kernels; with portions, up to one portion of work. */
static atr_status launch_steps(atr_run *run, int portions, size_t *next, uint64_t *done) {
  const atr_plan *plan = run->plan;
  const uint64_t most = portions ? portion(plan) : UINT64_MAX;
  const size_t end = *next < run->commit ? run->commit : plan->n_steps;
  const volatile int *cancel = *next < run->commit ? run->cancel : NULL;
  uint64_t work = 0;
  atr_status status = ATR_OK;
  while (!status && *next < end && plan->steps[*next].row && work < most)
    status = launch_some(run, next, end, most, cancel, &work);
  *done += work;
  if (!status && work >= most && *next < plan->n_steps)
    status = plan->context->backend->finish(run->queue, &run->error);
  return status;
}

atr_status atr__run_enqueue(atr_run *run, int portions) {
  const atr_plan *plan = run->plan;
  atr_params *params = plan->params;
  uint64_t done = 0;
  if (run->cancel == &run->cancelled) run->cancelled = 0;
  if (run->generation != params->generation) atr__run_point_views(run);
  if (run->profile) atr__profile_begin(run);
  atr_status status = pack(run);
  const uint64_t version = once_version(plan);
  size_t k = 0;
  while (version == run->made && k < plan->n_steps && plan->steps[k].once)
    done += (uint64_t)plan->steps[k++].work;
  for (; !status && k < plan->n_steps;) {
    if (plan->steps[k].row)
      status = launch_steps(run, portions, &k, &done);
    else {
      const int measured = run->profile && wanted(plan, &plan->steps[k]);
      if (measured) status = atr__profile_host(run, k, 0);
      if (!status && wanted(plan, &plan->steps[k])) status = host_step(run, k);
      if (!status && measured) status = atr__profile_host(run, k, 1);
      done += (uint64_t)plan->steps[k++].work;
    }
    if (k > run->commit) continue;
    if (!status && *run->cancel) status = atr__fail(&run->error, ATR_E_CANCELLED, "cancelled by the caller");
    if (!status) status = atr__context_progress(plan->context, "run", done, plan->work, &run->error);
  }
  if (!status && run->profile) status = atr__profile_end(run);
  run->made = status ? 0 : version;
  if (plan->n_written) {
    atr__mutex_lock(params->lock);
    for (size_t i = 0; i < plan->n_written; i++) atr__param_at(params, plan->written[i])->version++;
    atr__mutex_unlock(params->lock);
  }
  return status;
}

atr_status atr_run_execute(atr_run *run) {
  return run->plan->script ? atr__script_execute(run) : atr__run_enqueue(run, 1);
}

atr_status atr__run_check(atr_run *run) {
  const atr__backend *backend = run->plan->context->backend;
  const int32_t zero[ATR__STATUS_WORDS] = { 0 };
  int32_t bad[ATR__STATUS_WORDS];
  if (!run->words) return ATR_OK;
  atr_status status = backend->read(run->queue, run->words, 0, bad, sizeof bad, &run->error);
  if (status || !bad[0]) return status;
  status = backend->write(run->queue, run->words, 0, zero, sizeof zero, &run->error);
  return status ? status : atr__fail(&run->error, ATR_E_SHAPE, "an index from data was out of range");
}

atr_status atr_run_read(atr_run *run, const char *name, void *data, size_t bytes) {
  const atr_plan *plan = run->plan;
  if (plan->script) return atr__script_read(run, name, data, bytes);
  const atr__backend *backend = plan->context->backend;
  const int index = atr__plan_readable(plan, name);
  if (index < 0)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no output of the model%s", name,
                     plan->keep_all ? "" : " (keep_all lets every tensor be read)");
  const atr__slot *slot = &plan->slots[index];
  const size_t count = (size_t)atr__shape_size(&slot->shape);
  if (bytes != count * atr_type_size(slot->type)) return size_error(run, name, slot, bytes);
  if (slot->home == ATR__HOME_NONE)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is not computed by this plan", name);
  uint64_t offset;
  atr__buffer *buffer = atr__run_buffer(run, slot, &offset);
  atr_status status = ATR_OK;
  if (count && plan->real64 && slot->type == ATR_F32)
    narrow(data, (const double *)((char *)backend->buffer_host(buffer) + offset), count);
  else if (count)
    status = backend->read(run->queue, buffer, offset, data, bytes, &run->error);
  return status ? status : atr__run_check(run);
}

atr_status atr__run_read_real(atr_run *run, const char *name, double *data, size_t count) {
  const int index = atr__plan_readable(run->plan, name);
  if (index < 0 || !run->plan->real64)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no output of an oracle", name);
  uint64_t offset;
  atr__buffer *buffer = atr__run_buffer(run, &run->plan->slots[index], &offset);
  memcpy(data, (char *)run->plan->context->backend->buffer_host(buffer) + offset, count * sizeof *data);
  return ATR_OK;
}

atr_status atr__run_write_real(atr_run *run, const char *name, const double *data, size_t count) {
  const int index = atr__plan_readable(run->plan, name);
  if (index < 0 || !run->plan->real64)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no input of an oracle", name);
  uint64_t offset;
  const atr__slot *slot = &run->plan->slots[index];
  atr__buffer *buffer = atr__run_buffer(run, slot, &offset);
  memcpy((char *)run->plan->context->backend->buffer_host(buffer) + offset, data, count * sizeof *data);
  if (slot->home == ATR__HOME_PARAM) atr__param_at(run->plan->params, slot->param)->version++;
  return ATR_OK;
}

static atr_status check_double(atr_run *run, const char *name, size_t count) {
  const atr_plan *plan = run->plan;
  const int index = atr__plan_readable(plan, name);
  const atr__slot *slot = index < 0 ? NULL : &plan->slots[index];
  if (!plan->real64)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\": the plan was made without float64", name);
  if (!slot || slot->home == ATR__HOME_NONE)
    return atr__fail(&run->error, ATR_E_PARAM, "the plan has no tensor \"%s\" to read", name);
  if (slot->type != ATR_F32 || (size_t)atr__shape_size(&slot->shape) != count) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is %s%s; %zu numbers were given", name,
                     atr_type_name(slot->type), atr__shape_text(&slot->shape, text), count);
  }
  return ATR_OK;
}

atr_status atr_run_output(atr_run *run, const char *name, atr_port *port) {
  const atr_plan *plan = run->plan;
  memset(port, 0, sizeof *port);
  port->name = name;
  if (plan->script) return atr__script_output(run, name, port);
  const int index = atr__plan_readable(plan, name);
  if (index < 0) return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no output of the model", name);
  port->type = plan->slots[index].type;
  port->shape = plan->slots[index].shape;
  return ATR_OK;
}

atr_status atr_run_read_double(atr_run *run, const char *name, double *data, size_t count) {
  if (run->plan->script) return atr__script_read_double(run, name, data, count);
  const atr_status status = check_double(run, name, count);
  return status || !count ? status : atr__run_read_real(run, name, data, count);
}

atr_status atr_run_write_double(atr_run *run, const char *name, const double *data, size_t count) {
  const atr_plan *plan = run->plan;
  if (plan->script) return atr__script_write_double(run, name, data, count);
  atr_status status = check_double(run, name, count);
  if (status || !count) return status;
  const int index = atr__plan_readable(plan, name);
  int is_input = plan->slots[index].home == ATR__HOME_PARAM;
  for (size_t i = 0; i < plan->n_inputs; i++) is_input |= plan->inputs[i].slot == index;
  if (!is_input) return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is neither input nor weight", name);
  return atr__run_write_real(run, name, data, count);
}

atr_status atr__run_shape(const atr_run *run, const char *name, atr_type type, atr_shape *shape) {
  const int index = atr__plan_readable(run->plan, name);
  if (index < 0) return ATR_E_PARAM;
  const atr__slot *slot = &run->plan->slots[index];
  if (slot->type != type || slot->home == ATR__HOME_NONE) return ATR_E_PARAM;
  *shape = slot->shape;
  return ATR_OK;
}
