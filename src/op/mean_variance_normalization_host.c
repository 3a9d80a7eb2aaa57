/* mean_variance_normalization_host.c: MeanVarianceNormalization and its gradient on the host, a line at a
 * time; sums in double in both builds, elements in row-major order. */
#include "op/host.h"
#include "op/mean_variance_normalization.h"

typedef struct {
  const atr__call *call;
  atr__mvn_view view;
} job;

static int64_t at_of(const atr__walk *walk, int64_t i) {
  int64_t at[ATR__WALK_OPERANDS];
  atr__walk_row(walk, i, i + 1, at);
  return at[0];
}

static void statistics(const atr__walk *along, const atr_real *x, double *mean, double *sd) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < along->count; i++) sum += (double)x[at_of(along, i)];
  *mean = sum / (double)along->count;
  for (int64_t i = 0; i < along->count; i++) {
    const double d = (double)x[at_of(along, i)] - *mean;
    squares += d * d;
  }
  *sd = sqrt(squares / (double)along->count);
}

static void forward(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t line = begin; line < end; line++) {
    const int64_t from = at_of(&j->view.lines, line);
    const atr_real *x = ATR_IN(j->call, 0) + from;
    atr_real *y = ATR_OUT(j->call, 0) + from;
    double mean, sd;
    statistics(&j->view.along, x, &mean, &sd);
    for (int64_t i = 0; i < j->view.along.count; i++) {
      const int64_t at = at_of(&j->view.along, i);
      y[at] = (atr_real)(((double)x[at] - mean) / (sd + ATR__MVN_LEAST));
    }
  }
}

static void backward(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__walk *along = &j->view.along;
  const double count = (double)along->count;
  for (int64_t line = begin; line < end; line++) {
    const int64_t from = at_of(&j->view.lines, line);
    const atr_real *dy = ATR_IN(j->call, 0) + from, *x = ATR_IN(j->call, 1) + from;
    atr_real *dx = ATR_OUT(j->call, 0) + from;
    double mean, sd, sum = 0, tilt = 0;
    statistics(along, x, &mean, &sd);
    for (int64_t i = 0; i < along->count; i++) {
      const int64_t at = at_of(along, i);
      sum += (double)dy[at];
      tilt += (double)dy[at] * ((double)x[at] - mean);
    }
    const double q = sd + ATR__MVN_LEAST, slope = sd > 0 ? tilt / (count * sd * q * q) : 0;
    for (int64_t i = 0; i < along->count; i++) {
      const int64_t at = at_of(along, i);
      dx[at] = (atr_real)(((double)dy[at] - sum / count) / q - ((double)x[at] - mean) * slope);
    }
  }
}

static atr_status run(const atr__call *call, void (*range)(void *user, int64_t begin, int64_t end)) {
  job j = { call, atr__mvn_view_of(call->params, &call->out[0].shape) };
  if (call->out[0].count) atr__pool_for(call->pool, j.view.lines.count, 1, range, &j);
  return ATR_OK;
}
atr_status ATR_HOST(mean_variance_normalization)(const atr__call *call) {
  return run(call, forward);
}
atr_status ATR_HOST(mean_variance_normalization_grad)(const atr__call *call) {
  return run(call, backward);
}
