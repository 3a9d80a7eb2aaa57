/* unary_cl.c: launches of kernels/unary.cl. */
#include "op/unary.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const kernel[] = { "relu_fwd_f32_baseline", "sigmoid_fwd_f32_baseline",
                                        "tanh_fwd_f32_baseline" };
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "unary.cl", kernel[((const atr__unary_params *)q->params)->kind], "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

const atr__cl_row atr__unary_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
