/* sparse_rnn.c: SparseRNN (org.atrous), h' = φ(R·h + d) along a sequence with a sparse R, and its gradient
 * through time. ONNX's RNN has R dense; this is its plain form, one direction, every sample as long.
 *
 * Inputs: drive d [t][n][hid] (W·x + b, an ordinary MatMul), the values of R [entries], row_start [hid + 1]
 * and column [entries] (sparse.h), the state at the beginning [n][hid] (absent: 0). Output: h after every
 * step, [t][n][hid].
 *
 * SparseRNNGrad (values, H, dH, R's transposed pattern, first state) walks the other way: dd = φ'·(dH + Rᵀ·dd
 * of the step after), φ' from h itself; it also gives the gradient of the first state and every step's h
 * before, whose product with dd at R's places is dR. Source: Werbos, "Backpropagation through time", 1990. */
#include "config.h"

#include "op/sparse_rnn.h"

#include <string.h>

#include "op/grad.h"
#include "op/recurrent.h"
#include "op/sparse.h"
#include "tensor/shape.h"

static atr_status take_rate(atr__infer *infer) {
  atr__sparse_rnn_params *p = infer->params;
  const char *word = atr__attrs_string(infer->attrs, "activation", "Tanh");
  for (int k = 0; k < ATR__RATES; k++)
    if (!strcmp(word, atr__rate_names[k])) {
      p->rate = (atr__rate)k;
      return ATR_OK;
    }
  return atr__fail(infer->error, ATR_E_PARAM, "%s: activation \"%.60s\" is not known", infer->op->name, word);
}

static atr_status sizes(atr__infer *infer, size_t sequence, size_t values) {
  atr__sparse_rnn_params *p = infer->params;
  const atr_shape *d = &infer->in_shape[sequence];
  atr_status status = take_rate(infer);
  if (!status) status = atr__infer_need_f32(infer, sequence);
  if (!status) status = atr__infer_need_rank(infer, sequence, 3, 3);
  if (!status) status = atr__sparse_values(infer, values, &p->entries);
  if (status) return status;
  p->t = d->dim[0], p->n = d->dim[1], p->hid = d->dim[2];
  if (p->hid < 1) return atr__fail(infer->error, ATR_E_SHAPE, "%s: no neurons", infer->op->name);
  return ATR_OK;
}

static atr_shape state(const atr__sparse_rnn_params *p) {
  return atr__shape_of(2, (int64_t[]){ p->n, p->hid });
}

static atr_status infer_forward(atr__infer *infer) {
  const atr__sparse_rnn_params *p = infer->params;
  atr_status status = sizes(infer, 0, 1);
  if (!status) status = atr__recurrent_need(infer, 4, state(p));
  if (!status) status = atr__sparse_need(infer, 2, p->hid, p->hid, p->entries);
  if (status) return status;
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[0];
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer) {
  const atr__sparse_rnn_params *p = infer->params;
  atr_status status = sizes(infer, 1, 0);
  if (!status) status = atr__recurrent_need(infer, 2, infer->in_shape[1]);
  if (!status) status = atr__recurrent_need(infer, 6, state(p));
  if (!status) status = atr__sparse_need_transposed(infer, 3, p->hid, p->hid, p->entries);
  if (status) return status;
  const atr_shape shape[] = { infer->in_shape[1], state(p), infer->in_shape[1] };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const atr__sparse_rnn_params p = *(const atr__sparse_rnn_params *)atr__grad_params(g);
  const int dh = atr__grad_dy(g, 0), first = atr__grad_inputs(g) > 4 ? atr__grad_in(g, 4) : 0;
  if (!dh) return atr__grad_status(g);
  int turned[3];
  atr__sparse_transpose(g, 2, p.hid, p.hid, turned);
  const int in[] = { atr__grad_in(g, 1), atr__grad_out(g, 0), dh, turned[0], turned[1], turned[2], first };
  const int ddrive =
      atr__grad_node(g, "org.atrous", "SparseRNNGrad", in, first ? 7 : 6, atr__grad_attrs(g), 3);
  const int dfirst = atr__grad_last(g, 1), before = atr__grad_last(g, 2);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, ddrive);
  if (atr__grad_wanted(g, 1))
    atr__grad_set(g, 1, atr__sparse_grad(g, ddrive, before, 2, p.t * p.n, p.hid, p.hid));
  if (first && atr__grad_wanted(g, 4)) atr__grad_set(g, 4, dfirst);
  return atr__grad_status(g);
}

/* A product with R a step. */
static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__sparse_rnn_params *p = params;
  (void)in, (void)out;
  return p->t * p->n * (2 * p->entries + 2 * p->hid);
}

const atr__op atr__op_sparse_rnn_grad = {
  .name = "SparseRNNGrad",
  .domain = "org.atrous",
  .stem = "sparse_rnn",
  .since = 1,
  .min_in = 6,
  .max_in = 7,
  .min_out = 1,
  .max_out = 3,
  .params_size = sizeof(atr__sparse_rnn_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .flops = flops,
  ATR__HOST(sparse_rnn_grad),
  ATR__CL(sparse_rnn_grad),
};

const atr__op atr__op_sparse_rnn = {
  .name = "SparseRNN",
  .domain = "org.atrous",
  .stem = "sparse_rnn",
  .since = 1,
  .min_in = 4,
  .max_in = 5,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__sparse_rnn_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(sparse_rnn),
  ATR__CL(sparse_rnn),
};
