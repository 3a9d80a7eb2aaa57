/* compress.h: what the parts of compress share. */
#ifndef ATR_OP_COMPRESS_H
#define ATR_OP_COMPRESS_H

#include "op/op.h"

typedef struct atr__compress_params {
  int64_t outer, extent, kept, inner; /* the input as [outer][extent][inner], of which `kept` stay */
} atr__compress_params;

ATR__DECLARE_OP(compress);

#endif
