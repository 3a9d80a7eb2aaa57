/* gemm.c: Gemm: y = alpha · a' · b' + beta · c, a' and b' being a and b or their transposes and c broadcast.
 * Each element is a sum over k in ascending order, from 0; then alpha, then beta · c. Gradients are Gemm
 * nodes. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/gemm.h"

#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__gemm_params *p = infer->params;
  for (size_t i = 0; i < infer->n_in; i++) {
    if (i == 2 && !atr__infer_has(infer, 2)) continue;
    atr_status status = atr__infer_need_f32(infer, i);
    if (!status && i < 2) status = atr__infer_need_rank(infer, i, 2, 2);
    if (status) return status;
  }
  p->trans_a = atr__attrs_int(infer->attrs, "transA", 0) != 0;
  p->trans_b = atr__attrs_int(infer->attrs, "transB", 0) != 0;
  p->alpha = atr__attrs_float(infer->attrs, "alpha", 1);
  p->beta = atr__attrs_float(infer->attrs, "beta", 1);
  const atr_shape *a = &infer->in_shape[0], *b = &infer->in_shape[1];
  const int64_t k = a->dim[!p->trans_a];
  char ta[ATR__SHAPE_TEXT], tb[ATR__SHAPE_TEXT];
  if (b->dim[p->trans_b] != k)
    return atr__fail(infer->error, ATR_E_SHAPE, "Gemm: a %s%s and b %s%s do not share their inner dimension",
                     atr__shape_text(a, ta), p->trans_a ? " transposed" : "", atr__shape_text(b, tb),
                     p->trans_b ? " transposed" : "");
  const int64_t dim[2] = { a->dim[p->trans_a], b->dim[!p->trans_b] };
  const atr_shape y = atr__shape_of(2, dim);
  if (atr__infer_has(infer, 2)) {
    atr_shape both = y;
    const atr_shape *c = &infer->in_shape[2];
    if (atr__shape_broadcast(c, &y, NULL, &both) || !atr__shape_equal(&both, &y))
      return atr__fail(infer->error, ATR_E_SHAPE, "Gemm: c %s cannot be broadcast to the result %s",
                       atr__shape_text(c, ta), atr__shape_text(&y, tb));
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = y;
  return ATR_OK;
}

atr__gemm_problem atr__gemm_problem_of(const atr__gemm_params *p, const atr_shape *a, const atr_shape *b,
                                       const atr_shape *c, const atr_shape *y) {
  atr__gemm_problem g = { .m = y->dim[0], .n = y->dim[1], .k = a->dim[!p->trans_a] };
  g.a_row = p->trans_a ? 1 : a->dim[1];
  g.a_col = p->trans_a ? a->dim[1] : 1;
  g.b_row = p->trans_b ? 1 : b->dim[1];
  g.b_col = p->trans_b ? b->dim[1] : 1;
  g.alpha = p->alpha;
  g.beta = p->beta;
  g.with_c = c != NULL && p->beta != 0;
  if (g.with_c) {
    int64_t stride[ATR_RANK_MAX];
    atr__shape_broadcast_strides(c, y, stride);
    g.c_row = stride[0];
    g.c_col = stride[1];
  }
  const atr_shape one = atr__shape_of(0, NULL);
  g.batch = atr__walk_over(&one);
  atr__walk_broadcast(&g.batch, &one);
  atr__walk_broadcast(&g.batch, &one);
  return g;
}

static atr_status product(atr__grad *grad, size_t input, int a, int b, int trans_a, int trans_b,
                          float alpha) {
  const int in[2] = { a, b };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "transA", trans_a);
  if (!status) status = atr__attrs_set_int(&attrs, "transB", trans_b);
  if (!status) status = atr__attrs_set_float(&attrs, "alpha", alpha);
  if (!status) atr__grad_set(grad, input, atr__grad_node(grad, "", "Gemm", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status;
}

static atr_status gradient(atr__grad *grad) {
  const atr__gemm_params p = *(const atr__gemm_params *)atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0), a = atr__grad_in(grad, 0), b = atr__grad_in(grad, 1);
  atr_status status = ATR_OK;
  if (!dy) return atr__grad_status(grad);
  if (atr__grad_wanted(grad, 0))
    status = p.trans_a ? product(grad, 0, b, dy, p.trans_b, 1, p.alpha)
                       : product(grad, 0, dy, b, 0, !p.trans_b, p.alpha);
  if (!status && atr__grad_wanted(grad, 1))
    status = p.trans_b ? product(grad, 1, dy, a, 1, p.trans_a, p.alpha)
                       : product(grad, 1, a, dy, !p.trans_a, 0, p.alpha);
  if (!status && atr__grad_wanted(grad, 2)) {
    int sum = atr__grad_unbroadcast(grad, dy, atr__grad_in(grad, 2));
    if (p.beta != 1) {
      const int in[2] = { sum, atr__grad_real(grad, p.beta) };
      sum = atr__grad_node(grad, "", "Mul", in, 2, NULL, 1);
    }
    atr__grad_set(grad, 2, sum);
  }
  return status ? status : atr__grad_status(grad);
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__gemm_params *p = params;
  return 2 * atr__shape_size(out) * in[0].dim[!p->trans_a];
}

const atr__op atr__op_gemm = {
  .name = "Gemm",
  .domain = "",
  .stem = "gemm",
  .since = 13,
  .min_in = 2,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gemm_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(gemm),
  ATR__CL(gemm),
};
