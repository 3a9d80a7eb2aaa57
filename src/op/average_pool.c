/* average_pool.c: AveragePool and GlobalAveragePool over series, images and volumes, and their gradients.
 *
 * Each window's sum is divided by the number of its taps inside the input or, with count_include_pad, inside
 * the padded input: with ceil_mode a last window may reach beyond that, and what lies there never counts (as
 * PyTorch, and ONNX since opset 19). AveragePoolGrad and GlobalAveragePoolGrad (dy, shape of x) gather in
 * ascending order of windows. Source: ONNX AveragePool-11, GlobalAveragePool-1. */
#include "config.h"

#include "op/average_pool.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status params_of(const atr__infer *infer, const atr_shape *x, int global) {
  atr__average_pool_params *p = infer->params;
  if (!global) {
    p->include_pad = atr__attrs_int(infer->attrs, "count_include_pad", 0) != 0;
    return atr__pool_window_infer(infer, x, &p->window);
  }
  return atr__pool_window_global(infer, x, &p->window);
}

static atr_shape shape_of(const atr__infer *infer, const atr_shape *x, int global) {
  const atr__average_pool_params *p = infer->params;
  if (!global) return atr__pool_window_shape(&p->window, x);
  atr_shape y = *x;
  for (int k = 2; k < y.rank; k++) y.dim[k] = 1;
  return y;
}

static atr_status infer_forward(atr__infer *infer, int global) {
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_need_rank(infer, 0, 3, global ? 8 : 5))) return status;
  if ((status = params_of(infer, &infer->in_shape[0], global))) return status;
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = shape_of(infer, &infer->in_shape[0], global);
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer, int global) {
  atr_status status;
  int64_t dim[8], count;
  size_t rank;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_ints(infer, 1, dim, 8, &rank))) return status;
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of((int)rank, dim);
  if ((status = atr__shape_count(&infer->out_shape[0], infer->error, &count))) return status;
  if (rank < 3)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the shape of x has %zu dimensions, must have 3 or more",
                     infer->op->name, rank);
  if ((status = params_of(infer, &infer->out_shape[0], global))) return status;
  const atr_shape y = shape_of(infer, &infer->out_shape[0], global);
  if (atr__shape_equal(&y, &infer->in_shape[0])) return ATR_OK;
  char got[ATR__SHAPE_TEXT], want[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, must have %s", infer->op->name,
                   atr__shape_text(&infer->in_shape[0], got), atr__shape_text(&y, want));
}

static atr_status gradient(atr__grad *g, const char *op) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_shape_of(g, atr__grad_in(g, 0)) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", op, in, 2, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

ATR__POOL_OPS(average_pool, average_pool, "AveragePool", 11, 0, 2, 1);
ATR__POOL_OPS(average_pool, global_average_pool, "GlobalAveragePool", 1, 1, 2, 1);
