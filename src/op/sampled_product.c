/* sampled_product.c: SampledProduct (org.atrous), the product of two matrices at the places of a sparse one:
 * y[e] = Σ a[i][k]·b[j][k] for entry e in row i and column j. It is the gradient of a sparse matrix's values
 * (a what arrived at the rows, b what the columns held, k over time and samples).
 *
 * Inputs: a [rows][lines], b [cols][lines], row_start, column (sparse.h). k is added up in 16 sums, k mod 16,
 * which are then added in order. */
#include "config.h"

#include "op/sampled_product.h"

#include "op/sparse.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__sampled_product_params *p = infer->params;
  atr_status status;
  for (size_t i = 0; i < 2; i++) {
    if ((status = atr__infer_need_f32(infer, i))) return status;
    if ((status = atr__infer_need_rank(infer, i, 2, 2))) return status;
  }
  const atr_shape *a = &infer->in_shape[0], *b = &infer->in_shape[1];
  p->rows = a->dim[0], p->cols = b->dim[0], p->lines = a->dim[1];
  if (b->dim[1] != p->lines) {
    char at[ATR__SHAPE_TEXT], bt[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %s and %s must agree in their last dimension",
                     infer->op->name, atr__shape_text(a, at), atr__shape_text(b, bt));
  }
  if ((status = atr__infer_need_rank(infer, 3, 1, 1))) return status;
  p->entries = infer->in_shape[3].dim[0];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[3];
  return atr__sparse_need(infer, 2, p->rows, p->cols, p->entries);
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__sampled_product_params *p = params;
  (void)in, (void)out;
  return 2 * p->entries * p->lines;
}

const atr__op atr__op_sampled_product = {
  .name = "SampledProduct",
  .domain = "org.atrous",
  .stem = "sampled_product",
  .since = 1,
  .min_in = 4,
  .max_in = 4,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__sampled_product_params),
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  .flops = flops,
  ATR__HOST(sampled_product),
  ATR__CL(sampled_product),
};
