/* gru.c: GRU along a sequence, one way, the other, or both, and its gradient through time.
 *
 *   z = f(·), r = f(·), h' = g(·), H' = (1 - z)·h' + z·H
 *
 * of W·x + R·H + biases, blocks z, r, h; in the last R meets r·H, or with linear_before_reset r·(R·H + Rb).
 * Output 2 (ours) is what entered f, f and g, [dirs][rows][3·hid], 0 past a sample's length; output 3 is
 * R·H + Rb of the last block with linear_before_reset, else r·H. GRUGrad (R, Y, pre, sequence_lens,
 * initial_h, output 3, dY, dY_h) gives the gradient of pre, every step's H before, with linear_before_reset
 * the gradient of output 3, and that of the initial state; what follows is matrix products, ordinary nodes.
 * Source: ONNX GRU-14; Cho and others, "Learning phrase representations using RNN encoder-decoder", 2014. */
#include "config.h"

#include "op/gru.h"

#include "op/grad.h"
#include "tensor/shape.h"

static const atr__recurrent_form form = {
  .gates = 3,
  .functions = 2,
  .otherwise = { ATR__RECURRENT_SIGMOID, ATR__RECURRENT_TANH },
  .states = 1,
};

static atr_status outputs(atr__infer *infer, const atr_shape *shape) {
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  const atr_status status = atr__recurrent_infer(infer, &form);
  if (status) return status;
  return outputs(infer,
                 (const atr_shape[]){ atr__recurrent_y(p), atr__recurrent_state(p),
                                      atr__recurrent_rows(p, 3 * p->hid), atr__recurrent_rows(p, p->hid) });
}

static atr_status infer_grad(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  atr_status status = atr__recurrent_infer_grad(infer, &form);
  if (status) return status;
  const atr_shape state = atr__recurrent_state(p), rows = atr__recurrent_rows(p, p->hid);
  const atr_shape need[] = { state, rows, atr__recurrent_y(p), state };
  for (size_t i = 0; !status && i < sizeof need / sizeof *need; i++)
    status = atr__recurrent_need(infer, 4 + i, need[i]);
  if (!status && p->linear_before_reset && (infer->n_in < 6 || infer->in_type[5] == ATR_TYPE_NONE))
    status = atr__fail(infer->error, ATR_E_PARAM, "GRUGrad: input 5 is missing");
  if (status) return status;
  return outputs(infer, (const atr_shape[]){ atr__recurrent_rows(p, 3 * p->hid), rows, rows, state });
}

static int of_rows(atr__grad *g, const atr__recurrent_params *p, int dpre, int64_t width, int rows) {
  return atr__recurrent_grad_r(g, p, atr__recurrent_grad_turn(g, p, dpre, width), width, rows);
}

static atr_status gradient(atr__grad *g) {
  const atr__recurrent_params p = *(const atr__recurrent_params *)atr__grad_params(g);
  const int dy = atr__grad_dy(g, 0), dh = atr__grad_dy(g, 1), met = atr__grad_out(g, 3);
  const int in[] = { atr__grad_in(g, 2),
                     atr__grad_out(g, 0),
                     atr__grad_out(g, 2),
                     atr__grad_in(g, 4),
                     atr__grad_in(g, 5),
                     met,
                     dy,
                     dh };
  const int dpre = atr__grad_node(g, "org.atrous", "GRUGrad", in, 8, atr__grad_attrs(g), 4);
  const int before = atr__grad_last(g, 1), dmet = atr__grad_last(g, 2), dfirst = atr__grad_last(g, 3);
  /* What R's gradient takes for dpre: with linear_before_reset its last block is dmet. */
  int drec = dpre;
  if (p.linear_before_reset && (atr__grad_wanted(g, 2) || atr__grad_wanted(g, 3)))
    drec = atr__recurrent_grad_join(g, atr__recurrent_grad_part(g, dpre, 2, 0, 2 * p.hid), dmet, 2);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, atr__recurrent_grad_x(g, dpre));
  if (atr__grad_wanted(g, 1))
    atr__grad_set(g, 1, atr__recurrent_grad_w(g, atr__recurrent_grad_turn(g, &p, dpre, 3 * p.hid)));
  if (atr__grad_wanted(g, 2) && p.linear_before_reset)
    atr__grad_set(g, 2, of_rows(g, &p, drec, 3 * p.hid, before));
  else if (atr__grad_wanted(g, 2)) {
    const int gates = of_rows(g, &p, atr__recurrent_grad_part(g, dpre, 2, 0, 2 * p.hid), 2 * p.hid, before);
    const int rest = of_rows(g, &p, atr__recurrent_grad_part(g, dpre, 2, 2 * p.hid, 3 * p.hid), p.hid, met);
    atr__grad_set(g, 2, atr__recurrent_grad_join(g, gates, rest, 1));
  }
  if (atr__grad_wanted(g, 3)) {
    const int of_w = atr__recurrent_grad_sum(g, dpre);
    const int of_r = p.linear_before_reset ? atr__recurrent_grad_sum(g, drec) : of_w;
    atr__grad_set(g, 3, atr__recurrent_grad_join(g, of_w, of_r, 1));
  }
  if (atr__grad_wanted(g, 5)) atr__grad_set(g, 5, dfirst);
  return atr__grad_status(g);
}

const atr__op atr__op_gru_grad = {
  .name = "GRUGrad",
  .domain = "org.atrous",
  .stem = "gru",
  .since = 1,
  .min_in = 3,
  .max_in = 8,
  .min_out = 1,
  .max_out = 4,
  .params_size = sizeof(atr__recurrent_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(gru_grad),
  ATR__CL(gru_grad),
};

const atr__op atr__op_gru = {
  .name = "GRU",
  .domain = "",
  .stem = "gru",
  .since = 14,
  .min_in = 3,
  .max_in = 6,
  .min_out = 1,
  .max_out = 4,
  .params_size = sizeof(atr__recurrent_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = atr__recurrent_flops,
  ATR__HOST(gru),
  ATR__CL(gru),
};
