/* recurrent_cell_cl.c: launches of kernels/recurrent_cell.cl; the rows are those of recurrent_cl.h. */
#include "op/recurrent_cell.h"
#include "op/recurrent_cl.h"

enum { NONE = ATR__CELL_GRAD_INPUTS, VECTORS = 12 };

static void rest(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_cell_params *c = q->params;
  atr__cl_int(e, c->p.gates);
  atr__cl_int(e, c->first);
  atr__cl_float(e, c->epsilon);
}

static void forward(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, ATR__CELL_R, 1);
  atr__recurrent_walk(e, q, &s, "recurrent_cell.cl",
                      tiles ? "recurrent_cell_fwd_f32_tiles" : "recurrent_cell_fwd_f32_baseline", NONE,
                      VECTORS, tiles);
  rest(e, q);
  atr__cl_in(e, ATR__CELL_X);
  for (size_t i = ATR__CELL_H0; i < ATR__CELL_INPUTS; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < ATR__CELL_OUTPUTS; i++) atr__cl_out(e, i);
  atr__recurrent_launch(e, q, tiles);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, ATR__CELL_R, 0);
  atr__recurrent_walk(e, q, &s, "recurrent_cell.cl",
                      tiles ? "recurrent_cell_bwd_f32_tiles" : "recurrent_cell_bwd_f32_baseline", NONE,
                      VECTORS, tiles);
  rest(e, q);
  atr__cl_in(e, ATR__CELL_X);
  for (size_t i = ATR__CELL_H0; i < ATR__CELL_GRAD_INPUTS; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < ATR__CELL_GRAD_OUTPUTS; i++) atr__cl_out(e, i);
  atr__recurrent_launch(e, q, tiles);
}

ATR__RECURRENT_ROWS(recurrent_cell, -1, VECTORS);
