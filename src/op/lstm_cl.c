/* lstm_cl.c: launches of kernels/lstm_lanes.cl and lstm_line.cl, for processors, and of kernels/lstm.cl. */
#include "op/lstm.h"
#include "op/recurrent_cl.h"
#include "op/recurrent_lanes_cl.h"

enum { Z = 3, VECTORS = 6 };

static void forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  const atr__recurrent_scratch s = atr__recurrent_cut(q, Z, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 2, 1);
  atr__recurrent_project(e, q, &s, Z, 4 * p->hid);
  atr__recurrent_walk(e, q, &s, "lstm.cl", "lstm_fwd_f32_baseline", 4, VECTORS);
  atr__recurrent_pre(e, q, &s, Z);
  for (size_t i = 5; i < 8; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < 3; i++) atr__cl_out(e, i);
  atr__cl_out(e, 4);
  atr__cl_int(e, p->input_forget);
  atr__recurrent_launch(e, q);
}

static void backward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  static const size_t in[] = { 1, 2, 4, 5, 6, 7, 8, 9, 10 };
  const atr__recurrent_scratch s = atr__recurrent_cut(q, -1, VECTORS);
  atr__recurrent_pack_r(e, q, &s, 0, 0);
  atr__recurrent_walk(e, q, &s, "lstm.cl", "lstm_bwd_f32_baseline", 3, VECTORS);
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 5; i++) atr__cl_out(e, i);
  atr__cl_int(e, p->input_forget);
  atr__cl_float(e, p->clip_back);
  atr__recurrent_launch(e, q);
}

static const atr__recurrent_part *lanes_parts(const atr__cl_query *q, int *n) {
  static const atr__recurrent_part part = { 1, 4, 1, { 0, 0, 0, 0 }, { 0, 2, 3, 1 } };
  (void)q;
  *n = 1;
  return &part;
}

static void lanes_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  static const char *const kernel[] = { "lstm_fwd_f32_lanes", "lstm_fwd_f32_small", "lstm_fwd_f32_line" };
  const atr__recurrent_params *p = q->params;
  atr__recurrent_lanes_walk(e, q, s, s->way ? "lstm_line.cl" : "lstm_lanes.cl", kernel[s->way], 4,
                            4 * p->hid);
  for (size_t i = 5; i < 8; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < 3; i++) atr__cl_out(e, i);
  atr__cl_out(e, 4);
  atr__cl_int(e, p->input_forget);
  atr__recurrent_lanes_launch(e, q, s, 15);
}

ATR__RECURRENT_LANES(lanes, 2, Z, 4)
ATR__RECURRENT_LINE(lanes)

static const atr__recurrent_part *back_parts(const atr__cl_query *q, int *n) {
  (void)q;
  return atr__recurrent_lanes_back(n);
}

static void back_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s) {
  static const size_t in[] = { 1, 2, 4, 5, 6, 7, 8, 9, 10 };
  const atr__recurrent_params *p = q->params;
  atr__recurrent_lanes_walk(e, q, s, "lstm_lanes.cl", "lstm_bwd_f32_lanes", 3, 0);
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 5; i++) atr__cl_out(e, i);
  atr__cl_int(e, p->input_forget);
  atr__cl_float(e, p->clip_back);
  atr__recurrent_lanes_launch(e, q, s, 30);
}

ATR__RECURRENT_LANES(back, 0, -1, 10)

ATR__RECURRENT_BASELINE(Z, VECTORS)

const atr__cl_row atr__lstm_cl[] = {
  ATR__RECURRENT_LINE_ROWS(lanes, "lstm_lanes"),
  ATR__RECURRENT_LANES_ROW_PACKED_W(lanes, lanes_packs, 2, "lstm_lanes", &atr__recurrent_w),
  ATR__RECURRENT_LANES_ROW(lanes),
  ATR__RECURRENT_BASELINE_ROW,
  { .algorithm = NULL },
};
const atr__cl_row atr__lstm_grad_cl[] = {
  ATR__RECURRENT_LANES_ROW_PACKED(back, back_packs, 0, "recurrent_lanes_back"),
  ATR__RECURRENT_LANES_ROW(back),
  ATR__RECURRENT_BASELINE_GRAD_ROW,
  { .algorithm = NULL },
};
