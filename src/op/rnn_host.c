/* rnn_host.c: RNN and its gradient on the host. */
#include "op/host.h"
#include "op/recurrent_host.h"
#include "op/recurrent_step.h"
#include "op/rnn.h"

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  const int64_t hid = p->hid;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = recurrent_length(j, n);
    const int64_t state = atr__recurrent_state_at(p, n, d);
    atr_real *h = j->room + line * j->own, *sums = h + hid;
    recurrent_copy(h, recurrent_from(recurrent_in(j->call, 5), state, hid), hid);
    for (int64_t s = 0; s < p->t; s++) {
      const int64_t t = s < length ? recurrent_step(j, n, d, s) : s;
      atr_real *y = recurrent_at(recurrent_out(j->call, 0), atr__recurrent_y_at(p, t, n, d), hid);
      atr_real *pre = recurrent_at(recurrent_out(j->call, 2), atr__recurrent_row(p, t, n, d), hid);
      if (s >= length) {
        recurrent_copy(y, NULL, hid);
        recurrent_copy(pre, NULL, hid);
        continue;
      }
      recurrent_from_x(j, t, n, d, hid, sums);
      recurrent_from_h(p, recurrent_in(j->call, 2), d, 0, hid, h, sums);
      for (int64_t k = 0; k < hid; k++) h[k] = recurrent_value(p, d, 0, sums[k]);
      recurrent_copy(pre, sums, hid);
      recurrent_copy(y, h, hid);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, 1), state, hid), h, hid);
  }
}

atr_status ATR_HOST(rnn)(const atr__call *call) {
  const atr__recurrent_params *p = call->params;
#ifndef ATR_REAL_IS_DOUBLE
  int done;
  const atr_status status = atr__recurrent_sequence(call, ATR__CELL_RNN, &done);
  if (status || done) return status;
#endif
  return recurrent_run(call, 4, 2 * p->hid, forward_lines);
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  const int64_t hid = p->hid;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = recurrent_length(j, n);
    const int64_t state = atr__recurrent_state_at(p, n, d);
    atr_real *carry = j->room + line * j->own, *sums = carry + hid;
    recurrent_copy(carry, recurrent_from(recurrent_in(j->call, 6), state, hid), hid);
    for (int64_t s = p->t - 1; s >= 0; s--) {
      const int64_t t = s < length ? recurrent_step(j, n, d, s) : s, row = atr__recurrent_row(p, t, n, d);
      atr_real *dpre = recurrent_at(recurrent_out(j->call, 0), row, hid);
      atr_real *before = recurrent_at(recurrent_out(j->call, 1), row, hid);
      if (s >= length) {
        recurrent_copy(dpre, NULL, hid);
        recurrent_copy(before, NULL, hid);
        continue;
      }
      const atr_real *dy = recurrent_from(recurrent_in(j->call, 5), atr__recurrent_y_at(p, t, n, d), hid);
      const atr_real *pre = recurrent_in(j->call, 2) + row * hid;
      for (int64_t k = 0; k < hid; k++)
        sums[k] = ((dy ? dy[k] : 0) + carry[k]) * recurrent_slope(p, d, 0, pre[k]);
      recurrent_back(p, recurrent_in(j->call, 0), d, 0, hid, sums, carry);
      recurrent_clip_back(p, carry);
      recurrent_copy(dpre, sums, hid);
      if (s)
        recurrent_copy(before,
                       recurrent_in(j->call, 1) +
                           atr__recurrent_y_at(p, recurrent_step(j, n, d, s - 1), n, d) * hid,
                       hid);
      else
        recurrent_copy(before, recurrent_from(recurrent_in(j->call, 4), state, hid), hid);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, 2), state, hid), carry, hid);
  }
}

atr_status ATR_HOST(rnn_grad)(const atr__call *call) {
  const atr__recurrent_params *p = call->params;
#ifndef ATR_REAL_IS_DOUBLE
  int done;
  const atr_status status = atr__recurrent_backward(call, ATR__CELL_RNN, &done);
  if (status || done) return status;
#endif
  return recurrent_run(call, 3, 2 * p->hid, grad_lines);
}
