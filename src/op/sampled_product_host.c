/* sampled_product_host.c: SampledProduct on the host, ranges of rows on different threads. */
#include "op/host.h"
#include "op/sampled_product.h"

static void rows(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__sampled_product_params *p = call->params;
  const int32_t *start = call->in[2].data, *column = call->in[3].data;
  atr_real *y = ATR_OUT(call, 0);
  const int64_t whole = p->lines - p->lines % ATR__SAMPLED_LANES;
  for (int64_t i = begin; i < end; i++)
    for (int32_t e = start[i]; e < start[i + 1]; e++) {
      const atr_real *a = ATR_IN(call, 0) + i * p->lines, *b = ATR_IN(call, 1) + column[e] * p->lines;
      atr_real lane[ATR__SAMPLED_LANES] = { 0 }, sum = 0;
      for (int64_t k = 0; k < whole; k += ATR__SAMPLED_LANES)
        for (int l = 0; l < ATR__SAMPLED_LANES; l++) lane[l] += a[k + l] * b[k + l];
      for (int64_t k = whole; k < p->lines; k++) lane[k - whole] += a[k] * b[k];
      for (int l = 0; l < ATR__SAMPLED_LANES; l++) sum += lane[l];
      y[e] = sum;
    }
}

atr_status ATR_HOST(sampled_product)(const atr__call *call) {
  const atr__sampled_product_params *p = call->params;
  atr__pool_for(call->pool, p->rows, 1, rows, (void *)(uintptr_t)call);
  return ATR_OK;
}
