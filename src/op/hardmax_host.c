/* hardmax_host.c: Hardmax on the host, a line at a time. */
#include "op/hardmax.h"
#include "op/host.h"

static void lines(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__hardmax_params *p = call->params;
  for (int64_t line = begin; line < end; line++) {
    const int64_t at = line / p->inner * p->length * p->inner + line % p->inner;
    const atr_real *x = ATR_IN(call, 0) + at;
    atr_real *y = ATR_OUT(call, 0) + at;
    int64_t best = 0;
    for (int64_t i = 1; i < p->length; i++) {
      const atr_real v = x[i * p->inner], most = x[best * p->inner];
      if (most == most && !(v <= most)) best = i;
    }
    for (int64_t i = 0; i < p->length; i++) y[i * p->inner] = i == best;
  }
}

atr_status ATR_HOST(hardmax)(const atr__call *call) {
  const atr__hardmax_params *p = call->params;
  atr__call *same = (atr__call *)(uintptr_t)call;
  if (call->out[0].count) atr__pool_for(call->pool, p->outer * p->inner, 64, lines, same);
  return ATR_OK;
}
