/* gru_cl.c: launches of kernels/gru_lanes.cl and gru_line.cl, for processors, and of kernels/gru.cl. */
#include "op/gru.h"
#include "op/recurrent_cl.h"
#include "op/recurrent_lanes_cl.h"

enum { PRE = 2, VECTORS = 6 };

static void forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  const atr__recurrent_scratch s = atr__recurrent_cut(q, PRE, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 2, 1);
  atr__recurrent_project(e, q, &s, PRE, p->linear_before_reset ? 2 * p->hid : 3 * p->hid);
  atr__recurrent_walk(e, q, &s, "gru.cl", "gru_fwd_f32_baseline", 4, VECTORS);
  atr__recurrent_pre(e, q, &s, PRE);
  atr__cl_in(e, 5);
  atr__cl_in(e, 3);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__cl_out(e, 3);
  atr__cl_int(e, p->linear_before_reset);
  atr__recurrent_launch(e, q);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  static const size_t in[] = { 1, 2, 4, 5, 6, 7 };
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 0, 0);
  atr__recurrent_walk(e, q, &s, "gru.cl", "gru_bwd_f32_baseline", 3, VECTORS);
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 4; i++) atr__cl_out(e, i);
  atr__cl_int(e, p->linear_before_reset);
  atr__cl_float(e, p->clip_back);
  atr__recurrent_launch(e, q);
}

static const atr__recurrent_part *lanes_parts(const atr__cl_query *q, int *n) {
  static const atr__recurrent_part linear = { 1, 3, 1, { 0, 0, 0, 0 }, { 0, 1, 2, 0 } };
  static const atr__recurrent_part halves[2] = { { 2, 4, 1, { 0, 0, 1, 1 }, { 0, 1, 0, 1 } },
                                                 { 4, 4, 1, { 0, 1, 2, 3 }, { 2, 2, 2, 2 } } };
  const int one = ((const atr__recurrent_params *)q->params)->linear_before_reset;
  *n = one ? 1 : 2;
  return one ? &linear : halves;
}

static void lanes_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  static const char *const kernel[] = { "gru_fwd_f32_lanes", "gru_fwd_f32_small", "gru_fwd_f32_line" };
  const atr__recurrent_params *p = q->params;
  const int linear = p->linear_before_reset;
  atr__recurrent_lanes_walk(e, q, s, s->way ? "gru_line.cl" : "gru_lanes.cl", kernel[s->way], 4,
                            linear ? 2 * p->hid : 3 * p->hid);
  atr__cl_in(e, 5);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__cl_out(e, 3);
  atr__cl_int(e, linear);
  atr__cl_int(e, linear ? 0 : atr__recurrent_lanes_units(q, &s->part[1]));
  atr__cl_int(e, linear ? 0 : (int64_t)atr__recurrent_part_floats(q, &s->part[0]));
  atr__recurrent_lanes_launch(e, q, s, 11);
}

ATR__RECURRENT_LANES(lanes, 2, PRE, 4)
ATR__RECURRENT_LINE(lanes)
static int packs_linear(const atr__cl_query *q) {
  return ((const atr__recurrent_params *)q->params)->linear_before_reset && lanes_packs(q);
}

static const atr__recurrent_part *back_parts(const atr__cl_query *q, int *n) {
  (void)q;
  return atr__recurrent_lanes_back(n);
}

static void back_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  static const size_t in[] = { 1, 2, 4, 5, 6, 7 };
  const atr__recurrent_params *p = q->params;
  atr__recurrent_lanes_walk(e, q, s, "gru_lanes.cl", "gru_bwd_f32_lanes", 3, 0);
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 4; i++) atr__cl_out(e, i);
  atr__cl_int(e, p->linear_before_reset);
  atr__cl_float(e, p->clip_back);
  atr__recurrent_lanes_launch(e, q, s, 22);
}

ATR__RECURRENT_LANES(back, 0, -1, 8)

ATR__RECURRENT_BASELINE(PRE, VECTORS)

const atr__cl_row atr__gru_cl[] = {
  ATR__RECURRENT_LINE_ROWS(lanes, "gru_lanes_linear"),
  ATR__RECURRENT_LANES_ROW_PACKED_W(lanes, packs_linear, 2, "gru_lanes_linear", &atr__recurrent_w),
  ATR__RECURRENT_LANES_ROW_PACKED_W(lanes, lanes_packs, 2, "gru_lanes", &atr__recurrent_w),
  ATR__RECURRENT_LANES_ROW(lanes),
  ATR__RECURRENT_BASELINE_ROW,
  { .algorithm = NULL },
};
const atr__cl_row atr__gru_grad_cl[] = {
  ATR__RECURRENT_LANES_ROW_PACKED(back, back_packs, 0, "recurrent_lanes_back"),
  ATR__RECURRENT_LANES_ROW(back),
  ATR__RECURRENT_BASELINE_GRAD_ROW,
  { .algorithm = NULL },
};
