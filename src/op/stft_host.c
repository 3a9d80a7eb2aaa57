/* stft_host.c: STFT on the host, by DFT's sums, and frames cut and added. */
#include "op/host.h"
#include "op/stft.h"

atr_status ATR_HOST(stft)(const atr__call *call) {
  return ATR_HOST(dft)(call);
}

typedef struct {
  const atr__call *call;
  const atr__stft_frames *p;
} job;

static void cut(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__stft_frames *p = j->p;
  for (int64_t row = begin; row < end; row++)
    memcpy(ATR_OUT(j->call, 0) + row * p->length * p->parts,
           ATR_IN(j->call, 0) + (row / p->frames * p->t + row % p->frames * p->step) * p->parts,
           (size_t)(p->length * p->parts) * sizeof(atr_real));
}

atr_status ATR_HOST(frames)(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, j.p->n * j.p->frames, 64, cut, &j);
  return ATR_OK;
}

static void add(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__stft_frames *p = j->p;
  for (int64_t i = begin; i < end; i++) {
    const int64_t part = i % p->parts, t = i / p->parts % p->t, n = i / p->parts / p->t;
    const int64_t last = atr__min_i64(p->frames - 1, t / p->step);
    atr_real sum = 0;
    for (int64_t f = t < p->length ? 0 : (t - p->length) / p->step + 1; f <= last; f++)
      sum += ATR_IN(j->call, 0)[((n * p->frames + f) * p->length + t - f * p->step) * p->parts + part];
    ATR_OUT(j->call, 0)[i] = sum;
  }
}

atr_status ATR_HOST(overlap_add)(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, call->out[0].count, 1024, add, &j);
  return ATR_OK;
}
