/* rnn.c: RNN, h' = f(W·x + R·h + Wb + Rb) along a sequence, one way, the other, or both; and its gradient
 * through time.
 *
 * Output 2 (ours) is what entered f at every step, before clipping, [dirs][rows][hid]; steps past a sample's
 * length are 0 there and in Y. A length of 0 leaves the initial state as the last. RNNGrad (R, Y, pre,
 * sequence_lens, initial_h, dY, dY_h) walks the other way: dpre = f'(pre)·(dY + Rᵀ·dpre of the step after);
 * it also gives every step's h before, and the gradient of the initial state. What follows is matrix
 * products, ordinary nodes. Source: ONNX RNN-14; Werbos, "Backpropagation through time", 1990. */
#include "config.h"

#include "op/rnn.h"

#include "op/grad.h"

static const atr__recurrent_form form = {
  .gates = 1, .functions = 1, .otherwise = { ATR__RECURRENT_TANH }, .states = 1
};

static atr_status infer_forward(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  const atr_status status = atr__recurrent_infer(infer, &form);
  if (status) return status;
  const atr_shape shape[] = { atr__recurrent_y(p), atr__recurrent_state(p), atr__recurrent_rows(p, p->hid) };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  atr_status status = atr__recurrent_infer_grad(infer, &form);
  if (!status) status = atr__recurrent_need(infer, 4, atr__recurrent_state(p));
  if (!status) status = atr__recurrent_need(infer, 5, atr__recurrent_y(p));
  if (!status) status = atr__recurrent_need(infer, 6, atr__recurrent_state(p));
  if (status) return status;
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = i < 2 ? atr__recurrent_rows(p, p->hid) : atr__recurrent_state(p);
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0), dlast = atr__grad_dy(g, 1);
  const int in[] = { atr__grad_in(g, 2),
                     atr__grad_out(g, 0),
                     atr__grad_out(g, 2),
                     atr__grad_in(g, 4),
                     atr__grad_in(g, 5),
                     dy,
                     dlast };
  const int dpre = atr__grad_node(g, "org.atrous", "RNNGrad", in, 7, atr__grad_attrs(g), 3);
  const int before = atr__grad_last(g, 1), dfirst = atr__grad_last(g, 2);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, atr__recurrent_grad_x(g, dpre));
  const atr__recurrent_params p = *(const atr__recurrent_params *)atr__grad_params(g); /* nodes move it */
  const int64_t width = p.hid;
  const int turned =
      atr__grad_wanted(g, 1) || atr__grad_wanted(g, 2) ? atr__recurrent_grad_turn(g, &p, dpre, width) : 0;
  if (atr__grad_wanted(g, 1)) atr__grad_set(g, 1, atr__recurrent_grad_w(g, turned));
  if (atr__grad_wanted(g, 2)) atr__grad_set(g, 2, atr__recurrent_grad_r(g, &p, turned, width, before));
  if (atr__grad_wanted(g, 3)) {
    const int db = atr__recurrent_grad_sum(g, dpre);
    atr__grad_set(g, 3, atr__recurrent_grad_join(g, db, db, 1));
  }
  if (atr__grad_wanted(g, 5)) atr__grad_set(g, 5, dfirst);
  return atr__grad_status(g);
}

const atr__op atr__op_rnn_grad = {
  .name = "RNNGrad",
  .domain = "org.atrous",
  .stem = "rnn",
  .since = 1,
  .min_in = 3,
  .max_in = 7,
  .min_out = 1,
  .max_out = 3,
  .params_size = sizeof(atr__recurrent_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(rnn_grad),
  ATR__CL(rnn_grad),
};

const atr__op atr__op_rnn = {
  .name = "RNN",
  .domain = "",
  .stem = "rnn",
  .since = 14,
  .min_in = 3,
  .max_in = 6,
  .min_out = 1,
  .max_out = 3,
  .params_size = sizeof(atr__recurrent_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = atr__recurrent_flops,
  ATR__HOST(rnn),
  ATR__CL(rnn),
};
