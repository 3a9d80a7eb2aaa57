/* conv_pointwise.h: rows that launch kernels/conv_pointwise_plain.cl, for convolution and for its input's
 * gradient. */
#ifndef ATR_OP_CONV_POINTWISE_H
#define ATR_OP_CONV_POINTWISE_H

#include "op/conv.h"

#define ATR__CONV_POINTWISE_DECLARE(name)                                                                    \
  int name##_applies(const atr__cl_query *q);                                                                \
  int name##_applies_packed(const atr__cl_query *q);                                                         \
  uint64_t name##_bytes(const atr__cl_query *q);                                                             \
  void name##_pack(atr__cl_emit *e, const atr__cl_query *q);                                                 \
  void name##_emit_packed(atr__cl_emit *e, const atr__cl_query *q);                                          \
  void name##_emit(atr__cl_emit *e, const atr__cl_query *q)
ATR__CONV_POINTWISE_DECLARE(atr__conv_one_tap);
ATR__CONV_POINTWISE_DECLARE(atr__conv_one_tap_grad);

/* Weights that change only between runs are packed when they do, others at every run. `form` names the
 * packing. */
#define ATR__CONV_POINTWISE_ROWS(name, form)                                                                 \
  { .algorithm = "pointwise_plain",                                                                          \
    .applies = name##_applies_packed,                                                                        \
    .emit = name##_emit_packed,                                                                              \
    .packed_in = 2,                                                                                          \
    .packing = form,                                                                                         \
    .packed_bytes = name##_bytes,                                                                            \
    .pack = name##_pack },                                                                                   \
  {                                                                                                          \
    .algorithm = "pointwise_plain_unpacked", .applies = name##_applies, .scratch = name##_bytes,             \
    .emit = name##_emit                                                                                      \
  }

#endif
