/* lstm_host.c: LSTM and its gradient on the host. */
#include "op/host.h"
#include "op/lstm.h"
#include "op/recurrent_host.h"
#include "op/recurrent_step.h"

enum { I, O, F, C };

static atr_real peephole(const atr_real *look, int64_t at, atr_real cell) {
  return look ? look[at] * cell : 0;
}

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  const int64_t hid = p->hid;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = recurrent_length(j, n);
    const int64_t state = atr__recurrent_state_at(p, n, d);
    const atr_real *look = recurrent_from(recurrent_in(j->call, 7), d, 3 * hid);
    atr_real *h = j->room + line * j->own, *c = h + hid, *z = c + hid;
    recurrent_copy(h, recurrent_from(recurrent_in(j->call, 5), state, hid), hid);
    recurrent_copy(c, recurrent_from(recurrent_in(j->call, 6), state, hid), hid);
    for (int64_t s = 0; s < p->t; s++) {
      const int64_t t = s < length ? recurrent_step(j, n, d, s) : s, row = atr__recurrent_row(p, t, n, d);
      atr_real *y = recurrent_at(recurrent_out(j->call, 0), atr__recurrent_y_at(p, t, n, d), hid);
      atr_real *saved = recurrent_at(recurrent_out(j->call, 3), row, 4 * hid);
      atr_real *cells = recurrent_at(recurrent_out(j->call, 4), row, hid);
      if (s >= length) {
        recurrent_copy(y, NULL, hid);
        recurrent_copy(saved, NULL, 4 * hid);
        recurrent_copy(cells, NULL, hid);
        continue;
      }
      recurrent_from_x(j, t, n, d, 4 * hid, z);
      recurrent_from_h(p, recurrent_in(j->call, 2), d, 0, 4 * hid, h, z);
      for (int64_t k = 0; k < hid; k++) {
        z[I * hid + k] += peephole(look, I * hid + k, c[k]);
        z[F * hid + k] += peephole(look, F * hid + k, c[k]);
        const atr_real in = recurrent_value(p, d, 0, z[I * hid + k]);
        const atr_real keep = p->input_forget ? 1 - in : recurrent_value(p, d, 0, z[F * hid + k]);
        c[k] = keep * c[k] + in * recurrent_value(p, d, 1, z[C * hid + k]);
        z[O * hid + k] += peephole(look, O * hid + k, c[k]);
        h[k] = recurrent_value(p, d, 0, z[O * hid + k]) * recurrent_value(p, d, 2, c[k]);
      }
      recurrent_copy(saved, z, 4 * hid);
      recurrent_copy(cells, c, hid);
      recurrent_copy(y, h, hid);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, 1), state, hid), h, hid);
    recurrent_copy(recurrent_at(recurrent_out(j->call, 2), state, hid), c, hid);
  }
}

atr_status ATR_HOST(lstm)(const atr__call *call) {
  const atr__recurrent_params *p = call->params;
#ifndef ATR_REAL_IS_DOUBLE
  int done;
  const atr_status status = atr__recurrent_sequence(call, ATR__CELL_LSTM, &done);
  if (status || done) return status;
#endif
  return recurrent_run(call, 4, 6 * p->hid, forward_lines);
}

/* One element of a step backwards: dz, and dc becomes the gradient of the cell before. */
static void back(const atr__recurrent_params *p, int64_t d, int64_t k, const atr_real *z,
                 const atr_real *look, atr_real cell, atr_real cell_before, atr_real dh, atr_real *dz,
                 atr_real *dc) {
  const int64_t hid = p->hid;
  const atr_real zi = z[I * hid + k], zo = z[O * hid + k], zf = z[F * hid + k], zc = z[C * hid + k];
  const atr_real in = recurrent_value(p, d, 0, zi);
  const atr_real keep = p->input_forget ? 1 - in : recurrent_value(p, d, 0, zf);
  const atr_real dzo = dh * recurrent_value(p, d, 2, cell) * recurrent_slope(p, d, 0, zo);
  const atr_real here = *dc + dh * recurrent_value(p, d, 0, zo) * recurrent_slope(p, d, 2, cell) +
                        peephole(look, O * hid + k, dzo);
  const atr_real din = here * (recurrent_value(p, d, 1, zc) - (p->input_forget ? cell_before : 0));
  const atr_real dzi = din * recurrent_slope(p, d, 0, zi);
  const atr_real dzf = p->input_forget ? 0 : here * cell_before * recurrent_slope(p, d, 0, zf);
  dz[I * hid + k] = dzi;
  dz[O * hid + k] = dzo;
  dz[F * hid + k] = dzf;
  dz[C * hid + k] = here * in * recurrent_slope(p, d, 1, zc);
  *dc = here * keep + peephole(look, I * hid + k, dzi) + peephole(look, F * hid + k, dzf);
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  const int64_t hid = p->hid;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = recurrent_length(j, n);
    const int64_t state = atr__recurrent_state_at(p, n, d);
    const atr_real *look = recurrent_from(recurrent_in(j->call, 6), d, 3 * hid);
    const atr_real *first_c = recurrent_from(recurrent_in(j->call, 5), state, hid);
    atr_real *dh = j->room + line * j->own, *dc = dh + hid, *sums = dc + hid;
    recurrent_copy(dh, recurrent_from(recurrent_in(j->call, 9), state, hid), hid);
    recurrent_copy(dc, recurrent_from(recurrent_in(j->call, 10), state, hid), hid);
    for (int64_t s = p->t - 1; s >= 0; s--) {
      const int64_t t = s < length ? recurrent_step(j, n, d, s) : s, row = atr__recurrent_row(p, t, n, d);
      atr_real *dz = recurrent_at(recurrent_out(j->call, 0), row, 4 * hid);
      atr_real *before = recurrent_at(recurrent_out(j->call, 1), row, hid);
      atr_real *cells_before = recurrent_at(recurrent_out(j->call, 2), row, hid);
      if (s >= length) {
        recurrent_copy(dz, NULL, 4 * hid);
        recurrent_copy(before, NULL, hid);
        recurrent_copy(cells_before, NULL, hid);
        continue;
      }
      const int64_t last = s ? recurrent_step(j, n, d, s - 1) : 0;
      const atr_real *h = s ? recurrent_in(j->call, 1) + atr__recurrent_y_at(p, last, n, d) * hid
                            : recurrent_from(recurrent_in(j->call, 4), state, hid);
      const atr_real *c = s ? recurrent_in(j->call, 7) + atr__recurrent_row(p, last, n, d) * hid : first_c;
      const atr_real *dy = recurrent_from(recurrent_in(j->call, 8), atr__recurrent_y_at(p, t, n, d), hid);
      for (int64_t k = 0; k < hid; k++)
        back(p, d, k, recurrent_in(j->call, 2) + row * 4 * hid, look, recurrent_in(j->call, 7)[row * hid + k],
             c ? c[k] : 0, dh[k] + (dy ? dy[k] : 0), sums, &dc[k]);
      recurrent_back(p, recurrent_in(j->call, 0), d, 0, 4 * hid, sums, dh);
      recurrent_clip_back(p, dh);
      recurrent_clip_back(p, dc);
      recurrent_copy(dz, sums, 4 * hid);
      recurrent_copy(before, h, hid);
      recurrent_copy(cells_before, c, hid);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, 3), state, hid), dh, hid);
    recurrent_copy(recurrent_at(recurrent_out(j->call, 4), state, hid), dc, hid);
  }
}

atr_status ATR_HOST(lstm_grad)(const atr__call *call) {
  const atr__recurrent_params *p = call->params;
#ifndef ATR_REAL_IS_DOUBLE
  int done;
  const atr_status status = atr__recurrent_backward(call, ATR__CELL_LSTM, &done);
  if (status || done) return status;
#endif
  return recurrent_run(call, 3, 6 * p->hid, grad_lines);
}
