/* matmul.c: MatMul: products of matrices over broadcast batches; a vector on the left is a row, on the right
 * a column. The order of accumulation is Gemm's. Gradients are MatMul nodes. Source: the ONNX operator of the
 * same name. */
#include "config.h"

#include "op/gemm.h"
#include "op/grad.h"
#include "tensor/shape.h"

/* As a matrix: [k] is [1,k] on the left, [k,1] on the right. */
static atr_shape matrix(const atr_shape *s, int right) {
  if (s->rank > 1) return *s;
  const int64_t dim[2] = { right ? s->dim[0] : 1, right ? 1 : s->dim[0] };
  return atr__shape_of(2, dim);
}

static atr_shape batch_of(const atr_shape *s) {
  return atr__shape_of(s->rank - 2, s->dim);
}

static atr_status infer(atr__infer *infer) {
  ((atr__gemm_params *)infer->params)->batched = 1;
  for (size_t i = 0; i < 2; i++) {
    atr_status status = atr__infer_need_f32(infer, i);
    if (!status) status = atr__infer_need_rank(infer, i, 1, ATR_RANK_MAX);
    if (status) return status;
  }
  const atr_shape a = matrix(&infer->in_shape[0], 0), b = matrix(&infer->in_shape[1], 1);
  const atr_shape ba = batch_of(&a), bb = batch_of(&b);
  if (a.dim[a.rank - 1] != b.dim[b.rank - 2]) {
    char ta[ATR__SHAPE_TEXT], tb[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "MatMul: %s and %s do not share their inner dimension",
                     atr__shape_text(&infer->in_shape[0], ta), atr__shape_text(&infer->in_shape[1], tb));
  }
  atr_shape y;
  atr_status status = atr__shape_broadcast(&ba, &bb, infer->error, &y);
  if (status) return atr__fail_in(infer->error, status, "MatMul: batches");
  if (infer->in_shape[0].rank > 1) y.dim[y.rank++] = a.dim[a.rank - 2];
  if (infer->in_shape[1].rank > 1) y.dim[y.rank++] = b.dim[b.rank - 1];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = y;
  return ATR_OK;
}

atr__gemm_problem atr__matmul_problem(const atr_shape *left, const atr_shape *right) {
  const atr_shape a = matrix(left, 0), b = matrix(right, 1), ba = batch_of(&a), bb = batch_of(&b);
  atr_shape batch = ba;
  atr_status status = atr__shape_broadcast(&ba, &bb, NULL, &batch); /* `infer` has seen that they meet */
  (void)status;
  atr__gemm_problem g = { .m = a.dim[a.rank - 2],
                          .n = b.dim[b.rank - 1],
                          .k = a.dim[a.rank - 1],
                          .a_row = a.dim[a.rank - 1],
                          .a_col = 1,
                          .b_row = b.dim[b.rank - 1],
                          .b_col = 1,
                          .alpha = 1 };
  int64_t own[ATR_RANK_MAX], stride[ATR_RANK_MAX];
  g.batch = atr__walk_over(&batch);
  for (int side = 0; side < 2; side++) {
    const atr_shape *whole = side ? &b : &a, *part = side ? &bb : &ba;
    atr__shape_strides(whole, own);
    for (int d = 0; d < batch.rank; d++) {
      const int at = d - (batch.rank - part->rank);
      stride[d] = at < 0 || part->dim[at] == 1 ? 0 : own[at];
    }
    atr__walk_strided(&g.batch, stride, 0);
  }
  atr__walk_join(&g.batch);
  /* Batches of a against one b are more rows. */
  if (g.batch.count && g.batch.rank == 1 && g.batch.stride[1][0] == 0 &&
      g.batch.stride[0][0] == g.m * g.a_row) {
    g.m *= g.batch.dim[0];
    g.batch.rank = 0;
    g.batch.count = 1;
  }
  return g;
}

static int node2(atr__grad *grad, const char *op, int a, int b) {
  const int in[2] = { a, b };
  return atr__grad_node(grad, "", op, in, 2, NULL, 1);
}
static atr_status transposed(atr__grad *grad, int value, int *result) {
  const int rank = atr__grad_shape(grad, value)->rank;
  int64_t perm[ATR_RANK_MAX];
  for (int d = 0; d < rank; d++) perm[d] = d < rank - 2 ? d : 2 * rank - 3 - d;
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_ints(&attrs, "perm", perm, (size_t)rank);
  if (!status) *result = atr__grad_node(grad, "", "Transpose", &value, 1, &attrs, 1);
  atr__attrs_free(&attrs);
  return status;
}

/* da = dy · bᵀ and db = aᵀ · dy, summed over batches that were broadcast. */
static atr_status gradient(atr__grad *grad) {
  if (!atr__grad_dy(grad, 0)) return atr__grad_status(grad);
  const int left = atr__grad_in(grad, 0), right = atr__grad_in(grad, 1);
  const atr_shape sl = *atr__grad_shape(grad, left), sr = *atr__grad_shape(grad, right);
  const atr_shape ma = matrix(&sl, 0), mb = matrix(&sr, 1);
  atr_shape my = *atr__grad_shape(grad, atr__grad_dy(grad, 0));
  if (sr.rank == 1) my.dim[my.rank++] = 1;
  if (sl.rank == 1) {
    my.dim[my.rank] = my.dim[my.rank - 1];
    my.dim[my.rank++ - 1] = 1;
  }
  const int a = atr__grad_reshape(grad, left, &ma), b = atr__grad_reshape(grad, right, &mb);
  const int dy = atr__grad_reshape(grad, atr__grad_dy(grad, 0), &my);
  for (size_t i = 0; i < 2 && !atr__grad_status(grad); i++) {
    int other = 0;
    if (!atr__grad_wanted(grad, i)) continue;
    atr_status status = transposed(grad, i ? a : b, &other);
    if (status) return status;
    const int whole = i ? node2(grad, "MatMul", other, dy) : node2(grad, "MatMul", dy, other);
    const int part = atr__grad_unbroadcast(grad, whole, i ? b : a);
    if (!atr__grad_status(grad)) atr__grad_set(grad, i, atr__grad_reshape(grad, part, i ? &sr : &sl));
  }
  return atr__grad_status(grad);
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)params;
  return 2 * atr__shape_size(out) * in[0].dim[in[0].rank - 1];
}

const atr__op atr__op_matmul = {
  .name = "MatMul",
  .domain = "",
  .stem = "matmul",
  .since = 13,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gemm_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(matmul),
  ATR__CL(matmul),
};
