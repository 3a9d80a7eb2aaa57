/* recurrent_cell_cl.c: launches of kernels/recurrent_cell_lanes.cl, for processors, and of
 * kernels/recurrent_cell.cl; as those of recurrent_lanes_cl.h and recurrent_cl.h. */
#include "op/recurrent_cell.h"
#include "op/recurrent_cl.h"
#include "op/recurrent_lanes_cl.h"

enum { NONE = ATR__CELL_GRAD_INPUTS, VECTORS = 12, OWN = 3 };

static void own(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_cell_params *c = q->params;
  atr__cl_int(e, c->p.gates);
  atr__cl_int(e, c->first);
  atr__cl_float(e, c->epsilon);
}

/* Tensors of a walk, two words each. */
static void tensors(atr__cl_emit *e, size_t inputs, size_t outputs) {
  atr__cl_in(e, ATR__CELL_X);
  for (size_t i = ATR__CELL_H0; i < inputs; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < outputs; i++) atr__cl_out(e, i);
}

static void bound(atr__cl_emit *e, const atr__cl_query *q) {
  atr__cl_float(e, ((const atr__recurrent_params *)q->params)->clip_back);
}

static void forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, ATR__CELL_R, 1);
  atr__recurrent_walk(e, q, &s, "recurrent_cell.cl", "recurrent_cell_fwd_f32_baseline", NONE, VECTORS);
  own(e, q);
  tensors(e, ATR__CELL_INPUTS, ATR__CELL_OUTPUTS);
  atr__recurrent_launch(e, q);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, ATR__CELL_R, 0);
  atr__recurrent_walk(e, q, &s, "recurrent_cell.cl", "recurrent_cell_bwd_f32_baseline", NONE, VECTORS);
  own(e, q);
  tensors(e, ATR__CELL_GRAD_INPUTS, ATR__CELL_GRAD_OUTPUTS);
  bound(e, q);
  atr__recurrent_launch(e, q);
}

static const atr__recurrent_part *lanes_parts(const atr__cl_query *q, int *n) {
  static const atr__recurrent_part rnn = { 4, 4, 1, { 0, 1, 2, 3 }, { 0, 0, 0, 0 } },
                                   lstm = { 1, 4, 1, { 0, 0, 0, 0 }, { 0, 1, 2, 3 } },
                                   gru = { 1, 3, 1, { 0, 0, 0, 0 }, { 0, 1, 2, 0 } };
  const int64_t gates = ((const atr__recurrent_params *)q->params)->gates;
  *n = 1;
  return gates == 1 ? &rnn : gates == 3 ? &gru : &lstm;
}

static void lanes_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  atr__recurrent_lanes_walk(e, q, s, "recurrent_cell_lanes.cl", "recurrent_cell_fwd_f32_lanes", NONE, 0);
  tensors(e, ATR__CELL_INPUTS, ATR__CELL_OUTPUTS);
  own(e, q);
  atr__recurrent_lanes_launch(e, q, s, 2 * (ATR__CELL_INPUTS - 1 + ATR__CELL_OUTPUTS) + OWN);
}

ATR__RECURRENT_LANES(lanes, ATR__CELL_R, -1, 8)

static const atr__recurrent_part *back_parts(const atr__cl_query *q, int *n) {
  (void)q;
  return atr__recurrent_lanes_back(n);
}

static void back_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  atr__recurrent_lanes_walk(e, q, s, "recurrent_cell_lanes.cl", "recurrent_cell_bwd_f32_lanes", NONE, 0);
  tensors(e, ATR__CELL_GRAD_INPUTS, ATR__CELL_GRAD_OUTPUTS);
  own(e, q);
  bound(e, q);
  atr__recurrent_lanes_launch(e, q, s, 2 * (ATR__CELL_GRAD_INPUTS - 1 + ATR__CELL_GRAD_OUTPUTS) + OWN + 1);
}

ATR__RECURRENT_LANES(back, ATR__CELL_R, -1, 12)

ATR__RECURRENT_BASELINE(-1, VECTORS)

const atr__cl_row atr__recurrent_cell_cl[] = {
  ATR__RECURRENT_LANES_ROW_PACKED(lanes, lanes_packs, ATR__CELL_R, "recurrent_cell_lanes"),
  ATR__RECURRENT_LANES_ROW(lanes),
  ATR__RECURRENT_BASELINE_ROW,
  { .algorithm = NULL },
};
const atr__cl_row atr__recurrent_cell_grad_cl[] = {
  ATR__RECURRENT_LANES_ROW_PACKED(back, back_packs, ATR__CELL_R, "recurrent_lanes_back"),
  ATR__RECURRENT_LANES_ROW(back),
  ATR__RECURRENT_BASELINE_GRAD_ROW,
  { .algorithm = NULL },
};
