/* axes.c: lists of axes, and small questions about inputs; see axes.h. */
#include "op/axes.h"

#include <string.h>

#include "tensor/shape.h"

int atr__infer_has(const atr__infer *infer, size_t input) {
  return input < infer->n_in && infer->in_type[input] != ATR_TYPE_NONE;
}

atr_status atr__infer_axes(atr__infer *infer, size_t input, int rank, atr__axes *axes) {
  memset(axes, 0, sizeof *axes);
  const atr__attr *attr = atr__attrs_find(infer->attrs, "axes");
  int64_t room[ATR_RANK_MAX];
  const int64_t *list = room;
  size_t n = 0;
  if (attr && attr->kind == ATR__ATTR_INTS) {
    list = attr->ints;
    n = attr->n;
    if (n > (size_t)rank)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: %zu axes given for rank %d", infer->op->name, n, rank);
  } else if (atr__infer_has(infer, input)) {
    atr_status status = atr__infer_ints(infer, input, room, ATR_RANK_MAX, &n);
    if (status) return status;
  } else
    return ATR_OK;
  axes->given = 1;
  for (size_t i = 0; i < n; i++) {
    int axis;
    atr_status status = atr__axis(list[i], rank, "axis", infer->error, &axis);
    if (status) return atr__fail_in(infer->error, status, "%s", infer->op->name);
    if (axes->mask >> axis & 1)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: axis %d is given twice", infer->op->name, axis);
    axes->mask |= 1u << axis;
    axes->list[axes->n++] = axis;
  }
  return ATR_OK;
}

atr_status atr__infer_same_type(atr__infer *infer, size_t i, size_t j) {
  if (infer->in_type[i] == infer->in_type[j]) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu is %s and input %zu is %s; they must agree",
                   infer->op->name, i, atr_type_name(infer->in_type[i]), j, atr_type_name(infer->in_type[j]));
}
