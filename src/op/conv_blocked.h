/* conv_blocked.h: the row of Conv's table for channel-blocked tensors. */
#ifndef ATR_OP_CONV_BLOCKED_H
#define ATR_OP_CONV_BLOCKED_H

#include "op/conv.h"

int atr__conv_blocked_applies(const atr__cl_query *query);
uint64_t atr__conv_blocked_bytes(const atr__cl_query *query);
void atr__conv_blocked_pack(atr__cl_emit *emit, const atr__cl_query *query);
void atr__conv_blocked_emit(atr__cl_emit *emit, const atr__cl_query *query);

#define ATR__CONV_BLOCKED_ROW                                                                                \
  {                                                                                                          \
    .algorithm = "direct_blocked", .applies = atr__conv_blocked_applies, .blocked_in = 1, .blocked_out = 1,  \
    .emit = atr__conv_blocked_emit, .packed_in = 2, .packing = "ocb_cb_fh_fw_16_ocb",                        \
    .packed_bytes = atr__conv_blocked_bytes, .pack = atr__conv_blocked_pack,                                 \
  }

#endif
