/* recurrent_cell_host.c: RecurrentCell and its gradient on the host; see recurrent_cell.c for the formulas.
 * Orders of accumulation: h ascending in R·h, gates and then neurons ascending in a normalization's sums. */
#include "op/host.h"
#include "op/recurrent_cell.h"
#include "op/recurrent_host.h"

/* (v - mean)·inv of a run of numbers. */
typedef struct {
  atr_real mean, inv;
} moments;

static moments moments_of(const atr_real *v, int64_t count, float epsilon) {
  atr_real mean = 0, squares = 0;
  for (int64_t k = 0; k < count; k++) mean += v[k];
  mean /= (atr_real)count;
  for (int64_t k = 0; k < count; k++) squares += (v[k] - mean) * (v[k] - mean);
  return (moments){ mean, 1 / ATR_MATH(sqrt)(squares / (atr_real)count + (atr_real)epsilon) };
}

/* Turns the gradient d of the normal numbers into that of v. */
static void moments_back(moments m, const atr_real *v, int64_t count, atr_real *d) {
  atr_real level = 0, tilt = 0;
  for (int64_t k = 0; k < count; k++) {
    level += d[k];
    tilt += d[k] * (v[k] - m.mean) * m.inv;
  }
  level /= (atr_real)count, tilt /= (atr_real)count;
  for (int64_t k = 0; k < count; k++) d[k] = m.inv * (d[k] - level - (v[k] - m.mean) * m.inv * tilt);
}

/* What a line needs of the operator's parts. */
typedef struct {
  const atr__recurrent_cell_params *c;
  int64_t hid, width, d, state; /* state: where its states begin */
  const atr_real *matrix, *mask, *gain, *shift, *gain_c, *shift_c;
} part;

static const atr_real *input(const recurrent_job *j, size_t i, int64_t at, int64_t width) {
  return recurrent_from(recurrent_in(j->call, i), at, width);
}

static part part_of(const recurrent_job *j, int64_t n, int64_t d) {
  const atr__recurrent_cell_params *c = j->call->params;
  part q = { .c = c, .hid = c->p.hid, .width = c->p.gates * c->p.hid, .d = d };
  q.state = atr__recurrent_state_at(&c->p, n, d);
  q.matrix = recurrent_in(j->call, ATR__CELL_R);
  q.mask = input(j, ATR__CELL_MASK, q.state, q.hid);
  q.gain = input(j, ATR__CELL_GAIN, d, q.width);
  q.shift = input(j, ATR__CELL_SHIFT, d, q.width);
  q.gain_c = input(j, ATR__CELL_GAIN_C, d, q.hid);
  q.shift_c = input(j, ATR__CELL_SHIFT_C, d, q.hid);
  return q;
}

/* m[0] and m[1]: of the gates that are normalized together, and of the rest. */
static void gate_moments(const part *q, const atr_real *s, moments m[2]) {
  const int64_t first = q->c->first * q->hid;
  m[0] = m[1] = (moments){ 0, 1 };
  if (!q->gain) return;
  m[0] = moments_of(s, first, q->c->epsilon);
  if (first < q->width) m[1] = moments_of(s + first, q->width - first, q->c->epsilon);
}

static atr_real normal(const part *q, const atr_real *s, const moments m[2], int64_t k) {
  const moments *of = &m[k >= q->c->first * q->hid];
  return (s[k] - of->mean) * of->inv;
}

/* v of element k. */
static atr_real share(const part *q, const atr_real *s, const moments m[2], int64_t k) {
  const atr_real v = q->gain ? q->gain[k] * normal(q, s, m, k) : s[k];
  return q->shift ? v + q->shift[k] : v;
}

/* What enters f (k counts all gates); of a GRU's last gate the reset acts on v. */
static atr_real enters(const part *q, const atr_real *x, const atr_real *s, const moments m[2], int64_t k) {
  const atr_real v = share(q, s, m, k);
  if (q->c->p.gates != 3 || k < 2 * q->hid) return x[k] + v;
  const int64_t r = k - q->hid;
  return x[k] + recurrent_sigmoid(x[r] + share(q, s, m, r)) * v;
}

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs;
    const part q = part_of(j, n, d);
    const int64_t hid = q.hid;
    atr_real *h = j->room + line * j->own, *met = h + hid, *c = met + hid, *s = c + hid;
    moments m[2];
    recurrent_copy(h, input(j, ATR__CELL_H0, q.state, hid), hid);
    recurrent_copy(c, input(j, ATR__CELL_C0, q.state, hid), hid);
    for (int64_t step = 0; step < p->t; step++) {
      const int64_t row = atr__recurrent_row(p, recurrent_step(j, n, d, step), n, d);
      const atr_real *x = input(j, ATR__CELL_X, row, q.width);
      for (int64_t k = 0; k < hid; k++) met[k] = q.mask ? h[k] * q.mask[k] : h[k];
      recurrent_copy(s, NULL, q.width);
      recurrent_from_h(p, q.matrix, d, 0, q.width, met, s);
      gate_moments(&q, s, m);
      if (p->gates == 4) {
        for (int64_t k = 0; k < hid; k++)
          c[k] = recurrent_sigmoid(enters(&q, x, s, m, 2 * hid + k)) * c[k] +
                 recurrent_sigmoid(enters(&q, x, s, m, k)) * ATR_MATH(tanh)(enters(&q, x, s, m, 3 * hid + k));
        const moments of_c = q.gain_c ? moments_of(c, hid, q.c->epsilon) : (moments){ 0, 1 };
        for (int64_t k = 0; k < hid; k++) {
          atr_real v = q.gain_c ? q.gain_c[k] * (c[k] - of_c.mean) * of_c.inv : c[k];
          if (q.shift_c) v += q.shift_c[k];
          h[k] = recurrent_sigmoid(enters(&q, x, s, m, hid + k)) * ATR_MATH(tanh)(v);
        }
      }
      for (int64_t k = 0; p->gates == 3 && k < hid; k++) {
        const atr_real z = recurrent_sigmoid(enters(&q, x, s, m, k));
        h[k] = (1 - z) * ATR_MATH(tanh)(enters(&q, x, s, m, 2 * hid + k)) + z * h[k];
      }
      for (int64_t k = 0; p->gates == 1 && k < hid; k++)
        h[k] = recurrent_value(p, d, 0, enters(&q, x, s, m, k));
      recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_OUT_Y), row, hid), h, hid);
      recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_OUT_SUMS), row, q.width), s, q.width);
      recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_OUT_CELLS), row, hid), c, hid);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_OUT_H), q.state, hid), h, hid);
    recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_OUT_C), q.state, hid), c, hid);
  }
}

atr_status ATR_HOST(recurrent_cell_in)(const atr__call *call, void *room) {
  return recurrent_walk(call, call->n_in, atr__recurrent_cell_room(call->params), room, forward_lines);
}

atr_status ATR_HOST(recurrent_cell)(const atr__call *call) {
  return recurrent_run(call, call->n_in, atr__recurrent_cell_room(call->params), forward_lines);
}

static void add(atr_real *to, int64_t k, atr_real value) {
  if (to) to[k] += value;
}

/* A line's vectors on the way back. */
typedef struct {
  atr_real *dh, *dc, *direct, *u, *da, *ds; /* da: of what enters; ds: of v, then of s; both [width] */
} way;

/* The gradient da of what enters each function, ds of v, direct and dc of the states before, at one step. */
static void step_back(const recurrent_job *j, const part *q, const way *w, const atr_real *x,
                      const atr_real *s, const moments m[2], const atr_real *h, const atr_real *c,
                      const atr_real *was, atr_real *dgain_c, atr_real *dshift_c) {
  const int64_t hid = q->hid;
  for (int64_t k = 0; q->c->p.gates == 1 && k < hid; k++) {
    w->da[k] = w->dh[k] * recurrent_slope(j->p, q->d, 0, enters(q, x, s, m, k));
    w->direct[k] = 0;
  }
  if (q->c->p.gates == 4) {
    const moments of_c = q->gain_c ? moments_of(c, hid, q->c->epsilon) : (moments){ 0, 1 };
    for (int64_t k = 0; k < hid; k++) {
      const atr_real normal_c = (c[k] - of_c.mean) * of_c.inv;
      const atr_real y =
          ATR_MATH(tanh)((q->gain_c ? q->gain_c[k] * normal_c : c[k]) + (q->shift_c ? q->shift_c[k] : 0));
      const atr_real o = recurrent_sigmoid(enters(q, x, s, m, hid + k)), dn = w->dh[k] * o * (1 - y * y);
      w->da[hid + k] = w->dh[k] * y * o * (1 - o);
      add(dgain_c, k, dn * normal_c);
      add(dshift_c, k, dn);
      w->u[k] = q->gain_c ? dn * q->gain_c[k] : dn;
    }
    if (q->gain_c) moments_back(of_c, c, hid, w->u);
    for (int64_t k = 0; k < hid; k++) {
      const atr_real dc = w->dc[k] + w->u[k], i = recurrent_sigmoid(enters(q, x, s, m, k)),
                     f = recurrent_sigmoid(enters(q, x, s, m, 2 * hid + k)),
                     g = ATR_MATH(tanh)(enters(q, x, s, m, 3 * hid + k));
      w->da[k] = dc * g * i * (1 - i);
      w->da[2 * hid + k] = dc * (was ? was[k] : 0) * f * (1 - f);
      w->da[3 * hid + k] = dc * i * (1 - g * g);
      w->dc[k] = dc * f;
      w->direct[k] = 0;
    }
  }
  for (int64_t k = 0; q->c->p.gates == 3 && k < hid; k++) {
    const atr_real z = recurrent_sigmoid(enters(q, x, s, m, k)),
                   r = recurrent_sigmoid(enters(q, x, s, m, hid + k)),
                   g = ATR_MATH(tanh)(enters(q, x, s, m, 2 * hid + k));
    w->da[k] = w->dh[k] * ((h ? h[k] : 0) - g) * z * (1 - z);
    w->da[2 * hid + k] = w->dh[k] * (1 - z) * (1 - g * g);
    w->da[hid + k] = w->da[2 * hid + k] * share(q, s, m, 2 * hid + k) * r * (1 - r);
    w->direct[k] = w->dh[k] * z;
    w->ds[2 * hid + k] = w->da[2 * hid + k] * r;
  }
  for (int64_t k = 0; k < q->width; k++)
    if (q->c->p.gates != 3 || k < 2 * hid) w->ds[k] = w->da[k];
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const recurrent_job *j = user;
  const atr__recurrent_params *p = j->p;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs;
    const part q = part_of(j, n, d);
    const int64_t hid = q.hid, first = q.c->first * hid;
    atr_real *own = j->room + line * j->own, *sum[4];
    const way w = { own, own + hid, own + 2 * hid, own + 3 * hid, own + 4 * hid, own + 4 * hid + q.width };
    for (int i = 0; i < 4; i++) {
      const int64_t width = i < 2 ? q.width : hid;
      sum[i] = recurrent_at(recurrent_out(j->call, (size_t)(ATR__CELL_DGAIN + i)), q.state, width);
      recurrent_copy(sum[i], NULL, width);
    }
    atr_real *dmask = recurrent_at(recurrent_out(j->call, ATR__CELL_DMASK), q.state, hid);
    recurrent_copy(dmask, NULL, hid);
    recurrent_copy(w.dh, input(j, ATR__CELL_DH, q.state, hid), hid);
    recurrent_copy(w.dc, input(j, ATR__CELL_DC, q.state, hid), hid);
    for (int64_t step = p->t - 1; step >= 0; step--) {
      const int64_t row = atr__recurrent_row(p, recurrent_step(j, n, d, step), n, d);
      const int64_t last = step ? atr__recurrent_row(p, recurrent_step(j, n, d, step - 1), n, d) : 0;
      const atr_real *h = step ? input(j, ATR__CELL_Y, last, hid) : input(j, ATR__CELL_H0, q.state, hid);
      const atr_real *was =
          step ? input(j, ATR__CELL_CELLS, last, hid) : input(j, ATR__CELL_C0, q.state, hid);
      const atr_real *s = input(j, ATR__CELL_SUMS, row, q.width), *dy = input(j, ATR__CELL_DY, row, hid);
      moments m[2];
      gate_moments(&q, s, m);
      for (int64_t k = 0; dy && k < hid; k++) w.dh[k] += dy[k];
      step_back(j, &q, &w, input(j, ATR__CELL_X, row, q.width), s, m, h, input(j, ATR__CELL_CELLS, row, hid),
                was, sum[2], sum[3]);
      recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_DX), row, q.width), w.da, q.width);
      for (int64_t k = 0; k < q.width; k++) {
        add(sum[0], k, w.ds[k] * normal(&q, s, m, k));
        add(sum[1], k, w.ds[k]);
        if (q.gain) w.ds[k] *= q.gain[k];
      }
      if (q.gain) moments_back(m[0], s, first, w.ds);
      if (q.gain && first < q.width) moments_back(m[1], s + first, q.width - first, w.ds + first);
      recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_DSUMS), row, q.width), w.ds, q.width);
      recurrent_back(p, q.matrix, d, 0, q.width, w.ds, w.u);
      atr_real *before = recurrent_at(recurrent_out(j->call, ATR__CELL_BEFORE), row, hid);
      for (int64_t k = 0; k < hid; k++) {
        const atr_real one = q.mask ? q.mask[k] : 1;
        if (before) before[k] = h ? h[k] * one : 0;
        add(dmask, k, h ? w.u[k] * h[k] : 0);
        w.dh[k] = w.u[k] * one + w.direct[k];
      }
      recurrent_clip_back(p, w.dh);
      recurrent_clip_back(p, w.dc);
    }
    recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_DH0), q.state, hid), w.dh, hid);
    recurrent_copy(recurrent_at(recurrent_out(j->call, ATR__CELL_DC0), q.state, hid), w.dc, hid);
  }
}

atr_status ATR_HOST(recurrent_cell_grad)(const atr__call *call) {
  const atr__recurrent_cell_params *c = call->params;
  return recurrent_run(call, call->n_in, (4 + 2 * c->p.gates) * c->p.hid, grad_lines);
}
