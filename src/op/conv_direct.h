/* conv_direct.h: rows that launch kernels/conv_direct_plain.cl, for convolution, for its input's gradient,
 * and for transposed convolution. */
#ifndef ATR_OP_CONV_DIRECT_H
#define ATR_OP_CONV_DIRECT_H

#include "op/conv.h"

#define ATR__CONV_DIRECT_DECLARE(name)                                                                       \
  int name##_applies(const atr__cl_query *q);                                                                \
  int name##_applies_packed(const atr__cl_query *q);                                                         \
  uint64_t name##_bytes(const atr__cl_query *q);                                                             \
  void name##_pack(atr__cl_emit *e, const atr__cl_query *q);                                                 \
  void name##_emit_packed(atr__cl_emit *e, const atr__cl_query *q);                                          \
  void name##_emit(atr__cl_emit *e, const atr__cl_query *q)
ATR__CONV_DIRECT_DECLARE(atr__conv_direct);
ATR__CONV_DIRECT_DECLARE(atr__conv_direct_grad);
ATR__CONV_DIRECT_DECLARE(atr__conv_direct_transpose);

/* Weights that change only between runs are packed when they do, others at every run. `form` names the
 * packing. */
#define ATR__CONV_DIRECT_ROWS(name, form)                                                                    \
  { .algorithm = "direct_plain",                                                                             \
    .applies = name##_applies_packed,                                                                        \
    .emit = name##_emit_packed,                                                                              \
    .packed_in = 2,                                                                                          \
    .packing = form,                                                                                         \
    .packed_bytes = name##_bytes,                                                                            \
    .pack = name##_pack },                                                                                   \
  {                                                                                                          \
    .algorithm = "direct_plain_unpacked", .applies = name##_applies, .scratch = name##_bytes,                \
    .emit = name##_emit                                                                                      \
  }

#endif
