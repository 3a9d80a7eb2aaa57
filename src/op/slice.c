/* slice.c: Slice, and its gradient SliceGrad (org.atrous), which puts a slice back into zeros. Starts, ends,
 * axes and steps are known when the plan is made; steps may be negative. Source: the ONNX operator of the
 * same name. */
#include "config.h"

#include "op/slice.h"

#include "base/checked.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

/* An index as ONNX means it: negative counts from the end, then clamped to [low, high]. */
static int64_t clamp(int64_t index, int64_t extent, int64_t low, int64_t high) {
  if (index < 0 && index >= -extent)
    index += extent;
  else if (index < 0)
    index = low;
  return atr__min_i64(atr__max_i64(index, low), high);
}

static atr_status infer(atr__infer *infer) {
  atr__slice_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  int64_t starts[ATR_RANK_MAX], ends[ATR_RANK_MAX], steps[ATR_RANK_MAX];
  size_t n, n_ends, n_steps;
  atr_status status = atr__infer_ints(infer, 1, starts, ATR_RANK_MAX, &n);
  if (!status) status = atr__infer_ints(infer, 2, ends, ATR_RANK_MAX, &n_ends);
  if (status) return status;
  atr__axes axes;
  if ((status = atr__infer_axes(infer, 3, in->rank, &axes))) return status;
  if (atr__infer_has(infer, 4)) {
    if ((status = atr__infer_ints(infer, 4, steps, ATR_RANK_MAX, &n_steps))) return status;
  } else {
    for (size_t i = 0; i < n; i++) steps[i] = 1;
    n_steps = n;
  }
  if (n_ends != n || n_steps != n || (axes.given ? (size_t)axes.n != n : n > (size_t)in->rank))
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "Slice: %zu starts, %zu ends, %d axes and %zu steps for rank %d", n, n_ends,
                     axes.given ? axes.n : in->rank, n_steps, in->rank);
  atr_shape shape = *in;
  for (int d = 0; d < in->rank; d++) p->step[d] = 1;
  for (size_t i = 0; i < n; i++) {
    const int d = axes.given ? axes.list[i] : (int)i;
    const int64_t extent = in->dim[d], step = steps[i];
    if (step == 0) return atr__fail(infer->error, ATR_E_PARAM, "Slice: the step of axis %d is 0", d);
    int64_t length;
    if (step > 0) {
      p->start[d] = clamp(starts[i], extent, 0, extent);
      length = clamp(ends[i], extent, 0, extent) - p->start[d];
      length = length > 0 ? (length - 1) / step + 1 : 0;
    } else {
      p->start[d] = clamp(starts[i], extent, -1, extent - 1);
      length = p->start[d] - clamp(ends[i], extent, -1, extent - 1);
      length = length <= 0 ? 0 : step == INT64_MIN ? 1 : (length - 1) / -step + 1;
    }
    /* A step beyond the extent takes one element; kept small so that strides cannot overflow. */
    p->step[d] = length > 1 ? step : 1;
    if (length == 0) p->start[d] = 0;
    shape.dim[d] = length;
  }
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

atr__walk atr__slice_walk(const atr__slice_params *p, const atr_shape *part, const atr_shape *whole,
                          int part_first) {
  int64_t stride[ATR_RANK_MAX], start = 0;
  atr__shape_strides(whole, stride);
  for (int d = 0; d < whole->rank; d++) {
    start += p->start[d] * stride[d];
    stride[d] *= p->step[d];
  }
  atr__walk walk = atr__walk_over(part);
  if (part_first) atr__walk_broadcast(&walk, part);
  atr__walk_strided(&walk, stride, start);
  if (!part_first) atr__walk_broadcast(&walk, part);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__slice_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const atr_shape *whole = atr__grad_shape(grad, atr__grad_in(grad, 0));
  const size_t rank = (size_t)whole->rank;
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_ints(&attrs, "shape", whole->dim, rank);
  if (!status) status = atr__attrs_set_ints(&attrs, "starts", p->start, rank);
  if (!status) status = atr__attrs_set_ints(&attrs, "steps", p->step, rank);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "org.atrous", "SliceGrad", &dy, 1, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

/* SliceGrad(dy) with attributes shape, starts and steps, one entry a dimension, starts non-negative. */
static atr_status infer_grad(atr__infer *infer) {
  atr__slice_params *p = infer->params;
  const atr_shape *dy = &infer->in_shape[0];
  size_t n, n_starts, n_steps;
  const int64_t *shape = atr__attrs_ints(infer->attrs, "shape", &n);
  const int64_t *starts = atr__attrs_ints(infer->attrs, "starts", &n_starts);
  const int64_t *steps = atr__attrs_ints(infer->attrs, "steps", &n_steps);
  if (n != (size_t)dy->rank || n_starts != n || n_steps != n)
    return atr__fail(infer->error, ATR_E_PARAM,
                     "SliceGrad: %zu dimensions, %zu starts and %zu steps for rank %d", n, n_starts, n_steps,
                     dy->rank);
  for (int d = 0; d < dy->rank; d++) {
    int64_t last;
    if (shape[d] < 0 || steps[d] == 0 || (dy->dim[d] && (starts[d] < 0 || starts[d] >= shape[d])) ||
        (dy->dim[d] && (atr__mul_i64(dy->dim[d] - 1, steps[d], &last) ||
                        atr__add_i64(last, starts[d], &last) || last < 0 || last >= shape[d])))
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "SliceGrad: axis %d: %lld elements from %lld by %lld are outside 0 to %lld", d,
                       (long long)dy->dim[d], (long long)starts[d], (long long)steps[d],
                       (long long)shape[d] - 1);
    p->start[d] = starts[d];
    p->step[d] = steps[d];
  }
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = atr__shape_of(dy->rank, shape);
  return ATR_OK;
}

const atr__op atr__op_slice = {
  .name = "Slice",
  .domain = "",
  .stem = "slice",
  .since = 13,
  .min_in = 3,
  .max_in = 5,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__slice_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(slice),
  ATR__CL(slice),
};

const atr__op atr__op_slice_grad = {
  .name = "SliceGrad",
  .domain = "org.atrous",
  .stem = "slice",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__slice_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(slice_grad),
  ATR__CL(slice_grad),
};
