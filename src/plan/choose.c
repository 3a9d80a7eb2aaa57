/* choose.c: predicts a model's time on each device (choose.h has the formulas); ceilings.c knows the devices.
 */
#include "config.h"

#include "plan/choose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/registry.h"
#include "base/alloc.h"
#include "base/dl.h"
#include "op/binary.h"
#include "op/chain.h"
#include "op/conv.h"
#include "op/lanes_functions.h"
#include "op/recurrent.h"
#include "op/unary.h"
#include "plan/plan.h"

enum { STEEPNESS = 4 };

void atr__predict(const atr_ceilings *c, const atr__load *list, size_t n, uint64_t transfer, atr__place place,
                  atr_prediction *p) {
  double held = 0;
  p->measured = c->measured;
  p->flops = p->bytes = 0;
  p->launches = 0;
  p->compute_s = p->memory_s = p->predicted_s = 0;
  for (size_t k = 0; k < n; k++) {
    const double bytes = (double)list[k].bytes;
    const double hit = bytes > (double)c->cache_bytes ? (double)c->cache_bytes / bytes : 1;
    const uint64_t flops = list[k].flops + (place == ATR__PLACE_HOST ? list[k].plain : 0);
    const double compute = (double)flops / (double)c->flops;
    const double moved = bytes + (double)list[k].again;
    const double memory = moved * (hit / (double)c->cache_rate + (1 - hit) / (double)c->memory_rate);
    p->compute_s += compute;
    p->memory_s += memory;
    p->predicted_s += fmax(compute, memory);
    p->flops += list[k].flops;
    p->bytes += list[k].bytes + list[k].again;
    /* On a GPU, steps of a sequence are as many launches; a processor's kernel walks it alone. */
    p->launches += place == ATR__PLACE_GPU ? list[k].serial : 1;
    held += hit * moved;
  }
  p->hit_rate = p->bytes ? held / (double)p->bytes : 1;
  p->transfer_bytes = c->transfer_rate ? transfer : 0;
  p->launch_s = (double)p->launches * (double)c->launch_ns * 1e-9;
  p->transfer_s =
      (double)c->transfer_ns * 1e-9 + (c->transfer_rate ? (double)transfer / (double)c->transfer_rate : 0);
  p->predicted_s += p->launch_s + p->transfer_s;
}

static int quicker(const void *a, const void *b) {
  const atr_prediction *p = a, *q = b;
  return p->predicted_s < q->predicted_s ? -1 : p->predicted_s > q->predicted_s;
}

void atr__rank(atr_prediction *list, size_t n) {
  double sum = 0;
  qsort(list, n, sizeof *list, quicker);
  for (size_t i = 0; i < n; i++) sum += pow(list[i].predicted_s / list[0].predicted_s, -STEEPNESS);
  for (size_t i = 0; i < n; i++) list[i].p = pow(list[i].predicted_s / list[0].predicted_s, -STEEPNESS) / sum;
}

/* A recurrent layer waits for itself at every step of its sequence, and reads its recurrent weights anew. */
static void repeat(const atr__step *step, atr__load *load) {
  static const char *const stem[] = { "rnn", "lstm", "gru" };
  for (int i = 0; i < 3; i++) {
    if (strcmp(step->op->stem, stem[i]) != 0) continue;
    const atr__recurrent_params *p = step->params;
    if (p->t < 2) return;
    load->serial = (size_t)p->t;
    load->again = (uint64_t)(p->t - 1) * (uint64_t)(p->dirs * p->gates * p->hid * p->hid) * sizeof(float);
  }
}

static int unary_has_vectors(const atr_plan *plan, atr__unary_kind kind) {
  if (atr__lanes_unary(kind)) return plan->math == ATR_MATH_FAST;
  return kind < ATR__UNARY_SIN || kind > ATR__UNARY_ATANH;
}
static int binary_has_vectors(atr__binary_kind kind) {
  return kind == ATR__BINARY_MEAN || (kind <= ATR__BINARY_PRELU && kind != ATR__BINARY_POW);
}

/* Whether the host does this step a vector at a time; functions that it approximates, where it may. */
static int has_vectors(const atr_plan *plan, const atr__step *step) {
  static const char *const quick[] = { "average_pool", "batch_normalization",
                                       "concat",       "conv_transpose",
                                       "gemm",         "layer_normalization",
                                       "matmul",       "max_pool",
                                       "pad",          "reduce",
                                       "reorder",      "reshape",
                                       "resize",       "slice",
                                       "softmax",      "split",
                                       "transpose" };
  static const char *const recurrent[] = { "gru", "lstm", "rnn" };
  const char *stem = step->op->stem, *name = step->op->name;
  const size_t length = strlen(name);
  for (size_t i = 0; i < sizeof recurrent / sizeof *recurrent; i++)
    if (!strcmp(stem, recurrent[i])) return 1;
  if (length > 4 && !strcmp(name + length - 4, "Grad")) return 0;
  for (size_t i = 0; i < sizeof quick / sizeof *quick; i++)
    if (!strcmp(stem, quick[i])) return 1;
  if (!strcmp(stem, "unary")) return unary_has_vectors(plan, ((const atr__unary_params *)step->params)->kind);
  return !strcmp(stem, "binary") && binary_has_vectors(((const atr__binary_params *)step->params)->kind);
}

/* Values of a chain that it does not. */
static uint64_t plain_values(const atr_plan *plan, const atr__chain_params *p) {
  uint64_t n = 0;
  for (int k = 0; k < p->n; k++) {
    const int function = p->step[k].function;
    n += function < ATR__CHAIN_BINARY ? !unary_has_vectors(plan, (atr__unary_kind)function)
                                      : !binary_has_vectors((atr__binary_kind)(function - ATR__CHAIN_BINARY));
  }
  return n;
}

/* Operations more that a step counts for on the host: ELEMENT for each element of what it does by plain
 * loops, one at a time; times its own, CONV for a convolution, which a device does by Winograd's algorithms
 * and between steps that are in channel blocks, DEPTHWISE where it has one channel a group, and CHANNEL where
 * a transposed one has. Measured on the networks of bench/run. */
static uint64_t plain_of(const atr_plan *plan, const atr__step *step) {
  enum { ELEMENT = 300, CONV = 2, DEPTHWISE = 3, CHANNEL = 15 };
  const char *stem = step->op->stem;
  if (!strcmp(stem, "conv") && strcmp(step->op->name, "ConvGrad")) {
    const atr__conv_params *p = step->params;
    return (p->c == p->group && p->group > 1 ? DEPTHWISE : CONV) * atr__step_flops(step);
  }
  if (!strcmp(stem, "conv_transpose")) {
    const atr__conv_params *p = step->params;
    if (p->c == p->group && p->group > 1) return CHANNEL * atr__step_flops(step);
  }
  if (!strcmp(stem, "chain")) {
    const atr__chain_params *p = step->params;
    return ELEMENT * plain_values(plan, p) * (atr__step_flops(step) / (uint64_t)p->n);
  }
  return has_vectors(plan, step) ? 0 : ELEMENT * (atr__step_bytes(plan, step) / (2 * sizeof(float)));
}

/* What the plan's steps have to do: those that do something at every run. */
static size_t loads_of(const atr_plan *plan, atr__load *list) {
  size_t n = 0;
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    if (step->once) continue;
    list[n] = (atr__load){ atr__step_flops(step), atr__step_bytes(plan, step), 0, 1, plain_of(plan, step) };
    repeat(step, &list[n++]);
  }
  return n;
}

static uint64_t ports_bytes(const atr_plan *plan) {
  uint64_t sum = 0;
  for (size_t i = 0; i < plan->n_inputs; i++)
    sum += atr__plan_slot_bytes(plan, &plan->slots[plan->inputs[i].slot]);
  for (size_t i = 0; i < plan->n_outputs; i++)
    sum += atr__plan_slot_bytes(plan, &plan->slots[plan->outputs[i].slot]);
  return sum;
}

/* A prediction for each usable device, in *list, the quickest first; those that score less than the host,
 * which are simulators, in it as well. */
static atr_status predict_all(const atr_model *model, const atr_shape *inputs, size_t n, atr_context *host,
                              const atr__devices *devices, const atr_context_options *options,
                              atr_error *error, atr_prediction **list, size_t *count) {
  atr_status status = ATR_OK;
  atr_plan *plan = NULL;
  atr__load *loads = NULL;
  *count = 0;
  if (!(*list = atr__calloc(devices->n, sizeof **list))) return atr__nomem(error, devices->n * sizeof **list);
  ATR__CHECK(atr_plan_create(model, host, inputs, n, NULL, error, &plan));
  const atr_plan *counted = plan->script ? plan->script->first : plan;
  loads = atr__calloc(counted ? counted->n_steps : 0, sizeof *loads);
  if (!loads) {
    status = atr__nomem(error, counted ? counted->n_steps * sizeof *loads : 0);
    goto fail;
  }
  const size_t n_loads = counted ? loads_of(counted, loads) : 0;
  const uint64_t transfer = counted ? ports_bytes(counted) : 0;
  for (size_t i = 0; i < devices->n; i++) {
    const atr_device_info *info = &devices->list[i].info;
    atr_ceilings ceilings = ATR_CEILINGS_INIT;
    if (!info->usable) continue;
    ATR__CHECK(atr_ceilings_find(info, options, error, &ceilings));
    memcpy((*list)[*count].device, info->id, sizeof info->id);
    const atr__place place = !strcmp(info->id, "host") ? ATR__PLACE_HOST
                             : info->is_gpu            ? ATR__PLACE_GPU
                                                       : ATR__PLACE_PROCESSOR;
    atr__predict(&ceilings, loads, n_loads, transfer, place, &(*list)[(*count)++]);
  }
  atr__rank(*list, *count);
fail:
  atr__free(loads);
  atr_plan_destroy(plan);
  return status;
}

atr_status atr_choose(const atr_model *model, const atr_shape *inputs, size_t n,
                      const atr_context_options *options, atr_error *error, atr_prediction *list, size_t room,
                      size_t *count) {
  if (!count || (room && !list)) return atr__fail(error, ATR_E_PARAM, "atr_choose: a pointer is NULL");
  *count = 0;
  atr_status status = ATR_OK;
  atr_context *host = NULL;
  atr_prediction *all = NULL;
  size_t usable;
  atr__devices devices;
  memset(&devices, 0, sizeof devices);
  ATR__CHECK(atr_context_open("host", options, error, &host));
  ATR__CHECK(atr__devices_find(host->flags, 0, error, &devices));
  ATR__CHECK(predict_all(model, inputs, n, host, &devices, options, error, &all, &usable));
  for (size_t i = 0; i < usable && i < room; i++) list[i] = all[i];
  *count = usable;
fail:
  atr__free(all);
  atr__devices_free(&devices);
  atr_context_destroy(host);
  return status;
}

static double score_of(const atr__devices *devices, const char *id) {
  for (size_t i = 0; i < devices->n; i++)
    if (!strcmp(devices->list[i].info.id, id)) return devices->list[i].info.score;
  return 0;
}

/* Opens the quickest that can be opened, and says why it is that one. */
static atr_status open_quickest(const atr_prediction *list, size_t n, const atr__devices *devices,
                                const atr_context_options *options, atr_error *error, atr_context **result) {
  atr_status status = ATR_E_NO_DEVICE;
  for (size_t i = 0; i < n && !*result; i++) {
    if (score_of(devices, list[i].device) < 1) continue; /* a simulator */
    status = atr_context_open(list[i].device, options, error, result);
    if (status && status != ATR_E_DEVICE) return status;
    if (status) continue;
    const atr_prediction *other = NULL;
    const double score = score_of(devices, list[i].device);
    int most = 1; /* "auto" would open it without the model too */
    for (size_t k = 0; k < n; k++) {
      if (!other && k != i && score_of(devices, list[k].device) >= 1) other = &list[k];
      most &= score_of(devices, list[k].device) <= score;
    }
    atr_device_info *info = &(*result)->info;
    info->chosen = most;
    if (other)
      snprintf(info->why, sizeof info->why, "for this model %.3g ms are predicted here, %.3g ms on %s",
               1e3 * list[i].predicted_s, 1e3 * other->predicted_s, other->device);
  }
  return status;
}

/* Of the host that is opened to predict alone: that it was is nobody's concern. */
static void say_nothing(void *user, int level, const char *line) {
  (void)user;
  (void)level;
  (void)line;
}

atr_status atr_context_open_for(const char *device, const atr_model *model, const atr_shape *inputs, size_t n,
                                const atr_context_options *options, atr_error *error, atr_context **result) {
  if (!result) return atr__fail(error, ATR_E_PARAM, "atr_context_open_for: the result pointer is NULL");
  *result = NULL;
  atr_status status = ATR_OK;
  atr_context *host = NULL;
  atr_prediction *all = NULL;
  size_t usable;
  atr__devices devices;
  atr_context_options quiet = ATR_CONTEXT_OPTIONS_INIT;
  memset(&devices, 0, sizeof devices);
  const int named = device && device[0] && strcmp(device, "auto") != 0;
  if (named || (options && options->size != sizeof *options)) /* which says so */
    return atr_context_open(device, options, error, result);
  if (options) quiet = *options;
  quiet.hooks.log = say_nothing;
  ATR__CHECK(atr_context_open("host", &quiet, error, &host));
  if ((!device || !device[0]) && !(host->flags & ATR_NO_ENVIRONMENT)) device = atr__env("ATROUS_DEVICE");
  const int asked = device && device[0] && strcmp(device, "auto") != 0;
  if (!asked && !(host->flags & ATR_STRICT)) {
    ATR__CHECK(atr__devices_find(host->flags, 0, error, &devices));
    /* A model that has no plan on the host may have one elsewhere; what is wrong with it the plan will say.
     */
    if (devices.n > 1 && !predict_all(model, inputs, n, host, &devices, options, NULL, &all, &usable))
      status = open_quickest(all, usable, &devices, options, error, result);
  }
  if (!status && !*result) status = atr_context_open(asked ? device : "auto", options, error, result);
fail:
  atr__free(all);
  atr__devices_free(&devices);
  atr_context_destroy(host);
  return status;
}
