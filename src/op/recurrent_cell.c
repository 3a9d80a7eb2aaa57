/* recurrent_cell.c: RecurrentCell (org.atrous), the part of a recurrent layer that goes from step to step,
 * with layer normalization and a mask of the state that is the same at every step; and its gradient.
 *
 *   s = R·(m∘h),  v = s, or LN(s; gain), and + shift where it is there,  a = X + v
 *   RNN:   h' = f(a)
 *   LSTM:  i, o, f = σ(a), g = tanh(a);  c' = f∘c + i∘g,  h' = o∘tanh(c'), or o∘tanh(LN(c'; gain_c) +
 * shift_c) GRU:   z, r = σ(a),  g = tanh(X + r∘v);  h' = (1 - z)∘g + z∘h
 *
 * LN(s; gain) = gain∘(s - mean)/√(var + epsilon), over all gates of an RNN or LSTM together; of a GRU over z
 * and r together, and over g. Gates lie in ONNX's order: i, o, f, g and z, r, g. Inputs: X [dirs][t][n]
 * [gates·hid], which is W·x with its biases, normalized or not (ordinary nodes), R [dirs][gates·hid][hid],
 * the states before [dirs][n][hid], m of that shape, gain and shift [dirs][gates·hid], gain_c and shift_c
 * [dirs][hid]; all but X and R may be absent. Outputs: h' [dirs][t][n][hid], the last h' and c'; ours: s and
 * c' of every step, from which RecurrentCellGrad works out the rest again. Direction 1 goes backwards, and so
 * does the only one with `reverse`. Sources: Ba, Kiros and Hinton, "Layer normalization", 2016, and (m) Gal
 * and Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016. */
#include "config.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "op/grad.h"
#include "op/recurrent_cell.h"
#include "tensor/shape.h"

static atr_status attributes(atr__infer *infer) {
  static const struct {
    const char *name;
    int gates, first;
    atr__recurrent_kind f[3];
  } cells[] = {
    { "RNN", 1, 1, { ATR__RECURRENT_TANH, ATR__RECURRENT_TANH, ATR__RECURRENT_TANH } },
    { "LSTM", 4, 4, { ATR__RECURRENT_SIGMOID, ATR__RECURRENT_TANH, ATR__RECURRENT_TANH } },
    { "GRU", 3, 2, { ATR__RECURRENT_SIGMOID, ATR__RECURRENT_TANH, ATR__RECURRENT_TANH } },
  };
  atr__recurrent_cell_params *c = infer->params;
  const char *cell = atr__attrs_string(infer->attrs, "cell", "RNN"),
             *activation = atr__attrs_string(infer->attrs, "activation", "Tanh");
  size_t k = 0;
  while (k < 3 && strcmp(cells[k].name, cell)) k++;
  if (k == 3)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: cell is \"%.60s\", must be RNN, LSTM or GRU",
                     infer->op->name, cell);
  const int relu = !strcmp(activation, "Relu");
  if ((!relu && strcmp(activation, "Tanh")) || (relu && k))
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: activation \"%.60s\" of the cell %s; an RNN has Tanh or "
                     "Relu, the others Tanh",
                     infer->op->name, activation, cell);
  c->p.gates = cells[k].gates;
  c->first = cells[k].first;
  c->p.clip = FLT_MAX;
  c->p.reverse = atr__attrs_int(infer->attrs, "reverse", 0) != 0;
  c->p.linear_before_reset = k == 2;
  for (int d = 0; d < 2; d++)
    for (int i = 0; i < 3; i++) c->p.f[d][i].kind = relu ? ATR__RECURRENT_RELU : cells[k].f[i];
  c->epsilon = atr__attrs_float(infer->attrs, "epsilon", 1e-5f);
  if (isfinite(c->epsilon) && c->epsilon >= 0) return ATR_OK;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: epsilon is %g", infer->op->name, (double)c->epsilon);
}

/* Of what both operators read first. */
static atr_status inputs(atr__infer *infer) {
  atr__recurrent_cell_params *c = infer->params;
  atr__recurrent_params *p = &c->p;
  atr_status status = attributes(infer);
  if (!status) status = atr__infer_need_f32(infer, ATR__CELL_X);
  if (!status) status = atr__infer_need_rank(infer, ATR__CELL_X, 4, 4);
  if (status) return status;
  const atr_shape *x = &infer->in_shape[ATR__CELL_X];
  p->dirs = x->dim[0], p->t = x->dim[1], p->n = x->dim[2], p->hid = x->dim[3] / p->gates;
  if (p->dirs < 1 || p->dirs > 2 || p->hid < 1 || x->dim[3] % p->gates) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: X has shape %s; it must be [1 or 2, steps, samples, %lld·hidden]", infer->op->name,
                     atr__shape_text(x, text), (long long)p->gates);
  }
  const int64_t width = p->gates * p->hid;
  const atr_shape state = atr__recurrent_state(p), line = atr__shape_of(2, (int64_t[]){ p->dirs, width }),
                  cell = atr__shape_of(2, (int64_t[]){ p->dirs, p->hid });
  const atr_shape need[] = {
    *x, atr__shape_of(3, (int64_t[]){ p->dirs, width, p->hid }), state, state, state, line, line, cell, cell
  };
  for (size_t i = 1; !status && i < ATR__CELL_INPUTS; i++) status = atr__recurrent_need(infer, i, need[i]);
  return status;
}

static atr_shape steps(const atr__recurrent_params *p, int64_t width) {
  return atr__shape_of(4, (int64_t[]){ p->dirs, p->t, p->n, width });
}

static atr_status outputs(atr__infer *infer, const atr_shape *shape) {
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  const atr__recurrent_cell_params *c = infer->params;
  const atr_status status = inputs(infer);
  if (status) return status;
  const atr_shape state = atr__recurrent_state(&c->p), rows = steps(&c->p, c->p.hid);
  return outputs(infer, (const atr_shape[]){ rows, state, state, infer->in_shape[ATR__CELL_X], rows });
}

static atr_status infer_grad(atr__infer *infer) {
  atr__recurrent_cell_params *c = infer->params;
  const atr__recurrent_params *p = &c->p;
  atr_status status = inputs(infer);
  if (!status) status = atr__recurrent_take_clip(infer, &c->p.clip_back);
  if (status) return status;
  const int64_t width = p->gates * p->hid;
  const atr_shape state = atr__recurrent_state(p), rows = steps(p, p->hid),
                  *x = &infer->in_shape[ATR__CELL_X];
  const atr_shape need[] = { rows, *x, rows, rows, state, state };
  for (size_t i = 0; !status && i < sizeof need / sizeof *need; i++)
    status = atr__recurrent_need(infer, ATR__CELL_INPUTS + i, need[i]);
  for (size_t i = ATR__CELL_Y; !status && i <= (p->gates == 4 ? ATR__CELL_CELLS : ATR__CELL_SUMS); i++)
    if (infer->n_in <= i || infer->in_type[i] == ATR_TYPE_NONE)
      status = atr__fail(infer->error, ATR_E_PARAM, "%s: input %zu is missing", infer->op->name, i);
  if (status) return status;
  const atr_shape wide = atr__shape_of(3, (int64_t[]){ p->dirs, p->n, width });
  return outputs(infer,
                 (const atr_shape[]){ *x, atr__recurrent_rows(p, width), atr__recurrent_rows(p, p->hid),
                                      state, state, state, wide, wide, state, state });
}

static atr_status gradient(atr__grad *g) {
  const atr__recurrent_params p =
      ((const atr__recurrent_cell_params *)atr__grad_params(g))->p; /* nodes move it */
  const int lstm = p.gates == 4;
  int in[ATR__CELL_GRAD_INPUTS] = { 0 }, out[ATR__CELL_GRAD_OUTPUTS];
  for (size_t i = 0; i < ATR__CELL_INPUTS && i < atr__grad_inputs(g); i++) in[i] = atr__grad_in(g, i);
  in[ATR__CELL_Y] = atr__grad_out(g, ATR__CELL_OUT_Y);
  in[ATR__CELL_SUMS] = atr__grad_out(g, ATR__CELL_OUT_SUMS);
  in[ATR__CELL_CELLS] = lstm ? atr__grad_out(g, ATR__CELL_OUT_CELLS) : 0;
  in[ATR__CELL_DY] = atr__grad_dy(g, ATR__CELL_OUT_Y);
  in[ATR__CELL_DH] = atr__grad_dy(g, ATR__CELL_OUT_H);
  in[ATR__CELL_DC] = lstm ? atr__grad_dy(g, ATR__CELL_OUT_C) : 0;
  atr__grad_node(g, "org.atrous", "RecurrentCellGrad", in, ATR__CELL_GRAD_INPUTS, atr__grad_attrs(g),
                 ATR__CELL_GRAD_OUTPUTS);
  for (size_t i = 0; i < ATR__CELL_GRAD_OUTPUTS; i++) out[i] = atr__grad_last(g, i);
  static const struct {
    size_t input;
    int from, sum; /* sum: over the samples */
  } plain[] = { { ATR__CELL_X, ATR__CELL_DX, 0 },           { ATR__CELL_H0, ATR__CELL_DH0, 0 },
                { ATR__CELL_C0, ATR__CELL_DC0, 0 },         { ATR__CELL_MASK, ATR__CELL_DMASK, 0 },
                { ATR__CELL_GAIN, ATR__CELL_DGAIN, 1 },     { ATR__CELL_SHIFT, ATR__CELL_DSHIFT, 1 },
                { ATR__CELL_GAIN_C, ATR__CELL_DGAIN_C, 1 }, { ATR__CELL_SHIFT_C, ATR__CELL_DSHIFT_C, 1 } };
  for (size_t k = 0; k < sizeof plain / sizeof *plain; k++)
    if (atr__grad_wanted(g, plain[k].input)) {
      const int value = out[plain[k].from];
      atr__grad_set(g, plain[k].input, plain[k].sum ? atr__recurrent_grad_sum(g, value) : value);
    }
  if (atr__grad_wanted(g, ATR__CELL_R)) {
    const int64_t width = p.gates * p.hid;
    const int turned = atr__recurrent_grad_turn(g, &p, out[ATR__CELL_DSUMS], width);
    atr__grad_set(g, ATR__CELL_R, atr__recurrent_grad_r(g, &p, turned, width, out[ATR__CELL_BEFORE]));
  }
  return atr__grad_status(g);
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__recurrent_params *p = &((const atr__recurrent_cell_params *)params)->p;
  (void)in;
  (void)out;
  return 2 * p->t * p->n * p->dirs * p->gates * p->hid * p->hid;
}

const atr__op atr__op_recurrent_cell_grad = {
  .name = "RecurrentCellGrad",
  .domain = "org.atrous",
  .stem = "recurrent_cell",
  .since = 1,
  .min_in = 2,
  .max_in = ATR__CELL_GRAD_INPUTS,
  .min_out = 1,
  .max_out = ATR__CELL_GRAD_OUTPUTS,
  .params_size = sizeof(atr__recurrent_cell_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .flops = flops,
  ATR__HOST(recurrent_cell_grad),
  ATR__CL(recurrent_cell_grad),
};

const atr__op atr__op_recurrent_cell = {
  .name = "RecurrentCell",
  .domain = "org.atrous",
  .stem = "recurrent_cell",
  .since = 1,
  .min_in = 2,
  .max_in = ATR__CELL_INPUTS,
  .min_out = 1,
  .max_out = ATR__CELL_OUTPUTS,
  .params_size = sizeof(atr__recurrent_cell_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(recurrent_cell),
  ATR__CL(recurrent_cell),
};
