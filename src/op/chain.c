/* chain.c: several elementwise functions as one node (ours, domain org.atrous): what the planner makes of
 * nodes of which each reads the one before (plan/chain.c), so that inputs are read once and nothing in
 * between is written. Attribute `functions`: three numbers for each value, its function and its operands as
 * chain.h has them; `numbers`: two for each, what a function of one input has of its own (alpha and beta).
 * The inputs are broadcast to one another; the last value is the output. It has no gradient: training keeps
 * the nodes apart. */
#include "config.h"

#include "op/chain.h"

#include "op/binary.h"
#include "op/unary.h"
#include "tensor/shape.h"

int atr__chain_has(int function) {
  const int kind = function - ATR__CHAIN_BINARY;
  if (kind < 0) return function >= 0 && function < ATR__UNARY_BITWISE_NOT;
  return kind <= ATR__BINARY_PRELU || kind == ATR__BINARY_FMOD;
}

/* An operand is an input or an earlier value. */
static int is_operand(const atr__infer *infer, int64_t operand, int k) {
  return operand >= 0 &&
         (operand < ATR__CHAIN_INPUTS ? operand < (int64_t)infer->n_in : operand - ATR__CHAIN_INPUTS < k);
}

/* The last value that reads value k, the output itself for the last. */
static int last_reader(const atr__chain_params *p, int k) {
  int last = p->n;
  for (int j = p->n - 1; j > k && last == p->n; j--)
    if (p->step[j].x == ATR__CHAIN_INPUTS + k || p->step[j].y == ATR__CHAIN_INPUTS + k) last = j;
  return last;
}

/* Places are taken over by the value that reads last what was there. */
static void give_places(atr__chain_params *p) {
  int until[ATR__CHAIN_STEPS];
  for (int k = 0; k < p->n; k++) {
    int place = 0;
    while (place < p->places && until[place] > k) place++;
    if (place == p->places) p->places++;
    p->step[k].place = place;
    until[place] = last_reader(p, k);
  }
}

static atr_status infer_chain(atr__infer *infer) {
  atr__chain_params *p = infer->params;
  size_t n, n_numbers;
  const int64_t *functions = atr__attrs_ints(infer->attrs, "functions", &n);
  const float *numbers = atr__attrs_floats(infer->attrs, "numbers", &n_numbers);
  if (!n || n % 3 || n / 3 > ATR__CHAIN_STEPS || (n_numbers && n_numbers != n / 3 * 2))
    return atr__fail(infer->error, ATR_E_PARAM, "Chain: %zu functions and %zu numbers", n, n_numbers);
  p->n = (int)(n / 3);
  for (int k = 0; k < p->n; k++) {
    const int64_t *f = functions + 3 * k;
    const int two = f[0] >= ATR__CHAIN_BINARY;
    if (f[0] < 0 || f[0] > 2 * ATR__CHAIN_BINARY || !atr__chain_has((int)f[0]) ||
        !is_operand(infer, f[1], k) || (two ? !is_operand(infer, f[2], k) : f[2] != -1))
      return atr__fail(infer->error, ATR_E_PARAM, "Chain: value %d is %lld of %lld and %lld", k,
                       (long long)f[0], (long long)f[1], (long long)f[2]);
    p->step[k] = (atr__chain_step){ .function = (int)f[0], .x = (int)f[1], .y = (int)f[2] };
    if (!n_numbers) continue;
    p->step[k].a = numbers[2 * k];
    p->step[k].b = numbers[2 * k + 1];
  }
  give_places(p);
  atr_shape shape = infer->in_shape[0];
  for (size_t i = 0; i < infer->n_in; i++) {
    atr_status status = atr__infer_need_f32(infer, i);
    if (!status) status = atr__shape_broadcast(&shape, &infer->in_shape[i], infer->error, &shape);
    if (status) return atr__fail_in(infer->error, status, "Chain");
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)in;
  return ((const atr__chain_params *)params)->n * atr__shape_size(out);
}

const atr__op atr__op_chain = {
  .name = "Chain",
  .domain = "org.atrous",
  .stem = "chain",
  .since = 1,
  .min_in = 1,
  .max_in = ATR__CHAIN_INPUTS,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__chain_params),
  .infer = infer_chain,
  .differentiable = ATR__DIFF_NO,
  .inplace = (1 << ATR__CHAIN_INPUTS) - 1,
  .flops = flops,
  ATR__HOST(chain),
  ATR__CL(chain),
};
