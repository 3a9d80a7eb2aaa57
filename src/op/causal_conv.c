/* causal_conv.c: CausalConvWithState, a convolution of each channel of a series by a filter of its own that
 * sees the past alone, and carries what it has seen.
 *
 * With p = past_state (zeros where absent) followed by the input, y[n,c,t] = bias[c] + Σ over k of w[c,k] ·
 * p[n,c,t+k], k ascending, then y · sigmoid(y) where the activation is "silu" or "swish". present_state is
 * the end of p, as long as past_state: one less than the filter. The gradient is that of Concat, Conv,
 * Sigmoid and Slice, which it is made of. Source: ONNX CausalConvWithState-27. */
#include "config.h"

#include "op/causal_conv.h"

#include <string.h>

#include "base/checked.h"
#include "op/conv.h"
#include "op/grad.h"
#include "tensor/shape.h"

static int has(const atr__infer *infer, size_t input) {
  return infer->n_in > input && infer->in_type[input] != ATR_TYPE_NONE;
}

static atr_status need_shape(atr__infer *infer, size_t input, const char *what, atr_shape want) {
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (atr__shape_equal(&infer->in_shape[input], &want)) return atr__infer_need_f32(infer, input);
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: %s has shape %s, must be %s", infer->op->name, what,
                   atr__shape_text(&infer->in_shape[input], a), atr__shape_text(&want, b));
}

static atr_status infer(atr__infer *infer) {
  atr__causal_conv_params *p = infer->params;
  const char *activation = atr__attrs_string(infer->attrs, "activation", "none");
  int64_t unused;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 3, 3);
  if (!status) status = atr__infer_need_rank(infer, 1, 3, 3);
  if (status) return status;
  p->silu = !strcmp(activation, "silu") || !strcmp(activation, "swish");
  if (!p->silu && strcmp(activation, "none"))
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: the activation is \"%.40s\", must be none, silu or swish", infer->op->name,
                     activation);
  const int64_t *x = infer->in_shape[0].dim;
  p->n = x[0];
  p->c = x[1];
  p->length = x[2];
  p->taps = infer->in_shape[1].dim[2];
  if (p->taps < 1 || p->taps > ATR__COORDINATE_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the filter has length %lld, must be 1 to %d",
                     infer->op->name, (long long)p->taps, ATR__COORDINATE_MAX);
  const atr_shape state = atr__shape_of(3, (int64_t[]){ p->n, p->c, p->taps - 1 });
  if ((status = need_shape(infer, 1, "the filter", atr__shape_of(3, (int64_t[]){ p->c, 1, p->taps }))) ||
      (has(infer, 2) && (status = need_shape(infer, 2, "the bias", atr__shape_of(1, &p->c)))) ||
      (has(infer, 3) && (status = need_shape(infer, 3, "past_state", state))))
    return status;
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = i ? state : infer->in_shape[0];
    if ((status = atr__shape_count(&infer->out_shape[i], infer->error, &unused))) return status;
  }
  return ATR_OK;
}

static int node2(atr__grad *g, const char *op, int a, int b) {
  const int in[2] = { a, b };
  return atr__grad_node(g, "", op, in, 2, NULL, 1);
}

/* Where y = s · sigmoid(s): dy · σ · (1 + s · (1 - σ)), s computed again by Conv. */
static atr_status through_silu(atr__grad *g, const atr__attrs *attrs, int padded, int *dy) {
  const int bias = atr__grad_inputs(g) > 2 ? atr__grad_in(g, 2) : 0;
  const int in[3] = { padded, atr__grad_in(g, 1), bias };
  const int s = atr__grad_node(g, "", "Conv", in, bias ? 3 : 2, attrs, 1);
  const int sigmoid = atr__grad_node(g, "", "Sigmoid", &s, 1, NULL, 1);
  const int one = atr__grad_real(g, 1);
  const int slope = node2(g, "Add", one, node2(g, "Mul", s, node2(g, "Sub", one, sigmoid)));
  *dy = node2(g, "Mul", *dy, node2(g, "Mul", sigmoid, slope));
  return atr__grad_status(g);
}

static int slice(atr__grad *g, int value, int64_t from, int64_t to) {
  const int in[4] = { value, atr__grad_ints(g, &from, 1), atr__grad_ints(g, &to, 1),
                      atr__grad_ints(g, &(int64_t){ 2 }, 1) };
  return atr__grad_node(g, "", "Slice", in, 4, NULL, 1);
}

static int pad(atr__grad *g, int value, int64_t before) {
  const int64_t pads[6] = { 0, 0, before, 0, 0, 0 };
  const int in[2] = { value, atr__grad_ints(g, pads, 6) };
  return atr__grad_node(g, "", "Pad", in, 2, NULL, 1);
}

/* The past before the input, as the forward pass saw it. */
static atr_status joined(atr__grad *g, int past, int64_t before, int *padded) {
  atr__attrs axis = { 0 };
  atr_status status = ATR_OK;
  const int in[2] = { past, atr__grad_in(g, 0) };
  *padded = in[1];
  if (!before) return ATR_OK;
  if (!past)
    *padded = pad(g, in[1], before);
  else if (!(status = atr__attrs_set_int(&axis, "axis", 2)))
    *padded = atr__grad_node(g, "", "Concat", in, 2, &axis, 1);
  atr__attrs_free(&axis);
  return status ? status : atr__grad_status(g);
}

static atr_status gradient_with(atr__grad *g, const atr__attrs *attrs) {
  const atr__causal_conv_params p = *(const atr__causal_conv_params *)atr__grad_params(g);
  const int past = atr__grad_inputs(g) > 3 ? atr__grad_in(g, 3) : 0, w = atr__grad_in(g, 1);
  const int64_t before = p.taps - 1, whole = before + p.length;
  int dy = atr__grad_dy(g, 0), dp = 0, padded;
  atr_status status = joined(g, past, before, &padded);
  if (status) return status;
  if (dy && p.silu && (status = through_silu(g, attrs, padded, &dy))) return status;
  if (dy && atr__grad_wanted(g, 1)) {
    const int in[3] = { padded, dy, atr__grad_shape_of(g, w) };
    atr__grad_set(g, 1, atr__grad_node(g, "org.atrous", "ConvGradFilter", in, 3, attrs, 1));
  }
  if (dy && atr__grad_inputs(g) > 2 && atr__grad_in(g, 2) && atr__grad_wanted(g, 2))
    atr__grad_set(g, 2, atr__grad_node(g, "org.atrous", "ConvGradBias", &dy, 1, NULL, 1));
  if (!atr__grad_wanted(g, 0) && !(past && atr__grad_wanted(g, 3))) return atr__grad_status(g);
  if (dy) {
    const int in[3] = { dy, w, atr__grad_shape_of(g, padded) };
    dp = atr__grad_node(g, "org.atrous", "ConvGradInput", in, 3, attrs, 1);
  }
  if (atr__grad_dy(g, 1) && before) {
    const int end = pad(g, atr__grad_dy(g, 1), p.length);
    dp = dp ? node2(g, "Add", dp, end) : end;
  }
  if (!dp || (status = atr__grad_status(g))) return status;
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, before ? slice(g, dp, before, whole) : dp);
  if (past && atr__grad_wanted(g, 3)) atr__grad_set(g, 3, slice(g, dp, 0, before));
  return atr__grad_status(g);
}

static atr_status gradient(atr__grad *g) {
  const atr__causal_conv_params *p = atr__grad_params(g);
  atr__attrs attrs = { 0 };
  if (!atr__grad_dy(g, 0) && !atr__grad_dy(g, 1)) return atr__grad_status(g);
  atr_status status = atr__attrs_set_int(&attrs, "group", p->c);
  if (!status) status = gradient_with(g, &attrs);
  atr__attrs_free(&attrs);
  return status;
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)in;
  return 2 * ((const atr__causal_conv_params *)params)->taps * atr__shape_size(out);
}

const atr__op atr__op_causal_conv = {
  .name = "CausalConvWithState",
  .domain = "",
  .stem = "causal_conv",
  .since = 27,
  .min_in = 2,
  .max_in = 4,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__causal_conv_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(causal_conv),
  ATR__CL(causal_conv),
};
