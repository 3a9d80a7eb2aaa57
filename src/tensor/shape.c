/* shape.c: element types and checked arithmetic on shapes; see shape.h. */
#include "tensor/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

size_t atr_type_size(atr_type type) {
  switch (type) {
  case ATR_F32:
  case ATR_U32:
  case ATR_I32: return 4;
  case ATR_U8:
  case ATR_I8:
  case ATR_BOOL: return 1;
  case ATR_F16:
  case ATR_BF16:
  case ATR_U16:
  case ATR_I16: return 2;
  case ATR_U64:
  case ATR_I64:
  case ATR_F64: return 8;
  case ATR_TYPE_NONE: break;
  }
  return 0;
}

const char *atr_type_name(atr_type type) {
  switch (type) {
  case ATR_F32: return "float32";
  case ATR_U8: return "uint8";
  case ATR_I8: return "int8";
  case ATR_I32: return "int32";
  case ATR_I64: return "int64";
  case ATR_BOOL: return "bool";
  case ATR_F16: return "float16";
  case ATR_F64: return "float64";
  case ATR_U16: return "uint16";
  case ATR_I16: return "int16";
  case ATR_U32: return "uint32";
  case ATR_U64: return "uint64";
  case ATR_BF16: return "bfloat16";
  case ATR_TYPE_NONE: break;
  }
  return "?";
}

const char *atr__shape_text(const atr_shape *shape, char text[ATR__SHAPE_TEXT]) {
  size_t at = 0;
  text[at++] = '[';
  for (int i = 0; i < shape->rank && i < ATR_RANK_MAX; i++) {
    const char *comma = i ? "," : "";
    int used = shape->dim[i] < 0
                   ? snprintf(text + at, ATR__SHAPE_TEXT - at, "%s?", comma)
                   : snprintf(text + at, ATR__SHAPE_TEXT - at, "%s%lld", comma, (long long)shape->dim[i]);
    at += (size_t)used;
  }
  snprintf(text + at, ATR__SHAPE_TEXT - at, "]");
  return text;
}

atr_shape atr__shape_of(int rank, const int64_t *dim) {
  atr_shape shape;
  memset(&shape, 0, sizeof shape);
  shape.rank = rank;
  for (int i = 0; i < rank; i++) shape.dim[i] = dim[i];
  return shape;
}

int atr__shape_equal(const atr_shape *a, const atr_shape *b) {
  if (a->rank != b->rank) return 0;
  for (int i = 0; i < a->rank; i++)
    if (a->dim[i] != b->dim[i]) return 0;
  return 1;
}

int atr__shape_known(const atr_shape *shape) {
  if (shape->rank < 0 || shape->rank > ATR_RANK_MAX) return 0;
  for (int i = 0; i < shape->rank; i++)
    if (shape->dim[i] < 0) return 0;
  return 1;
}

atr_status atr__shape_count(const atr_shape *shape, atr_error *error, int64_t *count) {
  char text[ATR__SHAPE_TEXT];
  *count = 0;
  if (shape->rank < 0 || shape->rank > ATR_RANK_MAX)
    return atr__fail(error, ATR_E_SHAPE, "rank %d is outside 0 to %d", shape->rank, ATR_RANK_MAX);
  int64_t product = 1;
  int zero = 0;
  for (int i = 0; i < shape->rank; i++) {
    if (shape->dim[i] < 0)
      return atr__fail(error, ATR_E_SHAPE, "shape %s has a free dimension %d", atr__shape_text(shape, text),
                       i);
    if (shape->dim[i] == 0) zero = 1;
  }
  for (int i = 0; i < shape->rank && !zero; i++)
    if (atr__mul_i64(product, shape->dim[i], &product) || product > INT32_MAX)
      return atr__fail(error, ATR_E_LIMIT, "shape %s has more than 2^31 - 1 elements",
                       atr__shape_text(shape, text));
  *count = zero ? 0 : product;
  return ATR_OK;
}

int64_t atr__shape_span(const atr_shape *shape, int from, int to) {
  int64_t product = 1;
  for (int i = from; i < to; i++)
    if (atr__mul_i64(product, shape->dim[i], &product)) return INT64_MAX; /* atr__shape_count refuses it */
  return product;
}

int64_t atr__shape_size(const atr_shape *shape) {
  for (int i = 0; i < shape->rank; i++)
    if (shape->dim[i] == 0) return 0;
  return atr__shape_span(shape, 0, shape->rank);
}

void atr__shape_strides(const atr_shape *shape, int64_t stride[8]) {
  int64_t step = 1;
  for (int i = shape->rank - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape->dim[i] ? shape->dim[i] : 1;
  }
}

atr_status atr__shape_broadcast(const atr_shape *a, const atr_shape *b, atr_error *error, atr_shape *result) {
  const int rank = a->rank > b->rank ? a->rank : b->rank;
  atr_shape out = atr__shape_of(0, NULL);
  out.rank = rank;
  for (int i = 0; i < rank; i++) {
    const int ai = i - (rank - a->rank), bi = i - (rank - b->rank);
    const int64_t da = ai >= 0 ? a->dim[ai] : 1, db = bi >= 0 ? b->dim[bi] : 1;
    if (da != db && da != 1 && db != 1) {
      char ta[ATR__SHAPE_TEXT], tb[ATR__SHAPE_TEXT];
      return atr__fail(error, ATR_E_SHAPE, "shapes %s and %s cannot be broadcast together",
                       atr__shape_text(a, ta), atr__shape_text(b, tb));
    }
    out.dim[i] = da == 1 ? db : da;
  }
  *result = out;
  return ATR_OK;
}

void atr__shape_broadcast_strides(const atr_shape *from, const atr_shape *to, int64_t stride[8]) {
  int64_t own[8];
  atr__shape_strides(from, own);
  for (int i = 0; i < to->rank; i++) {
    const int at = i - (to->rank - from->rank);
    stride[i] = at < 0 || from->dim[at] == 1 ? 0 : own[at];
  }
}

atr_status atr__axis(int64_t axis, int rank, const char *what, atr_error *error, int *result) {
  if (axis < -rank || axis >= rank)
    return atr__fail(error, ATR_E_PARAM, "%s %lld is outside [-%d, %d)", what, (long long)axis, rank, rank);
  *result = (int)(axis < 0 ? axis + rank : axis);
  return ATR_OK;
}
