/* max_pool.c: MaxPool and GlobalMaxPool over series, images and volumes, and their gradients.
 *
 * y is the greatest element of each window; NaN is greater than any number, as in PyTorch, and padding never
 * wins. Indices (int64) are ONNX's: over the whole tensor, n and c included, the spatial part row-major or,
 * with storage_order 1, column-major; of equal elements the first in row-major order, of several NaN the
 * last. MaxPoolGrad (dy, indices, shape of x) gathers: each input element sums the dy of the windows that
 * chose it, in ascending order of windows. GlobalMaxPool has Indices too where its gradient is asked for.
 * MaxPool takes 8-bit integers too. Source: ONNX MaxPool-12, GlobalMaxPool-1. */
#include "config.h"

#include "op/max_pool.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status params_of(const atr__infer *infer, const atr_shape *x, int global) {
  atr__max_pool_params *p = infer->params;
  atr_status status =
      global ? atr__pool_window_global(infer, x, &p->window) : atr__pool_window_infer(infer, x, &p->window);
  if (status) return status;
  const int64_t *in = p->window.in;
  if (atr__attrs_int(infer->attrs, "storage_order", 0)) {
    p->index_step[0] = 1;
    p->index_step[1] = in[0];
    p->index_step[2] = in[0] * in[1];
  } else {
    p->index_step[0] = in[1] * in[2];
    p->index_step[1] = in[2];
    p->index_step[2] = 1;
  }
  return ATR_OK;
}

static atr_shape shape_of(const atr__infer *infer, const atr_shape *x, int global) {
  const atr__max_pool_params *p = infer->params;
  if (!global) return atr__pool_window_shape(&p->window, x);
  atr_shape y = *x;
  for (int k = 2; k < y.rank; k++) y.dim[k] = 1;
  return y;
}

static atr_status infer_forward(atr__infer *infer, int global) {
  const atr_type type = infer->in_type[0];
  atr_status status;
  if (!global && type != ATR_F32 && type != ATR_U8 && type != ATR_I8)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: input 0 is %s, only float32, uint8 and int8 are supported", infer->op->name,
                     atr_type_name(type));
  if (global && (status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_need_rank(infer, 0, 3, global ? ATR_RANK_MAX : 5))) return status;
  if ((status = params_of(infer, &infer->in_shape[0], global))) return status;
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = i ? ATR_I64 : type;
    infer->out_shape[i] = shape_of(infer, &infer->in_shape[0], global);
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g, const char *op) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_out(g, 1), atr__grad_shape_of(g, atr__grad_in(g, 0)) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", op, in, 3, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

static atr_status infer_grad(atr__infer *infer, int global) {
  const char *name = infer->op->name;
  atr_status status;
  int64_t dim[ATR_RANK_MAX], count;
  size_t rank;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_ints(infer, 2, dim, ATR_RANK_MAX, &rank))) return status;
  if (infer->in_type[1] != ATR_I64)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the indices are %s, must be int64", name,
                     atr_type_name(infer->in_type[1]));
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of((int)rank, dim);
  if ((status = atr__shape_count(&infer->out_shape[0], infer->error, &count))) return status;
  if (rank < 3)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the shape of x has %zu dimensions, must have 3 or more",
                     name, rank);
  if ((status = params_of(infer, &infer->out_shape[0], global))) return status;
  const atr_shape y = shape_of(infer, &infer->out_shape[0], global);
  for (size_t i = 0; i < 2; i++)
    if (!atr__shape_equal(&y, &infer->in_shape[i])) {
      char got[ATR__SHAPE_TEXT], want[ATR__SHAPE_TEXT];
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must have %s", name, i,
                       atr__shape_text(&infer->in_shape[i], got), atr__shape_text(&y, want));
    }
  return ATR_OK;
}

ATR__POOL_OPS(max_pool, max_pool, "MaxPool", 12, 0, 3, 2);
ATR__POOL_OPS(max_pool, global_max_pool, "GlobalMaxPool", 1, 1, 3, 2);
