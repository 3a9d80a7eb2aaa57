/* max_unpool.c: MaxUnpool over series, images and volumes: each value goes where its index says, the rest is
 * 0.
 *
 * Indices (int64) are those of MaxPool: over the whole tensor that was pooled, n and c included, row-major.
 * That tensor has the shape output_shape or, without it, stride·(in - 1) + filter - pads along each axis, and
 * so has y: what MaxUnpool makes of MaxPool's outputs lies where it was taken from. (PyTorch and onnxruntime
 * read output_shape so; ONNX's reference implementation counts indices in the shape that the attributes give
 * and copies that into a corner of output_shape, which is no inverse of a pooling whose windows leave a
 * rest.) Of several values for one place the last counts, and it alone has a gradient.
 *
 * MaxUnpoolSource(indices, shape of y) -> int32 of y's shape: the element of x that is there, or -1.
 * MaxUnpoolGrad(dy, indices, source) -> dx. Source: ONNX MaxUnpool-11. */
#include "config.h"

#include "op/max_unpool.h"

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status wrong_shape(const atr__infer *infer, size_t input, const atr_shape *want) {
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must have %s", infer->op->name,
                   input, atr__shape_text(&infer->in_shape[input], a), atr__shape_text(want, b));
}

static atr_status need_indices(const atr__infer *infer, size_t input) {
  if (infer->in_type[input] == ATR_I64) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: the indices are %s, must be int64", infer->op->name,
                   atr_type_name(infer->in_type[input]));
}

static atr_status set_counts(const atr__infer *infer, const atr_shape *x, const atr_shape *y) {
  atr__max_unpool_params *p = infer->params;
  atr_status status = atr__shape_count(x, infer->error, &p->count);
  if (!status) status = atr__shape_count(y, infer->error, &p->places);
  if (status || (p->count <= INT32_MAX && p->places <= INT32_MAX)) return status;
  return atr__fail(infer->error, ATR_E_LIMIT, "%s: %lld values for %lld places; both must be below 2^31",
                   infer->op->name, (long long)p->count, (long long)p->places);
}

/* An attribute with n values, `otherwise` where it is absent. */
static atr_status list(const atr__infer *infer, const char *name, size_t n, int64_t otherwise, int64_t least,
                       int64_t *to) {
  size_t given;
  const int64_t *values = atr__attrs_ints(infer->attrs, name, &given);
  if (values && given != n)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: %s has %zu entries, must have %zu", infer->op->name,
                     name, given, n);
  for (size_t i = 0; i < n; i++) {
    to[i] = values ? values[i] : otherwise;
    if (to[i] < least || to[i] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: %s[%zu] is %lld, must be %lld or more and below 2^31",
                       infer->op->name, name, i, (long long)to[i], (long long)least);
  }
  return ATR_OK;
}

/* From the attributes and the shape of x: that of the smallest tensor that is pooled to it. */
static atr_status smallest(const atr__infer *infer, const int64_t *filter, const int64_t *stride,
                           const int64_t *pads, atr_shape *y) {
  const size_t n = (size_t)y->rank - 2;
  for (size_t i = 0; i < n; i++) {
    const int64_t in = y->dim[2 + i];
    int64_t *dim = &y->dim[2 + i];
    if (atr__mul_i64(in - 1, stride[i], dim) || atr__add_i64(*dim, filter[i] - pads[i] - pads[n + i], dim) ||
        *dim < 1)
      return atr__fail(
          infer->error, ATR_E_SHAPE,
          "%s: along spatial axis %zu an input of %lld with filter %lld, stride %lld and padding "
          "%lld and %lld has no output",
          infer->op->name, i, (long long)in, (long long)filter[i], (long long)stride[i], (long long)pads[i],
          (long long)pads[n + i]);
  }
  return ATR_OK;
}

static atr_status given_shape(atr__infer *infer, atr_shape *y) {
  const atr_shape *x = &infer->in_shape[0];
  size_t n;
  atr_status status = atr__infer_ints(infer, 2, y->dim, ATR_RANK_MAX, &n);
  if (status) return status;
  y->rank = (int)n;
  if (y->rank == x->rank && y->dim[0] == x->dim[0] && y->dim[1] == x->dim[1]) return ATR_OK;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE,
                   "%s: output_shape is %s; its rank, samples and channels must be those of the input, %s",
                   infer->op->name, atr__shape_text(y, a), atr__shape_text(x, b));
}

static atr_status infer_forward(atr__infer *infer) {
  const atr_shape *x = &infer->in_shape[0];
  atr_shape *y = &infer->out_shape[0];
  int64_t filter[3], stride[3], pads[6];
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0)) || (status = atr__infer_need_rank(infer, 0, 3, 5)) ||
      (status = need_indices(infer, 1)))
    return status;
  if (!atr__shape_equal(&infer->in_shape[1], x)) return wrong_shape(infer, 1, x);
  if (!atr__attrs_find(infer->attrs, "kernel_shape"))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: kernel_shape is missing", infer->op->name);
  const size_t n = (size_t)x->rank - 2;
  if ((status = list(infer, "kernel_shape", n, 1, 1, filter)) ||
      (status = list(infer, "strides", n, 1, 1, stride)) || (status = list(infer, "pads", 2 * n, 0, 0, pads)))
    return status;
  infer->out_type[0] = ATR_F32;
  *y = *x;
  status = infer->n_in > 2 && infer->in_type[2] != ATR_TYPE_NONE ? given_shape(infer, y)
                                                                 : smallest(infer, filter, stride, pads, y);
  return status ? status : set_counts(infer, x, y);
}

static atr_status infer_source(atr__infer *infer) {
  size_t n;
  atr_shape *y = &infer->out_shape[0];
  atr_status status = need_indices(infer, 0);
  if (!status) status = atr__infer_ints(infer, 1, y->dim, ATR_RANK_MAX, &n);
  if (status) return status;
  y->rank = (int)n;
  infer->out_type[0] = ATR_I32;
  return set_counts(infer, &infer->in_shape[0], y);
}

static atr_status infer_grad(atr__infer *infer) {
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0)) || (status = need_indices(infer, 1))) return status;
  if (infer->in_type[2] != ATR_I32)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the source is %s, must be int32", infer->op->name,
                     atr_type_name(infer->in_type[2]));
  if (!atr__shape_equal(&infer->in_shape[2], &infer->in_shape[0]))
    return wrong_shape(infer, 2, &infer->in_shape[0]);
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[1];
  return set_counts(infer, &infer->in_shape[1], &infer->in_shape[0]);
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0), indices = atr__grad_in(g, 1);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int of[] = { indices, atr__grad_shape_of(g, dy) };
  const int in[] = { dy, indices, atr__grad_node(g, "org.atrous", "MaxUnpoolSource", of, 2, NULL, 1) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "MaxUnpoolGrad", in, 3, NULL, 1));
  return atr__grad_status(g);
}

const atr__op atr__op_max_unpool = {
  .name = "MaxUnpool",
  .domain = "",
  .stem = "max_unpool",
  .since = 11,
  .min_in = 2,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__max_unpool_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(max_unpool),
  ATR__CL(max_unpool),
};

const atr__op atr__op_max_unpool_source = {
  .name = "MaxUnpoolSource",
  .domain = "org.atrous",
  .stem = "max_unpool",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__max_unpool_params),
  .infer = infer_source,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(max_unpool_source),
  ATR__CL(max_unpool_source),
};

const atr__op atr__op_max_unpool_grad = {
  .name = "MaxUnpoolGrad",
  .domain = "org.atrous",
  .stem = "max_unpool",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__max_unpool_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(max_unpool_grad),
  ATR__CL(max_unpool_grad),
};
