/* conv_grad_input_lanes_cl.c: launches of kernels/conv_grad_input_lanes.cl: the input's gradient with input
 * channels in the lanes, for strides and for filters of one tap; elsewhere the convolution turned round is as
 * quick. */
#include <stdio.h>

#include "base/checked.h"
#include "op/conv_grad_input.h"
#include "tensor/shape.h"

enum { ROOM = 16384, WIDE = 256, FILTER_ROWS_MOST = 16, ITEMS = 40, GRID_MOST = 32768 };

typedef struct {
  int64_t n, cg, ocg, group, in[2], out[2], filter[2], stride[2], dilation[2], pad[2];
  int width, own; /* columns and blocks of a register tile */
  int64_t blocks, runs, part, parts, columns, segments, channels, pitch, left, right;
} layout;

/* The most rows of the filter that reach one row of the input. */
static int64_t rows_most(const layout *l) {
  int64_t most = 0;
  for (int64_t y = 0; y < l->stride[0]; y++) {
    int64_t rows = 0;
    for (int64_t fy = 0; fy < l->filter[0]; fy++)
      rows += (y + l->pad[0] - fy * l->dilation[0]) % l->stride[0] == 0;
    most = atr__max_i64(most, rows);
  }
  return atr__max_i64(most, 1);
}

/* How far taps reach to the left and right of a phase's own column. */
static void reach(layout *l) {
  for (int64_t px = 0; px < l->stride[1]; px++)
    for (int64_t fx = 0; fx < l->filter[1]; fx++) {
      const int64_t x = px + l->pad[1] - fx * l->dilation[1];
      if (x % l->stride[1]) continue;
      l->left = atr__max_i64(l->left, -x / l->stride[1]);
      l->right = atr__max_i64(l->right, x / l->stride[1]);
    }
}

/* Of the tiles compiled, the one that computes the fewest columns in vain. */
static int width_of(int64_t columns) {
  static const int widths[] = { 14, 12, 10, 8 };
  int best = widths[0];
  for (size_t i = 1; i < sizeof widths / sizeof *widths; i++)
    if (atr__ceil_div(columns, widths[i]) * widths[i] < atr__ceil_div(columns, best) * best) best = widths[i];
  return best;
}

static layout plan(const atr__conv_params *p) {
  layout l = { .n = p->n, .cg = p->c / p->group, .ocg = p->oc / p->group, .group = p->group };
  for (int k = 0; k < 2; k++) {
    l.in[k] = p->in[k + 1];
    l.out[k] = p->out[k + 1];
    l.filter[k] = p->filter[k + 1];
    l.stride[k] = p->stride[k + 1];
    l.dilation[k] = p->dilation[k + 1];
    l.pad[k] = p->pad[k + 1];
  }
  l.blocks = atr__ceil_div(l.cg, 16);
  l.own = l.blocks % 2 ? 1 : 2;
  l.runs = l.blocks / l.own;
  reach(&l);
  const int64_t phase = atr__ceil_div(l.in[1], l.stride[1]);
  l.columns = atr__ceil_div(phase, atr__ceil_div(phase, WIDE / l.stride[1]));
  l.segments = atr__ceil_div(phase, l.columns);
  l.width = width_of(l.columns);
  l.pitch = l.left + atr__ceil_div(l.columns, l.width) * l.width + l.right;
  l.channels = atr__min_i64(l.ocg, ROOM / (l.pitch * rows_most(&l)));
  /* A copy of dy serves all runs of a part, but there must be enough items. */
  const int64_t runs = l.runs * l.group;
  l.parts = atr__min_i64(runs, atr__ceil_div(ITEMS, l.n * l.in[0] * l.segments));
  l.part = atr__ceil_div(runs, l.parts);
  l.parts = atr__ceil_div(runs, l.part);
  return l;
}

int atr__conv_grad_input_lanes_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || q->device->vector_floats < 16 || p->in[0] != 1 ||
      p->out[0] != 1 || p->filter[0] != 1 || p->filter[1] > FILTER_ROWS_MOST || !p->n || !p->c || !p->oc ||
      !p->in[1] || !p->in[2] || p->out[1] <= 0 || p->out[2] <= 0 || p->stride[2] > WIDE / 16)
    return 0;
  const layout l = plan(p);
  const int strided = l.stride[0] > 1 || l.stride[1] > 1, taps = l.filter[0] * l.filter[1] > 1;
  if (!strided && (!taps || l.cg < 128 || l.ocg < 128)) return 0;
  /* Lanes without a channel are wasted, but with a stride nothing else is quicker. */
  if ((!strided && 2 * l.cg < l.blocks * 16) || l.channels < 1 || l.n >= GRID_MOST ||
      l.in[0] * l.segments >= GRID_MOST || l.runs * l.group >= GRID_MOST)
    return 0;
  return l.group * l.blocks * 16 <= INT32_MAX / (l.ocg * l.filter[0] * l.filter[1]);
}

/* A form of packed weights has one name whatever the groups, so it is kept for ungrouped weights only. */
int atr__conv_grad_input_lanes_applies_packed(const atr__cl_query *q) {
  return atr__conv_grad_input_lanes_applies(q) && ((const atr__conv_params *)q->params)->group == 1 &&
         q->in[1].is_param;
}

uint64_t atr__conv_grad_input_lanes_bytes(const atr__cl_query *q) {
  const layout l = plan(q->params);
  return (uint64_t)(l.group * l.blocks * 16 * l.ocg * l.filter[0] * l.filter[1]) * sizeof(float);
}

static void kernel(atr__cl_emit *e, const layout *l, const char *name) {
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d", l->width, l->own);
  snprintf(defines, sizeof defines, "P=%d CB=%d ROOM=%d WIDE=%d", l->width, l->own, ROOM, WIDE);
  atr__cl_kernel(e, "conv_grad_input_lanes.cl", name, suffix, defines);
}

typedef void push_weights(atr__cl_emit *e);
static void in_packed(atr__cl_emit *e) {
  atr__cl_packed(e);
}
static void in_scratch(atr__cl_emit *e) {
  atr__cl_scratch(e, 0);
}

static void emit_pack(atr__cl_emit *e, const atr__cl_query *q, push_weights *push) {
  const layout l = plan(q->params);
  kernel(e, &l, "conv_bwd_x_pack_f32_lanes");
  const int64_t words[] = { l.cg, l.ocg, l.filter[0] * l.filter[1], l.runs };
  for (int i = 0; i < 4; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 1);
  push(e);
  atr__cl_groups(e, words[2], l.runs * l.group, 1, 1);
}

static void emit_rows(atr__cl_emit *e, const atr__cl_query *q, push_weights *push, int transposed) {
  const layout l = plan(q->params);
  kernel(e, &l, "conv_bwd_x_f32_lanes");
  const int64_t head[] = { l.group, l.cg, l.ocg, l.runs };
  for (int i = 0; i < 4; i++) atr__cl_int(e, head[i]);
  const int64_t *const pair[] = { l.in, l.out, l.filter, l.stride, l.dilation, l.pad };
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 2; k++) atr__cl_int(e, pair[i][k]);
  const int64_t tail[] = { l.part, l.columns, l.segments, l.channels, l.pitch, l.left };
  for (int i = 0; i < 6; i++) atr__cl_int(e, tail[i]);
  atr__cl_in(e, 0);
  push(e);
  atr__cl_out(e, 0);
  atr__conv_push_epilogue(e, transposed ? q->params : NULL);
  atr__cl_groups(e, l.parts, l.in[0] * l.segments, l.n, 1);
}

void atr__conv_grad_input_lanes_pack(atr__cl_emit *e, const atr__cl_query *q) {
  emit_pack(e, q, in_packed);
}
void atr__conv_grad_input_lanes_emit_packed(atr__cl_emit *e, const atr__cl_query *q) {
  emit_rows(e, q, in_packed, 0);
}
void atr__conv_grad_input_lanes_emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_pack(e, q, in_scratch);
  emit_rows(e, q, in_scratch, 0);
}
void atr__conv_transpose_lanes_emit_packed(atr__cl_emit *e, const atr__cl_query *q) {
  emit_rows(e, q, in_packed, 1);
}
void atr__conv_transpose_lanes_emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_pack(e, q, in_scratch);
  emit_rows(e, q, in_scratch, 1);
}
