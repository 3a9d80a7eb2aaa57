/* gru_cl.c: launches of kernels/gru.cl; the rows are those of recurrent_cl.h. */
#include "op/gru.h"
#include "op/recurrent_cl.h"

enum { PRE = 2, VECTORS = 6 };

static void forward(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__recurrent_params *p = q->params;
  const atr__recurrent_scratch s = atr__recurrent_cut(q, PRE, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 2, 1);
  atr__recurrent_project(e, q, &s, PRE, p->linear_before_reset ? 2 * p->hid : 3 * p->hid, tiles);
  atr__recurrent_walk(e, q, &s, "gru.cl", tiles ? "gru_fwd_f32_tiles" : "gru_fwd_f32_baseline", 4, VECTORS,
                      tiles);
  atr__recurrent_pre(e, q, &s, PRE);
  atr__cl_in(e, 5);
  atr__cl_in(e, 3);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__cl_out(e, 3);
  atr__cl_int(e, p->linear_before_reset);
  atr__recurrent_launch(e, q, tiles);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__recurrent_params *p = q->params;
  static const size_t in[] = { 1, 2, 4, 5, 6, 7 };
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 0, 0);
  atr__recurrent_walk(e, q, &s, "gru.cl", tiles ? "gru_bwd_f32_tiles" : "gru_bwd_f32_baseline", 3, VECTORS,
                      tiles);
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 4; i++) atr__cl_out(e, i);
  atr__cl_int(e, p->linear_before_reset);
  atr__recurrent_launch(e, q, tiles);
}

ATR__RECURRENT_ROWS(gru, PRE, VECTORS);
