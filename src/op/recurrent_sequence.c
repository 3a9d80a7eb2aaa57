/* recurrent_sequence.c: RNN, LSTM and GRU along sequences on the host, in float, by tiles of sums
 * (register_tile.h). The sums are those of the plain implementations, in their order; where functions must
 * not be approximated every bit is theirs too, and that of what a stream computes step by step.
 *
 * Weights are laid out anew for each call, in panels of columns, where there are steps enough. A block of
 * lines goes through the sequence: the products with x of some steps at once, then step by step those with h
 * and what is behind the sums. Blocks go to threads; where there are few lines and many units, the panels of
 * a step do. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "op/host.h"
#include "op/recurrent_host.h"
#include "op/recurrent_panels.h"
#include "op/recurrent_step.h"

enum {
  STEPS_LEAST = 4,     /* steps of all lines from which laying weights out pays */
  STEPS_MOST = 64,     /* whose products with x are made at once */
  SUMS_MOST = 1 << 17, /* of those steps */
};

typedef struct {
  const atr__call *call;
  const atr__recurrent_params *p;
  const int32_t *lens;
  const atr__tile *tile;
  atr__cell cell;
  atr__recurrent_step step[2];     /* by direction */
  atr__panels w[2], r[2], last[2]; /* last: of a GRU's last gate, whose sums come later */
  int64_t lines, steps;            /* of a block */
  float *pre, *more;               /* what is saved for a gradient, or NULL: pre, and cells or met */
  atr__pool *within;               /* whose threads share a step, or NULL */
  atr__rooms *rooms;
} sequence;

static int64_t length_of(const sequence *s, int64_t n) {
  return s->lens ? s->lens[n] : s->p->t;
}

static int64_t step_at(const sequence *s, int64_t n, int64_t d, int64_t at) {
  const int64_t length = length_of(s, n);
  return at < length && s->p->reverse ^ (d == 1) ? length - 1 - at : at;
}

/* Biases and products with x of steps [at, at + steps) of lines [n, n + m): z[step][line]. */
static void from_x(const sequence *s, int64_t d, int64_t n, int64_t m, int64_t at, int64_t steps, float *z) {
  const atr__recurrent_params *p = s->p;
  const int64_t width = s->step[d].gates_wide;
  for (int64_t row = 0; row < steps * m; row++)
    memcpy(z + row * width, s->step[d].b, (size_t)width * sizeof *z);
  for (int64_t line = 0; line < m; line++) {
    const int64_t some = atr__min_i64(steps, length_of(s, n + line) - at);
    if (some <= 0) continue;
    const int64_t first = atr__recurrent_row(p, step_at(s, n + line, d, at), n + line, 0);
    const int64_t apart =
        some > 1 ? atr__recurrent_row(p, step_at(s, n + line, d, at + 1), n + line, 0) - first : 0;
    atr__panels_multiply(&s->w[d], s->tile, s->within, some, recurrent_in(s->call, 0) + first * p->i,
                         apart * p->i, z + line * width, m * width);
  }
}

/* One step of m lines whose products with x are in z. */
static void advance(const sequence *s, int64_t d, int64_t n, int64_t m, int64_t at, float *h, float *c,
                    float *room, float *z) {
  const atr__recurrent_params *p = s->p;
  const atr__recurrent_step *step = &s->step[d];
  const int64_t wide = step->wide, width = step->gates_wide, hid = p->hid;
  const int before = s->cell == ATR__CELL_GRU && p->linear_before_reset;
  atr__panels_multiply(&s->r[d], s->tile, s->within, m, h, wide, z, width);
  if (before) {
    for (int64_t line = 0; line < m; line++)
      memcpy(room + line * wide, step->met, (size_t)wide * sizeof *room);
    atr__panels_multiply(&s->last[d], s->tile, s->within, m, h, wide, room, wide);
  }
  for (int part = 0; part < 1 + (s->cell == ATR__CELL_GRU); part++) {
    if (part && !before)
      atr__panels_multiply(&s->last[d], s->tile, s->within, m, room, wide, z + 2 * wide, width);
    for (int64_t line = 0; line < m; line++) {
      const int64_t row = atr__recurrent_row(p, step_at(s, n + line, d, at), n + line, d);
      float *pre = recurrent_at(s->pre, row, p->gates * hid), *more = recurrent_at(s->more, row, hid);
      float *own_h = h + line * wide, *own_z = z + line * width, *own_room = room + line * wide;
      if (at >= length_of(s, n + line)) {
        recurrent_copy(pre, NULL, p->gates * hid);
        recurrent_copy(more, NULL, hid);
      } else if (s->cell == ATR__CELL_LSTM) {
        atr__recurrent_step_lstm(step, own_h, c + line * wide, own_z, own_room, pre);
        recurrent_copy(more, c + line * wide, hid);
      } else if (s->cell == ATR__CELL_RNN)
        atr__recurrent_step_rnn(step, own_h, own_z, pre);
      else if (part)
        atr__recurrent_step_join(step, own_h, own_z, pre);
      else {
        if (before) recurrent_copy(more, own_room, hid);
        atr__recurrent_step_reset(step, own_h, own_z, own_room, pre);
        if (!before) recurrent_copy(more, own_room, hid);
      }
    }
  }
}

static int64_t room_of(const sequence *s) {
  return s->lines * (3 * s->step[0].wide + s->steps * s->step[0].gates_wide);
}

static void block(const sequence *s, int64_t d, int64_t n, float *room) {
  const atr__recurrent_params *p = s->p;
  const int64_t m = atr__min_i64(s->lines, p->n - n), wide = s->step[d].wide, hid = p->hid;
  float *state[2] = { room, room + m * wide }, *between = state[1] + m * wide, *z = between + m * wide;
  const int states = s->cell == ATR__CELL_LSTM ? 2 : 1;
  memset(room, 0, (size_t)(3 * m * wide) * sizeof *room);
  for (int64_t line = 0; line < m; line++)
    for (int k = 0; k < states; k++)
      recurrent_copy(state[k] + line * wide,
                     recurrent_from(recurrent_in(s->call, (size_t)(5 + k)),
                                    atr__recurrent_state_at(p, n + line, d), hid),
                     hid);
  for (int64_t at = 0; at < p->t; at++) {
    const int64_t ready = at % s->steps;
    if (!ready) from_x(s, d, n, m, at, atr__min_i64(s->steps, p->t - at), z);
    advance(s, d, n, m, at, state[0], state[1], between, z + ready * m * s->step[d].gates_wide);
    for (int64_t line = 0; line < m; line++) {
      const int64_t t = step_at(s, n + line, d, at);
      recurrent_copy(recurrent_at(recurrent_out(s->call, 0), atr__recurrent_y_at(p, t, n + line, d), hid),
                     at < length_of(s, n + line) ? state[0] + line * wide : NULL, hid);
    }
  }
  for (int64_t line = 0; line < m; line++)
    for (int k = 0; k < states; k++)
      recurrent_copy(
          recurrent_at(recurrent_out(s->call, (size_t)(1 + k)), atr__recurrent_state_at(p, n + line, d), hid),
          state[k] + line * wide, hid);
}

static void blocks(void *user, int64_t begin, int64_t end) {
  const sequence *s = user;
  const int64_t parts = atr__ceil_div(s->p->n, s->lines);
  float *room = atr__rooms_enter(s->rooms);
  for (int64_t i = begin; i < end; i++) block(s, i / parts, i % parts * s->lines, room);
  atr__rooms_leave(s->rooms, room);
}

/* Steps and panels of each direction, in `at`, or their size alone. */
static int64_t lay_out(sequence *s, float *at) {
  const atr__recurrent_params *p = s->p;
  const int64_t wide = s->step[0].wide, sums = s->cell == ATR__CELL_GRU ? 2 : p->gates;
  int64_t used = 0;
  for (int64_t d = 0; d < p->dirs; d++) {
    const float *w = recurrent_in(s->call, 1) + d * p->gates * p->hid * p->i;
    const float *r = recurrent_in(s->call, 2) + d * p->gates * p->hid * p->hid;
    s->w[d] = atr__panels_of(p->gates, p->hid, wide, p->i, w, at ? at + used : NULL);
    used += atr__panels_size(&s->w[d]);
    s->r[d] = atr__panels_of(sums, p->hid, wide, p->hid, r, at ? at + used : NULL);
    used += atr__panels_size(&s->r[d]);
    if (s->cell != ATR__CELL_GRU) continue;
    s->last[d] = atr__panels_of(1, p->hid, wide, p->hid, r + 2 * p->hid * p->hid, at ? at + used : NULL);
    used += atr__panels_size(&s->last[d]);
  }
  return used;
}

static void fill(const sequence *s) {
  for (int64_t d = 0; d < s->p->dirs; d++) {
    atr__panels_fill(&s->w[d], s->tile, s->call->pool);
    atr__panels_fill(&s->r[d], s->tile, s->call->pool);
    if (s->cell == ATR__CELL_GRU) atr__panels_fill(&s->last[d], s->tile, s->call->pool);
  }
}

atr_status atr__recurrent_sequence(const atr__call *call, atr__cell cell, int *done) {
  const atr__recurrent_params *p = call->params;
  sequence s = { .call = call, .p = p, .cell = cell, .tile = atr__tile_best() };
  atr__pool *pool = call->pool;
  const size_t saved = cell == ATR__CELL_LSTM ? 3 : 2;
  *done = 0;
  if (!pool || !p->t || !p->n || !p->i) return ATR_OK;
  s.pre = recurrent_out(call, saved);
  s.more = recurrent_out(call, saved + 1);
  atr_status status = recurrent_lens(call, 4, &s.lens);
  for (int64_t d = 0; d < p->dirs && !status; d++) {
    atr__recurrent_params one = *p;
    memcpy(one.f[0], p->f[d], sizeof one.f[0]);
    status = atr__recurrent_step_create(
        &one, cell, NULL, NULL, recurrent_from(recurrent_in(call, 3), d, 2 * p->gates * p->hid),
        recurrent_from(recurrent_in(call, 7), d, 3 * p->hid), !call->fast, call->error, &s.step[d]);
  }
  if (!status) {
    s.lines = atr__panels_cut(p, pool, &s.within);
    s.steps = atr__min_i64(STEPS_MOST, SUMS_MOST / (s.lines * s.step[0].gates_wide));
    s.steps = atr__max_i64(1, atr__min_i64(s.steps, p->t));
    const int64_t weights = lay_out(&s, NULL), parts = p->dirs * atr__ceil_div(p->n, s.lines);
    const int laid_out = p->t * p->n >= STEPS_LEAST;
    atr__rooms *kept = NULL;
    if (laid_out)
      kept = atr__rooms_take(pool, (size_t)atr__ceil_div(weights, atr__pool_threads(pool)) * sizeof(float));
    if (kept || !laid_out) s.rooms = atr__rooms_take(pool, (size_t)room_of(&s) * sizeof(float));
    if (s.rooms) {
      *done = 1;
      if (laid_out) {
        lay_out(&s, atr__rooms_whole(kept));
        fill(&s);
      }
      if (s.within)
        blocks(&s, 0, parts);
      else
        atr__pool_for(pool, parts, atr__tile_grain(p->t * s.lines * weights / p->dirs), blocks, &s);
    }
    atr__rooms_give(pool, s.rooms);
    atr__rooms_give(pool, kept);
  }
  for (int d = 0; d < 2; d++) atr__recurrent_step_free(&s.step[d]);
  return status;
}
