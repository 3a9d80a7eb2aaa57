/* resize_host.c: Resize and its gradient on the host. Forward, a range of the loop is a run of output rows;
 * the gradient adds every dy to its taps in ascending order, a plane a thread. */
#include "op/host.h"
#include "op/resize.h"

typedef struct {
  const atr__resize_params *p;
  const atr_real *from;
  atr_real *to;
} job;

typedef struct {
  int n;
  int64_t index[ATR__RESIZE_TAPS];
  double weight[ATR__RESIZE_TAPS];
} taps;

static taps taps_at(const job *j, int axis, int64_t o) {
  taps t;
  t.n = atr__resize_taps(j->p, axis, o, t.index, t.weight);
  return t;
}

static void forward_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t *in = j->p->in, *out = j->p->out;
  for (int64_t row = begin; row < end; row++) {
    const atr_real *plane = j->from + row / (out[0] * out[1]) * in[0] * in[1] * in[2];
    const taps d = taps_at(j, 0, row / out[1] % out[0]), h = taps_at(j, 1, row % out[1]);
    for (int64_t o = 0; o < out[2]; o++) {
      const taps w = taps_at(j, 2, o);
      atr_real sum = 0;
      for (int a = 0; a < d.n; a++)
        for (int b = 0; b < h.n; b++)
          for (int c = 0; c < w.n; c++)
            sum += (atr_real)(d.weight[a] * h.weight[b] * w.weight[c]) *
                   plane[(d.index[a] * in[1] + h.index[b]) * in[2] + w.index[c]];
      j->to[row * out[2] + o] = sum;
    }
  }
}

atr_status ATR_HOST(resize)(const atr__call *call) {
  const atr__resize_params *p = call->params;
  job j = { p, ATR_IN(call, 0), ATR_OUT(call, 0) };
  if (p->out[2])
    atr__pool_for(call->pool, p->outer * p->out[0] * p->out[1], 1024 / p->out[2] + 1, forward_rows, &j);
  return ATR_OK;
}

static void grad_planes(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t *in = j->p->in, *out = j->p->out, size = in[0] * in[1] * in[2];
  memset(j->to + begin * size, 0, (size_t)((end - begin) * size) * sizeof *j->to);
  for (int64_t row = begin * out[0] * out[1]; row < end * out[0] * out[1]; row++) {
    atr_real *plane = j->to + row / (out[0] * out[1]) * size;
    const taps d = taps_at(j, 0, row / out[1] % out[0]), h = taps_at(j, 1, row % out[1]);
    for (int64_t o = 0; o < out[2]; o++) {
      const taps w = taps_at(j, 2, o);
      const atr_real dy = j->from[row * out[2] + o];
      for (int a = 0; a < d.n; a++)
        for (int b = 0; b < h.n; b++)
          for (int c = 0; c < w.n; c++)
            plane[(d.index[a] * in[1] + h.index[b]) * in[2] + w.index[c]] +=
                (atr_real)(d.weight[a] * h.weight[b] * w.weight[c]) * dy;
    }
  }
}

atr_status ATR_HOST(resize_grad)(const atr__call *call) {
  const atr__resize_params *p = call->params;
  job j = { p, ATR_IN(call, 0), ATR_OUT(call, 0) };
  atr__pool_for(call->pool, call->out[0].count ? p->outer : 0, 1, grad_planes, &j);
  return ATR_OK;
}
