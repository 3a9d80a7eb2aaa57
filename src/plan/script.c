/* script.c: the outside of a plan of several segments: its ports, its placement, and runs of it. What happens
 * inside is in segment.c and control.c. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "plan/run.h"
#include "tensor/shape.h"

static atr_status ports(atr_plan *plan, const atr_model *model, const int *ids, size_t n,
                        const atr__infer_state *inferred, atr__plan_port **list, size_t *count,
                        atr_error *error) {
  *list = atr__calloc(n + 1, sizeof **list);
  if (!*list) return atr__nomem(error, n * sizeof **list);
  for (size_t i = 0; i < n; i++) {
    const atr__value *value = atr__model_at(model, ids[i]);
    const int known = inferred->shape[ids[i] - 1].rank >= 0;
    const int slot = atr__plan_add_slot(plan, known ? inferred->type[ids[i] - 1] : value->type,
                                        known ? &inferred->shape[ids[i] - 1] : &value->shape, error);
    if (slot < 0) return ATR_E_NOMEM;
    plan->slots[slot].home = ATR__HOME_NONE;
    (*list)[i].slot = slot;
    (*list)[i].name = atr__strdup(value->name);
    *count = i + 1;
    if (!(*list)[i].name) return atr__nomem(error, strlen(value->name) + 1);
  }
  return ATR_OK;
}

static int planned(const atr_plan *first, const char *node) {
  for (size_t k = 0; first && k < first->n_steps; k++)
    if (!strcmp(first->steps[k].node, node)) return 1;
  return 0;
}

/* The first segment's list, then every node that is left. */
static atr_status describe(atr_plan *plan, const atr_model *model, const atr__infer_state *inferred,
                           atr_error *error) {
  const atr_plan *first = plan->script->first;
  atr__text text = ATR__TEXT_INIT;
  unsigned char *live = atr__calloc(model->n_nodes, 1);
  if (!live) return atr__nomem(error, model->n_nodes);
  atr__model_live(model, live);
  atr__text_add(&text, "[");
  if (first) atr__text_add_bytes(&text, first->placement + 1, strlen(first->placement) - 2);
  for (size_t k = 0; k < model->n_nodes; k++) {
    const atr__node *node = &model->nodes[k];
    int waits = 0;
    for (size_t i = 0; i < node->n_out; i++)
      waits |= node->out[i] && inferred->shape[node->out[i] - 1].rank < 0;
    if (!live[k] || !waits || planned(first, node->name)) continue;
    atr__text_add(&text, "%s{\"node\":", text.length > 1 ? "," : "");
    atr__text_add_json(&text, node->name);
    atr__text_add(
        &text, ",\"op\":\"%s\",\"device\":\"%s\",\"algorithm\":\"%s\",\"fallback\":false,\"reason\":\"%s\"}",
        node->op->name, node->n_bodies ? "host" : plan->context->info.id,
        node->n_bodies ? "control" : "later",
        node->n_bodies ? "control flow" : "its shape follows from data");
  }
  atr__text_add(&text, "]");
  atr__free(live);
  if (text.failed) {
    atr__text_free(&text);
    return atr__nomem(error, 1);
  }
  plan->placement = text.data;
  return ATR_OK;
}

atr_status atr__script_create(atr_plan *plan, const atr_model *model, const atr_shape *inputs,
                              const atr__infer_state *inferred, atr_error *error) {
  atr__exec *exec = NULL;
  atr_status status = ATR_OK;
  if (plan->nhwc)
    return atr__fail(error, ATR_E_UNSUPPORTED,
                     "channels last at the interface is not possible where shapes follow from data");
  plan->script = atr__calloc(1, sizeof *plan->script);
  if (!plan->script) return atr__nomem(error, sizeof *plan->script);
  plan->script->model = atr__model_retain(model);
  ATR__CHECK(atr__exec_create(plan, model, error, &exec));
  ATR__CHECK(atr__exec_begin(exec, inputs, error, &plan->script->first));
  ATR__CHECK(
      ports(plan, model, model->inputs, model->n_inputs, inferred, &plan->inputs, &plan->n_inputs, error));
  ATR__CHECK(ports(plan, model, model->outputs, model->n_outputs, inferred, &plan->outputs, &plan->n_outputs,
                   error));
  ATR__CHECK(describe(plan, model, inferred, error));
fail:
  atr__exec_destroy(exec);
  return status;
}

void atr__script_free(atr__script *script) {
  if (!script) return;
  atr_plan_destroy(script->first);
  atr_model_destroy(script->model);
  atr__free(script);
}

/* Inputs are zero until they are written, as those of other runs. */
atr_status atr__script_start(atr_run *run, atr_error *error) {
  const atr_plan *plan = run->plan;
  run->in = atr__calloc(plan->n_inputs + 1, sizeof *run->in);
  run->out = atr__calloc(plan->n_outputs + 1, sizeof *run->out);
  if (!run->in || !run->out) return atr__nomem(error, plan->n_inputs * sizeof *run->in);
  for (size_t i = 0; i < plan->n_inputs; i++) {
    const atr__slot *slot = &plan->slots[plan->inputs[i].slot];
    const atr_status status = atr__item_create(plan->real64, slot->type, &slot->shape, error, &run->in[i]);
    if (status) return status;
  }
  const atr_status status = atr__exec_create(plan, plan->script->model, error, &run->exec);
  if (!status) atr__exec_reuse(run->exec, plan->script->first);
  return status;
}

void atr__script_stop(atr_run *run) {
  for (size_t i = 0; run->in && i < run->plan->n_inputs; i++) atr__item_release(&run->in[i]);
  for (size_t i = 0; run->out && i < run->plan->n_outputs; i++) atr__item_release(&run->out[i]);
  atr__free(run->in);
  atr__free(run->out);
  atr__exec_destroy(run->exec);
}

static atr_status size_error(atr_run *run, const char *name, atr_type type, const atr_shape *shape,
                             size_t bytes) {
  char text[ATR__SHAPE_TEXT];
  return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is %s%s, %zu bytes; %zu were given", name,
                   atr_type_name(type), atr__shape_text(shape, text),
                   (size_t)atr__shape_size(shape) * atr_type_size(type), bytes);
}

/* The bytes of an input, which nobody else may see: a run's segments only read them. */
static atr__item *input(atr_run *run, const char *name) {
  for (size_t i = 0; i < run->plan->n_inputs; i++)
    if (!strcmp(run->plan->inputs[i].name, name)) return &run->in[i];
  atr__fail(&run->error, ATR_E_PARAM, "the model has no input \"%s\"", name);
  return NULL;
}

atr_status atr__script_write(atr_run *run, const char *name, const void *data, size_t bytes) {
  atr__item *item = input(run, name), fresh;
  if (!item) return ATR_E_PARAM;
  const size_t count = (size_t)item->blob->count;
  if (bytes != count * atr_type_size(item->type))
    return size_error(run, name, item->type, &item->blob->shape, bytes);
  /* Values of the last run may still point to the old one. */
  atr_status status =
      atr__item_create(run->plan->real64, item->type, &item->blob->shape, &run->error, &fresh);
  if (status) return status;
  if (fresh.type == fresh.blob->type) {
    if (bytes) memcpy(fresh.blob->data, data, bytes);
  } else
    for (size_t i = 0; i < count; i++) ((double *)fresh.blob->data)[i] = ((const float *)data)[i];
  atr__item_release(item);
  *item = fresh;
  return ATR_OK;
}

atr_status atr__script_write_double(atr_run *run, const char *name, const double *data, size_t count) {
  atr__item *item = input(run, name), fresh;
  if (!item) return ATR_E_PARAM;
  if (!run->plan->real64 || item->type != ATR_F32 || (size_t)item->blob->count != count)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no float64 input of %zu numbers", name, count);
  atr_status status = atr__item_create(1, item->type, &item->blob->shape, &run->error, &fresh);
  if (status) return status;
  if (count) memcpy(fresh.blob->data, data, count * sizeof *data);
  atr__item_release(item);
  *item = fresh;
  return ATR_OK;
}

atr_status atr__script_execute(atr_run *run) {
  const atr__asker asker = { &run->cancelled, &run->error };
  run->cancelled = 0;
  for (size_t i = 0; i < run->plan->n_outputs; i++) atr__item_release(&run->out[i]);
  return atr__exec_run(run->exec, run->in, run->out, &asker);
}

static const atr__item *output(atr_run *run, const char *name, atr__item *room) {
  for (size_t i = 0; i < run->plan->n_outputs; i++)
    if (!strcmp(run->plan->outputs[i].name, name) && run->out[i].blob) return &run->out[i];
  *room = atr__exec_find(run->exec, name);
  const int is_output = room->blob != NULL && run->plan->keep_all;
  if (!is_output) atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no output of the last run", name);
  return is_output ? room : NULL;
}

atr_status atr__script_output(atr_run *run, const char *name, atr_port *port) {
  atr__item room;
  const atr__item *item = output(run, name, &room);
  if (!item) return ATR_E_PARAM;
  port->type = item->type;
  port->shape = item->blob->shape;
  return ATR_OK;
}

atr_status atr__script_read(atr_run *run, const char *name, void *data, size_t bytes) {
  atr__item room;
  const atr__item *item = output(run, name, &room);
  if (!item) return ATR_E_PARAM;
  const size_t count = (size_t)item->blob->count;
  if (bytes != count * atr_type_size(item->type))
    return size_error(run, name, item->type, &item->blob->shape, bytes);
  if (item->type == item->blob->type) {
    if (bytes) memcpy(data, item->blob->data, bytes);
  } else
    for (size_t i = 0; i < count; i++) ((float *)data)[i] = (float)((const double *)item->blob->data)[i];
  return ATR_OK;
}

atr_status atr__script_read_double(atr_run *run, const char *name, double *data, size_t count) {
  atr__item room;
  const atr__item *item = output(run, name, &room);
  if (!item) return ATR_E_PARAM;
  if (!run->plan->real64 || item->type != ATR_F32 || (size_t)item->blob->count != count)
    return atr__fail(&run->error, ATR_E_PARAM, "\"%s\" is no float64 tensor of %zu numbers", name, count);
  if (count) memcpy(data, item->blob->data, count * sizeof *data);
  return ATR_OK;
}
