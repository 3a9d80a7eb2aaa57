/* conv_winograd.h: the rows of Conv's table that go by Winograd's F(m, 3). */
#ifndef ATR_OP_CONV_WINOGRAD_H
#define ATR_OP_CONV_WINOGRAD_H

#include "op/conv_blocked.h"

#define ATR__CONV_WINOGRAD_DECLARE(m)                                                                        \
  int atr__conv_winograd##m##_applies(const atr__cl_query *query);                                           \
  uint64_t atr__conv_winograd##m##_bytes(const atr__cl_query *query);                                        \
  uint64_t atr__conv_winograd##m##_scratch(const atr__cl_query *query);                                      \
  void atr__conv_winograd##m##_pack(atr__cl_emit *emit, const atr__cl_query *query);                         \
  void atr__conv_winograd##m##_emit(atr__cl_emit *emit, const atr__cl_query *query)
ATR__CONV_WINOGRAD_DECLARE(2);
ATR__CONV_WINOGRAD_DECLARE(3);
ATR__CONV_WINOGRAD_DECLARE(4);

#define ATR__CONV_WINOGRAD_ROW(m)                                                                            \
  {                                                                                                          \
    .algorithm = "winograd" #m "_blocked", .applies = atr__conv_winograd##m##_applies,                       \
    .blocked_in = 1u | 1u << ATR__CONV_RESIDUAL, .blocked_out = 1,                                           \
    .scratch = atr__conv_winograd##m##_scratch, .emit = atr__conv_winograd##m##_emit, .packed_in = 2,        \
    .packing = "winograd" #m, .packed_bytes = atr__conv_winograd##m##_bytes,                                 \
    .pack = atr__conv_winograd##m##_pack                                                                     \
  }
#define ATR__CONV_WINOGRAD_ROWS                                                                              \
  ATR__CONV_WINOGRAD_ROW(4), ATR__CONV_WINOGRAD_ROW(3), ATR__CONV_WINOGRAD_ROW(2)

#endif
