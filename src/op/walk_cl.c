/* walk_cl.c: walks as words of an argument block; see walk.h and the ATR_WALK macros of kernels/common.clh.
 */
#include "base/checked.h"
#include "op/walk.h"

enum { LONG = 32, GROUP_LEAST = 512, GROUP_MOST = 8192 };

static int64_t inner(const atr__walk *walk) {
  return walk->rank ? walk->dim[walk->rank - 1] : 1;
}

/* Words: rank, each operand's start, then for each of the first `rank` dimensions from the innermost: extent
 * and each operand's stride. */
static void emit_dims(atr__cl_emit *e, const atr__walk *walk, int rank) {
  atr__cl_int(e, rank);
  for (int o = 0; o < walk->operands; o++) atr__cl_int(e, walk->start[o]);
  for (int d = rank - 1; d >= 0; d--) {
    atr__cl_int(e, walk->dim[d]);
    for (int o = 0; o < walk->operands; o++) atr__cl_int(e, walk->stride[o][d]);
  }
}

void atr__walk_emit(atr__cl_emit *e, const atr__walk *walk) {
  emit_dims(e, walk, walk->rank);
}

int atr__walk_long(const atr__walk *walk) {
  return inner(walk) >= LONG;
}

typedef struct {
  int64_t rows, rows_a_group, chunk, chunks, groups;
} cut;

/* A group takes some thousands of elements: several short runs, or a part of a long one. */
static cut cut_rows(const atr__walk *walk) {
  const int64_t length = atr__max_i64(inner(walk), 1);
  cut c = { .rows = walk->count / length };
  const int64_t want = atr__min_i64(GROUP_MOST, atr__max_i64(GROUP_LEAST, walk->count / 64));
  c.chunk = length > want ? atr__ceil_div(want, 64) * 64 : length;
  c.chunks = atr__ceil_div(length, c.chunk);
  c.rows_a_group = atr__max_i64(1, want / length);
  c.groups = atr__ceil_div(c.rows, c.rows_a_group) * c.chunks;
  return c;
}

static void launch_rows(atr__cl_emit *e, const atr__walk *walk) {
  const cut c = cut_rows(walk);
  atr__cl_int(e, c.groups);
  atr__cl_int(e, c.rows);
  atr__cl_int(e, c.rows_a_group);
  atr__cl_int(e, inner(walk));
  atr__cl_int(e, c.chunk);
  atr__cl_int(e, c.chunks);
  for (int o = 0; o < walk->operands; o++) atr__cl_int(e, walk->rank ? walk->stride[o][walk->rank - 1] : 0);
  emit_dims(e, walk, walk->rank ? walk->rank - 1 : 0);
  atr__cl_tiles(e, c.groups);
}

void atr__walk_launch(atr__cl_emit *e, const atr__walk *walk, int rows) {
  if (rows) {
    launch_rows(e, walk);
    return;
  }
  atr__cl_int(e, walk->count);
  atr__walk_emit(e, walk);
  atr__cl_items(e, walk->count);
}

void atr__walk_launch_chunks(atr__cl_emit *e, int64_t count) {
  const int64_t want = atr__min_i64(GROUP_MOST, atr__max_i64(GROUP_LEAST, count / 64));
  const int64_t chunk = atr__ceil_div(want, 16) * 16, groups = atr__ceil_div(count, chunk);
  atr__cl_int(e, chunk);
  atr__cl_tiles(e, groups);
}
