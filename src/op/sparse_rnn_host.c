/* sparse_rnn_host.c: SparseRNN and its gradient on the host, a sample a thread. */
#include "base/alloc.h"
#include "op/host.h"
#include "op/rate_host.h"
#include "op/sparse_host.h"
#include "op/sparse_rnn.h"

typedef struct job {
  const atr__call *call;
  const atr__sparse_rnn_params *p;
  sparse r;
  atr_real *room; /* 2 hid a sample */
} job;

static atr_real *output(const job *j, size_t i, int64_t at) {
  return i < j->call->n_out && j->call->out[i].data ? ATR_OUT(j->call, i) + at : NULL;
}

static void copy(atr_real *to, const atr_real *from, int64_t n) {
  for (int64_t k = 0; to && k < n; k++) to[k] = from ? from[k] : 0;
}

static void forward_samples(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__sparse_rnn_params *p = j->p;
  const atr_real *first = j->call->n_in > 4 ? j->call->in[4].data : NULL;
  for (int64_t n = begin; n < end; n++) {
    atr_real *h = j->room + 2 * n * p->hid, *next = h + p->hid;
    copy(h, first ? first + n * p->hid : NULL, p->hid);
    for (int64_t s = 0; s < p->t; s++) {
      const int64_t at = (s * p->n + n) * p->hid;
      const atr_real *d = ATR_IN(j->call, 0) + at;
      copy(next, d, p->hid);
      sparse_rows(&j->r, h, p->hid, next);
      for (int64_t k = 0; k < p->hid; k++) next[k] = rate_of(p->rate, next[k]);
      copy(output(j, 0, at), next, p->hid);
      atr_real *swap = h;
      h = next, next = swap;
    }
  }
}

static void grad_samples(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__sparse_rnn_params *p = j->p;
  const atr_real *h = ATR_IN(j->call, 1), *dh = ATR_IN(j->call, 2),
                 *first = j->call->n_in > 6 ? j->call->in[6].data : NULL;
  for (int64_t n = begin; n < end; n++) {
    atr_real *carry = j->room + 2 * n * p->hid, *d = carry + p->hid;
    for (int64_t s = p->t - 1; s >= 0; s--) {
      const int64_t at = (s * p->n + n) * p->hid;
      for (int64_t k = 0; k < p->hid; k++) d[k] = (dh[at + k] + carry[k]) * rate_slope_at(p->rate, h[at + k]);
      sparse_columns(&j->r, d, p->hid, carry);
      copy(output(j, 0, at), d, p->hid);
      copy(output(j, 2, at), s ? h + at - p->n * p->hid : first ? first + n * p->hid : NULL, p->hid);
    }
    copy(output(j, 1, n * p->hid), carry, p->hid);
  }
}

atr_status ATR_HOST(sparse_rnn_in)(const atr__call *call, void *room) {
  job j = { .call = call, .p = call->params, .room = room };
  j.r = (sparse){ .value = call->in[1].data, .start = call->in[2].data, .column = call->in[3].data };
  atr__pool_for(call->pool, j.p->n, 1, forward_samples, &j);
  return ATR_OK;
}

static atr_status grad_in(const atr__call *call, void *room) {
  job j = { .call = call, .p = call->params, .room = room };
  j.r = (sparse){
    .value = call->in[0].data, .back = call->in[3].data, .row = call->in[4].data, .entry = call->in[5].data
  };
  atr__pool_for(call->pool, j.p->n, 1, grad_samples, &j);
  return ATR_OK;
}

static atr_status with_room(const atr__call *call, atr_status (*run)(const atr__call *call, void *room)) {
  const atr__sparse_rnn_params *p = call->params;
  atr_real *room = atr__calloc((size_t)p->n, (size_t)atr__sparse_rnn_room(p) * sizeof *room);
  if (!room)
    return atr__fail(call->error, ATR_E_NOMEM, "out of memory for the states of %lld samples",
                     (long long)p->n);
  const atr_status status = run(call, room);
  atr__free(room);
  return status;
}

atr_status ATR_HOST(sparse_rnn)(const atr__call *call) {
  return with_room(call, ATR_HOST(sparse_rnn_in));
}

atr_status ATR_HOST(sparse_rnn_grad)(const atr__call *call) {
  return with_room(call, grad_in);
}
