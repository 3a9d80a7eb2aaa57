/* conv_grad_input.h: rows that launch kernels/conv_grad_input_lanes.cl, for the input's gradient and for
 * transposed convolution. */
#ifndef ATR_OP_CONV_GRAD_INPUT_H
#define ATR_OP_CONV_GRAD_INPUT_H

#include "op/conv.h"

int atr__conv_grad_input_lanes_applies(const atr__cl_query *q);
int atr__conv_grad_input_lanes_applies_packed(const atr__cl_query *q);
uint64_t atr__conv_grad_input_lanes_bytes(const atr__cl_query *q);
void atr__conv_grad_input_lanes_pack(atr__cl_emit *e, const atr__cl_query *q);
void atr__conv_grad_input_lanes_emit_packed(atr__cl_emit *e, const atr__cl_query *q);
void atr__conv_grad_input_lanes_emit(atr__cl_emit *e, const atr__cl_query *q);
void atr__conv_transpose_lanes_emit_packed(atr__cl_emit *e, const atr__cl_query *q);
void atr__conv_transpose_lanes_emit(atr__cl_emit *e, const atr__cl_query *q);

/* Weights that change only between runs are packed when they do, others at every run. */
#define ATR__CONV_GRAD_INPUT_LANES_ROWS(name)                                                                \
  { .algorithm = "direct_lanes",                                                                             \
    .applies = atr__conv_grad_input_lanes_applies_packed,                                                    \
    .emit = name##_emit_packed,                                                                              \
    .packed_in = 2,                                                                                          \
    .packing = "conv_grad_input_lanes",                                                                      \
    .packed_bytes = atr__conv_grad_input_lanes_bytes,                                                        \
    .pack = atr__conv_grad_input_lanes_pack },                                                               \
  {                                                                                                          \
    .algorithm = "direct_lanes_unpacked", .applies = atr__conv_grad_input_lanes_applies,                     \
    .scratch = atr__conv_grad_input_lanes_bytes, .emit = name##_emit                                         \
  }

#endif
