/* plan.c: making a plan, pass after pass, and what the passes share; see plan.h. */
#include "config.h"

#include "plan/plan.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "tensor/shape.h"

size_t atr__plan_element(const atr_plan *plan, atr_type type) {
  return plan->real64 && type == ATR_F32 ? 8 : atr_type_size(type);
}

uint64_t atr__plan_slot_bytes(const atr_plan *plan, const atr__slot *slot) {
  uint64_t count = (uint64_t)atr__shape_size(&slot->shape);
  if (slot->layout == ATR__BLOCKED && slot->shape.rank > 1 && slot->shape.dim[1])
    count = count / (uint64_t)slot->shape.dim[1] * (uint64_t)(atr__ceil_div(slot->shape.dim[1], 16) * 16);
  return (count * atr__plan_element(plan, slot->type) + 63) / 64 * 64;
}

int atr__plan_add_slot(atr_plan *plan, atr_type type, const atr_shape *given, atr_error *error) {
  const atr_shape shape = *given; /* it may be another slot's, which moves with the list */
  if (plan->n_slots >= INT32_MAX / 2 ||
      atr__grow(&plan->slots, &plan->room_slots, plan->n_slots + 1, sizeof *plan->slots)) {
    atr__nomem(error, sizeof *plan->slots);
    return -1;
  }
  atr__slot *slot = &plan->slots[plan->n_slots];
  memset(slot, 0, sizeof *slot);
  slot->type = type;
  slot->shape = shape;
  slot->param = slot->shares = -1;
  return (int)plan->n_slots++;
}

atr_status atr__plan_add_step(atr_plan *plan, size_t at, const atr__op *op, const char *node,
                              const atr__attrs *attrs, const int *in, size_t n_in, int *out, size_t n_out,
                              atr_error *error) {
  enum { MOST = 8 };
  atr_type in_type[MOST] = { ATR_TYPE_NONE }, out_type[MOST] = { ATR_TYPE_NONE };
  atr_shape in_shape[MOST], out_shape[MOST];
  const atr__blob *in_const[MOST] = { NULL };
  static const atr__attrs no_attrs;
  atr__step step;
  memset(&step, 0, sizeof step);
  memset(in_shape, 0, sizeof in_shape);
  memset(out_shape, 0, sizeof out_shape);
  if (!op || n_in > MOST || n_out > MOST)
    return atr__fail(error, ATR_E_UNSUPPORTED, "node \"%s\": the planner lacks an operator", node);
  for (size_t i = 0; i < n_in; i++) {
    if (in[i] < 0) continue;
    in_type[i] = plan->slots[in[i]].type;
    in_shape[i] = plan->slots[in[i]].shape;
    in_const[i] = plan->slots[in[i]].known;
  }
  atr_status status = ATR_OK;
  step.op = op;
  step.node = atr__strdup(node);
  step.params = atr__calloc(1, op->params_size);
  step.in = atr__memdup(in, n_in * sizeof *in);
  step.out = atr__calloc(n_out, sizeof *step.out);
  step.n_in = n_in;
  step.n_out = n_out;
  step.scratch = step.packed[0] = step.packed[1] = -1;
  if (!step.node || !step.params || !step.in || !step.out ||
      atr__grow(&plan->steps, &plan->room_steps, plan->n_steps + 1, sizeof *plan->steps)) {
    status = atr__nomem(error, sizeof step);
    goto fail;
  }
  atr__infer infer = { op,        attrs ? attrs : &no_attrs,
                       n_in,      n_out,
                       in_type,   in_shape,
                       in_const,  out_type,
                       out_shape, step.params,
                       error,     NULL };
  ATR__CHECK(op->infer(&infer));
  for (size_t i = 0; i < n_out; i++) {
    step.out[i] = out[i] = atr__plan_add_slot(plan, out_type[i], &out_shape[i], error);
    if (out[i] < 0) {
      status = ATR_E_NOMEM;
      goto fail;
    }
  }
  memmove(plan->steps + at + 1, plan->steps + at, (plan->n_steps - at) * sizeof *plan->steps);
  plan->steps[at] = step;
  plan->n_steps++;
  return ATR_OK;
fail:
  atr__free(step.node);
  atr__free(step.params);
  atr__free(step.in);
  atr__free(step.out);
  return status;
}

void atr__plan_query(const atr_plan *plan, const atr__step *step, atr__cl_tensor *in, atr__cl_tensor *out,
                     atr__cl_query *query) {
  for (size_t i = 0; i < step->n_in + step->n_out; i++) {
    const int index = i < step->n_in ? step->in[i] : step->out[i - step->n_in];
    atr__cl_tensor *tensor = i < step->n_in ? &in[i] : &out[i - step->n_in];
    memset(tensor, 0, sizeof *tensor);
    if (index < 0) continue;
    const atr__slot *slot = &plan->slots[index];
    *tensor = (atr__cl_tensor){ slot->type, slot->shape, slot->layout, slot->home == ATR__HOME_PARAM };
  }
  *query = (atr__cl_query){ .device = &plan->context->device,
                            .params = step->params,
                            .exact = plan->math != ATR_MATH_FAST,
                            .n_in = step->n_in,
                            .n_out = step->n_out,
                            .in = in,
                            .out = out };
}

void atr__plan_retain(atr_plan *plan) {
  atomic_fetch_add(&plan->references, 1);
}

void atr_plan_destroy(atr_plan *plan) {
  if (!plan || atomic_fetch_sub(&plan->references, 1) != 1) return;
  for (size_t i = 0; i < plan->n_slots; i++) {
    atr__free(plan->slots[i].name);
    atr__blob_release(plan->slots[i].known);
  }
  for (size_t i = 0; i < plan->n_steps; i++) {
    atr__free(plan->steps[i].node);
    atr__free(plan->steps[i].what);
    atr__free(plan->steps[i].params);
    atr__free(plan->steps[i].in);
    atr__free(plan->steps[i].out);
  }
  for (size_t i = 0; plan->inputs && i < plan->n_inputs; i++) atr__free(plan->inputs[i].name);
  for (size_t i = 0; plan->outputs && i < plan->n_outputs; i++) atr__free(plan->outputs[i].name);
  for (size_t i = 0; i < plan->n_kernels; i++) atr__free(plan->kernels[i]);
  for (size_t i = 0; i < plan->n_instances; i++) atr__free(plan->instances[i]);
  if (plan->program) plan->context->backend->program_release(plan->program);
  atr__free(plan->slots);
  atr__free(plan->steps);
  atr__free(plan->inputs);
  atr__free(plan->outputs);
  atr__free(plan->written);
  atr__free(plan->words);
  atr__free(plan->launches);
  atr__free(plan->packs);
  atr__free(plan->relocations);
  atr__free(plan->kernels);
  atr__free(plan->flows);
  atr__free(plan->instances);
  atr__free(plan->placement);
  atr__script_free(plan->script);
  atr_context *context = plan->context;
  atr_params_destroy(plan->params);
  atr__free(plan);
  atr__context_release(context);
}

/* Between the user's [n][…][c] and the model's [n][c][…]. */
static atr_shape reordered(const atr_shape *shape, int to_channels_last) {
  atr_shape out = *shape;
  const int rank = shape->rank;
  if (to_channels_last) {
    for (int i = 1; i + 1 < rank; i++) out.dim[i] = shape->dim[i + 1];
    out.dim[rank - 1] = shape->dim[1];
  } else {
    out.dim[1] = shape->dim[rank - 1];
    for (int i = 2; i < rank; i++) out.dim[i] = shape->dim[i - 1];
  }
  return out;
}

static int has_channels_last(const atr_plan *plan, const atr_shape *shape) {
  return plan->nhwc && (shape->rank == 3 || shape->rank == 4);
}

/* Puts a Transpose before the first step for each input, and behind the last for each output. */
static atr_status channels_last(atr_plan *plan, atr_error *error) {
  const atr__op *transpose = atr__op_find("", "Transpose");
  atr_status status = ATR_OK;
  for (size_t k = 0; !status && k < plan->n_inputs + plan->n_outputs; k++) {
    const int is_input = k < plan->n_inputs;
    atr__plan_port *port = is_input ? &plan->inputs[k] : &plan->outputs[k - plan->n_inputs];
    const atr_shape shape = plan->slots[port->slot].shape;
    if (!has_channels_last(plan, &shape)) continue;
    int64_t perm[4] = { 0, shape.rank - 1, 1, 2 };
    if (!is_input) {
      for (int i = 1; i + 1 < shape.rank; i++) perm[i] = i + 1;
      perm[shape.rank - 1] = 1;
    }
    atr__attrs attrs = { 0 };
    if (atr__attrs_set_ints(&attrs, "perm", perm, (size_t)shape.rank)) return atr__nomem(error, sizeof perm);
    int in = port->slot, out = -1;
    if (is_input) {
      const atr_shape outside = reordered(&shape, 1);
      in = atr__plan_add_slot(plan, plan->slots[port->slot].type, &outside, error);
      if (in < 0) status = ATR_E_NOMEM;
    }
    if (!status)
      status = atr__plan_add_step(plan, is_input ? 0 : plan->n_steps, transpose, port->name, &attrs, &in, 1,
                                  &out, 1, error);
    atr__attrs_free(&attrs);
    if (status) break;
    if (is_input) { /* what read the input's slot reads the transposed one */
      for (size_t s = 1; s < plan->n_steps; s++)
        for (size_t i = 0; i < plan->steps[s].n_in; i++)
          if (plan->steps[s].in[i] == port->slot) plan->steps[s].in[i] = out;
      for (size_t o = 0; o < plan->n_outputs; o++)
        if (plan->outputs[o].slot == port->slot) plan->outputs[o].slot = out;
      port->slot = in;
    } else
      port->slot = out;
  }
  return status;
}

static atr_status check(const atr_model *model, const atr_context *context, const atr_plan_options *options,
                        int real64, atr_error *error) {
  if (options->math == ATR_MATH_PORTABLE)
    return atr__fail(error, ATR_E_UNSUPPORTED, "ATR_MATH_PORTABLE is not available in this version");
  if (options->math != ATR_MATH_FAST && options->math != ATR_MATH_EXACT)
    return atr__fail(error, ATR_E_PARAM, "math mode %d is none of atr_math", (int)options->math);
  if (options->launches != ATR_LAUNCHES_FEW && options->launches != ATR_LAUNCHES_SEPARATE)
    return atr__fail(error, ATR_E_PARAM, "launches %d is none of atr_launches", (int)options->launches);
  if (real64 && context->backend != &atr__backend_host)
    return atr__fail(error, ATR_E_UNSUPPORTED, "float64 plans run on the host, not on %s", context->info.id);
  if (options->params && (options->params->context != context || options->params->real64 != real64))
    return atr__fail(error, ATR_E_PARAM, "the weights belong to another context");
  return atr_model_check(model, error);
}

/* An empty plan with these switches. */
static atr_status begin(atr_context *context, atr_math math, int keep_all, atr_launches launches,
                        int switches, atr_error *error, atr_plan **result) {
  atr_plan *plan = *result = atr__calloc(1, sizeof *plan);
  if (!plan) return atr__nomem(error, sizeof *plan);
  plan->context = context;
  atr__context_retain(context);
  atomic_init(&plan->references, 1);
  plan->math = math;
  plan->keep_all = keep_all;
  plan->separate = launches == ATR_LAUNCHES_SEPARATE;
  plan->bare = (switches & ATR__PLAN_BARE) != 0;
  plan->real64 = switches & ATR__PLAN_REAL64;
  return ATR_OK;
}

/* Every pass behind inference. */
static atr_status passes(atr_plan *plan, const atr_model *model, atr__infer_state *inferred,
                         atr_error *error) {
  atr_context *context = plan->context;
  atr_status status;
  ATR__CHECK(atr__plan_steps(plan, model, inferred, error));
  ATR__CHECK(channels_last(plan, error));
  ATR__CHECK(atr__context_progress(context, "plan", 1, 4, error));
  atr__plan_simplify(plan);
  ATR__CHECK(atr__plan_fuse(plan, error));
  ATR__CHECK(atr__plan_hoist(plan, error));
  ATR__CHECK(atr__plan_chain(plan, error));
  ATR__CHECK(atr__plan_layout(plan, error));
  ATR__CHECK(atr__plan_pair(plan, error));
  ATR__CHECK(atr__plan_memory_pass(plan, error));
  ATR__CHECK(atr__context_progress(context, "plan", 2, 4, error));
  atr__plan_count_work(plan);
  ATR__CHECK(atr__plan_emit(plan, error));
  ATR__CHECK(atr__plan_compile(plan, error));
  ATR__CHECK(atr__plan_flow(plan, error));
  ATR__CHECK(atr__plan_describe(plan, error));
  status = atr__context_progress(context, "plan", 4, 4, error);
fail:
  return status;
}

atr_status atr__plan_create(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                            const atr_plan_options *options, int switches, atr_error *error,
                            atr_plan **plan) {
  return atr__plan_create_wished(model, context, inputs, n, options, switches, NULL, error, plan);
}

atr_status atr__plan_create_wished(const atr_model *model, atr_context *context, const atr_shape *inputs,
                                   size_t n, const atr_plan_options *given, int switches,
                                   const struct atr__wishes *wishes, atr_error *error, atr_plan **result) {
  *result = NULL;
  const int real64 = switches & ATR__PLAN_REAL64;
  const atr_plan_options defaults = ATR_PLAN_OPTIONS_INIT;
  const atr_plan_options *options = given ? given : &defaults;
  atr_status status = check(model, context, options, real64, error);
  if (status) return status;
  atr_plan *plan = NULL;
  atr_model *flat = NULL;
  int waits;
  atr__infer_state inferred;
  memset(&inferred, 0, sizeof inferred);
  atr_shape *shapes = atr__calloc(n, sizeof *shapes);
  if (!shapes) return atr__nomem(error, n * sizeof *shapes);
  ATR__CHECK(begin(context, options->math, options->keep_all, options->launches, switches, error, &plan));
  plan->nhwc = options->nhwc;
  plan->wishes = wishes;
  for (size_t i = 0; i < n; i++)
    shapes[i] = has_channels_last(plan, &inputs[i]) ? reordered(&inputs[i], 0) : inputs[i];
  if (options->params) {
    plan->params = options->params;
    atr__params_retain(plan->params);
  } else
    ATR__CHECK(real64 ? atr__params_new(context, 1, error, &plan->params)
                      : atr__params_of(model, context, error, &plan->params));
  ATR__CHECK(atr__context_progress(context, "plan", 0, 4, error));
  ATR__CHECK(atr__model_flatten(model, shapes, n, error, &flat));
  if (flat) model = flat;
  ATR__CHECK(atr__infer_graph_try(model, shapes, n, &inferred, &waits, error));
  ATR__CHECK(waits ? atr__script_create(plan, model, shapes, &inferred, error)
                   : passes(plan, model, &inferred, error));
  plan->wishes = NULL;
  *result = plan;
  plan = NULL;
fail:
  atr__infer_free(&inferred, model);
  atr__free(shapes);
  atr_model_destroy(flat);
  atr_plan_destroy(plan);
  return status;
}

atr_status atr__plan_part(const atr_plan *whole, const atr_model *part, atr__infer_state *inferred,
                          atr_error *error, atr_plan **result) {
  *result = NULL;
  atr_plan *plan;
  atr_status status = begin(whole->context, whole->math, whole->keep_all,
                            whole->separate ? ATR_LAUNCHES_SEPARATE : ATR_LAUNCHES_FEW,
                            whole->real64 ? ATR__PLAN_REAL64 : 0, error, &plan);
  if (status) return status;
  plan->params = whole->params;
  atr__params_retain(plan->params);
  status = passes(plan, part, inferred, error);
  if (status)
    atr_plan_destroy(plan);
  else
    *result = plan;
  return status;
}

atr_status atr_plan_create(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                           const atr_plan_options *options, atr_error *error, atr_plan **plan) {
  return atr__plan_create(model, context, inputs, n, options, options && options->float64, error, plan);
}

uint64_t atr_plan_memory(const atr_plan *plan) {
  if (plan->script) return plan->script->first ? atr_plan_memory(plan->script->first) : 0;
  return plan->arena[0] + plan->arena[1] + plan->arena[2] + plan->n_words * sizeof *plan->words;
}

uint64_t atr_plan_memory_apart(const atr_plan *plan) {
  if (plan->script) return plan->script->first ? atr_plan_memory_apart(plan->script->first) : 0;
  return plan->apart;
}

static atr_port port_at(const atr_plan *plan, const atr__plan_port *list, size_t n, size_t i) {
  atr_port port;
  memset(&port, 0, sizeof port);
  if (i >= n) return port;
  port.name = list[i].name;
  port.type = plan->slots[list[i].slot].type;
  port.shape = plan->slots[list[i].slot].shape;
  return port;
}
atr_port atr_plan_input(const atr_plan *plan, size_t i) {
  return port_at(plan, plan->inputs, plan->n_inputs, i);
}
atr_port atr_plan_output(const atr_plan *plan, size_t i) {
  return port_at(plan, plan->outputs, plan->n_outputs, i);
}
const char *atr_plan_placement(const atr_plan *plan) {
  return plan->placement;
}

atr_plan_tensor_info atr_plan_tensor(const atr_plan *plan, size_t i) {
  atr_plan_tensor_info info;
  memset(&info, 0, sizeof info);
  for (size_t s = 0; s < plan->n_slots; s++) {
    const char *name = plan->slots[s].name;
    const int index = name ? atr__plan_readable(plan, name) : -1;
    if (index < 0 || plan->slots[index].home == ATR__HOME_NONE || i-- > 0) continue;
    info.name = name;
    info.type = plan->slots[index].type;
    info.shape = plan->slots[index].shape;
    for (size_t k = 0; !info.node && k < plan->n_steps; k++)
      for (size_t o = 0; o < plan->steps[k].n_out; o++)
        if (plan->steps[k].out[o] == (int)s) {
          info.node = plan->steps[k].node;
          info.op = atr__step_what(&plan->steps[k]);
        }
    break;
  }
  return info;
}
