/* matmul_integer.c: MatMulInteger and QLinearMatMul: products of matrices of 8-bit integers, added up in 32
 * bits.
 *
 * acc = Σ (a - a zero point) · (b - b zero point), exact but for sums beyond 32 bits, which wrap.
 * QLinearMatMul: y = saturate(round(acc · (a scale · b scale / y scale)) + y zero point), halves to even. A
 * zero point and its scale may be one a row of a, one a column of b: a vector, or as many dimensions as the
 * matrix with 1 where it does not vary. No speed is sought here. Sources: ONNX MatMulInteger-10,
 * QLinearMatMul-10. */
#include "config.h"

#include "op/matmul_integer.h"

#include "op/quantize.h"
#include "tensor/shape.h"

enum { NONE = 64 };

static int has(const atr__infer *infer, size_t input) {
  return infer->n_in > input && infer->in_type[input] != ATR_TYPE_NONE;
}

/* As a matrix: [k] is [1,k] on the left, [k,1] on the right. */
static atr_shape matrix(const atr_shape *s, int right) {
  if (s->rank > 1) return *s;
  return atr__shape_of(2, (int64_t[]){ right ? s->dim[0] : 1, right ? 1 : s->dim[0] });
}

/* What belongs to rows or columns, as it is broadcast: a vector of rows is [rows,1]. */
static atr_shape spread(const atr_shape *s, int right) {
  if (right || s->rank != 1) return *s;
  return atr__shape_of(2, (int64_t[]){ s->dim[0], 1 });
}

/* Adds operand `input` to the walk over `whole` ([batch…][m][n]): it may vary with the batches and with m (of
 * a) or n (of b). */
static atr_status add_factor(atr__infer *infer, size_t input, int right, const atr_shape *whole,
                             int *varies) {
  atr__matmul_integer_params *p = infer->params;
  const atr_shape zero = { 0 };
  const atr_shape own = has(infer, input) ? spread(&infer->in_shape[input], right) : zero;
  int fits = own.rank <= whole->rank;
  *varies = 0;
  for (int d = 0; fits && d < own.rank; d++) {
    const int at = d + whole->rank - own.rank;
    fits = own.dim[d] == 1 || (own.dim[d] == whole->dim[at] && at != whole->rank - (right ? 2 : 1));
    *varies |= own.dim[d] != 1;
  }
  if (!fits) {
    char s[ATR__SHAPE_TEXT], y[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: input %zu has shape %s, must be a scalar or one number a %s of the product %s",
                     infer->op->name, input, atr__shape_text(&infer->in_shape[input], s),
                     right ? "column" : "row", atr__shape_text(whole, y));
  }
  atr__walk_broadcast(&p->walk, &own);
  return ATR_OK;
}

/* Adds a matrix to the walk over `whole`: its batches are broadcast, its own dimension is m or n. */
static void add_matrix(atr__walk *walk, const atr_shape *m, int right, const atr_shape *whole) {
  int64_t own[ATR_RANK_MAX], stride[ATR_RANK_MAX] = { 0 };
  atr__shape_strides(m, own);
  for (int d = 0; d < m->rank - 2; d++)
    if (m->dim[d] != 1) stride[d + whole->rank - m->rank] = own[d];
  stride[whole->rank - (right ? 1 : 2)] = own[m->rank - (right ? 1 : 2)];
  atr__walk_strided(walk, stride, 0);
}

static atr_status shapes(atr__infer *infer, const atr_shape *left, const atr_shape *right, atr_shape *whole) {
  atr__matmul_integer_params *p = infer->params;
  const atr_shape a = matrix(left, 0), b = matrix(right, 1);
  const atr_shape ba = atr__shape_of(a.rank - 2, a.dim), bb = atr__shape_of(b.rank - 2, b.dim);
  int64_t unused;
  if (a.dim[a.rank - 1] != b.dim[b.rank - 2]) {
    char ta[ATR__SHAPE_TEXT], tb[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %s and %s do not share their inner dimension",
                     infer->op->name, atr__shape_text(left, ta), atr__shape_text(right, tb));
  }
  atr_status status = atr__shape_broadcast(&ba, &bb, infer->error, whole);
  if (status) return atr__fail_in(infer->error, status, "%s: batches", infer->op->name);
  atr_shape *y = &infer->out_shape[0];
  *y = *whole;
  if (left->rank > 1) y->dim[y->rank++] = a.dim[a.rank - 2];
  if (right->rank > 1) y->dim[y->rank++] = b.dim[b.rank - 1];
  whole->dim[whole->rank++] = a.dim[a.rank - 2];
  whole->dim[whole->rank++] = b.dim[b.rank - 1];
  if ((status = atr__shape_count(whole, infer->error, &unused))) return status;
  p->k = a.dim[a.rank - 1];
  p->b_step = b.dim[b.rank - 1];
  p->walk = atr__walk_over(whole);
  add_matrix(&p->walk, &a, 0, whole);
  add_matrix(&p->walk, &b, 1, whole);
  return ATR_OK;
}

static atr_status fill(atr__infer *infer, const atr__matmul_integer_inputs *in, atr_shape *whole) {
  atr__matmul_integer_params *p = infer->params;
  const size_t side[2] = { in->a, in->b }, zero[2] = { in->a_zero, in->b_zero };
  atr_status status = ATR_OK;
  int unused;
  p->in = *in;
  for (int i = 0; i < 2 && !status; i++) {
    status = atr__quantize_need_byte(infer, side[i]);
    if (!status) status = atr__infer_need_rank(infer, side[i], 1, ATR_RANK_MAX);
    if (!status && has(infer, zero[i]))
      status = atr__quantize_need_type(infer, zero[i], infer->in_type[side[i]]);
  }
  if (!status) status = shapes(infer, &infer->in_shape[in->a], &infer->in_shape[in->b], whole);
  for (int i = 0; i < 2 && !status; i++) status = add_factor(infer, zero[i], i, whole, &unused);
  return status;
}

static atr_status infer_integer(atr__infer *infer) {
  static const atr__matmul_integer_inputs in = { 0, NONE, 2, 1, NONE, 3, NONE, NONE };
  atr__matmul_integer_params *p = infer->params;
  atr_shape whole;
  atr_status status = fill(infer, &in, &whole);
  if (status) return status;
  infer->out_type[0] = ATR_I32;
  atr__walk_join(&p->walk);
  return ATR_OK;
}

/* A scale has its zero point's shape, or is one for all. */
static atr_status check_scale(atr__infer *infer, size_t scale, size_t zero, int *varies) {
  const atr_shape *s = &infer->in_shape[scale], *z = &infer->in_shape[zero];
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  *varies = s->rank != 0 && !(s->rank == 1 && s->dim[0] == 1);
  if (!*varies || atr__shape_equal(s, z)) return atr__quantize_need_type(infer, scale, ATR_F32);
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: the scale has shape %s, its zero point %s",
                   infer->op->name, atr__shape_text(s, a), atr__shape_text(z, b));
}

static atr_status infer_qlinear(atr__infer *infer) {
  static const atr__matmul_integer_inputs in = { 0, 1, 2, 3, 4, 5, 6, 7 };
  atr__matmul_integer_params *p = infer->params;
  atr_shape whole;
  atr_status status = fill(infer, &in, &whole);
  if (!status) status = check_scale(infer, in.a_scale, in.a_zero, &p->a_scales);
  if (!status) status = check_scale(infer, in.b_scale, in.b_zero, &p->b_scales);
  if (!status) status = atr__quantize_need_type(infer, in.y_scale, ATR_F32);
  if (!status) status = atr__quantize_need_one(infer, in.y_scale);
  if (!status) status = atr__quantize_need_byte(infer, in.y_zero);
  if (!status) status = atr__quantize_need_one(infer, in.y_zero);
  if (status) return status;
  infer->out_type[0] = infer->in_type[in.y_zero];
  atr__walk_join(&p->walk);
  return ATR_OK;
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)in;
  return 2 * ((const atr__matmul_integer_params *)params)->k * atr__shape_size(out);
}

const atr__op atr__op_matmul_integer = {
  .name = "MatMulInteger",
  .domain = "",
  .stem = "matmul_integer",
  .since = 10,
  .min_in = 2,
  .max_in = 4,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__matmul_integer_params),
  .infer = infer_integer,
  .differentiable = ATR__DIFF_ZERO,
  .flops = flops,
  ATR__HOST(matmul_integer),
  ATR__CL(matmul_integer),
};

const atr__op atr__op_qlinear_matmul = {
  .name = "QLinearMatMul",
  .domain = "",
  .stem = "matmul_integer",
  .since = 10,
  .min_in = 8,
  .max_in = 8,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__matmul_integer_params),
  .infer = infer_qlinear,
  .differentiable = ATR__DIFF_ZERO,
  .flops = flops,
  ATR__HOST(qlinear_matmul),
  ATR__CL(qlinear_matmul),
};
