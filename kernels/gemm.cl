/* gemm.cl: y = alpha · a · b + beta · c by register tiles, for CPUs. Macros: MR (4, 8, 14: rows of a tile), NB (1, 2:
 * vectors of 16 columns).
 * gemm_fwd_f32_tiles: y, a, c, m, n, k, strides of a (row, column) and c (row, column), alpha, beta (0: no c), b in
 *   panels, groups, row tiles, panels, row tiles of a block, strides of b (row, panel, matrix), batch walk (a, b). A
 *   work-group of one item computes MR rows by 16 · NB columns. Neighbouring groups share a panel, a block of row tiles
 *   passes over all panels before the next, so that panel and block stay in cache. Rows beyond m repeat the last one
 *   and are not stored. */
#if !defined(MR) || !defined(NB)
#error "gemm.cl needs MR and NB"
#endif
#define GEMM_DEPTH 256
#if MR == 4
#define GEMM_EACH(DO) DO(0) DO(1) DO(2) DO(3)
#elif MR == 8
#define GEMM_EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#elif MR == 14
#define GEMM_EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13)
#else
#error "gemm.cl: no such MR"
#endif

/* 16 columns of one row to y: alpha · v + beta · c, the last ones only as far as n goes. */
static void ATR_FN(gemm_store)(float16 v, float alpha, float beta, __global const float *c, int c_col, __global float *y,
                               int left) {
  v *= alpha;
  if (left >= 16) {
    if (beta != 0.0f) v += beta * (c_col == 1 ? vload16(0, c) : (float16)(c[0]));
    vstore16(v, 0, y);
    return;
  }
  float lane[16];
  vstore16(v, 0, lane);
  for (int o = 0; o < left; o++) y[o] = lane[o] + (beta != 0.0f ? beta * c[o * c_col] : 0.0f);
}

ATR_TILE_KERNEL(ATR_FN(gemm_fwd_f32_tiles)) {
  ATR_BEGIN;
  int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  if (group >= a[17]) return;
  const int m = a[6], n = a[7], depth = a[8], a_row = a[9], a_col = a[10], tiles = a[18], panels = a[19], block = a[20];
  const int b_row = a[21];
  const int batch = group / (tiles * panels);
  group -= batch * tiles * panels;
  const int first = group / (block * panels) * block, high = min(block, tiles - first);
  group -= first * panels;
  const int row = (first + group % high) * MR, column = group / high * 16 * NB;
  int at[2];
  ATR_WALK(24, 2, batch, at);
  __global const float *left = ATR_PTR(2) + at[0];
  __global const float *right = ATR_PTR(15) + group / high * a[22] + (a[23] ? batch * a[23] : 0);
#define GEMM_DECLARE(r) float16 p##r = (float16)(0.0f);
  GEMM_EACH(GEMM_DECLARE)
#if NB == 2
#define GEMM_DECLARE2(r) float16 q##r = (float16)(0.0f);
  GEMM_EACH(GEMM_DECLARE2)
#define GEMM_STEP(r)                                                                                              \
  {                                                                                                               \
    const float16 v = (float16)(GEMM_LEFT(r));                                                                    \
    p##r = fma(v, b0, p##r);                                                                                      \
    q##r = fma(v, b1, q##r);                                                                                      \
  }
#else
#define GEMM_STEP(r) p##r = fma((float16)(GEMM_LEFT(r)), b0, p##r);
#endif
  if (a_row == 1 && row + MR <= m) { /* a lies transposed: the rows of a tile are neighbours */
    left += row;
#define GEMM_LEFT(r) left[r]
#pragma unroll 1
    for (int k = 0; k < depth; k++, left += a_col, right += b_row) {
      const float16 b0 = vload16(0, right);
#if NB == 2
      const float16 b1 = vload16(1, right);
#endif
      GEMM_EACH(GEMM_STEP)
    }
#undef GEMM_LEFT
  } else {
    /* Rows are copied to lines that do not fall on each other in the cache, as rows of a power of two do. */
    float line[MR][GEMM_DEPTH + 16];
    for (int k0 = 0; k0 < depth; k0 += GEMM_DEPTH) {
      const int some = min(GEMM_DEPTH, depth - k0);
#define GEMM_COPY(r)                                                                                              \
  {                                                                                                               \
    __global const float *from = left + min(row + r, m - 1) * a_row + k0 * a_col;                                 \
    int k = 0;                                                                                                    \
    if (a_col == 1)                                                                                               \
      for (; k + 16 <= some; k += 16) vstore16(vload16(0, from + k), 0, &line[r][k]);                             \
    for (; k < some; k++) line[r][k] = from[k * a_col];                                                           \
  }
      GEMM_EACH(GEMM_COPY)
#define GEMM_LEFT(r) line[r][k]
#pragma unroll 1
      for (int k = 0; k < some; k++, right += b_row) {
        const float16 b0 = vload16(0, right);
#if NB == 2
        const float16 b1 = vload16(1, right);
#endif
        GEMM_EACH(GEMM_STEP)
      }
#undef GEMM_LEFT
    }
  }
  const float alpha = ATR_FLOAT(13), beta = ATR_FLOAT(14);
  const int c_row = a[11], c_col = a[12];
  __global float *y = ATR_PTR(0) + (batch * m + row) * n + column;
  __global const float *c = ATR_PTR(4) + row * c_row + column * c_col;
#if NB == 2
#define GEMM_STORE(r)                                                                                             \
  if (row + r < m) {                                                                                              \
    ATR_FN(gemm_store)(p##r, alpha, beta, c + r * c_row, c_col, y + r * n, n - column);                           \
    ATR_FN(gemm_store)(q##r, alpha, beta, c + r * c_row + 16 * c_col, c_col, y + r * n + 16, n - column - 16);    \
  }
#else
#define GEMM_STORE(r)                                                                                             \
  if (row + r < m) ATR_FN(gemm_store)(p##r, alpha, beta, c + r * c_row, c_col, y + r * n, n - column);
#endif
  GEMM_EACH(GEMM_STORE)
}
#undef GEMM_EACH
#undef GEMM_DECLARE
#undef GEMM_DECLARE2
#undef GEMM_STEP
#undef GEMM_COPY
#undef GEMM_DEPTH
#undef GEMM_STORE
