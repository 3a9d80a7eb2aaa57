/* mean_variance_normalization.c: MeanVarianceNormalization over any axes, y = (x - mean) / (sd + 1e-9), and
 * its gradient. ONNX writes the variance as E[x²] - E[x]²; here it is taken around the mean, which loses
 * nothing.
 *
 * MeanVarianceNormalizationGrad (org.atrous; dy, x) with L elements a line, q = sd + 1e-9:
 * dx = (dy - Σ dy / L) / q - (x - mean) · Σ dy · (x - mean) / (L · sd · q²). Source: the ONNX operator of the
 * same name.
 */
#include "config.h"

#include "op/mean_variance_normalization.h"

#include "op/grad.h"
#include "op/reduce.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  static const int64_t usual[] = { 0, 2, 3 };
  atr__mean_variance_normalization_params *p = infer->params;
  const size_t last = infer->n_in - 1;
  const atr_shape *x = &infer->in_shape[last];
  size_t n;
  const int64_t *axes = atr__attrs_ints(infer->attrs, "axes", &n);
  if (!atr__attrs_find(infer->attrs, "axes")) {
    axes = usual;
    n = 3;
  }
  for (size_t i = 0; i <= last; i++) {
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
  }
  if (!atr__shape_equal(&infer->in_shape[0], x)) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, x has %s", infer->op->name,
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(x, b));
  }
  for (size_t i = 0; i < n; i++) {
    int axis;
    const atr_status status = atr__axis(axes[i], x->rank, "axis", infer->error, &axis);
    if (status) return atr__fail_in(infer->error, status, "%s", infer->op->name);
    p->mask |= 1u << axis;
  }
  return atr__infer_same(infer);
}

atr__mvn_view atr__mvn_view_of(const atr__mean_variance_normalization_params *p, const atr_shape *x) {
  const atr__reduce_params reduce = { ATR__REDUCE_MEAN, p->mask, 0 };
  const atr__reduce_view view = atr__reduce_view_of(&reduce, x);
  atr__mvn_view result = { view.kept, view.reduced, atr__walk_over(x) };
  int64_t stride[ATR_RANK_MAX] = { 0 }, lines = 1;
  for (int d = x->rank - 1; d >= 0; d--)
    if (!(p->mask >> d & 1)) {
      stride[d] = lines;
      lines *= x->dim[d];
    }
  atr__walk_strided(&result.all, stride, 0);
  atr__walk_join(&result.all);
  return result;
}

static atr_status gradient(atr__grad *g) {
  const int in[] = { atr__grad_dy(g, 0), atr__grad_in(g, 0) };
  if (!in[0] || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  atr__grad_set(
      g, 0, atr__grad_node(g, "org.atrous", "MeanVarianceNormalizationGrad", in, 2, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

const atr__op atr__op_mean_variance_normalization = {
  .name = "MeanVarianceNormalization",
  .domain = "",
  .stem = "mean_variance_normalization",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__mean_variance_normalization_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .inplace = 1,
  ATR__HOST(mean_variance_normalization),
  ATR__CL(mean_variance_normalization),
};

const atr__op atr__op_mean_variance_normalization_grad = {
  .name = "MeanVarianceNormalizationGrad",
  .domain = "org.atrous",
  .stem = "mean_variance_normalization",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__mean_variance_normalization_params),
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  .inplace = 3,
  ATR__HOST(mean_variance_normalization_grad),
  ATR__CL(mean_variance_normalization_grad),
};
