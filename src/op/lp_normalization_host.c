/* lp_normalization_host.c: LpNormalization and its gradient on the host, a line at a time; sums in double in
 * both builds, elements ascending. */
#include "op/host.h"
#include "op/lp_normalization.h"

typedef struct {
  const atr__call *call;
  const atr__lp_normalization_params *p;
} job;

/* Of the line at x; 0: it is zero. */
static double norm_of(const atr__lp_normalization_params *p, const atr_real *x) {
  double most = 0, sum = 0;
  for (int64_t i = 0; i < p->length; i++) {
    const double v = fabs((double)x[i * p->inner]);
    if (!(v <= most)) most = v;
  }
  if (!(most > 0) || isinf(most)) return most;
  for (int64_t i = 0; i < p->length; i++) {
    const double v = fabs((double)x[i * p->inner]) / most;
    sum += p->p == 2 ? v * v : v;
  }
  return most * (p->p == 2 ? sqrt(sum) : sum);
}

static int64_t start(const atr__lp_normalization_params *p, int64_t line) {
  return line / p->inner * p->length * p->inner + line % p->inner;
}

static void forward(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__lp_normalization_params *p = j->p;
  for (int64_t line = begin; line < end; line++) {
    const int64_t at = start(p, line);
    const atr_real *x = ATR_IN(j->call, 0) + at;
    atr_real *y = ATR_OUT(j->call, 0) + at;
    const double norm = norm_of(p, x);
    for (int64_t i = 0; i < p->length * p->inner; i += p->inner)
      y[i] = norm == 0 ? 0 : (atr_real)((double)x[i] / norm);
  }
}

atr_status ATR_HOST(lp_normalization)(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, j.p->outer * j.p->inner, 1, forward, &j);
  return ATR_OK;
}

static void backward(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__lp_normalization_params *p = j->p;
  for (int64_t line = begin; line < end; line++) {
    const int64_t at = start(p, line);
    const atr_real *dy = ATR_IN(j->call, 0) + at, *x = ATR_IN(j->call, 1) + at;
    atr_real *dx = ATR_OUT(j->call, 0) + at;
    const double norm = norm_of(p, x);
    double along = 0;
    for (int64_t i = 0; i < p->length * p->inner; i += p->inner)
      along += norm == 0 ? 0 : (double)dy[i] * ((double)x[i] / norm);
    for (int64_t i = 0; i < p->length * p->inner; i += p->inner) {
      const double v = (double)x[i];
      const double direction = norm == 0 ? 0 : p->p == 2 ? v / norm : (double)((v > 0) - (v < 0));
      dx[i] = norm == 0 ? 0 : (atr_real)(((double)dy[i] - direction * along) / norm);
    }
  }
}

atr_status ATR_HOST(lp_normalization_grad)(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, j.p->outer * j.p->inner, 1, backward, &j);
  return ATR_OK;
}
