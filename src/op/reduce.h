/* reduce.h: what the parts of reduce share. */
#ifndef ATR_OP_REDUCE_H
#define ATR_OP_REDUCE_H

#include "op/op.h"
#include "op/walk.h"

/* The numbers are those of kernels/reduce.cl. */
typedef enum atr__reduce_kind {
  ATR__REDUCE_SUM,
  ATR__REDUCE_MEAN,
  ATR__REDUCE_MAX,
  ATR__REDUCE_MIN,
  ATR__REDUCE_PROD,
  ATR__REDUCE_L1,
  ATR__REDUCE_L2,
  ATR__REDUCE_SUM_SQUARE,
  ATR__REDUCE_LOG_SUM,
  ATR__REDUCE_LOG_SUM_EXP
} atr__reduce_kind;

typedef struct atr__reduce_params {
  atr__reduce_kind kind;
  unsigned mask; /* bit i: axis i is reduced */
  int keepdims;
} atr__reduce_params;

/* Elements of a part; lanes of its partial results (see reduce.c). */
enum { ATR__REDUCE_PART = 1024, ATR__REDUCE_LANES = 16 };

/* The input as outputs × reduced elements: `kept` walks the outputs and `reduced` what is reduced into one of
 * them; operand 0 of both is the input. */
typedef struct atr__reduce_view {
  atr__walk kept, reduced;
} atr__reduce_view;
atr__reduce_view atr__reduce_view_of(const atr__reduce_params *params, const atr_shape *in);

ATR__DECLARE_OP(reduce);
ATR__DECLARE_OP(reduce_prod_grad);

#endif
