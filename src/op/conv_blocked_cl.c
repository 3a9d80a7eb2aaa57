/* conv_blocked_cl.c: launches of kernels/conv_direct_blocked.cl: direct convolution on channel-blocked
 * tensors with packed weights, for CPU-class devices. Which tile: the widest vectors the device has, and the
 * width that wastes least. */
#include <stdio.h>

#include "op/conv_blocked.h"

#include "tensor/shape.h"

/* Channels that a tile computes: two vectors. */
static int tile_channels(const atr__cl_query *q) {
  return q->device->vector_floats >= 16 ? 32 : 16;
}

int atr__conv_blocked_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || q->exact || p->group != 1 || p->spatial > 2 ||
      p->stride[2] > 4)
    return 0;
  if (p->c < 16 || p->oc < 16 || !atr__shape_size(&q->out[0].shape)) return 0;
  /* A conversion at either end costs a pass over the tensor: worth it inside a chain. */
  return q->in[0].layout == ATR__BLOCKED || q->readers_blocked;
}

/* Tile widths with a row in ATR_EACH; the one that leaves the least of its last tile to waste, wider first.
 */
static int tile_width(const atr__cl_query *q) {
  static const int wide[] = { 14, 13, 8, 7, 0 }, narrow[] = { 6, 4, 0 };
  const int64_t ow = ((const atr__conv_params *)q->params)->out[2];
  const int *list = q->device->vector_floats >= 16 ? wide : narrow;
  int best = list[0];
  for (int i = 1; list[i]; i++)
    if (atr__ceil_div(ow, list[i]) * list[i] * 100 <
        atr__ceil_div(ow, best) * best * (list[i] < 13 ? 92 : 100))
      best = list[i];
  return best;
}

static void instance(const atr__cl_query *q, int width, char suffix[32], char defines[64]) {
  const int vector = tile_channels(q) / 2, stride = (int)((const atr__conv_params *)q->params)->stride[2];
  snprintf(suffix, 32, "_%dx%d_s%d", width, 2 * vector, stride);
  snprintf(defines, 64, "TW=%d NV=2 VW=%d SW=%d", width, vector, stride);
}

uint64_t atr__conv_blocked_bytes(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int channels = tile_channels(q);
  return (uint64_t)(atr__ceil_div(p->oc, channels) * channels * atr__ceil_div(p->c, 16) * 16 * p->filter[1] *
                    p->filter[2]) *
         sizeof(float);
}

void atr__conv_blocked_pack(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int64_t count = (int64_t)(atr__conv_blocked_bytes(q) / sizeof(float));
  char suffix[32], defines[64];
  instance(q, q->device->vector_floats >= 16 ? 14 : 6, suffix, defines);
  atr__cl_kernel(e, "conv_direct_blocked.cl", "conv_pack_f32_direct_blocked", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_int(e, p->oc);
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->filter[1] * p->filter[2]);
  atr__cl_int(e, atr__ceil_div(p->c, 16));
  atr__cl_in(e, 1);
  atr__cl_packed(e);
  atr__cl_items(e, count);
}

void atr__conv_blocked_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int channels = tile_channels(q), width = tile_width(q);
  const int64_t blocks = atr__ceil_div(p->oc, channels);
  char suffix[32], defines[64];
  /* Every width is in the program, so that the model at another size needs no new one. */
  static const int wide[] = { 14, 13, 8, 7, 0 }, narrow[] = { 6, 4, 0 };
  for (const int *w = channels == 32 ? wide : narrow; *w; w++) {
    instance(q, *w, suffix, defines);
    atr__cl_also(e, "conv_direct_blocked.cl", suffix, defines);
  }
  instance(q, width, suffix, defines);
  atr__cl_kernel(e, "conv_direct_blocked.cl", "conv_fwd_f32_direct_blocked", suffix, defines);
  atr__cl_int(e, atr__ceil_div(p->c, 16));
  for (int i = 1; i < 3; i++) atr__cl_int(e, p->in[i]);
  for (int i = 1; i < 3; i++) atr__cl_int(e, p->out[i]);
  for (int i = 1; i < 3; i++) atr__cl_int(e, p->filter[i]);
  for (int i = 1; i < 3; i++) atr__cl_int(e, p->stride[i]);
  for (int i = 1; i < 3; i++) atr__cl_int(e, p->dilation[i]);
  for (int i = 1; i < 3; i++) atr__cl_int(e, p->pad[i]);
  atr__cl_int(e, p->activation);
  atr__cl_int(e, blocks);
  atr__cl_int(e, atr__ceil_div(p->oc, 16));
  atr__cl_int(e, p->oc);
  atr__cl_in(e, 0);
  atr__cl_packed(e);
  atr__cl_in(e, 2);
  atr__cl_out(e, 0);
  for (int i = 25; i < 32 + 16; i++) atr__cl_int(e, 0); /* word 32: the zeros */
  atr__cl_groups(e, atr__ceil_div(p->out[2], width), p->out[1], p->n * blocks, 1);
}
