/* lstm.c: LSTM along a sequence, one way, the other, or both, and its gradient through time.
 *
 *   i = f(zi), o = f(zo), f = f(zf) or, with input_forget, 1 - i; c = g(zc); C' = f·C + i·c; H' = o·h(C')
 *
 * where z is W·x + R·h + biases, blocks i, o, f, c, and with peepholes zi and zf also have P·C, zo P·C'. The
 * clip bounds z, and C' on its way into h. Output 3 (ours) is z, [dirs][rows][4·hid], output 4 is C', both 0
 * past a sample's length. LSTMGrad (R, Y, z, sequence_lens, initial_h, initial_c, P, C', dY, dY_h, dY_c)
 * gives dz, every step's h and C before, and the gradients of the initial states; what follows is matrix
 * products, ordinary nodes. Source: ONNX LSTM-14; Hochreiter and Schmidhuber, "Long short-term memory", 1997;
 * Gers and Schmidhuber, "Recurrent nets that time and count", 2000. */
#include "config.h"

#include "op/lstm.h"

#include "op/grad.h"
#include "tensor/shape.h"

static const atr__recurrent_form form = {
  .gates = 4,
  .functions = 3,
  .otherwise = { ATR__RECURRENT_SIGMOID, ATR__RECURRENT_TANH, ATR__RECURRENT_TANH },
  .states = 2,
};

static atr_shape peepholes(const atr__recurrent_params *p) {
  return atr__shape_of(2, (int64_t[]){ p->dirs, 3 * p->hid });
}

static atr_status infer_forward(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  atr_status status = atr__recurrent_infer(infer, &form);
  if (!status) status = atr__recurrent_need(infer, 7, peepholes(p));
  if (status) return status;
  const atr_shape shape[] = { atr__recurrent_y(p), atr__recurrent_state(p), atr__recurrent_state(p),
                              atr__recurrent_rows(p, 4 * p->hid), atr__recurrent_rows(p, p->hid) };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  atr_status status = atr__recurrent_infer_grad(infer, &form);
  if (status) return status;
  const atr_shape state = atr__recurrent_state(p), rows = atr__recurrent_rows(p, p->hid);
  const atr_shape need[] = { state, state, peepholes(p), rows, atr__recurrent_y(p), state, state };
  for (size_t i = 0; !status && i < sizeof need / sizeof *need; i++)
    status = atr__recurrent_need(infer, 4 + i, need[i]);
  if (!status && (infer->n_in < 8 || infer->in_type[7] == ATR_TYPE_NONE))
    status = atr__fail(infer->error, ATR_E_PARAM, "LSTMGrad: input 7 is missing");
  if (status) return status;
  const atr_shape shape[] = { atr__recurrent_rows(p, 4 * p->hid), rows, rows, state, state };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

/* Of the peepholes of block `block`: Σ dz · what it looked at. */
static int looked(atr__grad *g, int dz, int64_t block, int cells) {
  const int64_t hid = ((const atr__recurrent_params *)atr__grad_params(g))->hid;
  const int in[] = { atr__recurrent_grad_part(g, dz, 2, block * hid, (block + 1) * hid), cells };
  return atr__recurrent_grad_sum(g, atr__grad_node(g, "", "Mul", in, 2, NULL, 1));
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0), dh = atr__grad_dy(g, 1), dc = atr__grad_dy(g, 2);
  const int z = atr__grad_out(g, 3), cells = atr__grad_out(g, 4);
  const int in[] = { atr__grad_in(g, 2),
                     atr__grad_out(g, 0),
                     z,
                     atr__grad_in(g, 4),
                     atr__grad_in(g, 5),
                     atr__grad_in(g, 6),
                     atr__grad_in(g, 7),
                     cells,
                     dy,
                     dh,
                     dc };
  const int dz = atr__grad_node(g, "org.atrous", "LSTMGrad", in, 11, atr__grad_attrs(g), 5);
  const int before = atr__grad_last(g, 1), cells_before = atr__grad_last(g, 2),
            dh_first = atr__grad_last(g, 3), dc_first = atr__grad_last(g, 4);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, atr__recurrent_grad_x(g, dz));
  const atr__recurrent_params p = *(const atr__recurrent_params *)atr__grad_params(g); /* nodes move it */
  const int64_t width = 4 * p.hid;
  const int turned =
      atr__grad_wanted(g, 1) || atr__grad_wanted(g, 2) ? atr__recurrent_grad_turn(g, &p, dz, width) : 0;
  if (atr__grad_wanted(g, 1)) atr__grad_set(g, 1, atr__recurrent_grad_w(g, turned));
  if (atr__grad_wanted(g, 2)) atr__grad_set(g, 2, atr__recurrent_grad_r(g, &p, turned, width, before));
  if (atr__grad_wanted(g, 3)) {
    const int db = atr__recurrent_grad_sum(g, dz);
    atr__grad_set(g, 3, atr__recurrent_grad_join(g, db, db, 1));
  }
  if (atr__grad_wanted(g, 5)) atr__grad_set(g, 5, dh_first);
  if (atr__grad_wanted(g, 6)) atr__grad_set(g, 6, dc_first);
  if (atr__grad_wanted(g, 7)) {
    const int i = looked(g, dz, 0, cells_before), o = looked(g, dz, 1, cells),
              f = looked(g, dz, 2, cells_before);
    atr__grad_set(g, 7, atr__recurrent_grad_join(g, atr__recurrent_grad_join(g, i, o, 1), f, 1));
  }
  return atr__grad_status(g);
}

const atr__op atr__op_lstm_grad = {
  .name = "LSTMGrad",
  .domain = "org.atrous",
  .stem = "lstm",
  .since = 1,
  .min_in = 3,
  .max_in = 11,
  .min_out = 1,
  .max_out = 5,
  .params_size = sizeof(atr__recurrent_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(lstm_grad),
  ATR__CL(lstm_grad),
};

const atr__op atr__op_lstm = {
  .name = "LSTM",
  .domain = "",
  .stem = "lstm",
  .since = 14,
  .min_in = 3,
  .max_in = 8,
  .min_out = 1,
  .max_out = 5,
  .params_size = sizeof(atr__recurrent_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = atr__recurrent_flops,
  ATR__HOST(lstm),
  ATR__CL(lstm),
};
