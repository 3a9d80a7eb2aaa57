/* gru_host.c: GRU and its gradient on the host. */
#include "op/gru.h"
#include "op/host.h"
#include "op/recurrent_host.h"
#include "op/recurrent_step.h"

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  const int64_t hid = p->hid, bare = p->linear_before_reset ? 2 * hid : 3 * hid;
  const atr_real *matrix = recurrent_in(j->call, 2), *bias = recurrent_in(j->call, 3);
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = recurrent_length(j, n);
    const int64_t state = atr__recurrent_state_at(p, n, d);
    atr_real *h = j->room + line * j->own, *met = h + hid, *sums = met + hid;
    recurrent_copy(h, recurrent_from(recurrent_in(j->call, 5), state, hid), hid);
    for (int64_t s = 0; s < p->t; s++) {
      const int64_t t = s < length ? recurrent_step(j, n, d, s) : s, row = atr__recurrent_row(p, t, n, d);
      atr_real *y = recurrent_at(recurrent_out(j->call, 0), atr__recurrent_y_at(p, t, n, d), hid);
      atr_real *pre = recurrent_at(recurrent_out(j->call, 2), row, 3 * hid);
      atr_real *saved = recurrent_at(recurrent_out(j->call, 3), row, hid);
      if (s >= length) {
        recurrent_copy(y, NULL, hid);
        recurrent_copy(pre, NULL, 3 * hid);
        recurrent_copy(saved, NULL, hid);
        continue;
      }
      recurrent_from_x(j, t, n, d, bare, sums);
      recurrent_from_h(p, matrix, d, 0, 2 * hid, h, sums);
      if (p->linear_before_reset) {
        recurrent_copy(met, bias ? bias + (d * 6 + 5) * hid : NULL, hid);
        recurrent_from_h(p, matrix, d, 2 * hid, 3 * hid, h, met);
        for (int64_t k = 0; k < hid; k++)
          sums[2 * hid + k] += recurrent_value(p, d, 0, sums[hid + k]) * met[k];
      } else {
        for (int64_t k = 0; k < hid; k++) met[k] = recurrent_value(p, d, 0, sums[hid + k]) * h[k];
        recurrent_from_h(p, matrix, d, 2 * hid, 3 * hid, met, sums + 2 * hid);
      }
      for (int64_t k = 0; k < hid; k++) {
        const atr_real z = recurrent_value(p, d, 0, sums[k]);
        h[k] = (1 - z) * recurrent_value(p, d, 1, sums[2 * hid + k]) + z * h[k];
      }
      recurrent_copy(pre, sums, 3 * hid);
      recurrent_copy(saved, met, hid);
      recurrent_copy(y, h, hid);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, 1), state, hid), h, hid);
  }
}

atr_status ATR_HOST(gru)(const atr__call *call) {
  const atr__recurrent_params *p = call->params;
#ifndef ATR_REAL_IS_DOUBLE
  int done;
  const atr_status status = atr__recurrent_sequence(call, ATR__CELL_GRU, &done);
  if (status || done) return status;
#endif
  return recurrent_run(call, 4, 5 * p->hid, forward_lines);
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  const int64_t hid = p->hid;
  const atr_real *matrix = recurrent_in(j->call, 0);
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = recurrent_length(j, n);
    const int64_t state = atr__recurrent_state_at(p, n, d);
    atr_real *carry = j->room + line * j->own, *direct = carry + hid, *u = direct + hid, *sums = u + hid;
    recurrent_copy(carry, recurrent_from(recurrent_in(j->call, 7), state, hid), hid);
    for (int64_t s = p->t - 1; s >= 0; s--) {
      const int64_t t = s < length ? recurrent_step(j, n, d, s) : s, row = atr__recurrent_row(p, t, n, d);
      atr_real *dpre = recurrent_at(recurrent_out(j->call, 0), row, 3 * hid);
      atr_real *before = recurrent_at(recurrent_out(j->call, 1), row, hid);
      atr_real *dmet = recurrent_at(recurrent_out(j->call, 2), row, hid);
      if (s >= length) {
        recurrent_copy(dpre, NULL, 3 * hid);
        recurrent_copy(before, NULL, hid);
        recurrent_copy(dmet, NULL, hid);
        continue;
      }
      const atr_real *h =
          s ? recurrent_in(j->call, 1) + atr__recurrent_y_at(p, recurrent_step(j, n, d, s - 1), n, d) * hid
            : recurrent_from(recurrent_in(j->call, 4), state, hid);
      const atr_real *dy = recurrent_from(recurrent_in(j->call, 6), atr__recurrent_y_at(p, t, n, d), hid);
      const atr_real *pre = recurrent_in(j->call, 2) + row * 3 * hid;
      const atr_real *met = recurrent_from(recurrent_in(j->call, 5), row, hid);
      for (int64_t k = 0; k < hid; k++) {
        const atr_real dh = carry[k] + (dy ? dy[k] : 0), z = recurrent_value(p, d, 0, pre[k]);
        const atr_real fresh = recurrent_value(p, d, 1, pre[2 * hid + k]);
        direct[k] = dh * z;
        sums[k] = dh * ((h ? h[k] : 0) - fresh) * recurrent_slope(p, d, 0, pre[k]);
        sums[2 * hid + k] = dh * (1 - z) * recurrent_slope(p, d, 1, pre[2 * hid + k]);
      }
      if (!p->linear_before_reset) recurrent_back(p, matrix, d, 2 * hid, 3 * hid, sums + 2 * hid, u);
      for (int64_t k = 0; k < hid; k++) {
        const atr_real r = recurrent_value(p, d, 0, pre[hid + k]),
                       slope = recurrent_slope(p, d, 0, pre[hid + k]);
        if (p->linear_before_reset) {
          sums[hid + k] = sums[2 * hid + k] * met[k] * slope;
          u[k] = sums[2 * hid + k] * r;
        } else {
          sums[hid + k] = u[k] * (h ? h[k] : 0) * slope;
          direct[k] += u[k] * r;
        }
      }
      recurrent_copy(dpre, sums, 3 * hid);
      recurrent_copy(before, h, hid);
      recurrent_copy(dmet, p->linear_before_reset ? u : NULL, hid);
      if (p->linear_before_reset) recurrent_copy(sums + 2 * hid, u, hid);
      recurrent_back(p, matrix, d, 0, p->linear_before_reset ? 3 * hid : 2 * hid, sums, carry);
      for (int64_t k = 0; k < hid; k++) carry[k] += direct[k];
      recurrent_clip_back(p, carry);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, 3), state, hid), carry, hid);
  }
}

atr_status ATR_HOST(gru_grad)(const atr__call *call) {
  const atr__recurrent_params *p = call->params;
#ifndef ATR_REAL_IS_DOUBLE
  int done;
  const atr_status status = atr__recurrent_backward(call, ATR__CELL_GRU, &done);
  if (status || done) return status;
#endif
  return recurrent_run(call, 3, 6 * p->hid, grad_lines);
}
