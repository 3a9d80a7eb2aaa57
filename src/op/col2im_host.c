/* col2im_host.c: Col2Im and its gradient on the host. A place of the image adds what blocks give it in the
 * order of the elements of a block. */
#include "op/col2im.h"
#include "op/host.h"

/* Where element e of the block at step s lies in a plane of the image; -1: in the padding. */
static int64_t place(const atr__col2im_params *p, int64_t e, int64_t s) {
  int64_t at = 0, span = 1;
  for (int d = p->axes; d-- > 0; e /= p->block[d], s /= p->steps[d], span *= p->image[d]) {
    const int64_t i = s % p->steps[d] * p->stride[d] + e % p->block[d] * p->dilation[d] - p->before[d];
    if (i < 0 || i >= p->image[d]) return -1;
    at += i * span;
  }
  return at;
}

typedef struct {
  const atr__call *call;
  int64_t elements, steps, size;
} job;

static job job_of(const atr__call *call) {
  const atr__col2im_params *p = call->params;
  job j = { call, 1, 1, 1 };
  for (int d = 0; d < p->axes; d++) {
    j.elements *= p->block[d];
    j.steps *= p->steps[d];
    j.size *= p->image[d];
  }
  return j;
}

static void add(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t plane = begin; plane < end; plane++) {
    const atr_real *x = ATR_IN(j->call, 0) + plane * j->elements * j->steps;
    atr_real *y = ATR_OUT(j->call, 0) + plane * j->size;
    for (int64_t i = 0; i < j->size; i++) y[i] = 0;
    for (int64_t e = 0; e < j->elements; e++)
      for (int64_t s = 0; s < j->steps; s++) {
        const int64_t at = place(j->call->params, e, s);
        if (at >= 0) y[at] += x[e * j->steps + s];
      }
  }
}

static void take(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t plane = begin; plane < end; plane++) {
    const atr_real *dy = ATR_IN(j->call, 0) + plane * j->size;
    atr_real *dx = ATR_OUT(j->call, 0) + plane * j->elements * j->steps;
    for (int64_t e = 0; e < j->elements; e++)
      for (int64_t s = 0; s < j->steps; s++) {
        const int64_t at = place(j->call->params, e, s);
        dx[e * j->steps + s] = at < 0 ? 0 : dy[at];
      }
  }
}

atr_status ATR_HOST(col2im)(const atr__call *call) {
  job j = job_of(call);
  if (call->out[0].count) atr__pool_for(call->pool, call->out[0].count / j.size, 1, add, &j);
  return ATR_OK;
}

atr_status ATR_HOST(col2im_grad)(const atr__call *call) {
  job j = job_of(call);
  if (call->out[0].count)
    atr__pool_for(call->pool, ((const atr__col2im_params *)call->params)->planes, 1, take, &j);
  return ATR_OK;
}
