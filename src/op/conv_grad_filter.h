/* conv_grad_filter.h: rows that launch kernels/conv_grad_filter_lanes.cl and conv_grad_filter_plain.cl. */
#ifndef ATR_OP_CONV_GRAD_FILTER_H
#define ATR_OP_CONV_GRAD_FILTER_H

#include "op/conv.h"

int atr__conv_grad_filter_applies(const atr__cl_query *q);
uint64_t atr__conv_grad_filter_scratch(const atr__cl_query *q);
void atr__conv_grad_filter_emit(atr__cl_emit *e, const atr__cl_query *q);
int atr__conv_grad_bias_applies(const atr__cl_query *q);
uint64_t atr__conv_grad_bias_scratch(const atr__cl_query *q);
void atr__conv_grad_bias_emit(atr__cl_emit *e, const atr__cl_query *q);

int atr__conv_grad_filter_lanes_applies(const atr__cl_query *q);
uint64_t atr__conv_grad_filter_lanes_scratch(const atr__cl_query *q);
void atr__conv_grad_filter_lanes_emit(atr__cl_emit *e, const atr__cl_query *q);

#define ATR__CONV_GRAD_FILTER_LANES_ROW                                                                      \
  {                                                                                                          \
    .algorithm = "direct_lanes", .applies = atr__conv_grad_filter_lanes_applies,                             \
    .scratch = atr__conv_grad_filter_lanes_scratch, .emit = atr__conv_grad_filter_lanes_emit                 \
  }
#define ATR__CONV_GRAD_FILTER_ROW                                                                            \
  {                                                                                                          \
    .algorithm = "direct_plain", .applies = atr__conv_grad_filter_applies,                                   \
    .scratch = atr__conv_grad_filter_scratch, .emit = atr__conv_grad_filter_emit                             \
  }
#define ATR__CONV_GRAD_BIAS_ROW                                                                              \
  {                                                                                                          \
    .algorithm = "direct_plain", .applies = atr__conv_grad_bias_applies,                                     \
    .scratch = atr__conv_grad_bias_scratch, .emit = atr__conv_grad_bias_emit                                 \
  }

#endif
