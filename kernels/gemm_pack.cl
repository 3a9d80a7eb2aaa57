/* gemm_pack.cl: a matrix b, k by n, as panels: [matrix][panel][k][columns], columns beyond n zero. No macros.
 * gemm_pack_f32: count, b, panels, n, k, strides of b (row, column), columns of a panel, panels of a matrix. One item an
 *   element of the panels. */
ATR_KERNEL(ATR_FN(gemm_pack_f32)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int n = a[5], depth = a[6], width = a[9], panels = a[10];
  const int k = i / width % depth, panel = i / (width * depth) % panels, matrix = i / (width * depth * panels);
  const int column = panel * width + i % width;
  ATR_PTR(3)[i] = column < n ? ATR_PTR(1)[matrix * depth * n + k * a[7] + column * a[8]] : 0.0f;
}
