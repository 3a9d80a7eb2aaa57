/* conv_transpose_cl.c: launches of transposed convolution: with stride 1 it is a convolution by the filter
 * turned round, with another as many as it has phases (conv_transpose_blocked_cl.c); on plain tensors the
 * kernels of the input's gradient do it. Rows best first; the last runs on any device. */
#include "op/conv_blocked.h"
#include "op/conv_direct.h"
#include "op/conv_grad_input.h"
#include "op/conv_winograd.h"

#include "tensor/shape.h"

static void emit_baseline(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "conv_grad.cl", "conv_bwd_x_f32_baseline", "", "");
  atr__conv_push_input(e, q, 1);
  atr__cl_items(e, count);
}

const atr__cl_row atr__conv_transpose_cl[] = {
  ATR__CONV_TRANSPOSE_WINOGRAD_ROWS,
  ATR__CONV_TRANSPOSE_BLOCKED_ROWS,
  ATR__CONV_GRAD_INPUT_LANES_ROWS(atr__conv_transpose_lanes),
  ATR__CONV_DIRECT_ROWS(atr__conv_direct_transpose, "conv_direct_plain_turned"),
  { .algorithm = "baseline", .emit = emit_baseline },
  { .algorithm = NULL },
};
