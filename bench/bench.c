/* bench.c: geometry of rows. */
#include "config.h"

#include "bench.h"

int row_forward(const row *r) {
  return r->what <= TRANSPOSED;
}

int row_axes(const row *r) {
  return r->h ? 2 : 1;
}

int64_t row_in(const row *r, int axis) {
  return r->h && axis == 0 ? r->h : r->w;
}

void row_pads(const row *r, int64_t before[2], int64_t after[2]) {
  const int64_t span = r->dilation * (r->filter - 1), over = span + 1 - r->stride;
  for (int i = 0; i < row_axes(r); i++) {
    before[i] = r->what == TRANSPOSED ? (over > 0 ? (over + 1) / 2 : 0) : r->causal ? span : span / 2;
    after[i] = r->what == TRANSPOSED ? before[i] : span - before[i];
  }
}

int64_t row_extra(const row *r) {
  int64_t before[2], after[2];
  row_pads(r, before, after);
  return 2 * before[0] + r->stride - 1 - r->dilation * (r->filter - 1);
}

int64_t row_out(const row *r, int axis) {
  return r->what == UPSAMPLE || r->what == TRANSPOSED ? row_in(r, axis) * r->stride
         : r->what == SOFTMAX || r->what == ADD
             ? row_in(r, axis)
             : (row_in(r, axis) - 1) / r->stride + 1; /* pads keep the size */
}

static double volume(const row *r, int out) {
  double v = (double)(r->n * (out ? r->oc : r->c));
  for (int i = 0; i < row_axes(r); i++) v *= (double)(out ? row_out(r, i) : row_in(r, i));
  return v;
}

double row_flops(const row *r) {
  if (r->what >= MAX_POOL) return 0;
  double taps = 1;
  for (int i = 0; i < row_axes(r); i++) taps *= (double)r->filter;
  return 2 * volume(r, r->what != TRANSPOSED) * taps *
         (double)((r->what == TRANSPOSED ? r->oc : r->c) / r->group);
}

double row_bytes(const row *r) {
  return ((r->what == ADD ? 2 : 1) * volume(r, 0) + volume(r, 1)) * sizeof(float);
}
