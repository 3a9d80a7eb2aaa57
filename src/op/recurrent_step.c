/* recurrent_step.c: see recurrent_step.h. */
#include "config.h"

#include "op/recurrent_step.h"

#include <float.h>
#include <string.h>

#include "base/alloc.h"
#include "op/host.h"
#include "op/recurrent_host.h"
#include "op/lanes.h"
#include "op/lanes_functions.h"

enum { I, O, F, C };
enum { TILE = 8 };

/* Rows [gate][unit] of `from` [gates·hid][columns] to columns of vectors. */
static void pack(const atr__recurrent_step *s, const float *from, int64_t columns, float *to) {
  for (int64_t g = 0; g < s->p.gates; g++)
    for (int64_t u0 = 0; u0 < s->p.hid; u0 += ATR__LANES) { /* a line of the cache each, read and written */
      const int64_t end = atr__min_i64(u0 + ATR__LANES, s->p.hid);
      for (int64_t k = 0; k < columns; k++)
        for (int64_t u = u0; u < end; u++)
          to[k * s->gates_wide + g * s->wide + u] = from[(g * s->p.hid + u) * columns + k];
    }
}

atr_status atr__recurrent_step_create(const atr__recurrent_params *p, atr__cell cell, const float *w,
                                      const float *r, const float *b, const float *look, int exact,
                                      atr_error *error, atr__recurrent_step *s) {
  *s = (atr__recurrent_step){ .p = *p, .cell = cell, .exact = exact };
  const int64_t hid = p->hid;
  s->wide = atr__lanes_up(hid);
  s->gates_wide = p->gates * s->wide;
  const size_t row = (size_t)s->gates_wide * sizeof(float);
  s->w = w ? atr__calloc_aligned((size_t)p->i * row) : NULL;
  s->r = r ? atr__calloc_aligned((size_t)hid * row) : NULL;
  s->b = atr__calloc_aligned(row);
  s->met = atr__calloc_aligned((size_t)s->wide * sizeof(float));
  s->look = look ? atr__calloc_aligned(3 * (size_t)s->wide * sizeof(float)) : NULL;
  if ((w && !s->w) || (r && !s->r) || !s->b || !s->met || (look && !s->look)) {
    atr__recurrent_step_free(s);
    return atr__nomem(error, (size_t)hid * row);
  }
  if (w) pack(s, w, p->i, s->w);
  if (r) pack(s, r, hid, s->r);
  const int64_t bare = cell == ATR__CELL_GRU && p->linear_before_reset ? 2 * hid : p->gates * hid;
  for (int64_t g = 0; b && g < p->gates; g++)
    for (int64_t u = 0; u < hid; u++) {
      const int64_t at = g * hid + u;
      s->b[g * s->wide + u] = at < bare ? b[at] + b[p->gates * hid + at] : b[at];
    }
  for (int64_t u = 0; b && bare < p->gates * hid && u < hid; u++) s->met[u] = b[5 * hid + u];
  for (int64_t g = 0; look && g < 3; g++)
    memcpy(s->look + g * s->wide, look + g * hid, (size_t)hid * sizeof(float));
  return ATR_OK;
}

void atr__recurrent_step_free(atr__recurrent_step *s) {
  atr__free_aligned(s->w);
  atr__free_aligned(s->r);
  atr__free_aligned(s->b);
  atr__free_aligned(s->met);
  atr__free_aligned(s->look);
  memset(s, 0, sizeof *s);
}

int64_t atr__recurrent_step_scratch(const atr__recurrent_step *s) {
  return s->gates_wide + s->wide;
}

/* z[0 … n) += Σ m[k][0 … n)·x[k], rows of m `stride` apart, k ascending. */
ATR__CLONES
static void add_products(const float *m, int64_t stride, const float *x, int64_t count, int64_t n, float *z) {
  int64_t at = 0;
  for (; at + TILE * ATR__LANES <= n; at += TILE * ATR__LANES) {
    atr__lanes sum[TILE];
    ATR__UNROLL
    for (int v = 0; v < TILE; v++) sum[v] = *(const atr__lanes *)(z + at + v * ATR__LANES);
    for (int64_t k = 0; k < count; k++) ATR__UNROLL
    for (int v = 0; v < TILE; v++)
      sum[v] += *(const atr__lanes *)(m + k * stride + at + v * ATR__LANES) * x[k];
    ATR__UNROLL
    for (int v = 0; v < TILE; v++) *(atr__lanes *)(z + at + v * ATR__LANES) = sum[v];
  }
  for (; at < n; at += ATR__LANES) {
    atr__lanes sum = *(const atr__lanes *)(z + at);
    for (int64_t k = 0; k < count; k++) sum += *(const atr__lanes *)(m + k * stride + at) * x[k];
    *(atr__lanes *)(z + at) = sum;
  }
}

/* The k-th activation of the cell on n numbers, a multiple of ATR__LANES. */
static void activate(const atr__recurrent_step *s, int k, float *x, int64_t n) {
  const atr__recurrent_kind kind = s->p.f[0][k].kind;
  const int plain = !s->exact && s->p.clip >= FLT_MAX;
  if (plain && kind == ATR__RECURRENT_SIGMOID)
    atr__lanes_sigmoid(n, x, x);
  else if (plain && kind == ATR__RECURRENT_TANH)
    atr__lanes_tanh(n, x, x);
  else
    for (int64_t i = 0; i < n; i++) x[i] = recurrent_value(&s->p, 0, k, x[i]);
}

/* Slopes by values. */
ATR__CLONES
static void sigmoid_slopes(const float *value, int64_t n, float *slope) {
  for (int64_t i = 0; i < n; i += ATR__LANES) {
    const atr__lanes s = *(const atr__lanes *)(value + i);
    *(atr__lanes *)(slope + i) = s * (1 - s);
  }
}

ATR__CLONES
static void tanh_slopes(const float *value, int64_t n, float *slope) {
  for (int64_t i = 0; i < n; i += ATR__LANES) {
    const atr__lanes s = *(const atr__lanes *)(value + i);
    *(atr__lanes *)(slope + i) = 1 - s * s;
  }
}

void atr__recurrent_step_values(const atr__recurrent_step *s, int k, int64_t n, float *z, float *slope) {
  const atr__recurrent_kind kind = s->p.f[0][k].kind;
  const int by_value =
      s->p.clip >= FLT_MAX && (kind == ATR__RECURRENT_SIGMOID || kind == ATR__RECURRENT_TANH);
  if (!by_value)
    for (int64_t i = 0; i < n; i++) slope[i] = recurrent_slope(&s->p, 0, k, z[i]);
  activate(s, k, z, n);
  if (by_value && kind == ATR__RECURRENT_SIGMOID) sigmoid_slopes(z, n, slope);
  if (by_value && kind == ATR__RECURRENT_TANH) tanh_slopes(z, n, slope);
}

/* to = a · b + c · d, of n numbers, a multiple of ATR__LANES; as below. */
ATR__CLONES
static void mix(float *to, const float *a, const float *b, const float *c, const float *d, int64_t n) {
  for (int64_t i = 0; i < n; i += ATR__LANES)
    *(atr__lanes *)(to + i) = *(const atr__lanes *)(a + i) * *(const atr__lanes *)(b + i) +
                              *(const atr__lanes *)(c + i) * *(const atr__lanes *)(d + i);
}

/* to = a · b. */
ATR__CLONES
static void times(float *to, const float *a, const float *b, int64_t n) {
  for (int64_t i = 0; i < n; i += ATR__LANES)
    *(atr__lanes *)(to + i) = *(const atr__lanes *)(a + i) * *(const atr__lanes *)(b + i);
}

/* to += a · b. */
ATR__CLONES
static void add_times(float *to, const float *a, const float *b, int64_t n) {
  for (int64_t i = 0; i < n; i += ATR__LANES)
    *(atr__lanes *)(to + i) += *(const atr__lanes *)(a + i) * *(const atr__lanes *)(b + i);
}

/* h = (1 - keep) · fresh + keep · h. */
ATR__CLONES
static void blend(float *h, const float *keep, const float *fresh, int64_t n) {
  for (int64_t i = 0; i < n; i += ATR__LANES) {
    const atr__lanes k = *(const atr__lanes *)(keep + i);
    *(atr__lanes *)(h + i) = (1 - k) * *(const atr__lanes *)(fresh + i) + k * *(const atr__lanes *)(h + i);
  }
}

/* A gate's numbers before their activation, where somebody wants them. */
static void save(const atr__recurrent_step *s, float *pre, int64_t gate, const float *z) {
  if (pre) memcpy(pre + gate * s->p.hid, z, (size_t)s->p.hid * sizeof *pre);
}

void atr__recurrent_step_lstm(const atr__recurrent_step *s, float *h, float *c, float *z, float *room,
                              float *pre) {
  const int64_t wide = s->wide;
  float *in = z + I * wide, *out = z + O * wide, *keep = z + F * wide, *fresh = z + C * wide;
  if (s->look) {
    add_times(in, s->look + I * wide, c, wide);
    add_times(keep, s->look + F * wide, c, wide);
  }
  save(s, pre, I, in);
  save(s, pre, F, keep);
  save(s, pre, C, fresh);
  activate(s, 0, in, wide);
  if (s->p.input_forget)
    for (int64_t u = 0; u < wide; u++) keep[u] = 1 - in[u];
  else
    activate(s, 0, keep, wide);
  activate(s, 1, fresh, wide);
  mix(c, keep, c, in, fresh, wide);
  if (s->look) add_times(out, s->look + O * wide, c, wide);
  save(s, pre, O, out);
  memcpy(room, c, (size_t)wide * sizeof *room);
  activate(s, 0, out, wide);
  activate(s, 2, room, wide);
  times(h, out, room, wide);
  for (int64_t u = s->p.hid; u < wide; u++) h[u] = c[u] = 0; /* an activation of 0 need not be 0 */
}

void atr__recurrent_step_reset(const atr__recurrent_step *s, const float *h, float *z, float *room,
                               float *pre) {
  const int64_t wide = s->wide;
  float *reset = z + wide;
  save(s, pre, 0, z);
  save(s, pre, 1, reset);
  activate(s, 0, z, 2 * wide);
  if (s->p.linear_before_reset)
    add_times(z + 2 * wide, reset, room, wide);
  else
    times(room, reset, h, wide);
}

void atr__recurrent_step_join(const atr__recurrent_step *s, float *h, float *z, float *pre) {
  const int64_t wide = s->wide;
  float *fresh = z + 2 * wide;
  save(s, pre, 2, fresh);
  activate(s, 1, fresh, wide);
  blend(h, z, fresh, wide);
  for (int64_t u = s->p.hid; u < wide; u++) h[u] = 0;
}

void atr__recurrent_step_rnn(const atr__recurrent_step *s, float *h, float *z, float *pre) {
  save(s, pre, 0, z);
  activate(s, 0, z, s->wide);
  memcpy(h, z, (size_t)s->p.hid * sizeof *h);
}

static void gru(const atr__recurrent_step *s, float *h, float *z, float *room) {
  const int64_t wide = s->wide, hid = s->p.hid;
  const float *r = s->r + 2 * wide;
  add_products(s->r, s->gates_wide, h, hid, 2 * wide, z);
  if (s->p.linear_before_reset) {
    memcpy(room, s->met, (size_t)wide * sizeof *room);
    add_products(r, s->gates_wide, h, hid, wide, room);
  }
  atr__recurrent_step_reset(s, h, z, room, NULL);
  if (!s->p.linear_before_reset) add_products(r, s->gates_wide, room, hid, wide, z + 2 * wide);
  atr__recurrent_step_join(s, h, z, NULL);
}

void atr__recurrent_step_run(const atr__recurrent_step *s, const float *x, float *h, float *c,
                             float *scratch) {
  float *z = scratch, *room = scratch + s->gates_wide;
  memcpy(z, s->b, (size_t)s->gates_wide * sizeof *z);
  add_products(s->w, s->gates_wide, x, s->p.i, s->gates_wide, z);
  if (s->cell == ATR__CELL_GRU) {
    gru(s, h, z, room);
    return;
  }
  add_products(s->r, s->gates_wide, h, s->p.hid, s->gates_wide, z);
  if (s->cell == ATR__CELL_LSTM) {
    atr__recurrent_step_lstm(s, h, c, z, room, NULL);
    return;
  }
  atr__recurrent_step_rnn(s, h, z, NULL);
}
