/* conv_cl.c: launches of convolution. Rows best first; the last runs on any device. */
#include "op/conv.h"
#include "op/conv_blocked.h"
#include "op/conv_direct.h"
#include "op/conv_pointwise.h"
#include "op/conv_winograd.h"

#include "tensor/shape.h"

void atr__conv_push(atr__cl_emit *e, const atr__conv_params *p, int64_t count) {
  const int64_t *const triple[] = { p->in, p->out, p->filter, p->stride, p->dilation, p->pad };
  atr__cl_int(e, count);
  atr__cl_int(e, p->c / p->group);
  atr__cl_int(e, p->oc / p->group);
  atr__cl_int(e, p->group);
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 3; k++) atr__cl_int(e, triple[i][k]);
}

void atr__conv_push_epilogue(atr__cl_emit *e, const atr__conv_params *p) {
  if (p) {
    atr__cl_in(e, 2);
    atr__cl_in(e, ATR__CONV_FACTOR);
    atr__cl_in(e, ATR__CONV_RESIDUAL);
  } else
    for (int i = 0; i < 6; i++) atr__cl_int(e, 0); /* absent */
  atr__cl_float(e, p ? atr__conv_low(p) : -INFINITY);
  atr__cl_float(e, p ? atr__conv_high(p) : INFINITY);
}

static void emit_baseline(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "conv.cl", "conv_fwd_f32_baseline", "", "");
  atr__conv_push(e, p, count);
  for (size_t i = 0; i < 2; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__conv_push_epilogue(e, p);
  atr__cl_items(e, count);
}

const atr__cl_row atr__conv_cl[] = {
  ATR__CONV_WINOGRAD_ROWS,
  ATR__CONV_BLOCKED_ROWS,
  ATR__CONV_POINTWISE_ROWS(atr__conv_one_tap, "conv_pointwise"),
  ATR__CONV_DIRECT_ROWS(atr__conv_direct, "conv_direct_plain"),
  { .algorithm = "baseline", .emit = emit_baseline },
  { .algorithm = NULL },
};
