/* conv_direct_cl.c: launches of kernels/conv_direct_plain.cl, which serves convolution and the gradient of
 * its input. The latter is a convolution of dy by the filter turned round, input and output channels
 * exchanged, where the stride is 1. */
#include <stdio.h>

#include "op/conv_direct.h"
#include "tensor/shape.h"

enum { TAPS_MAX = 128, GRID_MAX = 32768, ITEMS_MIN = 64 };

/* A tile: channels × vectors. Registers hold its accumulators, the vectors and one weight: 32 registers where
 * vectors have 16 lanes (AVX-512), 16 otherwise. */
typedef struct {
  int channels, vectors;
} tile;

static tile choose_tile(int width, int64_t channels) {
  static const tile wide[] = { { 8, 3 }, { 4, 5 }, { 3, 6 }, { 2, 8 }, { 1, 8 } };
  static const tile narrow[] = { { 4, 3 }, { 2, 4 }, { 1, 6 } };
  const tile *t = width == 16 ? wide : narrow;
  while (t->channels > channels) t++;
  return *t;
}

static int lanes(const atr__cl_query *q) {
  const int width = q->device->vector_floats;
  return width >= 16 ? 16 : width >= 8 ? 8 : 4;
}

static int64_t volume(const int64_t extent[3]) {
  return extent[0] * extent[1] * extent[2];
}

/* A convolution of c source channels into oc, both counted by group. */
typedef struct {
  const int64_t *in, *out, *filter, *stride, *dilation;
  int64_t pad[3], n, c, oc, group;
  int64_t weight[4], weight_offset; /* strides of oc, c, taps, group */
  int epilogue;                     /* of Conv and ConvTranspose */
} source;

static int fits(const atr__cl_query *q, const source *s) {
  return q->device->device_class == ATR__CLASS_CPU && volume(s->filter) <= TAPS_MAX && s->oc > 0 &&
         s->c > 0 && s->group * s->oc < GRID_MAX && s->c < GRID_MAX && s->n > 0 && volume(s->in) > 0 &&
         volume(s->out) > 0 && s->out[1] * s->out[2] < 1 << 22;
}

static int64_t count_vectors(const source *s, int width, int *flat) {
  *flat = s->in[2] == s->out[2] && s->stride[1] == 1 && s->stride[2] == 1;
  const int64_t per_plane =
      *flat ? atr__ceil_div(s->out[1] * s->out[2], width) : s->out[1] * atr__ceil_div(s->out[2], width);
  return s->n * s->out[0] * per_plane;
}

static uint64_t packed_bytes(const atr__cl_query *q, const source *s) {
  const tile t = choose_tile(lanes(q), s->oc);
  return (uint64_t)(s->group * atr__ceil_div(s->oc, t.channels) * t.channels * s->c * volume(s->filter)) *
         sizeof(float);
}

static void kernel(atr__cl_emit *e, const atr__cl_query *q, const source *s, const char *name) {
  const int width = lanes(q), step = s->stride[2] <= 2 ? (int)s->stride[2] : 0;
  const tile t = choose_tile(width, s->oc);
  const int64_t taps = volume(s->filter), room = taps <= 9 ? 9 : taps <= 32 ? 32 : TAPS_MAX;
  char suffix[64], defines[96];
  snprintf(suffix, sizeof suffix, "_v%d_%dx%d_s%d_t%d", width, t.channels, t.vectors, step, (int)room);
  snprintf(defines, sizeof defines, "VW=%d OCB=%d XB=%d SW=%d TAPS=%d", width, t.channels, t.vectors, step,
           (int)room);
  atr__cl_kernel(e, "conv_direct_plain.cl", name, suffix, defines);
}

/* Where packed weights lie. */
typedef enum { IN_PACKED, IN_SCRATCH } place;

static void push_weights(atr__cl_emit *e, place where) {
  if (where == IN_PACKED)
    atr__cl_packed(e);
  else
    atr__cl_scratch(e, 0);
}

static void emit_pack(atr__cl_emit *e, const atr__cl_query *q, const source *s, place where) {
  const int64_t blocks = atr__ceil_div(s->oc, choose_tile(lanes(q), s->oc).channels);
  kernel(e, q, s, "conv_pack_f32_direct_plain");
  const int64_t words[] = { blocks,       s->c,         s->oc,        volume(s->filter), s->weight[0],
                            s->weight[1], s->weight[2], s->weight[3], s->weight_offset };
  for (int i = 0; i < 9; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 1);
  push_weights(e, where);
  atr__cl_groups(e, s->c, blocks * s->group, 1, 1);
}

static void emit_tiles(atr__cl_emit *e, const atr__cl_query *q, const source *s, place where) {
  const int width = lanes(q);
  const tile t = choose_tile(width, s->oc);
  int flat;
  const int64_t vectors = count_vectors(s, width, &flat), tiles = atr__ceil_div(vectors, t.vectors);
  const int64_t tiles_y = atr__min_i64(tiles, GRID_MAX), blocks = atr__ceil_div(s->oc, t.channels);
  /* A tile's tables serve all its blocks of channels, but there must be enough groups to share out. */
  const int64_t parts = atr__min_i64(blocks, atr__ceil_div(ITEMS_MIN, tiles * s->group));
  const int64_t part = atr__ceil_div(blocks, parts);
  kernel(e, q, s, "conv_fwd_f32_direct_plain");
  const int64_t head[] = { vectors, blocks, s->c, s->oc, s->group };
  for (int i = 0; i < 5; i++) atr__cl_int(e, head[i]);
  const int64_t *const triple[] = { s->in, s->out, s->filter, s->stride, s->dilation, s->pad };
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 3; k++) atr__cl_int(e, triple[i][k]);
  const int64_t tail[] = {
    part, atr__ceil_div(blocks, part), flat, 0, s->n * s->group * s->c * volume(s->in), tiles_y
  };
  for (int i = 0; i < 6; i++) atr__cl_int(e, tail[i]);
  atr__cl_in(e, 0);
  push_weights(e, where);
  atr__cl_out(e, 0);
  atr__conv_push_epilogue(e, s->epilogue ? q->params : NULL);
  atr__cl_groups(e, tail[1] * s->group, tiles_y, atr__ceil_div(tiles, tiles_y), 1);
}

static source forward(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int64_t taps = volume(p->filter), c = p->c / p->group, oc = p->oc / p->group;
  return (source){ .in = p->in,
                   .out = p->out,
                   .filter = p->filter,
                   .stride = p->stride,
                   .dilation = p->dilation,
                   .pad = { p->pad[0], p->pad[1], p->pad[2] },
                   .n = p->n,
                   .c = c,
                   .oc = oc,
                   .group = p->group,
                   .weight = { c * taps, taps, 1, oc * c * taps },
                   .epilogue = 1 };
}

/* dx is dy convolved with the filter turned round. */
static source backward(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  source s = forward(q);
  s.in = p->out;
  s.out = p->in;
  for (int i = 0; i < 3; i++) s.pad[i] = p->dilation[i] * (p->filter[i] - 1) - p->pad[i];
  s.c = p->oc / p->group;
  s.oc = p->c / p->group;
  s.weight[0] = volume(p->filter);
  s.weight[1] = s.oc * s.weight[0];
  s.weight[2] = -1;
  s.weight_offset = s.weight[0] - 1;
  s.epilogue = 0;
  return s;
}

static source transposed(const atr__cl_query *q) {
  source s = backward(q);
  s.epilogue = 1;
  return s;
}

static int stride_is_1(const atr__conv_params *p) {
  return p->stride[0] == 1 && p->stride[1] == 1 && p->stride[2] == 1;
}

/* The functions of a row, forward or backward. A form of packed weights has one name whatever the groups, so
 * it is kept for ungrouped weights only; other weights are packed into scratch at every run. */
#define ROWS(name, source_of, condition)                                                                     \
  int name##_applies(const atr__cl_query *q) {                                                               \
    const source s = source_of(q);                                                                           \
    return fits(q, &s) && (condition);                                                                       \
  }                                                                                                          \
  int name##_applies_packed(const atr__cl_query *q) {                                                        \
    return name##_applies(q) && ((const atr__conv_params *)q->params)->group == 1 && q->in[1].is_param;      \
  }                                                                                                          \
  uint64_t name##_bytes(const atr__cl_query *q) {                                                            \
    const source s = source_of(q);                                                                           \
    return packed_bytes(q, &s);                                                                              \
  }                                                                                                          \
  void name##_pack(atr__cl_emit *e, const atr__cl_query *q) {                                                \
    const source s = source_of(q);                                                                           \
    emit_pack(e, q, &s, IN_PACKED);                                                                          \
  }                                                                                                          \
  void name##_emit_packed(atr__cl_emit *e, const atr__cl_query *q) {                                         \
    const source s = source_of(q);                                                                           \
    emit_tiles(e, q, &s, IN_PACKED);                                                                         \
  }                                                                                                          \
  void name##_emit(atr__cl_emit *e, const atr__cl_query *q) {                                                \
    const source s = source_of(q);                                                                           \
    emit_pack(e, q, &s, IN_SCRATCH);                                                                         \
    emit_tiles(e, q, &s, IN_SCRATCH);                                                                        \
  }

ROWS(atr__conv_direct, forward, 1)
ROWS(atr__conv_direct_grad, backward, stride_is_1(q->params))
ROWS(atr__conv_direct_transpose, transposed, stride_is_1(q->params))
