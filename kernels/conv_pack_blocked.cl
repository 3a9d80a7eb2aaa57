/* conv_pack_blocked.cl: the weights of convolution into channel blocks.
 * conv_pack_f32_blocked<suffix>: w [oc][c][taps], or of transposed convolution [c][oc][taps], to [ocb][cb][taps][size][OCB], zeros
 * behind the last channels; a tile is the OCB channels of one tap of `size` input channels. Words: 0 tiles, 1 oc, 2 c, 3 taps, 4 cb,
 * 5 w, 7 packed, 9 size: input channels of a block (16; 1 where they are not in blocks), 10 from an output channel's weights to the
 * next one's, 11 the same of input channels. Macro: OCB. */
ATR_TILE_KERNEL(ATR_FN(conv_pack_f32_blocked)) {
  ATR_BEGIN;
  const int tile = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  if (tile >= a[0]) return;
  const int oc = a[1], c = a[2], taps = a[3], cb = a[4], size = a[9];
  const int tap = tile % taps, block = tile / taps % cb, out = tile / taps / cb * OCB;
  __global const float *w = ATR_PTR(5) + tap;
  __global float *packed = ATR_PTR(7) + (size_t)tile * size * OCB;
  for (int k = 0; k < size; k++) {
    const int in = block * size + k;
    for (int o = 0; o < OCB; o++)
      packed[k * OCB + o] = out + o < oc && in < c ? w[(size_t)(out + o) * a[10] + (size_t)in * a[11]] : 0.0f;
  }
}
