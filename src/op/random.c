/* random.c: RandomUniform, RandomNormal, their -Like forms and Bernoulli. The numbers follow from the seed
 * and the element's place alone (Philox), so they are the same in every run, on every device but for the last
 * places of normal ones; a model read from a file gets a seed from the node's name where it has none.
 * Bernoulli gives 1 where a uniform number is below the input. Normal numbers are by Box and Muller, from
 * pairs of words. Source: the ONNX operators of the same names. */
#include "config.h"

#include "op/random.h"

#include <string.h>

#include "tensor/element.h"
#include "tensor/shape.h"

static void seed(atr__infer *infer, atr__random_kind kind) {
  atr__random_params *p = infer->params;
  const float value = atr__attrs_float(infer->attrs, "seed", 0);
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  p->kind = kind;
  p->key = (uint64_t)bits << 32 | (uint64_t)kind;
  if (kind == ATR__RANDOM_UNIFORM) {
    p->a = atr__attrs_float(infer->attrs, "low", 0);
    p->b = atr__attrs_float(infer->attrs, "high", 1) - p->a;
  } else {
    p->a = atr__attrs_float(infer->attrs, "mean", 0);
    p->b = atr__attrs_float(infer->attrs, "scale", 1);
  }
}

static atr_status real(atr__infer *infer, int64_t type) {
  infer->out_type[0] = ATR_F32;
  if (type == ATR_F32) return ATR_OK;
  return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: dtype %lld is not supported, only float32",
                   infer->op->name, (long long)type);
}

static atr_status of_shape(atr__infer *infer, atr__random_kind kind) {
  size_t n;
  const int64_t *dim = atr__attrs_ints(infer->attrs, "shape", &n);
  seed(infer, kind);
  if (n > ATR_RANK_MAX)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: %zu dimensions, more than %d", infer->op->name, n,
                     ATR_RANK_MAX);
  infer->out_shape[0] = atr__shape_of((int)n, dim);
  return real(infer, atr__attrs_int(infer->attrs, "dtype", ATR_F32));
}

static atr_status like(atr__infer *infer, atr__random_kind kind) {
  seed(infer, kind);
  infer->out_shape[0] = infer->in_shape[0];
  return real(infer, atr__attrs_int(infer->attrs, "dtype", infer->in_type[0]));
}

static atr_status infer_random_uniform(atr__infer *i) {
  return of_shape(i, ATR__RANDOM_UNIFORM);
}
static atr_status infer_random_normal(atr__infer *i) {
  return of_shape(i, ATR__RANDOM_NORMAL);
}
static atr_status infer_random_uniform_like(atr__infer *i) {
  return like(i, ATR__RANDOM_UNIFORM);
}
static atr_status infer_random_normal_like(atr__infer *i) {
  return like(i, ATR__RANDOM_NORMAL);
}

static atr_status infer_bernoulli(atr__infer *infer) {
  atr__random_params *p = infer->params;
  const int64_t type = atr__attrs_int(infer->attrs, "dtype", infer->in_type[0]);
  const atr_status status = atr__infer_need_f32(infer, 0);
  if (status) return status;
  seed(infer, ATR__RANDOM_BERNOULLI);
  if (type <= 0 || type > 31 || !atr_type_size((atr_type)type))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "Bernoulli: dtype %lld is not supported",
                     (long long)type);
  infer->out_type[0] = (atr_type)type;
  infer->out_shape[0] = infer->in_shape[0];
  atr__element_set_real((atr_type)type, &p->one, 0, 1);
  p->one = atr__element_bits((atr_type)type, &p->one, 0);
  return ATR_OK;
}

#define RANDOM(symbol, onnx, opset, inputs)                                                                  \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "random",                                                                                        \
    .since = opset,                                                                                          \
    .min_in = inputs,                                                                                        \
    .max_in = inputs,                                                                                        \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__random_params),                                                               \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_ZERO,                                                                        \
    ATR__HOST(random),                                                                                       \
    ATR__CL(random),                                                                                         \
  }
RANDOM(random_uniform, "RandomUniform", 1, 0);
RANDOM(random_normal, "RandomNormal", 1, 0);
RANDOM(random_uniform_like, "RandomUniformLike", 1, 1);
RANDOM(random_normal_like, "RandomNormalLike", 1, 1);
RANDOM(bernoulli, "Bernoulli", 15, 1);
