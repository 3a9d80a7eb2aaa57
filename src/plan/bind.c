/* bind.c: the caller's tensors in place of a run's own inputs and outputs, without a copy.
 *
 * Kernels name a tensor as (base, offset). Binding gives the caller's buffer a base of its own (6, 7, then
 * what arenas leave free of 5 and 4) and writes it into the argument blocks of this run, at the places emit.c
 * noted. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/run.h"
#include "tensor/shape.h"

static const atr__plan_port *find_port(const atr_plan *plan, const char *name) {
  for (size_t i = 0; i < plan->n_inputs; i++)
    if (!strcmp(plan->inputs[i].name, name)) return &plan->inputs[i];
  for (size_t i = 0; i < plan->n_outputs; i++)
    if (!strcmp(plan->outputs[i].name, name)) return &plan->outputs[i];
  return NULL;
}

static int free_base(const atr_run *run) {
  static const int order[] = { 6, 7, 5, 4, 2, 1 };
  const size_t n = run->plan->bare && !run->plan->params->n ? 6 : 4; /* the last two are the weights' */
  for (size_t i = 0; i < n; i++) {
    int taken = order[i] < 6 && order[i] > 2 && run->plan->arena[order[i] - 3];
    for (size_t k = 0; k < run->n_bindings; k++) taken |= run->bindings[k].base == order[i];
    if (!taken) return order[i];
  }
  return -1;
}

/* Writes where the storage is now into the argument blocks; tensor NULL: back in the arena. */
static atr_status relocate(atr_run *run, int storage, int base, uint64_t offset) {
  const atr_plan *plan = run->plan;
  const int32_t reference[2] = { base, (int32_t)(uint32_t)(offset / 64) };
  for (size_t i = 0; i < plan->n_relocations; i++) {
    if (plan->relocations[i].storage != storage) continue;
    atr_status status =
        plan->context->backend->write(run->queue, run->words, plan->relocations[i].word * sizeof(int32_t),
                                      reference, sizeof reference, &run->error);
    if (status) return status;
  }
  return ATR_OK;
}

static atr_status unbind(atr_run *run, int storage) {
  const int at = run->bound[storage] - 1;
  if (at < 0) return ATR_OK;
  const atr__slot *slot = &run->plan->slots[storage];
  atr_status status = relocate(run, storage, slot->base, slot->offset);
  if (status) return status;
  atr_tensor_destroy(run->bindings[at].tensor);
  run->bound[storage] = 0;
  run->bindings[at] = run->bindings[--run->n_bindings];
  if ((size_t)at < run->n_bindings) run->bound[run->bindings[at].storage] = at + 1;
  atr__run_point_views(run);
  return ATR_OK;
}

atr_status atr_run_bind(atr_run *run, const char *name, atr_tensor *tensor) {
  if (run->plan->script)
    return atr__fail(&run->error, ATR_E_UNSUPPORTED,
                     "\"%s\" cannot be bound: shapes of this plan follow from data", name);
  const atr_plan *plan = run->plan;
  const atr__plan_port *port = find_port(plan, name);
  if (!port) return atr__fail(&run->error, ATR_E_PARAM, "the model has no input or output \"%s\"", name);
  const atr__slot *slot = &plan->slots[port->slot];
  const int storage = slot->storage;
  if (!tensor) return unbind(run, storage);
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (tensor->context != plan->context)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\": the tensor belongs to another context", name);
  if (tensor->type != slot->type || !atr__shape_equal(&tensor->shape, &slot->shape))
    return atr__fail(&run->error, ATR_E_SHAPE, "\"%s\" is %s%s, the tensor %s%s", name,
                     atr_type_name(slot->type), atr__shape_text(&slot->shape, a), atr_type_name(tensor->type),
                     atr__shape_text(&tensor->shape, b));
  if (slot->home != ATR__HOME_ARENA || slot->known || plan->real64)
    return atr__fail(&run->error, ATR_E_UNSUPPORTED, "\"%s\" is a constant or a weight and cannot be bound",
                     name);
  atr_status status = unbind(run, storage);
  if (status) return status;
  const int base = free_base(run);
  if (base < 0)
    return atr__fail(&run->error, ATR_E_UNSUPPORTED,
                     "\"%s\": this plan has no base left for one more bound tensor", name);
  if (atr__grow(&run->bindings, &run->room_bindings, run->n_bindings + 1, sizeof *run->bindings))
    return atr__nomem(&run->error, sizeof *run->bindings);
  status = relocate(run, storage, base, 0);
  if (status) return status;
  atr__tensor_retain(tensor);
  run->bindings[run->n_bindings++] = (atr__binding){ tensor, storage, base };
  run->bound[storage] = (int)run->n_bindings;
  atr__run_point_views(run);
  return ATR_OK;
}

atr_status atr__run_swap(atr_run *run, const char *name, atr_tensor *tensor) {
  const int bound = run->bound[run->plan->slots[find_port(run->plan, name)->slot].storage];
  if (!bound) return atr_run_bind(run, name, tensor);
  atr__binding *binding = &run->bindings[bound - 1];
  atr__tensor_retain(tensor);
  atr_tensor_destroy(binding->tensor);
  binding->tensor = tensor;
  return ATR_OK;
}

void atr__run_let_go(atr_run *run) {
  for (size_t i = 0; i < run->n_bindings; i++) {
    atr_tensor_destroy(run->bindings[i].tensor);
    run->bindings[i].tensor = NULL;
  }
}
