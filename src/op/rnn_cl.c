/* rnn_cl.c: launches of kernels/rnn_lanes.cl and rnn_line.cl, for processors, and of kernels/rnn.cl. */
#include "op/recurrent_cl.h"
#include "op/recurrent_lanes_cl.h"
#include "op/rnn.h"

enum { PRE = 2, VECTORS = 2 };

static void forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  const atr__recurrent_scratch s = atr__recurrent_cut(q, PRE, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 2, 1);
  atr__recurrent_project(e, q, &s, PRE, p->hid);
  atr__recurrent_walk(e, q, &s, "rnn.cl", "rnn_fwd_f32_baseline", 4, VECTORS);
  atr__recurrent_pre(e, q, &s, PRE);
  atr__cl_in(e, 5);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__recurrent_launch(e, q);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 0, 0);
  atr__recurrent_walk(e, q, &s, "rnn.cl", "rnn_bwd_f32_baseline", 3, VECTORS);
  static const size_t in[] = { 1, 2, 4, 5, 6 };
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 3; i++) atr__cl_out(e, i);
  atr__cl_float(e, ((const atr__recurrent_params *)q->params)->clip_back);
  atr__recurrent_launch(e, q);
}

static const atr__recurrent_part *lanes_parts(const atr__cl_query *q, int *n) {
  static const atr__recurrent_part part = { 4, 4, 1, { 0, 1, 2, 3 }, { 0, 0, 0, 0 } };
  (void)q;
  *n = 1;
  return &part;
}

static void lanes_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  static const char *const kernel[] = { "rnn_fwd_f32_lanes", "rnn_fwd_f32_small", "rnn_fwd_f32_line" };
  const atr__recurrent_params *p = q->params;
  atr__recurrent_lanes_walk(e, q, s, s->way ? "rnn_line.cl" : "rnn_lanes.cl", kernel[s->way], 4, p->hid);
  atr__cl_in(e, 5);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__recurrent_lanes_launch(e, q, s, 6);
}

ATR__RECURRENT_LANES(lanes, 2, PRE, 3)
ATR__RECURRENT_LINE(lanes)

static const atr__recurrent_part *back_parts(const atr__cl_query *q, int *n) {
  (void)q;
  return atr__recurrent_lanes_back(n);
}

static void back_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  static const size_t in[] = { 1, 2, 4, 5, 6 };
  atr__recurrent_lanes_walk(e, q, s, "rnn_lanes.cl", "rnn_bwd_f32_lanes", 3, 0);
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 3; i++) atr__cl_out(e, i);
  atr__cl_float(e, ((const atr__recurrent_params *)q->params)->clip_back);
  atr__recurrent_lanes_launch(e, q, s, 17);
}

ATR__RECURRENT_LANES(back, 0, -1, 3)

ATR__RECURRENT_BASELINE(PRE, VECTORS)

const atr__cl_row atr__rnn_cl[] = {
  ATR__RECURRENT_LINE_ROWS(lanes, "rnn_lanes"),
  ATR__RECURRENT_LANES_ROW_PACKED_W(lanes, lanes_packs, 2, "rnn_lanes", &atr__recurrent_w),
  ATR__RECURRENT_LANES_ROW(lanes),
  ATR__RECURRENT_BASELINE_ROW,
  { .algorithm = NULL },
};
const atr__cl_row atr__rnn_grad_cl[] = {
  ATR__RECURRENT_LANES_ROW_PACKED(back, back_packs, 0, "recurrent_lanes_back"),
  ATR__RECURRENT_LANES_ROW(back),
  ATR__RECURRENT_BASELINE_GRAD_ROW,
  { .algorithm = NULL },
};
