/* normalization_scale_host.c: NormalizationScale on the host. */
#include "op/host.h"
#include "op/normalization_scale.h"

atr_status ATR_HOST(normalization_scale)(const atr__call *call) {
  const atr__normalization_scale_params *p = call->params;
  const atr_real *scale = ATR_IN(call, 0), *bias = ATR_IN(call, 1), *mean = ATR_IN(call, 2),
                 *var = ATR_IN(call, 3), *before = call->n_in > 4 ? ATR_IN(call, 4) : NULL;
  atr_real *factor = ATR_OUT(call, 0), *summand = ATR_OUT(call, 1);
  for (int64_t i = 0; i < p->c; i++) {
    const atr_real f = scale[i] / ATR_MATH(sqrt)(var[i] + (atr_real)p->epsilon);
    factor[i] = f;
    summand[i] = bias[i] + ((before ? before[i] : 0) - mean[i]) * f;
  }
  return ATR_OK;
}
