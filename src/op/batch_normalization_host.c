/* batch_normalization_host.c: BatchNormalization and its gradient on the host, a thread a channel. Statistics
 * take two passes over the channel, samples ascending, in double in both builds (sums_host.h). */
#include "op/batch_normalization.h"
#include "op/host.h"
#include "op/sums_host.h"

typedef struct {
  const atr__call *call;
  const atr__batch_normalization_params *p;
} job;

/* One y before its activation; the gradient asks for the same number again. */
static inline __attribute__((always_inline)) atr_real value(atr_real x, atr_real centre, atr_real slope,
                                                            atr_real bias) {
  return (x - centre) * slope + bias;
}

static void put(const atr__call *call, size_t output, int64_t channel, double value) {
  if (output < call->n_out && call->out[output].data) ATR_OUT(call, output)[channel] = (atr_real)value;
}

static void statistics(const job *j, int64_t channel, double *mean, double *var) {
  const atr__batch_normalization_params *p = j->p;
  const double count = (double)(p->n * p->inner);
  double sum = 0, squares = 0;
  for (int64_t n = 0; n < p->n; n++) {
    const atr_real *x = ATR_IN(j->call, 0) + (n * p->c + channel) * p->inner;
    sum += sum_of(p->inner, x);
  }
  *mean = sum / count;
  for (int64_t n = 0; n < p->n; n++) {
    const atr_real *x = ATR_IN(j->call, 0) + (n * p->c + channel) * p->inner;
    squares += squares_of(p->inner, x, *mean);
  }
  *var = squares / count;
}

ATR__CLONES
static void forward_row(int64_t n, const atr_real *x, atr_real centre, atr_real slope, atr_real bias,
                        int relu, atr_real *y) {
  if (relu)
    for (int64_t i = 0; i < n; i++) {
      const atr_real v = value(x[i], centre, slope, bias);
      y[i] = v < 0 ? 0 : v;
    }
  else
    for (int64_t i = 0; i < n; i++) y[i] = value(x[i], centre, slope, bias);
}

static void forward_channels(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__batch_normalization_params *p = j->p;
  const double count = (double)(p->n * p->inner);
  for (int64_t c = begin; c < end; c++) {
    double mean = (double)ATR_IN(j->call, 3)[c], var = (double)ATR_IN(j->call, 4)[c];
    double running_mean = mean, running_var = var;
    if (p->training) {
      statistics(j, c, &mean, &var);
      const double keep = (double)p->momentum, kept_var = p->unbiased ? var * count / (count - 1) : var;
      running_mean = running_mean * keep + mean * (1 - keep);
      running_var = running_var * keep + kept_var * (1 - keep);
    }
    const double inverse = (double)(atr_real)(1 / sqrt(var + (double)p->epsilon)); /* as output 4 has it */
    put(j->call, 1, c, running_mean);
    put(j->call, 2, c, running_var);
    put(j->call, 3, c, mean);
    put(j->call, 4, c, inverse);
    const atr_real centre = (atr_real)mean, slope = (atr_real)((double)ATR_IN(j->call, 1)[c] * inverse),
                   bias = ATR_IN(j->call, 2)[c];
    for (int64_t n = 0; n < p->n; n++) {
      const int64_t at = (n * p->c + c) * p->inner;
      forward_row(p->inner, ATR_IN(j->call, 0) + at, centre, slope, bias, p->activation == ATR__ACT_RELU,
                  ATR_OUT(j->call, 0) + at);
    }
  }
}

atr_status ATR_HOST(batch_normalization)(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, j.p->c, 8192 / (j.p->n * j.p->inner + 1) + 1, forward_channels, &j);
  return ATR_OK;
}

static void grad_channels(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__batch_normalization_params *p = j->p;
  const double count = (double)(p->n * p->inner);
  for (int64_t c = begin; c < end; c++) {
    const double mean = (double)ATR_IN(j->call, 3)[c], inverse = (double)ATR_IN(j->call, 4)[c];
    const atr_real slope = (atr_real)((double)ATR_IN(j->call, 2)[c] * inverse), centre = (atr_real)mean;
    const int relu = p->activation == ATR__ACT_RELU;
    const atr_real bias = relu ? ATR_IN(j->call, 5)[c] : 0;
    double sum = 0, along = 0;
    for (int64_t n = 0; n < p->n; n++) {
      const int64_t at = (n * p->c + c) * p->inner;
      const atr_real *dy = ATR_IN(j->call, 0) + at, *x = ATR_IN(j->call, 1) + at;
      for (int64_t i = 0; i < p->inner; i++) {
        if (relu && value(x[i], centre, slope, bias) <= 0) continue;
        sum += (double)dy[i];
        along += (double)dy[i] * ((double)x[i] - mean) * inverse;
      }
    }
    put(j->call, 1, c, along);
    put(j->call, 2, c, sum);
    const atr_real level = p->training ? (atr_real)(sum / count) : 0,
                   tilt = p->training ? (atr_real)(along * inverse / count) : 0;
    for (int64_t n = 0; n < p->n; n++) {
      const int64_t at = (n * p->c + c) * p->inner;
      const atr_real *dy = ATR_IN(j->call, 0) + at, *x = ATR_IN(j->call, 1) + at;
      atr_real *dx = ATR_OUT(j->call, 0) + at;
      for (int64_t i = 0; i < p->inner; i++) {
        const atr_real passed = relu && value(x[i], centre, slope, bias) <= 0 ? 0 : dy[i];
        dx[i] = slope * (passed - level - (x[i] - centre) * tilt);
      }
    }
  }
}

atr_status ATR_HOST(batch_normalization_grad)(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, j.p->c, 1, grad_channels, &j);
  return ATR_OK;
}
