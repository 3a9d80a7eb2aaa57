/* conv_winograd.h: the rows of the tables of Conv and ConvTranspose that go by Winograd's F(m, 3). */
#ifndef ATR_OP_CONV_WINOGRAD_H
#define ATR_OP_CONV_WINOGRAD_H

#include "op/conv_blocked.h"

#define ATR__CONV_WINOGRAD_DECLARE(name)                                                                     \
  int atr__##name##_applies(const atr__cl_query *query);                                                     \
  uint64_t atr__##name##_bytes(const atr__cl_query *query);                                                  \
  uint64_t atr__##name##_scratch(const atr__cl_query *query);                                                \
  void atr__##name##_pack(atr__cl_emit *emit, const atr__cl_query *query);                                   \
  void atr__##name##_emit(atr__cl_emit *emit, const atr__cl_query *query)
ATR__CONV_WINOGRAD_DECLARE(conv_winograd2);
ATR__CONV_WINOGRAD_DECLARE(conv_winograd3);
ATR__CONV_WINOGRAD_DECLARE(conv_winograd4);
ATR__CONV_WINOGRAD_DECLARE(conv_transpose_winograd2);
ATR__CONV_WINOGRAD_DECLARE(conv_transpose_winograd3);
ATR__CONV_WINOGRAD_DECLARE(conv_transpose_winograd4);
ATR__CONV_WINOGRAD_DECLARE(conv_winograd2_late);
ATR__CONV_WINOGRAD_DECLARE(conv_winograd3_late);
ATR__CONV_WINOGRAD_DECLARE(conv_winograd4_late);

#define ATR__CONV_WINOGRAD_ROW(title, name, form)                                                            \
  {                                                                                                          \
    .algorithm = title, .applies = atr__##name##_applies, .blocked_in = 1u | 1u << ATR__CONV_RESIDUAL,       \
    .blocked_out = 1, .scratch = atr__##name##_scratch, .emit = atr__##name##_emit, .packed_in = 2,          \
    .packing = form, .packed_bytes = atr__##name##_bytes, .pack = atr__##name##_pack                         \
  }
/* Filters packed as points, or, late, as they are for direct_blocked: a quarter of the bytes for m = 4. */
#define ATR__CONV_WINOGRAD_ROWS                                                                              \
  ATR__CONV_WINOGRAD_ROW("winograd4_blocked", conv_winograd4, "winograd4"),                                  \
      ATR__CONV_WINOGRAD_ROW("winograd4_late_blocked", conv_winograd4_late, ATR__CONV_BLOCKED_FORM),         \
      ATR__CONV_WINOGRAD_ROW("winograd3_blocked", conv_winograd3, "winograd3"),                              \
      ATR__CONV_WINOGRAD_ROW("winograd3_late_blocked", conv_winograd3_late, ATR__CONV_BLOCKED_FORM),         \
      ATR__CONV_WINOGRAD_ROW("winograd2_blocked", conv_winograd2, "winograd2"),                              \
      ATR__CONV_WINOGRAD_ROW("winograd2_late_blocked", conv_winograd2_late, ATR__CONV_BLOCKED_FORM)
#define ATR__CONV_TRANSPOSE_WINOGRAD_ROWS                                                                    \
  ATR__CONV_WINOGRAD_ROW("winograd4_blocked", conv_transpose_winograd4, "transposed_winograd4"),             \
      ATR__CONV_WINOGRAD_ROW("winograd3_blocked", conv_transpose_winograd3, "transposed_winograd3"),         \
      ATR__CONV_WINOGRAD_ROW("winograd2_blocked", conv_transpose_winograd2, "transposed_winograd2")

#endif
