/* layer_normalization_host.c: LayerNormalization and its kin on the host, a thread a line; sums in double in
 * both builds (sums_host.h). Gradients of scale and bias take lines ascending, for some neighbours of
 * the scale at a time. */
#include "op/host.h"
#include "op/layer_normalization.h"
#include "op/sums_host.h"

enum { NEIGHBOURS = 64 };

typedef struct {
  const atr__call *call;
  const atr__layer_normalization_params *p;
} job;

static int64_t scale_of(const atr__layer_normalization_params *p, int64_t line, int64_t i) {
  return line % p->groups * p->each + i / p->inner % p->each;
}

static void put(const atr__call *call, size_t output, int64_t at, double value) {
  if (output < call->n_out && call->out[output].data) ATR_OUT(call, output)[at] = (atr_real)value;
}

/* n elements that have scales and biases one behind the other (step 1), or one for all (0). */
ATR__CLONES
static void normal_row(int64_t n, const atr_real *x, double mean, double inverse, const atr_real *scale,
                       const atr_real *bias, int step, atr_real *y) {
  if (!step) {
    const double s = (double)*scale, b = bias ? (double)*bias : 0;
    for (int64_t i = 0; i < n; i++) y[i] = (atr_real)(((double)x[i] - mean) * inverse * s + b);
  } else if (bias) {
    for (int64_t i = 0; i < n; i++)
      y[i] = (atr_real)(((double)x[i] - mean) * inverse * (double)scale[i] + (double)bias[i]);
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = (atr_real)(((double)x[i] - mean) * inverse * (double)scale[i] + 0);
  }
}

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__layer_normalization_params *p = j->p;
  const atr_real *scale = ATR_IN(j->call, 1), *bias = j->call->n_in > 2 ? ATR_IN(j->call, 2) : NULL;
  const int64_t run = p->inner == 1 ? p->each : p->inner;
  for (int64_t line = begin; line < end; line++) {
    const atr_real *x = ATR_IN(j->call, 0) + line * p->length;
    atr_real *y = ATR_OUT(j->call, 0) + line * p->length;
    const double mean = sum_of(p->length, x) / (double)p->length, squares = squares_of(p->length, x, mean),
                 inverse = 1 / sqrt(squares / (double)p->length + (double)p->epsilon);
    put(j->call, 1, line, mean);
    put(j->call, 2, line, inverse);
    for (int64_t i = 0; i < p->length; i += run) {
      const int64_t k = scale_of(p, line, i);
      normal_row(atr__min_i64(run, p->length - i), x + i, mean, inverse, scale + k, bias ? bias + k : NULL,
                 p->inner == 1, y + i);
    }
  }
}

atr_status ATR_HOST(layer_normalization)(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, j.p->lines, 8192 / j.p->length + 1, forward_lines, &j);
  return ATR_OK;
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__layer_normalization_params *p = j->p;
  const atr_real *scale = ATR_IN(j->call, 2);
  for (int64_t line = begin; line < end; line++) {
    const atr_real *dy = ATR_IN(j->call, 0) + line * p->length, *x = ATR_IN(j->call, 1) + line * p->length;
    atr_real *dx = ATR_OUT(j->call, 0) + line * p->length;
    const double mean = (double)ATR_IN(j->call, 3)[line], inverse = (double)ATR_IN(j->call, 4)[line];
    double sum = 0, along = 0;
    for (int64_t i = 0; i < p->length; i++) {
      const double d = (double)dy[i] * (double)scale[scale_of(p, line, i)];
      sum += d;
      along += d * ((double)x[i] - mean) * inverse;
    }
    const double level = sum / (double)p->length, tilt = along / (double)p->length;
    for (int64_t i = 0; i < p->length; i++) {
      const double d = (double)dy[i] * (double)scale[scale_of(p, line, i)];
      dx[i] = (atr_real)(inverse * (d - level - ((double)x[i] - mean) * inverse * tilt));
    }
  }
}

/* Gradients of scale and bias for the block number `begin` … of NEIGHBOURS of them. */
static void grad_scales(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__layer_normalization_params *p = j->p;
  const int64_t blocks = (p->each + NEIGHBOURS - 1) / NEIGHBOURS;
  for (int64_t block = begin; block < end; block++) {
    const int64_t group = block / blocks, first = block % blocks * NEIGHBOURS,
                  n = atr__min_i64(NEIGHBOURS, p->each - first);
    double along[NEIGHBOURS] = { 0 }, sum[NEIGHBOURS] = { 0 };
    for (int64_t line = group; line < p->lines; line += p->groups) {
      const double mean = (double)ATR_IN(j->call, 3)[line], inverse = (double)ATR_IN(j->call, 4)[line];
      for (int64_t turn = 0; turn < p->length; turn += p->each * p->inner) {
        const int64_t at = line * p->length + turn + first * p->inner;
        const atr_real *dy = ATR_IN(j->call, 0) + at, *x = ATR_IN(j->call, 1) + at;
        for (int64_t i = 0; i < n * p->inner; i++) {
          along[i / p->inner] += (double)dy[i] * ((double)x[i] - mean) * inverse;
          sum[i / p->inner] += (double)dy[i];
        }
      }
    }
    for (int64_t k = 0; k < n; k++) {
      put(j->call, 1, group * p->each + first + k, along[k]);
      put(j->call, 2, group * p->each + first + k, sum[k]);
    }
  }
}

atr_status ATR_HOST(layer_normalization_grad)(const atr__call *call) {
  job j = { call, call->params };
  /* First: dx may lie where dy or x does. */
  atr__pool_for(call->pool, j.p->groups * ((j.p->each + NEIGHBOURS - 1) / NEIGHBOURS), 1, grad_scales, &j);
  if (call->out[0].data && call->out[0].count) atr__pool_for(call->pool, j.p->lines, 1, grad_lines, &j);
  return ATR_OK;
}
