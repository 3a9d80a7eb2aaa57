/* conv_blocked.h: the rows of Conv's table for channel-blocked tensors. */
#ifndef ATR_OP_CONV_BLOCKED_H
#define ATR_OP_CONV_BLOCKED_H

#include "op/conv.h"

#define ATR__CONV_BLOCKED_DECLARE(name)                                                                      \
  int atr__conv_##name##_applies(const atr__cl_query *query);                                                \
  uint64_t atr__conv_##name##_bytes(const atr__cl_query *query);                                             \
  void atr__conv_##name##_pack(atr__cl_emit *emit, const atr__cl_query *query);                              \
  void atr__conv_##name##_emit(atr__cl_emit *emit, const atr__cl_query *query)
ATR__CONV_BLOCKED_DECLARE(depthwise);
ATR__CONV_BLOCKED_DECLARE(pointwise);
ATR__CONV_BLOCKED_DECLARE(blocked);
ATR__CONV_BLOCKED_DECLARE(stem);
ATR__CONV_BLOCKED_DECLARE(dot);

/* What a convolution is expected to take on one core, in cycles of a tile's two multiplications and additions
 * of vectors, for comparing algorithms. Measured on two cores of a Zen 5 at 4 GHz with 40 GB/s: weights come
 * from memory once, and at a launch all cores wait for each other, in one flow with others. A kernel more in
 * a program has to save as much as the last: compiling it takes 0.1 s. */
#define ATR__CONV_CYCLES_BYTE 0.2
#define ATR__CONV_CYCLES_LAUNCH 15e3
#define ATR__CONV_CYCLES_KERNEL 60e3
double atr__conv_blocked_cycles(const atr__cl_query *query); /* of direct_blocked */

#define ATR__CONV_BLOCKED_FORM "ocb_cb_fh_fw_16_ocb"
/* Floats in a vector; output channels of a tile of pointwise_blocked, direct_blocked and stem_blocked, and of
 * a block of their packed weights. */
int atr__conv_blocked_lanes(const atr__cl_query *query);
int atr__conv_blocked_channels(const atr__cl_query *query);

/* A row of outputs cut into tiles: the first is `lead`, the last `trail` outputs long. */
typedef struct {
  int width;
  int64_t tiles, lead, trail;
  int64_t cost; /* of a row at every tap it needs, in hundredths of an output at one */
} atr__conv_cut;
atr__conv_cut atr__conv_blocked_cut(const atr__cl_query *query); /* of direct_blocked */
atr__conv_cut atr__conv_row_cut(int width, int64_t ow);          /* into tiles of one width */

/* Packs blocks of `channels` output and `size` input channels from [oc][c][filter], or from [c][oc][filter].
 */
void atr__conv_blocked_emit_pack(atr__cl_emit *emit, const atr__conv_params *p, uint64_t bytes, int channels,
                                 int size, int transposed);

/* Transposed convolution: conv_transpose_blocked_cl.c. What has the most taps of it as a convolution: the
 * positions that are equal modulo the stride; with stride 1 all of it. */
atr__conv_params atr__conv_transpose_like(const atr__conv_params *p);
ATR__CONV_BLOCKED_DECLARE(transpose);
ATR__CONV_BLOCKED_DECLARE(transpose_dot);
int atr__conv_transpose_depthwise_applies(const atr__cl_query *query);
void atr__conv_transpose_depthwise_emit(atr__cl_emit *emit, const atr__cl_query *query);

#define ATR__CONV_BLOCKED_ROW(title, name, x, packer, form)                                                  \
  {                                                                                                          \
    .algorithm = title, .applies = atr__conv_##name##_applies, .blocked_in = (x) | 1u << ATR__CONV_RESIDUAL, \
    .blocked_out = 1, .emit = atr__conv_##name##_emit, .packed_in = 2, .packing = form,                      \
    .packed_bytes = atr__conv_##packer##_bytes, .pack = atr__conv_##packer##_pack                            \
  }
/* From blocks to a plain tensor. */
#define ATR__CONV_DOT_ROW(name, form)                                                                        \
  {                                                                                                          \
    .algorithm = "dot_blocked", .applies = atr__conv_##name##_applies, .blocked_in = 1u,                     \
    .emit = atr__conv_##name##_emit, .packed_in = 2, .packing = form,                                        \
    .packed_bytes = atr__conv_##name##_bytes, .pack = atr__conv_##name##_pack                                \
  }
#define ATR__CONV_TRANSPOSE_BLOCKED_ROWS                                                                     \
  ATR__CONV_BLOCKED_ROW("depthwise_blocked", transpose_depthwise, 1u, depthwise, "cb_fh_fw_16"),             \
      ATR__CONV_DOT_ROW(transpose_dot, "transposed_oc_cb_fh_fw_16"),                                         \
      ATR__CONV_BLOCKED_ROW("direct_blocked", transpose, 1u, transpose, "transposed_ocb_cb_fh_fw_16_ocb")
#define ATR__CONV_BLOCKED_ROWS                                                                               \
  ATR__CONV_BLOCKED_ROW("depthwise_blocked", depthwise, 1u, depthwise, "cb_fh_fw_16"),                       \
      ATR__CONV_DOT_ROW(dot, "oc_cb_fh_fw_16"),                                                              \
      ATR__CONV_BLOCKED_ROW("pointwise_blocked", pointwise, 1u, blocked, ATR__CONV_BLOCKED_FORM),            \
      ATR__CONV_BLOCKED_ROW("direct_blocked", blocked, 1u, blocked, ATR__CONV_BLOCKED_FORM),                 \
      ATR__CONV_BLOCKED_ROW("stem_blocked", stem, 0u, stem, "ocb_c_fh_fw_ocb")

#endif
