/* sampled_product.h: what the parts of SampledProduct share.
 */
#ifndef ATR_OP_SAMPLED_PRODUCT_H
#define ATR_OP_SAMPLED_PRODUCT_H

#include "op/op.h"

enum { ATR__SAMPLED_LANES = 16 };

typedef struct atr__sampled_product_params {
  int64_t rows, cols, lines, entries;
} atr__sampled_product_params;

ATR__DECLARE_OP(sampled_product);

#endif
