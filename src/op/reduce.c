/* reduce.c: reductions over axes: ReduceSum, -Mean, -Max, -Min, -Prod, -L1, -L2, -SumSquare, -LogSum,
 * -LogSumExp. Axes are an attribute or, in newer opsets, an input; both are read.
 *
 * The order of accumulation, the same on every backend: the reduced elements in row-major order are cut into
 * parts of 1024; in a part lane l of 16 takes elements l, l + 16, …; the lanes are joined as a tree (0 and 8,
 * 1 and 9, …, then 0 and 4, …); then the parts, from the first. It does not depend on the number of threads.
 *
 * Gradients are those of PyTorch: equal maxima share evenly; ReduceL2 of zeros has gradient 0; ReduceProd's
 * is the product of the others, which ReduceProdGrad (org.atrous; dy, x) takes from the left and from the
 * right, so that zeros need no care. Source: the ONNX operators of the same names. */
#include "config.h"

#include "op/reduce.h"

#include "op/axes.h"
#include "op/grad.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, atr__reduce_kind kind) {
  atr__reduce_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  const atr_type type = infer->in_type[0];
  const int whole = kind <= ATR__REDUCE_PROD || kind == ATR__REDUCE_SUM_SQUARE || kind == ATR__REDUCE_L1;
  const int truth = type == ATR_BOOL && (kind == ATR__REDUCE_MAX || kind == ATR__REDUCE_MIN);
  if (type != ATR_F32 && !truth && !(whole && atr__type_integer(type)))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input 0 is %s, which is not supported",
                     infer->op->name, atr_type_name(type));
  atr__axes axes;
  atr_status status = atr__infer_axes(infer, 1, in->rank, &axes);
  if (status) return status;
  p->kind = kind;
  p->keepdims = atr__attrs_int(infer->attrs, "keepdims", 1) != 0;
  p->mask = axes.mask;
  if (!axes.n) {
    if (atr__attrs_int(infer->attrs, "noop_with_empty_axes", 0))
      p->kind = ATR__REDUCE_SUM; /* of one element each: the input itself */
    else
      p->mask = (1u << in->rank) - 1;
  }
  atr_shape shape = atr__shape_of(0, NULL);
  for (int d = 0; d < in->rank; d++)
    if (!(p->mask >> d & 1))
      shape.dim[shape.rank++] = in->dim[d];
    else if (p->keepdims)
      shape.dim[shape.rank++] = 1;
  infer->out_type[0] = type;
  infer->out_shape[0] = shape;
  return ATR_OK;
}

atr__reduce_view atr__reduce_view_of(const atr__reduce_params *p, const atr_shape *in) {
  int64_t stride[ATR_RANK_MAX], kept_stride[ATR_RANK_MAX] = { 0 }, reduced_stride[ATR_RANK_MAX] = { 0 };
  atr_shape kept = atr__shape_of(0, NULL), reduced = kept;
  atr__shape_strides(in, stride);
  for (int d = 0; d < in->rank; d++)
    if (p->mask >> d & 1) {
      reduced_stride[reduced.rank] = stride[d];
      reduced.dim[reduced.rank++] = in->dim[d];
    } else {
      kept_stride[kept.rank] = stride[d];
      kept.dim[kept.rank++] = in->dim[d];
    }
  atr__reduce_view view = { atr__walk_over(&kept), atr__walk_over(&reduced) };
  atr__walk_strided(&view.kept, kept_stride, 0);
  atr__walk_strided(&view.reduced, reduced_stride, 0);
  atr__walk_join(&view.kept);
  atr__walk_join(&view.reduced);
  return view;
}

#define INFER(stem, kind)                                                                                    \
  static atr_status infer_##stem(atr__infer *i) {                                                            \
    return infer(i, kind);                                                                                   \
  }
INFER(sum, ATR__REDUCE_SUM)
INFER(mean, ATR__REDUCE_MEAN)
INFER(max, ATR__REDUCE_MAX)
INFER(min, ATR__REDUCE_MIN)
INFER(prod, ATR__REDUCE_PROD)
INFER(l1, ATR__REDUCE_L1)
INFER(l2, ATR__REDUCE_L2)
INFER(sum_square, ATR__REDUCE_SUM_SQUARE)
INFER(log_sum, ATR__REDUCE_LOG_SUM)
INFER(log_sum_exp, ATR__REDUCE_LOG_SUM_EXP)

static int node1(atr__grad *grad, const char *op, int a) {
  return atr__grad_node(grad, "", op, &a, 1, NULL, 1);
}
static int node2(atr__grad *grad, const char *op, int a, int b) {
  const int in[2] = { a, b };
  return atr__grad_node(grad, "", op, in, 2, NULL, 1);
}

/* `value`, of the output's shape, with the reduced axes as extents of 1. */
static int with_axes(atr__grad *grad, int value) {
  const atr__reduce_params *p = atr__grad_params(grad);
  atr_shape shape = *atr__grad_shape(grad, atr__grad_in(grad, 0));
  if (p->keepdims) return value;
  for (int d = 0; d < shape.rank; d++)
    if (p->mask >> d & 1) shape.dim[d] = 1;
  return atr__grad_reshape(grad, value, &shape);
}

/* 1 where x is the extreme, else 0, divided by how many there are. */
static atr_status shares(atr__grad *grad, int x, int y, int *share) {
  const atr__reduce_params *p = atr__grad_params(grad);
  const int equal = node2(grad, "Equal", x, y);
  atr__attrs attrs = { 0 };
  int64_t axes[ATR_RANK_MAX];
  size_t n = 0;
  for (int d = 0; d < ATR_RANK_MAX; d++)
    if (p->mask >> d & 1) axes[n++] = d;
  atr_status status = atr__attrs_set_int(&attrs, "to", ATR_F32);
  if (!status) {
    const int mask = atr__grad_node(grad, "", "Cast", &equal, 1, &attrs, 1);
    const int in[2] = { mask, atr__grad_ints(grad, axes, n) };
    *share = node2(grad, "Div", mask, atr__grad_node(grad, "", "ReduceSum", in, 2, NULL, 1));
  }
  atr__attrs_free(&attrs);
  return status;
}

static atr_status product_gradient(atr__grad *grad, int *dx) {
  const atr__reduce_params *p = atr__grad_params(grad);
  const int in[2] = { atr__grad_dy(grad, 0), atr__grad_in(grad, 0) };
  atr__attrs attrs = { 0 };
  int64_t axes[ATR_RANK_MAX];
  size_t n = 0;
  for (int d = 0; d < ATR_RANK_MAX; d++)
    if (p->mask >> d & 1) axes[n++] = d;
  const atr_status status = atr__attrs_set_ints(&attrs, "axes", axes, n);
  if (!status) *dx = atr__grad_node(grad, "org.atrous", "ReduceProdGrad", in, 2, &attrs, 1);
  atr__attrs_free(&attrs);
  return status;
}

static atr_status infer_prod_grad(atr__infer *infer) {
  atr__reduce_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[1];
  size_t n;
  const int64_t *axes = atr__attrs_ints(infer->attrs, "axes", &n);
  for (size_t i = 0; i < 2; i++) {
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
  }
  p->kind = ATR__REDUCE_PROD;
  for (size_t i = 0; i < n; i++) {
    int axis;
    const atr_status status = atr__axis(axes[i], x->rank, "axis", infer->error, &axis);
    if (status) return atr__fail_in(infer->error, status, "ReduceProdGrad");
    p->mask |= 1u << axis;
  }
  int64_t kept = 1;
  for (int d = 0; d < x->rank; d++)
    if (!(p->mask >> d & 1)) kept *= x->dim[d];
  if (atr__shape_size(&infer->in_shape[0]) != kept) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "ReduceProdGrad: dy has shape %s, x has %s, of which %lld are kept",
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(x, b), (long long)kept);
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = *x;
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const atr__reduce_params *p = atr__grad_params(grad);
  if (!atr__grad_dy(grad, 0) || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const int x = atr__grad_in(grad, 0), dy = with_axes(grad, atr__grad_dy(grad, 0));
  const atr_shape shape = *atr__grad_shape(grad, x);
  int64_t count = 1;
  for (int d = 0; d < shape.rank; d++)
    if (p->mask >> d & 1) count *= shape.dim[d];
  int dx = 0, y;
  atr_status status = ATR_OK;
  switch (p->kind) {
  case ATR__REDUCE_SUM: dx = node2(grad, "Expand", dy, atr__grad_shape_of(grad, x)); break;
  case ATR__REDUCE_MEAN:
    dx = node2(grad, "Mul", dy, atr__grad_real(grad, count ? 1.0f / (float)count : 0));
    dx = node2(grad, "Expand", dx, atr__grad_shape_of(grad, x));
    break;
  case ATR__REDUCE_MAX:
  case ATR__REDUCE_MIN:
    status = shares(grad, x, with_axes(grad, atr__grad_out(grad, 0)), &dx);
    if (!status) dx = node2(grad, "Mul", dx, dy);
    break;
  case ATR__REDUCE_L1: dx = node2(grad, "Mul", node1(grad, "Sign", x), dy); break;
  case ATR__REDUCE_L2: {
    y = with_axes(grad, atr__grad_out(grad, 0));
    const int zero = atr__grad_real(grad, 0);
    const int in[3] = { node2(grad, "Equal", y, zero), zero, node2(grad, "Div", dy, y) };
    dx = node2(grad, "Mul", x, atr__grad_node(grad, "", "Where", in, 3, NULL, 1));
    break;
  }
  case ATR__REDUCE_SUM_SQUARE:
    dx = node2(grad, "Mul", x, node2(grad, "Mul", dy, atr__grad_real(grad, 2)));
    break;
  case ATR__REDUCE_LOG_SUM:
    y = with_axes(grad, atr__grad_out(grad, 0));
    dx = node2(grad, "Expand", node2(grad, "Div", dy, node1(grad, "Exp", y)), atr__grad_shape_of(grad, x));
    break;
  case ATR__REDUCE_LOG_SUM_EXP:
    y = with_axes(grad, atr__grad_out(grad, 0));
    dx = node2(grad, "Mul", node1(grad, "Exp", node2(grad, "Sub", x, y)), dy);
    break;
  case ATR__REDUCE_PROD: status = product_gradient(grad, &dx); break;
  }
  atr__grad_set(grad, 0, dx);
  return status ? status : atr__grad_status(grad);
}

#define REDUCE(symbol, onnx, opset, diff, gradient_function)                                                 \
  const atr__op atr__op_reduce_##symbol = {                                                                  \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "reduce",                                                                                        \
    .since = opset,                                                                                          \
    .min_in = 1,                                                                                             \
    .max_in = 2,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__reduce_params),                                                               \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = diff,                                                                                  \
    .gradient = gradient_function,                                                                           \
    ATR__HOST(reduce),                                                                                       \
    ATR__CL(reduce),                                                                                         \
  }
REDUCE(sum, "ReduceSum", 13, ATR__DIFF_YES, gradient);
REDUCE(mean, "ReduceMean", 18, ATR__DIFF_YES, gradient);
REDUCE(max, "ReduceMax", 18, ATR__DIFF_YES, gradient);
REDUCE(min, "ReduceMin", 18, ATR__DIFF_YES, gradient);
REDUCE(prod, "ReduceProd", 18, ATR__DIFF_YES, gradient);
REDUCE(l1, "ReduceL1", 18, ATR__DIFF_YES, gradient);
REDUCE(l2, "ReduceL2", 18, ATR__DIFF_YES, gradient);
REDUCE(sum_square, "ReduceSumSquare", 18, ATR__DIFF_YES, gradient);
REDUCE(log_sum, "ReduceLogSum", 18, ATR__DIFF_YES, gradient);
REDUCE(log_sum_exp, "ReduceLogSumExp", 18, ATR__DIFF_YES, gradient);

const atr__op atr__op_reduce_prod_grad = {
  .name = "ReduceProdGrad",
  .domain = "org.atrous",
  .stem = "reduce",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__reduce_params),
  .infer = infer_prod_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(reduce_prod_grad),
  ATR__CL(reduce_prod_grad),
};
