/* conv_winograd_blocked.cl: convolution with filters of 3 and 3×3, stride 1 and any dilation, one group, in channel blocks, by
 * Winograd's F(m, 3) along each axis, for CPU-class devices; the transforms: conv_winograd.clh.
 *
 * A filter with dilation is as many dense ones as it has phases, on the outputs oy ≡ py mod dh, ox ≡ px mod dw. A tile is m×m (in
 * series m) outputs of a phase; tiles are numbered along a row of the phase, its rows, phases, samples. TW tiles are a block. The
 * points of a tile are its inputs transformed along both axes: there are (m+2)² of them (in series m+2), and for each of them
 * sums over channels are one product of matrices, [tiles][c] by [c][oc].
 *
 * conv_pack_f32_winograd<suffix>: w [oc][c][3][3] to [ocb][points][16·cb][2·VW], zeros behind the last channels. NDRange: input
 * channels, vectors of output channels. Words: 0 of transposed convolution, whose w is [c][oc][3][3] and turned round, 1 oc, 2 c,
 * 3 cb, 4 w, 6 packed.
 * conv_fwd_f32_winograd_blocked<suffix>: x [n][cb][h][w][16], y [n][oc/16][oh][ow][16]. Words: 0 blocks of 16 channels in x, 1 h,
 * 2 w, 3 oh, 4 ow, 5 dh, 6 dw, 7 pt, 8 pl, 9 rows of tiles in a phase, 10 tiles in a row, 11 phases down, 12 across, 13 tiles, 14
 * the block of tiles of the first work-group, 15 what to do: 1 to transform the blocks' inputs, word 16 blocks of channels a
 * work-group, 2 to multiply, word 16 blocks of output channels a work-group, 3 both, for all channels; 17 oc, 18 blocks of 16 in
 * y, 19 blocks of tiles that weights are read once for (a batch), 20 x, 22 packed weights, 24 y, 26 scratch: of each batch, or of each
 * work-group that does both, [points][batch][cb][TW][16] and 16 floats behind every point, so that points do not fall on the same
 * lines of a cache; 28 blocks of 2·VW output channels, 29 blocks of tiles, 30 batches a work-group, one behind the other, 31
 * lines of 64 bytes of the next point's weights that a batch asks for at each block of channels, 32 epilogue (conv_epilogue.clh),
 * 48 sixteen zeros. NDRange: batches over word 30, shares of channels.
 * conv_fwd_f32_winograd_late<suffix> (AXES 2): the same words, 15 being 1 (word 16 is 1) or 2, 30 and 31 not read, with weights as
 * conv_pack_blocked.cl has them, [ocb][cb][9][16][2·VW]: filters are transformed where they are multiplied, ATR_LATE blocks of
 * channels at a time, once for a batch. For M = 4 that is a quarter of the memory, and of what comes from there. Scratch: of each batch
 * [cb/ATR_LATE][points][batch][ATR_LATE][TW][16], with 16 floats behind every point, so that they are read one behind the other.
 * Order of accumulation at every point: channels, by fma from 0; tiles that do not exist are zeros and not stored.
 *
 * Macros: TW, VW (16 or 8), M (2, 3 or 4), N (M + 2, as a number), AXES (1 or 2), UNROLL (1 or 2, of the loop over 16 channels). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#include "conv_winograd.clh"
#if !defined TW || !defined VW || !defined M || !defined N || !defined AXES || !defined UNROLL
#error "TW, VW, M, N, AXES and UNROLL must be defined"
#endif
#define ATR_OCB (2 * VW)
#define ATR_VEC ATR_PASTE(float, VW)
#if AXES == 2
#define ATR_NY N
#define ATR_MY M
#else
#define ATR_NY 1
#define ATR_MY 1
#endif
#define ATR_POINTS (ATR_NY * N)
#define ATR_STEP(cb) (((cb) * TW * a[19] + 1) * 16) /* from point to point of a batch */
/* Sums of a block: [points][TW][2], and a vector behind every point, for the same reason. Of a batch there are as many as may lie
 * on a stack: it is a processor's, and in its cache. */
#define ATR_APART (TW * 2 + 1)
#define ATR_SUMS (ATR_POINTS * ATR_APART * VW)
#ifdef ATR_ON_CPU
#define ATR_BATCH 4
#define ATR_BATCH_LATE 8
#define ATR_LATE 4 /* blocks of channels whose filters are transformed at a time */
#else
#define ATR_BATCH 1
#define ATR_BATCH_LATE 1
#define ATR_LATE 1
#endif
#define ATR_LATE_STEP ((16 * 2 * VW) + 16) /* from point to point of a block of these */

ATR_TILE_KERNEL(ATR_FN(conv_pack_f32_winograd)) {
  ATR_BEGIN;
  const int k = ATR_GROUP(0), part = ATR_GROUP(1) % 2, ob = ATR_GROUP(1) / 2;
  const int out = ob * ATR_OCB + part * VW;
  enum { TAPS = AXES == 2 ? 9 : 3 };
  __global const float *w = ATR_PTR(4);
  __global float *p = ATR_PTR(6) + ((size_t)ob * ATR_POINTS * 16 * a[3] + k) * ATR_OCB + part * VW;
  const size_t step = (size_t)16 * a[3] * ATR_OCB;
  float g[TAPS * VW]; /* [taps][VW] */
  ATR_VEC t[ATR_NY * 3];
  for (int o = 0; o < VW; o++) {
    const int there = out + o < a[1] && k < a[2];
    const size_t at = !there ? 0 : (a[0] ? (size_t)k * a[1] + out + o : (size_t)(out + o) * a[2] + k) * TAPS;
    for (int j = 0; j < TAPS; j++) g[j * VW + o] = there ? w[at + (a[0] ? TAPS - 1 - j : j)] : 0.0f;
  }
  for (int j = 0; j < 3; j++) {
    const ATR_VEC g0 = ATR_PASTE(vload, VW)(j, g);
#if AXES == 2
    const ATR_VEC g1 = ATR_PASTE(vload, VW)(3 + j, g), g2 = ATR_PASTE(vload, VW)(6 + j, g);
    ATR_WINO_FILTER(M)(ATR_VEC)
#define ATR_KEEP(y) t[3 * (y) + j] = z##y;
    ATR_EACH(N)(ATR_KEEP)
#undef ATR_KEEP
#else
    t[j] = g0;
#endif
  }
  for (int y = 0; y < ATR_NY; y++) {
    const ATR_VEC g0 = t[3 * y], g1 = t[3 * y + 1], g2 = t[3 * y + 2];
    ATR_WINO_FILTER(M)(ATR_VEC)
#define ATR_PUT(x) ATR_PASTE(vstore, VW)(z##x, 0, p + (y * N + (x)) * step);
    ATR_EACH(N)(ATR_PUT)
#undef ATR_PUT
  }
}

/* Where tile `tile` lies: its sample n, and its first output. */
#define ATR_TILE_PLACE(tile)                                                                                      \
  const int atr_tx = (tile) % a[10], atr_ty = (tile) / a[10] % a[9], atr_phase = (tile) / a[10] / a[9];           \
  const int px = atr_phase % a[12], py = atr_phase / a[12] % a[11], n = atr_phase / a[12] / a[11];                \
  const int ox0 = px + atr_tx * M * a[6], oy0 = py + atr_ty * ATR_MY * a[5]

#ifdef ATR_ON_CPU
#define ATR_HELPER static __attribute__((ATR_TILE_ATTRIBUTES))
#else
#define ATR_HELPER static
#endif

/* What the next block of channels reads, and the lines that it writes, lie far from these and from each other: they are asked for
 * while these are transformed. */
#if defined ATR_ON_CPU && AXES == 2
#define ATR_WINO_READ(j) __builtin_prefetch((const void *)(size_t)(row + at##j), 0, 3);
#define ATR_WINO_NEXT                                                                                             \
  {                                                                                                               \
    __global const float *row = plane + ((long)h + iy0) * w * 16, *line = to_points + TW * 16;                    \
    for (int i = 0; i < N; i++, row += (long)dh * w * 16) {                                                       \
      ATR_EACH(N)(ATR_WINO_READ)                                                                                  \
    }                                                                                                             \
    for (int i = 0; i < ATR_POINTS; i++, line += step) __builtin_prefetch((const void *)(size_t)line, 1, 3);      \
  }
#else
#define ATR_WINO_NEXT
#endif

/* The inputs of a block of tiles, of blocks of channels [from, to), to their points. */
ATR_HELPER void ATR_FN(conv_winograd_inputs)(__global const int *a, __global const float *x, __global float *points, long step,
                                             int block, int from, int to) {
  __global const float *zeros = (__global const float *)(a + 48);
  const int h = a[1], w = a[2], dh = a[5], dw = a[6];
  for (int p = 0; p < TW; p++) {
    const int tile = block * TW + p, there = tile < a[13];
    ATR_TILE_PLACE(there ? tile : 0);
    const int iy0 = oy0 - a[7], ix0 = ox0 - a[8];
#define ATR_COLUMN(j) const int at##j = (ix0 + (j) * dw) * 16, in##j = there && ix0 + (j) * dw >= 0 && ix0 + (j) * dw < w;
    ATR_EACH(N)(ATR_COLUMN)
#undef ATR_COLUMN
    for (int cb = from; cb < to; cb++)
      for (int part = 0; part < 16; part += VW) {
        __global const float *plane = x + (size_t)(n * a[0] + cb) * h * w * 16 + part;
        __global float *to_points = points + (cb * TW + p) * 16 + part;
        ATR_WINO_NEXT
        ATR_TILE_SUMS(rows, ATR_POINTS * VW);
        _Pragma("unroll 1") for (int i = 0; i < ATR_NY; i++) {
          const int iy = iy0 + i * dh, in = iy >= 0 && iy < h;
          __global const float *row = plane + (long)iy * w * 16;
#define ATR_READ(j) const ATR_VEC u##j = *(__global const ATR_VEC *)(in && in##j ? row + at##j : zeros);
          ATR_EACH(N)(ATR_READ)
#undef ATR_READ
          ATR_WINO_IN(M)(ATR_VEC)
#if AXES == 2
#define ATR_KEEP(j) ATR_TILE_KEEP(VW, z##j, i * N + j, rows);
#else
#define ATR_KEEP(j) *(__global ATR_VEC *)(to_points + (j) * step) = z##j;
#endif
          ATR_EACH(N)(ATR_KEEP)
#undef ATR_KEEP
        }
#if AXES == 2
        _Pragma("unroll 1") for (int j = 0; j < N; j++) {
#define ATR_READ(i) const ATR_VEC u##i = ATR_TILE_SUM(VW, (i) * N + j, rows);
          ATR_EACH(N)(ATR_READ)
#undef ATR_READ
          ATR_WINO_IN(M)(ATR_VEC)
#define ATR_KEEP(i) *(__global ATR_VEC *)(to_points + ((i) * N + j) * step) = z##i;
          ATR_EACH(N)(ATR_KEEP)
#undef ATR_KEEP
        }
#endif
      }
  }
}

/* Sums of a block of tiles at all points to outputs, of output channels ob. */
ATR_HELPER void ATR_FN(conv_winograd_outputs)(ATR_BASES_PASSED, const float *from, int block, int ob) {
  ATR_BEGIN;
  for (int j = 0; j < 2; j++) {
    const int o = ob * ATR_OCB + j * VW, spare = o + VW > a[17], added = !ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(32));
    if (o >= a[18] * 16) break;
    const float low = ATR_FLOAT(38), high = ATR_FLOAT(39);
    ATR_EPILOGUE_CHANNELS(VW, 32, o, a[17], factor, summand);
    for (int p = 0; p < min(TW, a[13] - block * TW); p++) {
      ATR_TILE_PLACE(block * TW + p);
      ATR_TILE_SUMS(columns, ATR_MY * N * VW);
#if AXES == 2
      _Pragma("unroll 1") for (int i = 0; i < N; i++) {
#define ATR_READ(y) const ATR_VEC u##y = ATR_TILE_SUM(VW, ((y) * N + i) * ATR_APART + p * 2 + j, from);
        ATR_EACH(N)(ATR_READ)
#undef ATR_READ
        ATR_WINO_OUT(M)(ATR_VEC)
#define ATR_PUT(y) ATR_TILE_KEEP(VW, z##y, (y) * N + i, columns);
        ATR_EACH(M)(ATR_PUT)
#undef ATR_PUT
      }
#endif
      const int across = (a[4] - ox0 + a[6] - 1) / a[6]; /* outputs of this phase from ox0 on */
      for (int i = 0; i < ATR_MY && oy0 + i * a[5] < a[3]; i++) {
        const size_t at = (((size_t)n * a[18] + o / 16) * a[3] + oy0 + i * a[5]) * a[4] * 16 + (size_t)ox0 * 16 + o % 16;
        __global float *y = ATR_PTR(24) + at;
        __global const float *r = ATR_PTR(ATR_EPILOGUE_RESIDUAL(32)) + at;
#if AXES == 2
#define ATR_READ(x) const ATR_VEC u##x = ATR_TILE_SUM(VW, i * N + x, columns);
#else
#define ATR_READ(x) const ATR_VEC u##x = ATR_TILE_SUM(VW, (x) * ATR_APART + p * 2 + j, from);
#endif
        ATR_EACH(N)(ATR_READ)
#undef ATR_READ
        ATR_WINO_OUT(M)(ATR_VEC)
#define ATR_PUT(x)                                                                                                \
  if ((x) < across) {                                                                                             \
    ATR_VEC v = fma(z##x, factor, summand);                                                                       \
    if (added) v += *(__global const ATR_VEC *)(r + (x) * a[6] * 16);                                             \
    v = v < low ? low : v;                                                                                        \
    v = v > high ? high : v;                                                                                      \
    if (spare) /* zero, whatever the sums were */                                                                 \
      v = select((ATR_VEC)(0.0f), v, ATR_TILE_LANES(VW) < (ATR_PASTE(int, VW))(a[17] - o));                       \
    *(__global ATR_VEC *)(y + (x) * a[6] * 16) = v;                                                               \
  }
        ATR_EACH(M)(ATR_PUT)
#undef ATR_PUT
      }
    }
  }
}

/* Tiles of the next blocks of channels, which are read once, and the next point's weights: every block of the batch asks for its
 * part of those. In series both are near. */
#if defined ATR_ON_CPU && AXES == 2
#define ATR_WINO_ASK                                                                                              \
  ATR_TILE_ASK(vp + 2 * TW * 16, TW)                                                                              \
  for (int j = 0; j < lines; j++, ahead += 16) __builtin_prefetch((const void *)(size_t)ahead, 0, 0);
#else
#define ATR_WINO_ASK
#endif
#define ATR_CLEAR(p) ATR_VEC s##p##_0 = 0.0f, s##p##_1 = 0.0f;
#define ATR_ADD(p)                                                                                                \
  {                                                                                                               \
    const ATR_VEC v = vp[(p) * 16 + k];                                                                           \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    s##p##_1 = fma(v, w1, s##p##_1);                                                                              \
  }
#define ATR_KEEP(p)                                                                                               \
  ATR_TILE_KEEP(VW, s##p##_0, point * ATR_APART + (p) * 2, to), ATR_TILE_KEEP(VW, s##p##_1, point * ATR_APART + (p) * 2 + 1, to);
#if UNROLL == 1
#define ATR_UNROLL _Pragma("unroll 1")
#else
#define ATR_UNROLL _Pragma("unroll 2")
#endif

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_winograd_blocked)) {
  ATR_BEGIN;
  const int cb = a[0], batch = a[19], share = ATR_GROUP(1) * a[16];
  __global float *points = ATR_PTR(26) + (size_t)ATR_GROUP(0) * ATR_POINTS * ATR_STEP(cb);
  for (int turn = 0; turn < a[30]; turn++) {
    const int block = a[14] + (ATR_GROUP(0) * a[30] + turn) * batch, here = min(batch, a[29] - block);
    if (a[15] & 1)
      for (int i = 0; i < here; i++)
        ATR_FN(conv_winograd_inputs)(a, ATR_PTR(20), points + (size_t)i * cb * TW * 16, ATR_STEP(cb), block + i, share,
                                     a[15] == 1 ? min(share + a[16], cb) : cb);
    if (!(a[15] & 2)) continue;
    for (int ob = share; ob < min(share + a[16], a[28]); ob++)
      for (int i = 0; i < here; i += ATR_BATCH) {
        const int end = min(ATR_BATCH, here - i), lines = (a[31] + end - 1) / end;
        ATR_TILE_SUMS(sum, ATR_BATCH * ATR_SUMS);
        __global const float *wo = ATR_PTR(22) + (size_t)ob * ATR_POINTS * cb * 16 * ATR_OCB;
        for (int point = 0; point < ATR_POINTS; point++) {
          __global const float *from = wo + (size_t)point * cb * 16 * ATR_OCB, *ahead = from + cb * 16 * ATR_OCB;
          __global const float *vp = points + point * ATR_STEP(cb) + (size_t)i * cb * TW * 16;
          for (int q = 0; q < end; q++) {
            __global const float *wp = from;
            float *to = sum + q * ATR_SUMS;
            ATR_EACH(TW)(ATR_CLEAR)
            for (int b = 0; b < cb; b++, vp += TW * 16) {
              ATR_WINO_ASK
              ATR_UNROLL for (int k = 0; k < 16; k++, wp += ATR_OCB) {
                const ATR_VEC w0 = *(__global const ATR_VEC *)wp, w1 = *(__global const ATR_VEC *)(wp + VW);
                ATR_EACH(TW)(ATR_ADD)
              }
            }
            ATR_EACH(TW)(ATR_KEEP)
          }
        }
        for (int q = 0; q < end; q++)
          ATR_FN(conv_winograd_outputs)(ATR_BASES_GIVEN, sum + q * ATR_SUMS, block + i + q, ob);
      }
  }
}
#define ATR_TAP(j) (*(__global const ATR_VEC *)(w + (j) * 16 * ATR_OCB))

/* The filters of n blocks of channels, to their points: [n][points][16][2·VW], and a line behind each. */
ATR_HELPER void ATR_FN(conv_winograd_filters)(__global const float *from, float *to, int n) {
#if AXES == 2
  for (int k = 0; k < n * 16; k++)
    for (int part = 0; part < 2; part++) {
      __global const float *w = from + ((size_t)(k / 16) * 9 * 16 + k % 16) * ATR_OCB + part * VW;
      ATR_VEC t[3 * N];
      _Pragma("unroll") for (int j = 0; j < 3; j++) {
        const ATR_VEC g0 = ATR_TAP(j), g1 = ATR_TAP(3 + j), g2 = ATR_TAP(6 + j);
        ATR_WINO_FILTER(M)(ATR_VEC)
#define ATR_PUT(y) t[3 * (y) + j] = z##y;
        ATR_EACH(N)(ATR_PUT)
#undef ATR_PUT
      }
      _Pragma("unroll") for (int y = 0; y < N; y++) {
        const ATR_VEC g0 = t[3 * y], g1 = t[3 * y + 1], g2 = t[3 * y + 2];
        float *p = to + (k / 16 * ATR_POINTS + y * N) * ATR_LATE_STEP + k % 16 * ATR_OCB + part * VW;
        ATR_WINO_FILTER(M)(ATR_VEC)
#define ATR_PUT(x) ATR_TILE_KEEP(VW, z##x, 0, p + (x) * ATR_LATE_STEP);
        ATR_EACH(N)(ATR_PUT)
#undef ATR_PUT
      }
    }
#endif
}

/* What a block of the batch asks for of the weights behind these. */
#ifdef ATR_ON_CPU
#define ATR_LATE_ASK                                                                                              \
  ATR_TILE_ASK(vp + 2 * TW * 16, TW)                                                                              \
  for (int j = 0; j < lines; j++, ahead += 16) __builtin_prefetch((const void *)(size_t)ahead, 0, 2);
#else
#define ATR_LATE_ASK
#endif
#define ATR_RESUME(p)                                                                                             \
  ATR_VEC s##p##_0 = first ? 0.0f : ATR_TILE_SUM(VW, point * ATR_APART + (p) * 2, to);                            \
  ATR_VEC s##p##_1 = first ? 0.0f : ATR_TILE_SUM(VW, point * ATR_APART + (p) * 2 + 1, to);

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_winograd_late)) {
  ATR_BEGIN;
  const int cb = a[0], batch = a[19], share = ATR_GROUP(1) * a[16];
  const int block = a[14] + ATR_GROUP(0) * batch, here = min(batch, a[29] - block);
  const long step = (batch * ATR_LATE * TW + 1) * 16, chunk = ATR_POINTS * step;
  __global float *points = ATR_PTR(26) + (size_t)ATR_GROUP(0) * ((cb + ATR_LATE - 1) / ATR_LATE) * chunk;
  if (a[15] == 1) { /* a block of channels */
    for (int i = 0; i < here; i++)
      ATR_FN(conv_winograd_inputs)(a, ATR_PTR(20), points + share / ATR_LATE * (chunk - ATR_LATE * TW * 16) + i * ATR_LATE * TW * 16,
                                   step, block + i, share, share + 1);
    return;
  }
  for (int ob = share; ob < min(share + a[16], a[28]); ob++)
    for (int i = 0; i < here; i += ATR_BATCH_LATE) {
      const int end = min(ATR_BATCH_LATE, here - i), lines = (9 * ATR_OCB + ATR_POINTS * end - 1) / (ATR_POINTS * end);
      ATR_TILE_SUMS(sum, ATR_BATCH_LATE * ATR_SUMS);
      ATR_TILE_SUMS(filters, ATR_LATE * ATR_POINTS * ATR_LATE_STEP);
      for (int b0 = 0; b0 < cb; b0 += ATR_LATE) {
        const int n = min(ATR_LATE, cb - b0), first = b0 == 0;
        __global const float *from = ATR_PTR(22) + ((size_t)ob * cb + b0) * 9 * 16 * ATR_OCB;
        __global const float *ahead = from + (size_t)n * 9 * 16 * ATR_OCB;
        ATR_FN(conv_winograd_filters)(from, filters, n);
        for (int point = 0; point < ATR_POINTS; point++)
          for (int q = 0; q < end; q++) {
            __global const float *vp = points + b0 / ATR_LATE * chunk + point * step + (i + q) * ATR_LATE * TW * 16;
            float *to = sum + q * ATR_SUMS;
            ATR_EACH(TW)(ATR_RESUME)
            for (int b = 0; b < n; b++, vp += TW * 16) {
              const float *wp = filters + (b * ATR_POINTS + point) * ATR_LATE_STEP;
              ATR_LATE_ASK
              ATR_UNROLL for (int k = 0; k < 16; k++, wp += ATR_OCB) {
                const ATR_VEC w0 = ATR_TILE_SUM(VW, 0, wp), w1 = ATR_TILE_SUM(VW, 1, wp);
                ATR_EACH(TW)(ATR_ADD)
              }
            }
            ATR_EACH(TW)(ATR_KEEP)
          }
      }
      for (int q = 0; q < end; q++)
        ATR_FN(conv_winograd_outputs)(ATR_BASES_GIVEN, sum + q * ATR_SUMS, block + i + q, ob);
    }
}
#undef ATR_OCB
#undef ATR_VEC
#undef ATR_NY
#undef ATR_MY
#undef ATR_POINTS
#undef ATR_STEP
#undef ATR_APART
#undef ATR_SUMS
#undef ATR_BATCH
#undef ATR_BATCH_LATE
#undef ATR_LATE
#undef ATR_LATE_STEP
#undef ATR_LATE_ASK
#undef ATR_TAP
#undef ATR_RESUME
#undef ATR_WINO_ASK
#undef ATR_WINO_NEXT
#undef ATR_WINO_READ
#undef ATR_TILE_PLACE
#undef ATR_HELPER
#undef ATR_CLEAR
#undef ATR_ADD
#undef ATR_KEEP
#undef ATR_UNROLL
