/* conv_pack_blocked.cl: the weights of convolution into channel blocks.
 * conv_pack_f32_blocked<suffix>: w [oc][c][taps] to [ocb][cb][taps][size][OCB], zeros behind the last channels; words: 0 count,
 * 1 oc, 2 c, 3 taps, 4 cb, 5 w, 7 packed, 9 size: input channels of a block (16; 1 where they are not in blocks). Macro: OCB. */
ATR_KERNEL(ATR_FN(conv_pack_f32_blocked)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int oc = a[1], c = a[2], taps = a[3], cb = a[4], size = a[9];
  const int o = i % OCB, k = i / OCB % size, tap = i / OCB / size % taps;
  const int block = i / OCB / size / taps % cb, ob = i / OCB / size / taps / cb;
  const int out = ob * OCB + o, in = block * size + k;
  ATR_PTR(7)[i] = out < oc && in < c ? ATR_PTR(5)[((size_t)out * c + in) * taps + tap] : 0.0f;
}
