/* recurrent_host.h: what the host implementations of RNN, LSTM and GRU share: activations with their
 * derivatives, the sums of a step, the walk's bookkeeping. Include after op/host.h. Orders of accumulation:
 * the biases of W and R, then x ascending, then h ascending. */
#ifndef ATR_OP_RECURRENT_HOST_H
#define ATR_OP_RECURRENT_HOST_H

#include "base/alloc.h"
#include "op/host.h"
#include "op/recurrent.h"

static inline atr_real recurrent_clip(atr_real most, atr_real z) {
  return z > most ? most : z < -most ? -most : z;
}

/* A state's gradient as it leaves a step for the one before. */
static inline void recurrent_clip_back(const atr__recurrent_params *p, atr_real *d) {
  for (int64_t k = 0; p->clip_back < INFINITY && k < p->hid; k++) d[k] = recurrent_clip(p->clip_back, d[k]);
}

static inline atr_real recurrent_sigmoid(atr_real z) {
  return 1 / (1 + ATR_MATH(exp)(-z));
}

/* f(clip(z)). */
static inline atr_real recurrent_value(const atr__recurrent_params *p, int64_t d, int k, atr_real z) {
  const atr__recurrent_activation *f = &p->f[d][k];
  const atr_real a = f->alpha, b = f->beta;
  z = recurrent_clip(p->clip, z);
  switch (f->kind) {
  case ATR__RECURRENT_AFFINE: return a * z + b;
  case ATR__RECURRENT_ELU: return z < 0 ? a * ATR_MATH(expm1)(z) : z;
  case ATR__RECURRENT_HARD_SIGMOID: z = a * z + b; return z < 0 ? 0 : z > 1 ? 1 : z;
  case ATR__RECURRENT_LEAKY_RELU: return z < 0 ? a * z : z;
  case ATR__RECURRENT_RELU: return z < 0 ? 0 : z;
  case ATR__RECURRENT_SCALED_TANH: return a * ATR_MATH(tanh)(b * z);
  case ATR__RECURRENT_SIGMOID: return recurrent_sigmoid(z);
  case ATR__RECURRENT_SOFTPLUS: return (z > 0 ? z : 0) + ATR_MATH(log1p)(ATR_MATH(exp)(-ATR_MATH(fabs)(z)));
  case ATR__RECURRENT_SOFTSIGN: return z / (1 + ATR_MATH(fabs)(z));
  case ATR__RECURRENT_TANH: return ATR_MATH(tanh)(z);
  case ATR__RECURRENT_THRESHOLDED_RELU: return z < a ? 0 : z;
  case ATR__RECURRENT_KINDS: break;
  }
  return 0;
}

/* d f(clip(z)) / dz; 0 where it was clipped. */
static inline atr_real recurrent_slope(const atr__recurrent_params *p, int64_t d, int k, atr_real z) {
  const atr__recurrent_activation *f = &p->f[d][k];
  const atr_real a = f->alpha, b = f->beta, most = p->clip;
  atr_real s;
  if (z > most || z < -most) return 0;
  switch (f->kind) {
  case ATR__RECURRENT_AFFINE: return a;
  case ATR__RECURRENT_ELU: return z < 0 ? a * ATR_MATH(exp)(z) : 1;
  case ATR__RECURRENT_HARD_SIGMOID: return a * z + b > 0 && a * z + b < 1 ? a : 0;
  case ATR__RECURRENT_LEAKY_RELU: return z < 0 ? a : 1;
  case ATR__RECURRENT_RELU: return z > 0;
  case ATR__RECURRENT_SCALED_TANH: s = ATR_MATH(tanh)(b * z); return a * b * (1 - s * s);
  case ATR__RECURRENT_SIGMOID: s = recurrent_sigmoid(z); return s * (1 - s);
  case ATR__RECURRENT_SOFTPLUS: return recurrent_sigmoid(z);
  case ATR__RECURRENT_SOFTSIGN: s = 1 + ATR_MATH(fabs)(z); return 1 / (s * s);
  case ATR__RECURRENT_TANH: s = ATR_MATH(tanh)(z); return 1 - s * s;
  case ATR__RECURRENT_THRESHOLDED_RELU: return z >= a;
  case ATR__RECURRENT_KINDS: break;
  }
  return 0;
}

/* A call as the walk sees it; a line is a sample in one direction. */
typedef struct recurrent_job {
  const atr__call *call;
  const atr__recurrent_params *p;
  const int32_t *lens; /* or NULL */
  atr_real *room;      /* `own` numbers a line */
  int64_t own;
} recurrent_job;

static inline const atr_real *recurrent_in(const atr__call *call, size_t i) {
  return i < call->n_in ? call->in[i].data : NULL;
}
static inline atr_real *recurrent_out(const atr__call *call, size_t i) {
  return i < call->n_out ? call->out[i].data : NULL;
}

/* sequence_lens, where they are there, checked. */
static inline atr_status recurrent_lens(const atr__call *call, size_t input, const int32_t **lens) {
  const atr__recurrent_params *p = call->params;
  *lens = input < call->n_in ? call->in[input].data : NULL;
  for (int64_t n = 0; *lens && n < p->n; n++)
    if ((*lens)[n] < 0 || (*lens)[n] > p->t)
      return atr__fail(call->error, ATR_E_PARAM, "sequence_lens[%lld] is %d, must be 0 to %lld", (long long)n,
                       (int)(*lens)[n], (long long)p->t);
  return ATR_OK;
}

/* Walks every line; a range of the loop is a run of lines. */
static inline atr_status recurrent_walk(const atr__call *call, size_t lens, int64_t own, atr_real *room,
                                        void (*walk)(void *user, int64_t begin, int64_t end)) {
  const atr__recurrent_params *p = call->params;
  recurrent_job j = { call, p, NULL, room, own };
  const atr_status status = recurrent_lens(call, lens, &j.lens);
  if (!status) atr__pool_for(call->pool, p->n * p->dirs, 1, walk, &j);
  return status;
}

/* The same with room made for it. */
static inline atr_status recurrent_run(const atr__call *call, size_t lens, int64_t own,
                                       void (*walk)(void *user, int64_t begin, int64_t end)) {
  const atr__recurrent_params *p = call->params;
  atr_real *room = atr__calloc((size_t)(p->n * p->dirs), (size_t)own * sizeof *room);
  if (!room)
    return atr__fail(call->error, ATR_E_NOMEM, "out of memory for the states of %lld lines",
                     (long long)(p->n * p->dirs));
  const atr_status status = recurrent_walk(call, lens, own, room, walk);
  atr__free(room);
  return status;
}

static inline int64_t recurrent_length(const recurrent_job *j, int64_t n) {
  return j->lens ? j->lens[n] : j->p->t;
}
/* The step that comes `s`-th. */
static inline int64_t recurrent_step(const recurrent_job *j, int64_t n, int64_t d, int64_t s) {
  return j->p->reverse ^ (d == 1) ? recurrent_length(j, n) - 1 - s : s;
}

/* pre = Wb + Rb + W·x, without R's bias from row `bare` on. */
static inline void recurrent_from_x(const recurrent_job *j, int64_t t, int64_t n, int64_t d, int64_t bare,
                                    atr_real *pre) {
  const atr__recurrent_params *p = j->p;
  const int64_t width = p->gates * p->hid;
  const atr_real *x = recurrent_in(j->call, 0) + atr__recurrent_row(p, t, n, 0) * p->i;
  const atr_real *w = recurrent_in(j->call, 1) + d * width * p->i, *b = recurrent_in(j->call, 3);
  if (b) b += d * 2 * width;
  for (int64_t r = 0; r < width; r++) {
    atr_real sum = b ? r < bare ? b[r] + b[width + r] : b[r] : 0;
    for (int64_t k = 0; k < p->i; k++) sum += w[r * p->i + k] * x[k];
    pre[r] = sum;
  }
}

/* to += rows [first, last) of R (of direction d) · h; to[0] is the first row's. */
static inline void recurrent_from_h(const atr__recurrent_params *p, const atr_real *matrix, int64_t d,
                                    int64_t first, int64_t last, const atr_real *h, atr_real *to) {
  matrix += d * p->gates * p->hid * p->hid;
  for (int64_t r = first; r < last; r++) {
    atr_real sum = to[r - first];
    for (int64_t k = 0; k < p->hid; k++) sum += matrix[r * p->hid + k] * h[k];
    to[r - first] = sum;
  }
}

/* to = Rᵀ·v over rows [first, last); the first row's v is v[0]. */
static inline void recurrent_back(const atr__recurrent_params *p, const atr_real *matrix, int64_t d,
                                  int64_t first, int64_t last, const atr_real *v, atr_real *to) {
  matrix += (d * p->gates * p->hid + first) * p->hid;
  for (int64_t k = 0; k < p->hid; k++) to[k] = 0;
  for (int64_t r = 0; r < last - first; r++)
    for (int64_t k = 0; k < p->hid; k++) to[k] += matrix[r * p->hid + k] * v[r];
}

static inline void recurrent_copy(atr_real *to, const atr_real *from, int64_t n) {
  for (int64_t k = 0; to && k < n; k++) to[k] = from ? from[k] : 0;
}

/* &base[at·width], or NULL for an absent tensor. */
static inline atr_real *recurrent_at(atr_real *base, int64_t at, int64_t width) {
  return base ? base + at * width : NULL;
}
static inline const atr_real *recurrent_from(const atr_real *base, int64_t at, int64_t width) {
  return base ? base + at * width : NULL;
}

#endif
