/* conv_grad_filter_cl.c: launches of kernels/conv_grad_filter_plain.cl and conv_grad_sums.cl: the filter's
 * gradient on CPU-class devices.
 *
 * Work is cut by positions (images and places) into slots whose sums are added up in order by a second
 * launch; where positions are few, by output channels and columns of the filter too. */
#include <stdio.h>

#include "op/conv_grad_filter.h"
#include "tensor/shape.h"

enum { CHUNK = 64, TAPS_MAX = 128, ITEMS_MIN = 64, SLOTS_MAX = 64, GRID_MAX = 32768 };
static const int64_t SCRATCH_MAX = 16 << 20;

typedef struct {
  int width, channels, columns; /* of a register tile */
  int flat;
  int64_t taps, positions, chunk, chunks, slots, slot_floats;
  int64_t channel_parts, part_channels, column_parts, part_columns; /* parts a group, blocks a part */
} layout;

static int64_t volume(const int64_t extent[3]) {
  return extent[0] * extent[1] * extent[2];
}

static int lanes(const atr__cl_query *q) {
  return q->device->vector_floats >= 16 ? 16 : q->device->vector_floats >= 8 ? 8 : 4;
}

/* Measured on AVX-512: larger tiles than 4 × 5 spill an accumulator, whose round trip then sets the pace. */
static int columns_of(int width, int channels) {
  return width < 16 ? 3 : channels >= 4 ? 5 : 8;
}

static layout plan(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int64_t cg = p->c / p->group, ocg = p->oc / p->group;
  layout l = { .width = lanes(q) };
  /* Measured on AVX-512: larger tiles than 4 × 5 spill an accumulator, whose round trip then sets the pace.
   */
  l.channels = ocg >= 3 ? 4 : (int)ocg;
  l.columns = columns_of(l.width, l.channels);
  l.flat = p->in[2] == p->out[2] && p->stride[1] == 1 && p->stride[2] == 1;
  l.taps = volume(p->filter);
  l.positions = p->n * p->out[0] *
                (l.flat ? atr__ceil_div(p->out[1] * p->out[2], l.width)
                        : p->out[1] * atr__ceil_div(p->out[2], l.width));
  l.chunks = atr__ceil_div(l.positions, CHUNK);
  l.chunk = atr__ceil_div(l.positions, l.chunks);
  l.slot_floats = atr__ceil_div(p->oc * cg * l.taps, 16) * 16;
  l.slots = atr__min_i64(atr__min_i64(l.chunks, SLOTS_MAX),
                         atr__max_i64(1, SCRATCH_MAX / (int64_t)sizeof(float) / l.slot_floats));
  const int64_t wanted = atr__ceil_div(ITEMS_MIN, l.slots * p->group);
  const int64_t channel_blocks = atr__ceil_div(ocg, l.channels);
  const int64_t column_blocks = atr__ceil_div(cg * l.taps, l.columns);
  l.part_channels = atr__ceil_div(channel_blocks, atr__min_i64(channel_blocks, wanted));
  l.channel_parts = atr__ceil_div(channel_blocks, l.part_channels);
  l.part_columns =
      atr__ceil_div(column_blocks, atr__min_i64(column_blocks, atr__ceil_div(wanted, l.channel_parts)));
  l.column_parts = atr__ceil_div(column_blocks, l.part_columns);
  return l;
}

int atr__conv_grad_filter_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || volume(p->filter) > TAPS_MAX || !p->n || !p->c || !p->oc ||
      !volume(p->in) || !volume(p->out))
    return 0;
  const layout l = plan(q);
  return l.column_parts * l.channel_parts * p->group < GRID_MAX;
}

uint64_t atr__conv_grad_filter_scratch(const atr__cl_query *q) {
  const layout l = plan(q);
  return l.slots > 1 ? (uint64_t)(l.slots * l.slot_floats) * sizeof(float) : 0;
}

static void kernel_of_sums(atr__cl_emit *e, const atr__cl_query *q, const char *name) {
  char suffix[16], defines[16];
  snprintf(suffix, sizeof suffix, "_v%d", lanes(q));
  snprintf(defines, sizeof defines, "VW=%d", lanes(q));
  atr__cl_kernel(e, "conv_grad_sums.cl", name, suffix, defines);
}

/* Adds up slots, which lie `stride` floats apart in scratch. */
static void emit_sum(atr__cl_emit *e, const atr__cl_query *q, int64_t count, int64_t slots, int64_t stride) {
  kernel_of_sums(e, q, "conv_bwd_sum_f32");
  atr__cl_int(e, count);
  atr__cl_int(e, slots);
  atr__cl_int(e, stride);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

void atr__conv_grad_filter_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const layout l = plan(q);
  const int step = p->stride[2] <= 2 ? (int)p->stride[2] : 0, room = l.taps <= 9    ? 9
                                                                     : l.taps <= 32 ? 32
                                                                                    : TAPS_MAX;
  char suffix[64], defines[96];
  snprintf(suffix, sizeof suffix, "_v%d_%dx%d_s%d_t%d", l.width, l.channels, l.columns, step, room);
  snprintf(defines, sizeof defines, "VW=%d OCB=%d RB=%d CHUNK=%d SW=%d TAPS=%d", l.width, l.channels,
           l.columns, CHUNK, step, room);
  atr__cl_kernel(e, "conv_grad_filter_plain.cl", "conv_bwd_w_f32_direct_plain", suffix, defines);
  const int64_t head[] = { l.positions,     l.chunk,          l.chunks, l.slots,
                           p->c / p->group, p->oc / p->group, p->group };
  for (int i = 0; i < 7; i++) atr__cl_int(e, head[i]);
  const int64_t *const triple[] = { p->in, p->out, p->filter, p->stride, p->dilation, p->pad };
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 3; k++) atr__cl_int(e, triple[i][k]);
  const int64_t tail[] = { l.channel_parts, l.part_channels, l.column_parts,
                           l.part_columns,  l.flat,          p->n * p->c * volume(p->in),
                           l.slot_floats };
  for (int i = 0; i < 7; i++) atr__cl_int(e, tail[i]);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  if (l.slots > 1)
    atr__cl_scratch(e, 0);
  else
    atr__cl_out(e, 0);
  atr__cl_groups(e, l.column_parts * l.channel_parts * p->group, l.slots, 1, 1);
  if (l.slots > 1) emit_sum(e, q, atr__shape_size(&q->out[0].shape), l.slots, l.slot_floats);
}

/* A plane is cut where images and channels alone give too few items. */
static int64_t bias_parts(const atr__conv_params *p) {
  const int64_t most = atr__ceil_div(volume(p->out), 1024);
  return atr__min_i64(most, atr__ceil_div(ITEMS_MIN, p->n * p->oc));
}

int atr__conv_grad_bias_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && p->oc > 0 && p->n > 0 && volume(p->out) > 0 &&
         p->oc < GRID_MAX && p->n * bias_parts(p) < GRID_MAX;
}

uint64_t atr__conv_grad_bias_scratch(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return (uint64_t)(p->n * bias_parts(p) * p->oc) * sizeof(float);
}

void atr__conv_grad_bias_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int64_t parts = bias_parts(p), slots = p->n * parts;
  kernel_of_sums(e, q, "conv_bwd_b_f32_direct_plain");
  atr__cl_int(e, volume(p->out));
  atr__cl_int(e, parts);
  atr__cl_int(e, atr__ceil_div(volume(p->out), parts));
  atr__cl_in(e, 0);
  atr__cl_scratch(e, 0);
  atr__cl_groups(e, p->oc, slots, 1, 1);
  emit_sum(e, q, p->oc, slots, p->oc);
}
