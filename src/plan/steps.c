/* steps.c: the first pass: the model's live nodes become steps, their values slots. What is known before
 * running is no step; weights are entries of atr_params. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/plan.h"

static atr_status name_slot(atr_plan *plan, int slot, const char *name, atr_error *error) {
  plan->slots[slot].name = atr__strdup(name);
  return plan->slots[slot].name ? ATR_OK : atr__nomem(error, strlen(name) + 1);
}

/* The slot of a model value, made at its first use. */
static atr_status slot_of(atr_plan *plan, const atr_model *model, const atr__infer_state *shapes, int id,
                          int *map, atr_error *error, int *slot) {
  const atr__value *value = atr__model_at(model, id);
  if (map[id - 1] >= 0) {
    *slot = map[id - 1];
    return ATR_OK;
  }
  if (value->alias) { /* an update in place has its weight's storage, but is a slot of its own: it has another
                         value */
    atr_status status = slot_of(plan, model, shapes, value->alias, map, error, slot);
    if (status) return status;
    const int shared = *slot;
    *slot = atr__plan_add_slot(plan, plan->slots[shared].type, &plan->slots[shared].shape, error);
    if (*slot < 0) return ATR_E_NOMEM;
    plan->slots[*slot].home = ATR__HOME_PARAM;
    plan->slots[*slot].param = plan->slots[shared].param;
    status = atr__params_own(plan->params, plan->slots[shared].param, error);
    if (status) return status;
    if (atr__grow(&plan->written, &plan->room_written, plan->n_written + 1, sizeof *plan->written))
      return atr__nomem(error, sizeof *plan->written);
    plan->written[plan->n_written++] = plan->slots[shared].param;
  } else {
    *slot = atr__plan_add_slot(plan, shapes->type[id - 1], &shapes->shape[id - 1], error);
    if (*slot < 0) return ATR_E_NOMEM;
    if (value->init) {
      int entry;
      atr_status status = atr__params_add(plan->params, value->name, value->init, error, &entry);
      if (status) return status;
      plan->slots[*slot].home = ATR__HOME_PARAM;
      plan->slots[*slot].param = entry;
    }
    /* Rows and inference may ask for the value of what does not learn. */
    if (!value->learns) plan->slots[*slot].known = atr__blob_retain(shapes->known[id - 1]);
  }
  map[id - 1] = *slot;
  return name_slot(plan, *slot, value->name, error);
}

static atr_status add_ports(atr_plan *plan, const atr_model *model, const atr__infer_state *shapes, int *map,
                            const int *ids, size_t n, atr__plan_port **list, size_t *count,
                            atr_error *error) {
  *list = atr__calloc(n, sizeof **list);
  if (!*list) return atr__nomem(error, n * sizeof **list);
  for (size_t i = 0; i < n; i++) {
    int slot;
    atr_status status = slot_of(plan, model, shapes, ids[i], map, error, &slot);
    if (status) return status;
    (*list)[i].slot = slot;
    (*list)[i].name = atr__strdup(atr__model_at(model, ids[i])->name);
    *count = i + 1;
    if (!(*list)[i].name) return atr__nomem(error, 1);
  }
  return ATR_OK;
}

atr_status atr__plan_steps(atr_plan *plan, const atr_model *model, atr__infer_state *shapes,
                           atr_error *error) {
  atr_status status = ATR_OK;
  int *map = atr__calloc(model->n_values, sizeof *map);
  unsigned char *live = atr__calloc(model->n_nodes, 1);
  plan->steps = atr__calloc(model->n_nodes, sizeof *plan->steps);
  if (!map || !live || !plan->steps) {
    status = atr__nomem(error, model->n_values * sizeof *map);
    goto fail;
  }
  plan->room_steps = model->n_nodes ? model->n_nodes : 1;
  for (size_t i = 0; i < model->n_values; i++) map[i] = -1;
  atr__model_live(model, live);
  ATR__CHECK(atr__params_expect(plan->params, model, error));
  ATR__CHECK(add_ports(plan, model, shapes, map, model->inputs, model->n_inputs, &plan->inputs,
                       &plan->n_inputs, error));
  for (size_t k = 0; k < model->n_nodes; k++) {
    const atr__node *node = &model->nodes[k];
    int known = live[k];
    for (size_t i = 0; known && i < node->n_out; i++)
      known = !node->out[i] || shapes->known[node->out[i] - 1];
    if (!live[k] || known) continue;
    atr__step *step = &plan->steps[plan->n_steps++];
    memset(step, 0, sizeof *step);
    step->op = node->op;
    step->node = atr__strdup(node->name);
    step->in = atr__calloc(node->n_in, sizeof *step->in);
    step->out = atr__calloc(node->n_out, sizeof *step->out);
    step->params = shapes->params[k]; /* taken over */
    shapes->params[k] = NULL;
    step->scratch = step->packed[0] = step->packed[1] = -1;
    if (!step->node || !step->in || !step->out) {
      status = atr__nomem(error, 1);
      goto fail;
    }
    step->n_in = node->n_in;
    step->n_out = node->n_out;
    for (size_t i = 0; i < node->n_in; i++) {
      step->in[i] = -1;
      if (node->in[i]) ATR__CHECK(slot_of(plan, model, shapes, node->in[i], map, error, &step->in[i]));
    }
    for (size_t i = 0; i < node->n_out; i++) {
      step->out[i] = -1;
      if (node->out[i]) ATR__CHECK(slot_of(plan, model, shapes, node->out[i], map, error, &step->out[i]));
    }
  }
  ATR__CHECK(add_ports(plan, model, shapes, map, model->outputs, model->n_outputs, &plan->outputs,
                       &plan->n_outputs, error));
  ATR__CHECK(atr__params_settle(plan->params, error));
fail:
  atr__free(map);
  atr__free(live);
  return status;
}
