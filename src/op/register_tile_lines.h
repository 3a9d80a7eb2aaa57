/* register_tile_lines.h: blocks of a matrix turned over in registers, for one set of instructions; a part of
 * register_tile_body.h. With them a product with a matrix whose columns are needed, but whose rows lie in
 * memory, is one reading of it. */

/* Of vectors of fours (128 bits): the lower, or upper, two floats of both alternating; the lower or upper
 * pairs; and every second of all fours. */
#if TILE_LANES == 16
#define TILE_FOURS(f) f(0), f(1), f(2), f(3)
#elif TILE_LANES == 8
#define TILE_FOURS(f) f(0), f(1)
#else
#define TILE_FOURS(f) f(0)
#endif
#define TILE_LOW(q) 4 * (q), TILE_LANES + 4 * (q), 4 * (q) + 1, TILE_LANES + 4 * (q) + 1
#define TILE_HIGH(q) 4 * (q) + 2, TILE_LANES + 4 * (q) + 2, 4 * (q) + 3, TILE_LANES + 4 * (q) + 3
#define TILE_LOW_PAIR(q) 4 * (q), 4 * (q) + 1, TILE_LANES + 4 * (q), TILE_LANES + 4 * (q) + 1
#define TILE_HIGH_PAIR(q) 4 * (q) + 2, 4 * (q) + 3, TILE_LANES + 4 * (q) + 2, TILE_LANES + 4 * (q) + 3
#define TILE_FOUR(q) 4 * (q), 4 * (q) + 1, 4 * (q) + 2, 4 * (q) + 3
#ifdef __clang__
#define TILE_UNROLL _Pragma("unroll")
#define TILE_MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define TILE_UNROLL _Pragma("GCC unroll 16")
#define TILE_MIX(a, b, ...) __builtin_shuffle(a, b, (numbers){ __VA_ARGS__ })
#endif

/* Rows of a square of TILE_LANES become its columns. */
static inline __attribute__((always_inline)) TILE_TARGET void TILE_NAME(square)(vector v[TILE_LANES]) {
  vector u[TILE_LANES];
  TILE_UNROLL
  for (int i = 0; i < TILE_LANES; i += 4) {
    const vector a = TILE_MIX(v[i], v[i + 1], TILE_FOURS(TILE_LOW)),
                 b = TILE_MIX(v[i], v[i + 1], TILE_FOURS(TILE_HIGH)),
                 c = TILE_MIX(v[i + 2], v[i + 3], TILE_FOURS(TILE_LOW)),
                 d = TILE_MIX(v[i + 2], v[i + 3], TILE_FOURS(TILE_HIGH));
    u[i] = TILE_MIX(a, c, TILE_FOURS(TILE_LOW_PAIR));
    u[i + 1] = TILE_MIX(a, c, TILE_FOURS(TILE_HIGH_PAIR));
    u[i + 2] = TILE_MIX(b, d, TILE_FOURS(TILE_LOW_PAIR));
    u[i + 3] = TILE_MIX(b, d, TILE_FOURS(TILE_HIGH_PAIR));
  }
  /* u[4g + c] has, four q after four q, column 4q + c of rows 4g to 4g + 3. */
  TILE_UNROLL
  for (int c = 0; c < 4; c++) {
#if TILE_LANES == 16
#define TILE_EVEN TILE_FOUR(0), TILE_FOUR(2), TILE_FOUR(4), TILE_FOUR(6)
#define TILE_ODD TILE_FOUR(1), TILE_FOUR(3), TILE_FOUR(5), TILE_FOUR(7)
    const vector even = TILE_MIX(u[c], u[4 + c], TILE_EVEN), odd = TILE_MIX(u[c], u[4 + c], TILE_ODD),
                 more_even = TILE_MIX(u[8 + c], u[12 + c], TILE_EVEN),
                 more_odd = TILE_MIX(u[8 + c], u[12 + c], TILE_ODD);
    v[c] = TILE_MIX(even, more_even, TILE_EVEN);
    v[4 + c] = TILE_MIX(odd, more_odd, TILE_EVEN);
    v[8 + c] = TILE_MIX(even, more_even, TILE_ODD);
    v[12 + c] = TILE_MIX(odd, more_odd, TILE_ODD);
#undef TILE_EVEN
#undef TILE_ODD
#elif TILE_LANES == 8
    v[c] = TILE_MIX(u[c], u[4 + c], TILE_FOUR(0), TILE_FOUR(2));
    v[4 + c] = TILE_MIX(u[c], u[4 + c], TILE_FOUR(1), TILE_FOUR(3));
#else
    v[c] = u[c];
#endif
  }
}

TILE_TARGET static void TILE_NAME(turn)(float *to, int64_t to_row, const float *from, int64_t from_row,
                                        int64_t n, int64_t rows) {
  int64_t r = 0;
  for (; r + TILE_LANES <= rows; r += TILE_LANES) {
    int64_t j = 0;
    for (; j + TILE_LANES <= n; j += TILE_LANES) {
      vector v[TILE_LANES];
      TILE_UNROLL
      for (int i = 0; i < TILE_LANES; i++) v[i] = *(const vector *)(from + (j + i) * from_row + r);
      TILE_NAME(square)(v);
      TILE_UNROLL
      for (int i = 0; i < TILE_LANES; i++) *(vector *)(to + (r + i) * to_row + j) = v[i];
    }
    for (; j < n; j++)
      for (int i = 0; i < TILE_LANES; i++) to[(r + i) * to_row + j] = from[j * from_row + r + i];
  }
  for (int64_t j = 0; j < n && r < rows; j++)
    for (int64_t i = r; i < rows; i++) to[i * to_row + j] = from[j * from_row + i];
}

/* `lines` lines of a with TILE_LANES rows of b, of which `rows` are there. */
static inline __attribute__((always_inline)) TILE_TARGET void
TILE_NAME(some_lines)(int lines, int64_t rows, int64_t k, const float *a, int64_t a_row, const float *b,
                      int64_t b_row, float *c, int64_t c_row) {
  vector sum[TILE_ROWS], v[TILE_LANES];
  float room[TILE_LANES * TILE_LANES];
  const float *row[TILE_LANES];
  for (int r = 0; r < TILE_LANES; r++) row[r] = b + (r < rows ? r : rows - 1) * b_row;
  TILE_UNROLL
  for (int i = 0; i < lines; i++) {
    if (rows == TILE_LANES)
      sum[i] = *(const vector *)(c + i * c_row);
    else {
      for (int64_t r = 0; r < TILE_LANES; r++) room[r] = r < rows ? c[i * c_row + r] : 0;
      sum[i] = *(const vector *)room;
    }
  }
  int64_t at = 0;
  for (; at + TILE_LANES <= k; at += TILE_LANES) {
    TILE_UNROLL
    for (int r = 0; r < TILE_LANES; r++) v[r] = *(const vector *)(row[r] + at);
    TILE_NAME(square)(v);
    TILE_UNROLL
    for (int q = 0; q < TILE_LANES; q++) TILE_UNROLL
    for (int i = 0; i < lines; i++) sum[i] += v[q] * a[i * a_row + at + q];
  }
  if (at < k) {
    for (int64_t q = 0; q < k - at; q++)
      for (int r = 0; r < TILE_LANES; r++) room[q * TILE_LANES + r] = row[r][at + q];
    for (int64_t q = 0; q < k - at; q++) TILE_UNROLL
    for (int i = 0; i < lines; i++)
      sum[i] += *(const vector *)(room + q * TILE_LANES) * a[i * a_row + at + q];
  }
  TILE_UNROLL
  for (int i = 0; i < lines; i++) {
    if (rows == TILE_LANES)
      *(vector *)(c + i * c_row) = sum[i];
    else {
      *(vector *)room = sum[i];
      memcpy(c + i * c_row, room, (size_t)rows * sizeof *c);
    }
  }
}

TILE_TARGET static void TILE_NAME(lines)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row,
                                         const float *b, int64_t b_row, float *c, int64_t c_row) {
#define TILE_CASE(lines)                                                                                     \
  case lines: TILE_NAME(some_lines)(lines, rows, k, from, a_row, b + j * b_row, b_row, to, c_row); break;
  for (int64_t j = 0; j < n; j += TILE_LANES) {
    const int64_t rows = n - j < TILE_LANES ? n - j : TILE_LANES;
    for (int64_t i = 0; i < m; i += TILE_ROWS) {
      const float *from = a + i * a_row;
      float *to = c + i * c_row + j;
      switch (m - i < TILE_ROWS ? m - i : TILE_ROWS) {
        TILE_CASE(1)
        TILE_CASE(2)
        TILE_CASE(3)
        TILE_CASE(4)
#if TILE_ROWS > 4
        TILE_CASE(5)
        TILE_CASE(6)
        TILE_CASE(7)
        TILE_CASE(8)
#endif
      }
    }
  }
#undef TILE_CASE
}

#undef TILE_FOURS
#undef TILE_LOW
#undef TILE_HIGH
#undef TILE_LOW_PAIR
#undef TILE_HIGH_PAIR
#undef TILE_FOUR
#undef TILE_MIX
#undef TILE_UNROLL
