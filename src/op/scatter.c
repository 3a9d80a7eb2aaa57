/* scatter.c: what ScatterElements and ScatterND share; see scatter.h. */
#include "config.h"

#include "op/scatter.h"

#include <string.h>

#include "base/alloc.h"
#include "op/axes.h"
#include "op/grad.h"
#include "op/index.h"
#include "tensor/shape.h"

atr_status atr__scatter_kind_of(atr__infer *infer, atr__scatter_kind *kind) {
  static const char *const names[] = { "none", "add", "mul", "max", "min" };
  const char *name = atr__attrs_string(infer->attrs, "reduction", "none");
  size_t k = 0;
  while (k < sizeof names / sizeof *names && strcmp(name, names[k])) k++;
  if (k == sizeof names / sizeof *names)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: reduction \"%.40s\" is not supported",
                     infer->op->name, name);
  *kind = (atr__scatter_kind)k;
  if (k && !atr__is_number(infer->in_type[0]))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: reduction \"%s\" of %s is not supported",
                     infer->op->name, name, atr_type_name(infer->in_type[0]));
  atr_status status = atr__infer_need_index(infer, 1);
  return status ? status : atr__infer_same_type(infer, 0, 2);
}

int atr__scatter_zeros(atr__grad *grad, int shape, atr_type type) {
  const atr_shape one = { 1, { 1 } };
  atr__attrs attrs = { 0 };
  atr__blob *zero = NULL;
  int made = 0;
  if (!atr__blob_create(type, &one, NULL, NULL, &zero) && !atr__attrs_set_tensor(&attrs, "value", zero))
    made = atr__grad_node(grad, "", "ConstantOfShape", &shape, 1, &attrs, 1);
  atr__blob_release(zero);
  atr__attrs_free(&attrs);
  return made;
}

int atr__scatter_last(atr__grad *grad, const char *scatter, const char *gather, const atr__attrs *attrs,
                      int index, const atr_shape *places, const atr_shape *updates) {
  const int64_t n = atr__shape_size(updates);
  int64_t *number = atr__calloc((size_t)n + 1, sizeof *number);
  if (!number) return 0;
  for (int64_t i = 0; i < n; i++) number[i] = i;
  const int numbers = atr__grad_reshape(grad, atr__grad_ints(grad, number, (size_t)n), updates);
  atr__free(number);
  const int shape = atr__grad_ints(grad, places->dim, (size_t)places->rank);
  const int in[3] = { atr__scatter_zeros(grad, shape, ATR_I64), index, numbers };
  const int back[2] = { atr__grad_node(grad, "", scatter, in, 3, attrs, 1), index };
  const int equal[2] = { atr__grad_node(grad, "", gather, back, 2, attrs, 1), numbers };
  return atr__grad_node(grad, "", "Equal", equal, 2, NULL, 1);
}
