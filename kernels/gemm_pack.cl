/* gemm_pack.cl: a matrix b, k by n, as panels: [matrix][panel][k][columns], columns beyond n zero. No macros.
 * gemm_pack_f32: groups, b, panels, n, k, strides of b (row, column), columns of a panel, panels of a matrix, slices of k.
 *   A work-group of one item packs 64 rows of a panel. */
ATR_TILE_KERNEL(ATR_FN(gemm_pack_f32)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  if (group >= a[0]) return;
  const int n = a[5], depth = a[6], b_row = a[7], b_col = a[8], width = a[9], panels = a[10], slices = a[11];
  const int k0 = group % slices * 64, rows = min(64, depth - k0), panel = group / slices % panels;
  const int matrix = group / slices / panels, columns = min(width, n - panel * width);
  __global const float *from = ATR_PTR(1) + matrix * depth * n + k0 * b_row + panel * width * b_col;
  __global float *to = ATR_PTR(3) + ((matrix * panels + panel) * depth + k0) * width;
  if (b_col == 1 && columns == width)
    for (int k = 0; k < rows; k++)
      for (int o = 0; o < width; o += 16) *(__global float16 *)(to + k * width + o) = vload16(0, from + k * b_row + o);
  else
    for (int o = 0; o < width; o++)
      for (int k = 0; k < rows; k++) to[k * width + o] = o < columns ? from[k * b_row + o * b_col] : 0.0f;
}
