/* walk.c: loops over a shape with strided operands; see walk.h. */
#include "op/walk.h"

#include <string.h>

#include "tensor/shape.h"

atr__walk atr__walk_over(const atr_shape *shape) {
  atr__walk walk;
  memset(&walk, 0, sizeof walk);
  walk.rank = shape->rank;
  memcpy(walk.dim, shape->dim, (size_t)shape->rank * sizeof *walk.dim);
  walk.count = atr__shape_size(shape);
  return walk;
}

void atr__walk_strided(atr__walk *walk, const int64_t *stride, int64_t start) {
  memcpy(walk->stride[walk->operands], stride, (size_t)walk->rank * sizeof *stride);
  walk->start[walk->operands++] = start;
}

void atr__walk_broadcast(atr__walk *walk, const atr_shape *from) {
  const atr_shape to = atr__shape_of(walk->rank, walk->dim);
  int64_t stride[ATR_RANK_MAX];
  atr__shape_broadcast_strides(from, &to, stride);
  atr__walk_strided(walk, stride, 0);
}

/* Whether dimension d and the one inside it, d + 1, are one run for every operand. */
static int joins(const atr__walk *walk, int d) {
  for (int o = 0; o < walk->operands; o++)
    if (walk->stride[o][d] != walk->stride[o][d + 1] * walk->dim[d + 1]) return 0;
  return 1;
}

static void drop(atr__walk *walk, int d) {
  walk->rank--;
  for (int i = d; i < walk->rank; i++) {
    walk->dim[i] = walk->dim[i + 1];
    for (int o = 0; o < walk->operands; o++) walk->stride[o][i] = walk->stride[o][i + 1];
  }
}

void atr__walk_join(atr__walk *walk) {
  if (!walk->count) return;
  for (int d = walk->rank - 1; d >= 0; d--)
    if (walk->dim[d] == 1) drop(walk, d);
  for (int d = walk->rank - 2; d >= 0; d--)
    if (joins(walk, d)) {
      walk->dim[d + 1] *= walk->dim[d];
      drop(walk, d);
    }
}

int64_t atr__walk_row(const atr__walk *walk, int64_t i, int64_t end, int64_t offset[ATR__WALK_OPERANDS]) {
  memcpy(offset, walk->start, sizeof walk->start);
  int64_t rest = i, left = 1;
  for (int d = walk->rank - 1; d >= 0; d--) {
    const int64_t at = rest % walk->dim[d];
    rest /= walk->dim[d];
    for (int o = 0; o < walk->operands; o++) offset[o] += at * walk->stride[o][d];
    if (d == walk->rank - 1) left = walk->dim[d] - at;
  }
  return left < end - i ? left : end - i;
}

int64_t atr__walk_blocked_count(const atr_shape *shape) {
  return shape->dim[0] * ((shape->dim[1] + 15) / 16) * 16 * atr__shape_span(shape, 2, shape->rank);
}

int atr__walk_small(const atr_shape *b, const atr_shape *out) {
  if (b->rank > out->rank) return 0;
  if (atr__shape_size(b) == 1) return 1;
  const int channel = b->rank - (out->rank - 1); /* where b has its channels */
  if (channel < 0 || channel > 1 || b->dim[channel] != out->dim[1]) return 0;
  for (int d = channel + 1; d < b->rank; d++)
    if (b->dim[d] != 1) return 0;
  return 1;
}
