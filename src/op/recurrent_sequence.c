/* recurrent_sequence.c: RNN, LSTM and GRU along sequences on the host by the steps of streams, line by line,
 * where nothing is saved for a gradient. The sums are those of the plain implementations, in their order, and
 * the activations their own, so every bit is: what is pushed into a stream step by step and what is computed
 * here at once agree. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "op/host.h"
#include "op/lanes.h"
#include "op/recurrent_host.h"
#include "op/recurrent_step.h"

/* Weights are laid out anew for each call, which pays from this many steps on. */
enum { STEPS_LEAST = 4 };

typedef struct sequence {
  const atr__call *call;
  const atr__recurrent_params *p;
  const int32_t *lens;
  atr__recurrent_step step[2]; /* by direction */
  float *room;                 /* of each line: h, C, scratch */
  int64_t own;
  int states; /* of a line: 1, or 2 with C */
} sequence;

static void lines(void *user, int64_t begin, int64_t end) {
  const sequence *s = user;
  const atr__recurrent_params *p = s->p;
  const int64_t hid = p->hid;
  for (int64_t line = begin; line < end; line++) {
    const int64_t n = line / p->dirs, d = line % p->dirs, length = s->lens ? s->lens[n] : p->t;
    const int64_t state = atr__recurrent_state_at(p, n, d);
    const atr__recurrent_step *step = &s->step[d];
    float *vector[2] = { s->room + line * s->own, s->room + line * s->own + step->wide };
    for (int k = 0; k < s->states; k++)
      recurrent_copy(vector[k], recurrent_from(recurrent_in(s->call, (size_t)(5 + k)), state, hid), hid);
    for (int64_t at = 0; at < p->t; at++) {
      const int64_t t = at < length && p->reverse ^ (d == 1) ? length - 1 - at : at;
      float *y = recurrent_at(recurrent_out(s->call, 0), atr__recurrent_y_at(p, t, n, d), hid);
      if (at < length)
        atr__recurrent_step_run(step, recurrent_in(s->call, 0) + atr__recurrent_row(p, t, n, 0) * p->i,
                                vector[0], vector[1], vector[1] + step->wide);
      recurrent_copy(y, at < length ? vector[0] : NULL, hid);
    }
    for (int k = 0; k < s->states; k++)
      recurrent_copy(recurrent_at(recurrent_out(s->call, (size_t)(1 + k)), state, hid), vector[k], hid);
  }
}

int atr__recurrent_sequence_applies(const atr__call *call, size_t saved) {
  const atr__recurrent_params *p = call->params;
  for (size_t i = saved; i < call->n_out; i++)
    if (call->out[i].data) return 0;
  return p->t * p->n >= STEPS_LEAST && p->i > 0;
}

atr_status atr__recurrent_sequence(const atr__call *call, atr__cell cell) {
  sequence s = { .call = call, .p = call->params, .states = cell == ATR__CELL_LSTM ? 2 : 1 };
  const atr__recurrent_params *p = s.p;
  const int64_t width = p->gates * p->hid;
  atr_status status = recurrent_lens(call, 4, &s.lens);
  for (int64_t d = 0; d < p->dirs && !status; d++) {
    atr__recurrent_params one = *p;
    memcpy(one.f[0], p->f[d], sizeof one.f[0]);
    status = atr__recurrent_step_create(
        &one, cell, recurrent_in(call, 1) + d * width * p->i, recurrent_in(call, 2) + d * width * p->hid,
        recurrent_from(recurrent_in(call, 3), d, 2 * width),
        recurrent_from(recurrent_in(call, 7), d, 3 * p->hid), 1, call->error, &s.step[d]);
  }
  if (!status) {
    s.own = 2 * s.step[0].wide + atr__recurrent_step_scratch(&s.step[0]);
    const size_t bytes = (size_t)(p->n * p->dirs * s.own) * sizeof(float);
    s.room = atr__calloc_aligned(bytes);
    if (s.room)
      atr__pool_for(call->pool, p->n * p->dirs, 1, lines, &s);
    else
      status = atr__nomem(call->error, bytes);
  }
  atr__free_aligned(s.room);
  for (int d = 0; d < 2; d++) atr__recurrent_step_free(&s.step[d]);
  return status;
}
