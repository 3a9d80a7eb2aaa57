/* chain_cl.c: launches of kernels/chain.cl, whose macros say what a chain does: a kernel for each different
 * chain and way in which its inputs are read. On CPUs a work-group takes whole runs of the innermost joined
 * dimension, or vectors of channel blocks: those of the output's shape then are in blocks, the first of the
 * inputs, and the others plain. */
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "base/checked.h"
#include "op/binary.h"
#include "op/chain.h"
#include "op/walk.h"
#include "tensor/shape.h"

enum { TEXT = 1536 };

typedef struct {
  char text[TEXT];
  size_t n;
} macros;

static void add(macros *m, const char *text) {
  const size_t length = strlen(text);
  if (m->n + length >= sizeof m->text) return; /* cannot be: sixteen functions take half of it */
  memcpy(m->text + m->n, text, length + 1);
  m->n += length;
}

/* " NAME=" and CHAIN_M of the inputs in `set`, of n. */
static void add_inputs(macros *m, const char *name, unsigned set, size_t n) {
  char one[40];
  add(m, name);
  for (size_t i = 0; i < n; i++) {
    snprintf(one, sizeof one, "CHAIN_M(%zu)", i);
    if (set >> i & 1) add(m, one);
  }
}

static void name_operand(char name[8], int operand) {
  const int earlier = operand >= ATR__CHAIN_INPUTS;
  snprintf(name, 8, "%c%d", earlier ? 't' : 'x', (operand - earlier * ATR__CHAIN_INPUTS) & 255);
}

/* Word of the numbers of value k: behind the inputs, the output and the numbers of those before. */
static int word_of(const atr__chain_params *p, size_t n_in, int k) {
  int word = 2 * (int)n_in + 2;
  for (int j = 0; j < k; j++) word += p->step[j].function < ATR__CHAIN_BINARY ? 2 : 0;
  return word;
}

/* Names the kernel and pushes what all have. runs: the inputs that are read one behind the other. */
static void kernel(atr__cl_emit *e, const atr__cl_query *q, const char *name, unsigned runs, int streams) {
  const atr__chain_params *p = q->params;
  const unsigned all = (1u << q->n_in) - 1;
  macros m = { .n = 0 };
  char one[64], x[8], y[8], suffix[24];
  snprintf(one, sizeof one, "CHAIN_IN=%zu CHAIN_W=%d", q->n_in, word_of(p, q->n_in, p->n));
  add(&m, one);
  add_inputs(&m, " CHAIN_ALL=", all, q->n_in);
  add_inputs(&m, " CHAIN_RUNS=", runs, q->n_in);
  add_inputs(&m, " CHAIN_ONCE=", all & ~runs, q->n_in);
  add(&m, " CHAIN_DO=");
  for (int k = 0; k < p->n; k++) {
    const atr__chain_step *s = &p->step[k];
    name_operand(x, s->x);
    name_operand(y, s->y);
    if (s->function >= ATR__CHAIN_BINARY)
      snprintf(one, sizeof one, "CHAIN_B(%d,%d,%s,%s)", k, s->function - ATR__CHAIN_BINARY, x, y);
    else
      snprintf(one, sizeof one, "CHAIN_U(%d,%d,%s,%d)", k, s->function, x, word_of(p, q->n_in, k));
    add(&m, one);
  }
  snprintf(one, sizeof one, " CHAIN_END=t%d CHAIN_STORE=%s", p->n - 1,
           streams ? "CHAIN_PAST" : "atr_store_some");
  add(&m, one);
  snprintf(suffix, sizeof suffix, "_%016llx", (unsigned long long)XXH3_64bits(m.text, m.n));
  atr__cl_kernel(e, "chain.cl", name, suffix, m.text);
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  for (int k = 0; k < p->n; k++) {
    if (p->step[k].function >= ATR__CHAIN_BINARY) continue;
    atr__cl_float(e, p->step[k].a);
    atr__cl_float(e, p->step[k].b);
  }
}

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, int rows) {
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  for (size_t i = 0; i < q->n_in; i++) atr__walk_broadcast(&walk, &q->in[i].shape);
  atr__walk_join(&walk);
  if (!walk.count) return;
  unsigned runs = 0;
  for (size_t i = 0; rows && i < q->n_in; i++)
    runs |= (walk.rank ? (unsigned)walk.stride[i][walk.rank - 1] : 0) << i;
  kernel(e, q, rows ? "chain_fwd_rows" : "chain_fwd_baseline", runs,
         rows && walk.rank && walk.dim[walk.rank - 1] % 16 == 0 && atr__cl_streams(q));
  atr__walk_launch(e, &walk, rows);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 0);
}
static void emit_rows(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 1);
}

static int applies_rows(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

/* With exactly the first `full` inputs of the output's shape, one of them in blocks. */
static int applies_blocked(const atr__cl_query *q, size_t full) {
  const atr_shape *out = &q->out[0].shape;
  int blocked = q->readers_blocked;
  if (q->device->device_class != ATR__CLASS_CPU || out->rank < 2 || q->n_in < full) return 0;
  for (size_t i = 0; i < q->n_in; i++) {
    const int is_full = atr__shape_equal(&q->in[i].shape, out);
    if (i < full ? !is_full : is_full || !atr__walk_small(&q->in[i].shape, out)) return 0;
    blocked |= i < full && q->in[i].layout == ATR__BLOCKED;
  }
  return blocked;
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q, size_t full) {
  enum { GROUP_VECTORS = 512, GROUPS = 64 };
  const atr_shape *out = &q->out[0].shape;
  const int64_t c = out->dim[1], span = atr__shape_span(out, 2, out->rank);
  const int64_t vectors = atr__walk_blocked_count(out) / 16;
  const int64_t part = atr__max_i64(1, atr__min_i64(GROUP_VECTORS, vectors / GROUPS));
  if (!vectors) return;
  kernel(e, q, "chain_fwd_blocks", (1u << full) - 1, atr__cl_streams(q));
  const int64_t words[] = { vectors, part, span, atr__ceil_div(c, 16), c };
  for (int i = 0; i < 5; i++) atr__cl_int(e, words[i]);
  for (size_t i = 0; i < q->n_in; i++) {
    const atr_shape *b = &q->in[i].shape;
    const int samples = i >= full && b->rank == out->rank && b->dim[0] > 1;
    atr__cl_int(e, samples ? c : 0);
    atr__cl_int(e, i >= full && atr__shape_size(b) > 1);
  }
  atr__cl_tiles(e, atr__ceil_div(vectors, part));
}

#define BLOCKED(full)                                                                                        \
  static int applies_blocked_##full(const atr__cl_query *q) {                                                \
    return applies_blocked(q, full);                                                                         \
  }                                                                                                          \
  static void emit_blocked_##full(atr__cl_emit *e, const atr__cl_query *q) {                                 \
    emit_blocked(e, q, full);                                                                                \
  }
BLOCKED(1)
BLOCKED(2)
BLOCKED(3)
BLOCKED(4)
#undef BLOCKED
#define BLOCKED(full)                                                                                        \
  {                                                                                                          \
    .algorithm = "blocked_" #full, .applies = applies_blocked_##full, .blocked_in = (1u << full) - 1,        \
    .blocked_out = 1, .emit = emit_blocked_##full                                                            \
  }

const atr__cl_row atr__chain_cl[] = {
  BLOCKED(1),
  BLOCKED(2),
  BLOCKED(3),
  BLOCKED(4),
  { .algorithm = "rows", .applies = applies_rows, .emit = emit_rows },
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
