/* recurrent_cell_cl.c: launches of kernels/recurrent_cell.cl; a baseline as those of recurrent_cl.h. */
#include "op/recurrent_cell.h"
#include "op/recurrent_cl.h"

enum { NONE = ATR__CELL_GRAD_INPUTS, VECTORS = 12 };

static void rest(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_cell_params *c = q->params;
  atr__cl_int(e, c->p.gates);
  atr__cl_int(e, c->first);
  atr__cl_float(e, c->epsilon);
}

static void forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, ATR__CELL_R, 1);
  atr__recurrent_walk(e, q, &s, "recurrent_cell.cl", "recurrent_cell_fwd_f32_baseline", NONE, VECTORS);
  rest(e, q);
  atr__cl_in(e, ATR__CELL_X);
  for (size_t i = ATR__CELL_H0; i < ATR__CELL_INPUTS; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < ATR__CELL_OUTPUTS; i++) atr__cl_out(e, i);
  atr__recurrent_launch(e, q);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, ATR__CELL_R, 0);
  atr__recurrent_walk(e, q, &s, "recurrent_cell.cl", "recurrent_cell_bwd_f32_baseline", NONE, VECTORS);
  rest(e, q);
  atr__cl_in(e, ATR__CELL_X);
  for (size_t i = ATR__CELL_H0; i < ATR__CELL_GRAD_INPUTS; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < ATR__CELL_GRAD_OUTPUTS; i++) atr__cl_out(e, i);
  atr__cl_float(e, ((const atr__recurrent_params *)q->params)->clip_back);
  atr__recurrent_launch(e, q);
}

ATR__RECURRENT_BASELINE(-1, VECTORS)

const atr__cl_row atr__recurrent_cell_cl[] = { ATR__RECURRENT_BASELINE_ROW, { .algorithm = NULL } };
const atr__cl_row atr__recurrent_cell_grad_cl[] = { ATR__RECURRENT_BASELINE_GRAD_ROW, { .algorithm = NULL } };
