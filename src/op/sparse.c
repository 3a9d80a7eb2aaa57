/* sparse.c: the checks and gradients that operators with a sparse matrix share; see sparse.h. */
#include "config.h"

#include "op/sparse.h"

#include "base/alloc.h"
#include "op/grad.h"
#include "op/rate.h"
#include "tensor/csr.h"
#include "tensor/shape.h"

const char *const atr__rate_names[] = { "Tanh", "Sigmoid", "Relu", "Softplus", "Identity" };

/* The values of input `at`, int32 [n]; NULL with the status in *status. */
static const int32_t *list(atr__infer *infer, size_t at, const char *what, int64_t n, atr_status *status) {
  char text[ATR__SHAPE_TEXT];
  *status = ATR_E_SHAPE;
  if (at >= infer->n_in || infer->in_type[at] == ATR_TYPE_NONE) {
    atr__fail(infer->error, *status, "%s: a sparse matrix needs %s, input %zu", infer->op->name, what, at);
    return NULL;
  }
  const atr_shape *shape = &infer->in_shape[at];
  if (infer->in_type[at] != ATR_I32 || shape->rank != 1 || shape->dim[0] != n) {
    atr__fail(infer->error, *status, "%s: %s, input %zu, is %s %s, must be int32 [%lld]", infer->op->name,
              what, at, atr_type_name(infer->in_type[at]), atr__shape_text(shape, text), (long long)n);
    return NULL;
  }
  *status = ATR_E_UNSUPPORTED;
  const atr__blob *blob = atr__infer_known(infer, at, what);
  if (!blob) return NULL;
  *status = ATR_OK;
  return blob->data;
}

atr_status atr__sparse_need(atr__infer *infer, size_t at, int64_t rows, int64_t cols, int64_t entries) {
  atr_status status;
  const int32_t *start = list(infer, at, "row_start", rows + 1, &status);
  const int32_t *column = status ? NULL : list(infer, at + 1, "column", entries, &status);
  if (status) return status;
  return atr__csr_pattern(infer->op->name, rows, cols, entries, start, column, infer->error);
}

atr_status atr__sparse_need_transposed(atr__infer *infer, size_t at, int64_t rows, int64_t cols,
                                       int64_t entries) {
  atr_status status = atr__sparse_need(infer, at, cols, rows, entries);
  const int32_t *entry = status ? NULL : list(infer, at + 2, "entry", entries, &status);
  for (int64_t e = 0; !status && e < entries; e++)
    if (entry[e] < 0 || entry[e] >= entries)
      status = atr__fail(infer->error, ATR_E_PARAM, "%s: entry[%lld] is %d, of %lld entries", infer->op->name,
                         (long long)e, (int)entry[e], (long long)entries);
  return status;
}

atr_status atr__sparse_values(atr__infer *infer, size_t at, int64_t *entries) {
  atr_status status = atr__infer_need_f32(infer, at);
  if (!status) status = atr__infer_need_rank(infer, at, 1, 1);
  if (!status) *entries = infer->in_shape[at].dim[0];
  return status;
}

void atr__sparse_transpose(atr__grad *g, size_t at, int64_t rows, int64_t cols, int transposed[3]) {
  const atr__blob *start = atr__grad_known(g, atr__grad_in(g, at)),
                  *column = atr__grad_known(g, atr__grad_in(g, at + 1));
  for (int i = 0; i < 3; i++) transposed[i] = 0;
  if (atr__grad_status(g) || !start || !column) return; /* inference has both, or there is no such node */
  const atr_shape line = atr__shape_of(1, (int64_t[]){ cols + 1 }), list_shape = column->shape;
  int32_t *room = atr__calloc((size_t)(cols + 1) + 2 * (size_t)column->count, sizeof *room);
  int32_t *row = room + cols + 1, *entry = row + column->count;
  if (room) atr__csr_transpose(rows, cols, start->data, column->data, room, row, entry);
  transposed[0] = atr__grad_constant(g, ATR_I32, &line, room);
  transposed[1] = atr__grad_constant(g, ATR_I32, &list_shape, row);
  transposed[2] = atr__grad_constant(g, ATR_I32, &list_shape, entry);
  atr__free(room);
}

int atr__sparse_grad(atr__grad *g, int a, int b, size_t at, int64_t lines, int64_t rows, int64_t cols) {
  const atr_shape flat_a = atr__shape_of(2, (int64_t[]){ lines, rows }),
                  flat_b = atr__shape_of(2, (int64_t[]){ lines, cols });
  a = atr__grad_reshape(g, a, &flat_a);
  b = atr__grad_reshape(g, b, &flat_b);
  a = atr__grad_node(g, NULL, "Transpose", &a, 1, NULL, 1);
  b = atr__grad_node(g, NULL, "Transpose", &b, 1, NULL, 1);
  const int in[] = { a, b, atr__grad_in(g, at), atr__grad_in(g, at + 1) };
  return atr__grad_node(g, "org.atrous", "SampledProduct", in, 4, NULL, 1);
}
