/* recurrent_pack_lanes.cl: R as the kernels of recurrent_lanes.clh read it: [direction][unit][k][vector][lane], zeros beyond
 * hid. Macro: VL, floats of a vector.
 * recurrent_pack_f32_lanes: 0 groups, 1 units, 2 rows (k), 3 vectors of a unit, 4 hid, 5 stride of k, 6 of a lane, 7 of a
 *   direction, 8 blocks of VL a unit, 9 from, 11 to, 13 from this float on, then for each vector: its block in the unit, and where
 *   it begins in a direction's matrix. A work-group of one item packs a unit. */
ATR_TILE_KERNEL(ATR_FN(recurrent_pack_f32_lanes)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  if (group >= a[0]) return;
  const int unit = group % a[1], rows = a[2], vectors = a[3], lane = a[6];
  __global const float *from = ATR_PTR(9) + (size_t)(group / a[1]) * a[7];
  __global float *to = ATR_PTR(11) + (uint)a[13] + (size_t)group * rows * vectors * VL;
  for (int v = 0; v < vectors; v++) {
    const int j = (unit * a[8] + a[14 + 2 * v]) * VL, left = a[4] - j;
    __global const float *p = from + a[15 + 2 * v] + (size_t)j * lane;
    if (lane == 1 && left >= VL)
      for (int k = 0; k < rows; k++)
        ATR_PASTE(vstore, VL)(ATR_PASTE(vload, VL)(0, p + (size_t)k * a[5]), k * vectors + v, to);
    else
      for (int l = 0; l < VL; l++)
        for (int k = 0; k < rows; k++)
          to[(k * vectors + v) * VL + l] = l < left ? p[(size_t)l * lane + (size_t)k * a[5]] : 0.0f;
  }
}
