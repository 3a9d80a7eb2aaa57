/* cum_sum_host.c: CumSum on the host. */
#include "op/cum_sum.h"
#include "op/host.h"
#include "tensor/element.h"

static void lines(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__cum_sum_params *p = call->params;
  const atr__view *x = &call->in[0], *y = &call->out[0];
  const int64_t extent = x->shape.dim[p->axis],
                inner = atr__shape_span(&x->shape, p->axis + 1, x->shape.rank);
  for (int64_t line = begin; line < end; line++) {
    const int64_t first = line / inner * extent * inner + line % inner;
    atr_real sum = 0;
    uint64_t whole = 0;
    for (int64_t t = 0; t < extent; t++) {
      const int64_t at = first + (p->reverse ? extent - 1 - t : t) * inner;
      if (x->type == ATR_F32) {
        const atr_real here = ((const atr_real *)x->data)[at];
        ((atr_real *)y->data)[at] = p->exclusive ? sum : sum + here;
        sum += here;
      } else {
        const uint64_t here = (uint64_t)atr__element_int(x->type, x->data, at);
        atr__element_set_int(y->type, y->data, at, (int64_t)(p->exclusive ? whole : whole + here));
        whole += here;
      }
    }
  }
}

atr_status ATR_HOST(cum_sum)(const atr__call *call) {
  const atr__cum_sum_params *p = call->params;
  if (call->out[0].count)
    atr__pool_for(call->pool, call->out[0].count / call->out[0].shape.dim[p->axis], 64, lines,
                  (void *)(uintptr_t)call);
  return ATR_OK;
}
