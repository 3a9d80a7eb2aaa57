/* dft_host.c: DFT, STFT and the gradient of DFT on the host. The roots of unity of one output bin are powers
 * of the first, and sums are taken, in double whatever the type. */
#include "op/dft.h"
#include "op/host.h"

typedef struct {
  const atr__call *call;
  const atr__dft_params *p;
} job;

static int weight(int folded, int64_t bin, int64_t period) {
  return folded && bin != 0 && 2 * bin != period ? 2 : 1;
}

/* Element i: [rows][out_length][inner]. */
#define TRANSFORM(name, word)                                                                                \
  static void name(void *user, int64_t begin, int64_t end) {                                                 \
    const job *j = user;                                                                                     \
    const atr__dft_params *p = j->p;                                                                         \
    const word *window = p->windowed ? j->call->in[2].data : NULL;                                           \
    word *y = j->call->out[0].data;                                                                          \
    for (int64_t i = begin; i < end; i++) {                                                                  \
      const int64_t k = i / p->inner % p->out_length, row = i / p->inner / p->out_length;                    \
      const word *x = j->call->in[0].data;                                                                   \
      double re = 0, im = 0, c = 1, s = 0;                                                                   \
      x += ((row / p->frames * p->in_length + row % p->frames * p->step) * p->inner + i % p->inner) *        \
           p->in_parts;                                                                                      \
      const double angle = p->sign * 6.283185307179586476925 * (double)k / (double)p->period;                \
      const double cos_step = cos(angle), sin_step = sin(angle);                                             \
      for (int64_t n = 0; n < (k < p->filled ? p->used : 0); n++) {                                          \
        const double w = weight(p->in_folded, n, p->period) * (window ? (double)window[n] : 1);              \
        const double a = w * (double)x[n * p->inner * p->in_parts];                                          \
        const double b = p->in_parts > 1 ? w * (double)x[n * p->inner * 2 + 1] : 0;                          \
        re += a * c - b * s;                                                                                 \
        im += a * s + b * c;                                                                                 \
        const double next = c * cos_step - s * sin_step;                                                     \
        s = s * cos_step + c * sin_step;                                                                     \
        c = next;                                                                                            \
      }                                                                                                      \
      const double factor = weight(p->out_folded, k, p->period) / (p->scaled ? (double)p->period : 1);       \
      y[i * p->out_parts] = (word)(re * factor);                                                             \
      if (p->out_parts > 1) y[i * 2 + 1] = (word)(im * factor);                                              \
    }                                                                                                        \
  }

TRANSFORM(reals, atr_real)
TRANSFORM(doubles, double)
#undef TRANSFORM

atr_status ATR_HOST(dft)(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, call->out[0].count / j.p->out_parts, 4096 / (j.p->used + 1) + 1,
                call->out[0].type == ATR_F64 ? doubles : reals, &j);
  return ATR_OK;
}
