/* loss_elementwise_host.c: elementwise losses and their gradients on the host. The sum is cut in CHUNKS equal
 * runs, each added up in ascending order in double, then the runs in ascending order: the bits do not depend
 * on threads. */
#include "op/host.h"
#include "op/loss_elementwise.h"

enum { CHUNKS = 64 };

typedef struct {
  const atr__loss_elementwise_params *p;
  const atr_real *x, *target, *weight; /* weight NULL: 1 */
  atr_real *dx;
  atr_real scale;
  double value[CHUNKS], total[CHUNKS];
} job;

static void sum_chunks(void *user, int64_t begin, int64_t end) {
  job *j = user;
  const int64_t run = j->p->count / CHUNKS + 1;
  const atr_real delta = (atr_real)j->p->parameter;
  for (int64_t k = begin; k < end; k++) {
    const int64_t last = atr__min_i64(j->p->count, (k + 1) * run);
    double value = 0, total = 0;
    for (int64_t i = k * run; i < last; i++) {
      const atr_real x = j->x[i], t = j->target[i], e = x - t, size = e < 0 ? -e : e;
      const atr_real w = j->weight ? j->weight[i] : 1;
      atr_real l = 0;
      switch (j->p->kind) {
      case ATR__LOSS_SQUARED: l = e * e; break;
      case ATR__LOSS_HUBER: l = size <= delta ? e * e / 2 : delta * (size - delta / 2); break;
      case ATR__LOSS_ABSOLUTE: l = size; break;
      case ATR__LOSS_SIGMOID: {
        const atr_real both = ATR_MATH(log1p)(ATR_MATH(exp)(-ATR_MATH(fabs)(x)));
        l = delta * t * ((x < 0 ? -x : 0) + both) + (1 - t) * ((x > 0 ? x : 0) + both);
        break;
      }
      }
      if (w != 0) value += (double)(w * l); /* what is masked may be anything, also NaN */
      total += (double)w;
    }
    j->value[k] = value;
    j->total[k] = total;
  }
}

atr_status ATR_HOST(loss_elementwise)(const atr__call *call) {
  job j = { .p = call->params, .x = ATR_IN(call, 0), .target = ATR_IN(call, 1) };
  if (call->n_in > 2) j.weight = ATR_IN(call, 2);
  atr__pool_for(call->pool, CHUNKS, 4096 / (j.p->count / CHUNKS + 1) + 1, sum_chunks, &j);
  double value = 0, total = 0;
  for (int k = 0; k < CHUNKS; k++) {
    value += j.value[k];
    total += j.total[k];
  }
  ATR_OUT(call, 0)[0] = (atr_real)(total != 0 ? value / total : 0);
  if (call->n_out > 1 && call->out[1].data) ATR_OUT(call, 1)[0] = (atr_real)total;
  return ATR_OK;
}

static void grad_range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr_real delta = (atr_real)j->p->parameter;
  for (int64_t i = begin; i < end; i++) {
    const atr_real x = j->x[i], t = j->target[i], e = x - t;
    const atr_real w = j->weight ? j->weight[i] : 1;
    atr_real d = 0;
    switch (j->p->kind) {
    case ATR__LOSS_SQUARED: d = 2 * e; break;
    case ATR__LOSS_HUBER: d = e > delta ? delta : e < -delta ? -delta : e; break;
    case ATR__LOSS_ABSOLUTE: d = (atr_real)((e > 0) - (e < 0)); break;
    case ATR__LOSS_SIGMOID: d = (1 + (delta - 1) * t) / (1 + ATR_MATH(exp)(-x)) - delta * t; break;
    }
    j->dx[i] = w != 0 ? j->scale * (w * d) : 0;
  }
}

atr_status ATR_HOST(loss_elementwise_grad)(const atr__call *call) {
  job j = { .p = call->params, .x = ATR_IN(call, 2), .target = ATR_IN(call, 3), .dx = ATR_OUT(call, 0) };
  if (call->n_in > 4) j.weight = ATR_IN(call, 4);
  const atr_real total = ATR_IN(call, 1)[0];
  j.scale = total != 0 ? ATR_IN(call, 0)[0] / total : 0;
  atr__pool_for(call->pool, j.p->count, 4096, grad_range, &j);
  return ATR_OK;
}
