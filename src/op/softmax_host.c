/* softmax_host.c: Softmax, LogSoftmax and their gradients on the host; a range of the loop is a run of lines.
 */
#include "op/host.h"
#include "op/softmax.h"

typedef struct {
  const atr__softmax_params *p;
  const atr_real *x, *dy, *y;
  atr_real *to;
} job;

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t inner = j->p->inner, length = j->p->length;
  for (int64_t line = begin; line < end; line++) {
    const int64_t at = line / inner * length * inner + line % inner;
    const atr_real *x = j->x + at;
    atr_real *y = j->to + at;
    atr_real greatest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < length; i++)
      if (x[i * inner] > greatest) greatest = x[i * inner];
    if (greatest == -INFINITY) greatest = 0; /* all masked, or NaN */
    if (j->p->log) {
      for (int64_t i = 0; i < length; i++) sum += ATR_MATH(exp)(x[i * inner] - greatest);
      const atr_real log_sum = sum == 0 ? 0 : ATR_MATH(log)(sum);
      for (int64_t i = 0; i < length; i++) y[i * inner] = x[i * inner] - greatest - log_sum;
    } else {
      for (int64_t i = 0; i < length; i++) sum += y[i * inner] = ATR_MATH(exp)(x[i * inner] - greatest);
      const atr_real scale = sum == 0 ? 0 : 1 / sum;
      for (int64_t i = 0; i < length; i++) y[i * inner] *= scale;
    }
  }
}

atr_status ATR_HOST(softmax)(const atr__call *call) {
  const atr__softmax_params *p = call->params;
  job j = { .p = p, .x = ATR_IN(call, 0), .to = ATR_OUT(call, 0) };
  if (p->length) atr__pool_for(call->pool, p->outer * p->inner, 1024 / p->length + 1, forward_lines, &j);
  return ATR_OK;
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t inner = j->p->inner, length = j->p->length;
  for (int64_t line = begin; line < end; line++) {
    const int64_t at = line / inner * length * inner + line % inner;
    const atr_real *dy = j->dy + at, *y = j->y + at;
    atr_real *dx = j->to + at, sum = 0;
    for (int64_t i = 0; i < length; i++) sum += j->p->log ? dy[i * inner] : dy[i * inner] * y[i * inner];
    for (int64_t i = 0; i < length; i++)
      dx[i * inner] = j->p->log ? dy[i * inner] - ATR_MATH(exp)(y[i * inner]) * sum
                                : y[i * inner] * (dy[i * inner] - sum);
  }
}

atr_status ATR_HOST(softmax_grad)(const atr__call *call) {
  const atr__softmax_params *p = call->params;
  job j = { .p = p, .dy = ATR_IN(call, 0), .y = ATR_IN(call, 1), .to = ATR_OUT(call, 0) };
  if (p->length) atr__pool_for(call->pool, p->outer * p->inner, 1024 / p->length + 1, grad_lines, &j);
  return ATR_OK;
}
