/* recurrent_backward.c: the gradients of RNN, LSTM and GRU along sequences on the host, in float, by tiles of
 * sums (register_tile.h), with the sums of the plain implementations in their order; see recurrent_sequence.c
 * for how lines go to threads. lstm_host.c, gru_host.c and rnn_host.c have the formulas in plain form.
 *
 * A line's numbers of a step are copied to arrays of whole vectors, which the formulas are applied to. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "op/host.h"
#include "op/lanes.h"
#include "op/recurrent_host.h"
#include "op/recurrent_panels.h"
#include "op/recurrent_step.h"

enum { STEPS_LEAST = 4 };   /* of all lines, from which it pays */
enum { I, O, F, C, GATES }; /* an LSTM's gates; a GRU's are keep, reset, fresh */
enum { KEEP, RESET, FRESH };

/* Arrays of `wide` numbers: what a line's formulas read and write. */
typedef struct {
  float *value[GATES + 1], *slope[GATES + 1]; /* of the gates' activations, and of an LSTM's cell */
  float *dz[GATES], *dh, *before, *met;       /* before: the cell, or h, of the step before */
} arrays;

enum { ARRAYS = 3 * GATES + 5 };

/* A line's own numbers, which stay from step to step, or from one part of it to the next. */
enum { CARRY, CELL, SUMS, DIRECT, LINE_RESET, LINE_SLOPE, OWN };

typedef struct {
  const atr__call *call;
  const atr__recurrent_params *p;
  const int32_t *lens;
  const atr__tile *tile;
  atr__cell cell;
  atr__recurrent_step step[2]; /* by direction */
  atr__panels r[2], last[2];   /* last: of a GRU's last gate where it is multiplied apart */
  int64_t lines;               /* of a block */
  atr__pool *within;           /* whose threads share a step, or NULL */
  atr__rooms *rooms;
} backward;

/* A block of lines under way. */
typedef struct {
  const backward *b;
  int64_t d, n, m, wide;
  float *own[OWN]; /* [m][wide] */
  float *dz;       /* [m][gates · hid] */
  arrays a;
} block;

static const float *input(const backward *b, size_t i) {
  return recurrent_in(b->call, i);
}

static int64_t length_of(const block *k, int64_t line) {
  return k->b->lens ? k->b->lens[k->n + line] : k->b->p->t;
}

static int64_t step_at(const block *k, int64_t line, int64_t at) {
  const int64_t length = length_of(k, line);
  return at < length && k->b->p->reverse ^ (k->d == 1) ? length - 1 - at : at;
}

static int64_t row_at(const block *k, int64_t line, int64_t at) {
  return atr__recurrent_row(k->b->p, step_at(k, line, at), k->n + line, k->d);
}

/* h of the step before, or the initial one; NULL: zeros. */
static const float *h_before(const block *k, int64_t line, int64_t at) {
  const atr__recurrent_params *p = k->b->p;
  if (!at) return recurrent_from(input(k->b, 4), atr__recurrent_state_at(p, k->n + line, k->d), p->hid);
  return input(k->b, 1) + atr__recurrent_y_at(p, step_at(k, line, at - 1), k->n + line, k->d) * p->hid;
}

/* hid numbers as whole vectors; NULL: zeros. */
static void widen(const block *k, float *to, const float *from) {
  const int64_t hid = k->b->p->hid;
  if (from) memcpy(to, from, (size_t)hid * sizeof *to);
  memset(from ? to + hid : to, 0, (size_t)(k->wide - (from ? hid : 0)) * sizeof *to);
}

/* What reaches h of this step: from the steps behind it, and dy, which is input `dy`. */
static void gather(block *k, int64_t line, int64_t at, size_t dy) {
  const atr__recurrent_params *p = k->b->p;
  const float *carry = k->own[CARRY] + line * k->wide;
  widen(k, k->a.dh,
        recurrent_from(input(k->b, dy), atr__recurrent_y_at(p, step_at(k, line, at), k->n + line, k->d),
                       p->hid));
  for (int64_t u = 0; u < k->wide; u++) k->a.dh[u] += carry[u];
}

/* Activation f of a gate, whose numbers before it are input 2's. */
static void gate(block *k, int64_t row, int which, int f) {
  const atr__recurrent_params *p = k->b->p;
  widen(k, k->a.value[which], input(k->b, 2) + (row * p->gates + which) * p->hid);
  atr__recurrent_step_values(&k->b->step[k->d], f, k->wide, k->a.value[which], k->a.slope[which]);
}

/* The gate's dz to where products read it. */
static void put(block *k, int64_t line, int which, const float *dz) {
  const int64_t hid = k->b->p->hid;
  memcpy(k->dz + (line * k->b->p->gates + which) * hid, dz, (size_t)hid * sizeof *dz);
}

/* And to the output. */
static void give(block *k, int64_t line, int64_t row) {
  const int64_t width = k->b->p->gates * k->b->p->hid;
  recurrent_copy(recurrent_at(recurrent_out(k->b->call, 0), row, width), k->dz + line * width, width);
}

#define AT(array) (*(atr__lanes *)((array) + u))

ATR__CLONES
static void lstm_formulas(const arrays *a, const float *look, int forget, int64_t wide, float *cell) {
  const atr__lanes zero = { 0 };
  for (int64_t u = 0; u < wide; u += ATR__LANES) {
    const atr__lanes in = AT(a->value[I]), keep = forget ? 1 - in : AT(a->value[F]);
    const atr__lanes dzo = AT(a->dh) * AT(a->value[GATES]) * AT(a->slope[O]);
    const atr__lanes here = AT(cell) + AT(a->dh) * AT(a->value[O]) * AT(a->slope[GATES]) +
                            (look ? *(const atr__lanes *)(look + O * wide + u) * dzo : zero);
    const atr__lanes din = here * (AT(a->value[C]) - (forget ? AT(a->before) : zero));
    const atr__lanes dzi = din * AT(a->slope[I]);
    const atr__lanes dzf = forget ? zero : here * AT(a->before) * AT(a->slope[F]);
    AT(a->dz[I]) = dzi;
    AT(a->dz[O]) = dzo;
    AT(a->dz[F]) = dzf;
    AT(a->dz[C]) = here * in * AT(a->slope[C]);
    AT(cell) = here * keep + (look ? *(const atr__lanes *)(look + I * wide + u) * dzi : zero) +
               (look ? *(const atr__lanes *)(look + F * wide + u) * dzf : zero);
  }
}

static void lstm_line(block *k, int64_t line, int64_t at) {
  const backward *b = k->b;
  const atr__recurrent_params *p = b->p;
  const int64_t row = row_at(k, line, at), hid = p->hid;
  const float *cells = input(b, 7);
  const float *before = at ? cells + row_at(k, line, at - 1) * hid
                           : recurrent_from(input(b, 5), atr__recurrent_state_at(p, k->n + line, k->d), hid);
  gather(k, line, at, 8);
  gate(k, row, I, 0);
  gate(k, row, O, 0);
  if (!p->input_forget) gate(k, row, F, 0);
  gate(k, row, C, 1);
  widen(k, k->a.value[GATES], cells + row * hid);
  atr__recurrent_step_values(&b->step[k->d], 2, k->wide, k->a.value[GATES], k->a.slope[GATES]);
  widen(k, k->a.before, before);
  lstm_formulas(&k->a, b->step[k->d].look, p->input_forget, k->wide, k->own[CELL] + line * k->wide);
  for (int g = 0; g < GATES; g++) put(k, line, g, k->a.dz[g]);
  give(k, line, row);
  recurrent_copy(recurrent_at(recurrent_out(b->call, 1), row, hid), h_before(k, line, at), hid);
  recurrent_copy(recurrent_at(recurrent_out(b->call, 2), row, hid), before, hid);
}

ATR__CLONES
static void gru_formulas(const arrays *a, int64_t wide, float *direct) {
  for (int64_t u = 0; u < wide; u += ATR__LANES) {
    const atr__lanes dh = AT(a->dh), keep = AT(a->value[KEEP]);
    AT(direct) = dh * keep;
    AT(a->dz[KEEP]) = dh * (AT(a->before) - AT(a->value[FRESH])) * AT(a->slope[KEEP]);
    AT(a->dz[FRESH]) = dh * (1 - keep) * AT(a->slope[FRESH]);
  }
}

/* What passes the reset gate, where it is behind the product (met) and before it (sums, of h). */
ATR__CLONES
static void gru_behind(const arrays *a, int64_t wide) {
  for (int64_t u = 0; u < wide; u += ATR__LANES) {
    const atr__lanes fresh = AT(a->dz[FRESH]);
    AT(a->dz[RESET]) = fresh * AT(a->met) * AT(a->slope[RESET]);
    AT(a->met) = fresh * AT(a->value[RESET]);
  }
}

ATR__CLONES
static void gru_before(const arrays *a, const float *sums, const float *reset, const float *slope,
                       int64_t wide, float *direct) {
  for (int64_t u = 0; u < wide; u += ATR__LANES) {
    const atr__lanes sum = *(const atr__lanes *)(sums + u);
    AT(a->dz[RESET]) = sum * AT(a->before) * *(const atr__lanes *)(slope + u);
    AT(direct) += sum * *(const atr__lanes *)(reset + u);
  }
}

#undef AT

static void gru_line(block *k, int64_t line, int64_t at) {
  const backward *b = k->b;
  const int64_t row = row_at(k, line, at), hid = b->p->hid, here = line * k->wide;
  gather(k, line, at, 6);
  for (int g = 0; g < 3; g++) gate(k, row, g, g == FRESH);
  widen(k, k->a.before, h_before(k, line, at));
  gru_formulas(&k->a, k->wide, k->own[DIRECT] + here);
  put(k, line, KEEP, k->a.dz[KEEP]);
  put(k, line, FRESH, k->a.dz[FRESH]);
  recurrent_copy(recurrent_at(recurrent_out(b->call, 1), row, hid), h_before(k, line, at), hid);
  if (b->p->linear_before_reset) {
    widen(k, k->a.met, recurrent_from(input(b, 5), row, hid));
    gru_behind(&k->a, k->wide);
    put(k, line, RESET, k->a.dz[RESET]);
    give(k, line, row);
    put(k, line, FRESH, k->a.met);
    recurrent_copy(recurrent_at(recurrent_out(b->call, 2), row, hid), k->a.met, hid);
    return;
  }
  memcpy(k->own[LINE_RESET] + here, k->a.value[RESET], (size_t)k->wide * sizeof(float));
  memcpy(k->own[LINE_SLOPE] + here, k->a.slope[RESET], (size_t)k->wide * sizeof(float));
  recurrent_copy(recurrent_at(recurrent_out(b->call, 2), row, hid), NULL, hid);
}

/* The rest, where the last gate's product with dz is needed first. */
static void gru_rest(block *k, int64_t line, int64_t at) {
  const int64_t here = line * k->wide;
  widen(k, k->a.before, h_before(k, line, at));
  gru_before(&k->a, k->own[SUMS] + here, k->own[LINE_RESET] + here, k->own[LINE_SLOPE] + here, k->wide,
             k->own[DIRECT] + here);
  put(k, line, RESET, k->a.dz[RESET]);
  give(k, line, row_at(k, line, at));
}

static void rnn_line(block *k, int64_t line, int64_t at) {
  const int64_t row = row_at(k, line, at), hid = k->b->p->hid;
  gather(k, line, at, 5);
  gate(k, row, 0, 0);
  for (int64_t u = 0; u < k->wide; u++) k->a.dh[u] *= k->a.slope[0][u];
  put(k, line, 0, k->a.dh);
  give(k, line, row);
  recurrent_copy(recurrent_at(recurrent_out(k->b->call, 1), row, hid), h_before(k, line, at), hid);
}

/* A step behind the line's end: nothing comes from it. */
static void nothing(block *k, int64_t line, int64_t at) {
  const atr__recurrent_params *p = k->b->p;
  const int64_t row = row_at(k, line, at), width = p->gates * p->hid;
  memset(k->dz + line * width, 0, (size_t)width * sizeof(float));
  give(k, line, row);
  for (size_t i = 1; i < (k->b->cell == ATR__CELL_RNN ? 2u : 3u); i++)
    recurrent_copy(recurrent_at(recurrent_out(k->b->call, i), row, p->hid), NULL, p->hid);
}

/* sums = dz's numbers from `from` on, times a matrix. */
static void multiply(block *k, const atr__panels *r, int64_t from) {
  memset(k->own[SUMS], 0, (size_t)(k->m * k->wide) * sizeof(float));
  atr__panels_multiply(r, k->b->tile, k->b->within, k->m, k->dz + from, k->b->p->gates * k->b->p->hid,
                       k->own[SUMS], k->wide);
}

static void retreat(block *k, int64_t at) {
  const backward *b = k->b;
  const int apart = b->cell == ATR__CELL_GRU && !b->p->linear_before_reset;
  for (int64_t line = 0; line < k->m; line++)
    if (at >= length_of(k, line))
      nothing(k, line, at);
    else if (b->cell == ATR__CELL_LSTM)
      lstm_line(k, line, at);
    else if (b->cell == ATR__CELL_GRU)
      gru_line(k, line, at);
    else
      rnn_line(k, line, at);
  if (apart) {
    multiply(k, &b->last[k->d], 2 * b->p->hid);
    for (int64_t line = 0; line < k->m; line++)
      if (at < length_of(k, line)) gru_rest(k, line, at);
  }
  multiply(k, &b->r[k->d], 0);
  for (int64_t line = 0; line < k->m; line++) {
    float *carry = k->own[CARRY] + line * k->wide;
    const float *sums = k->own[SUMS] + line * k->wide, *direct = k->own[DIRECT] + line * k->wide;
    if (at >= length_of(k, line)) continue;
    memcpy(carry, sums, (size_t)k->wide * sizeof *carry);
    for (int64_t u = 0; b->cell == ATR__CELL_GRU && u < k->wide; u++) carry[u] += direct[u];
    recurrent_clip_back(b->p, carry);
    if (b->cell == ATR__CELL_LSTM) recurrent_clip_back(b->p, k->own[CELL] + line * k->wide);
  }
}

static int64_t room_of(const backward *b) {
  return (b->lines * OWN + ARRAYS) * b->step[0].wide + b->lines * b->p->gates * b->p->hid;
}

static void walk(const backward *b, int64_t d, int64_t n, float *room) {
  const atr__recurrent_params *p = b->p;
  block k = { .b = b, .d = d, .n = n, .m = atr__min_i64(b->lines, p->n - n), .wide = b->step[d].wide };
  const int64_t hid = p->hid, wide = k.wide;
  const int lstm = b->cell == ATR__CELL_LSTM;
  const size_t last = lstm ? 9 : b->cell == ATR__CELL_GRU ? 7 : 6, first = b->cell == ATR__CELL_RNN ? 2 : 3;
  for (int i = 0; i < OWN; i++, room += b->lines * wide) k.own[i] = room;
  for (int i = 0; i <= GATES; i++, room += 2 * wide) k.a.value[i] = room, k.a.slope[i] = room + wide;
  for (int i = 0; i < GATES; i++, room += wide) k.a.dz[i] = room;
  k.a.dh = room;
  k.a.before = room + wide;
  k.a.met = room + 2 * wide;
  k.dz = room + 3 * wide;
  for (int64_t line = 0; line < k.m; line++)
    for (int i = 0; i <= lstm; i++)
      widen(&k, k.own[CARRY + i] + line * wide,
            recurrent_from(input(b, last + (size_t)i), atr__recurrent_state_at(p, n + line, d), hid));
  for (int64_t at = p->t - 1; at >= 0; at--) retreat(&k, at);
  for (int64_t line = 0; line < k.m; line++)
    for (int i = 0; i <= lstm; i++)
      recurrent_copy(recurrent_at(recurrent_out(b->call, first + (size_t)i),
                                  atr__recurrent_state_at(p, n + line, d), hid),
                     k.own[CARRY + i] + line * wide, hid);
}

static void blocks(void *user, int64_t begin, int64_t end) {
  const backward *b = user;
  const int64_t parts = atr__ceil_div(b->p->n, b->lines);
  float *room = atr__rooms_enter(b->rooms);
  for (int64_t i = begin; i < end; i++) walk(b, i / parts, i % parts * b->lines, room);
  atr__rooms_leave(b->rooms, room);
}

/* Panels of each direction, in `at`, or their size alone. */
static int64_t lay_out(backward *b, float *at) {
  const atr__recurrent_params *p = b->p;
  const int64_t hid = p->hid, wide = b->step[0].wide;
  const int apart = b->cell == ATR__CELL_GRU && !p->linear_before_reset;
  int64_t used = 0;
  for (int64_t d = 0; d < p->dirs; d++) {
    const float *r = input(b, 0) + d * p->gates * hid * hid;
    b->r[d] = atr__panels_of(1, hid, wide, apart ? 2 * hid : p->gates * hid, r, at ? at + used : NULL);
    b->r[d].rows = 1;
    used += atr__panels_size(&b->r[d]);
    if (!apart) continue;
    b->last[d] = atr__panels_of(1, hid, wide, hid, r + 2 * hid * hid, at ? at + used : NULL);
    b->last[d].rows = 1;
    used += atr__panels_size(&b->last[d]);
  }
  return used;
}

atr_status atr__recurrent_backward(const atr__call *call, atr__cell cell, int *done) {
  const atr__recurrent_params *p = call->params;
  backward b = { .call = call, .p = p, .cell = cell, .tile = atr__tile_best() };
  atr__pool *pool = call->pool;
  *done = 0;
  if (!pool || p->t * p->n < STEPS_LEAST) return ATR_OK;
  atr_status status = recurrent_lens(call, 3, &b.lens);
  for (int64_t d = 0; d < p->dirs && !status; d++) {
    const float *look = cell == ATR__CELL_LSTM ? recurrent_from(recurrent_in(call, 6), d, 3 * p->hid) : NULL;
    atr__recurrent_params one = *p;
    memcpy(one.f[0], p->f[d], sizeof one.f[0]);
    status =
        atr__recurrent_step_create(&one, cell, NULL, NULL, NULL, look, !call->fast, call->error, &b.step[d]);
  }
  if (!status) {
    b.lines = atr__panels_cut(p, pool, &b.within);
    const int64_t weights = atr__ceil_div(lay_out(&b, NULL), atr__pool_threads(pool));
    atr__rooms *kept = atr__rooms_take(pool, (size_t)weights * sizeof(float));
    b.rooms = kept ? atr__rooms_take(pool, (size_t)room_of(&b) * sizeof(float)) : NULL;
    if (b.rooms) {
      *done = 1;
      lay_out(&b, atr__rooms_whole(kept));
      for (int64_t d = 0; d < p->dirs; d++) {
        atr__panels_fill(&b.r[d], b.tile, pool);
        if (b.last[d].at) atr__panels_fill(&b.last[d], b.tile, pool);
      }
      const int64_t parts = p->dirs * atr__ceil_div(p->n, b.lines);
      if (b.within)
        blocks(&b, 0, parts);
      else
        atr__pool_for(pool, parts, 1, blocks, &b);
    }
    atr__rooms_give(pool, b.rooms);
    atr__rooms_give(pool, kept);
  }
  for (int d = 0; d < 2; d++) atr__recurrent_step_free(&b.step[d]);
  return status;
}
