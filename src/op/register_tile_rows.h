/* register_tile_rows.h: `places` and `plane` of register_tile.h for one set of instructions; a part of
 * register_tile_body.h. */

/* rows × vectors sums, as in `block`, of which each vector has a place of its own to read from and to go to.
 */
static inline __attribute__((always_inline)) TILE_TARGET void
TILE_NAME(some_places)(int rows, int vectors, int64_t k, const float *a, int64_t a_row, const int32_t *offset,
                       const atr__tile_places *p) {
  vector sum[TILE_ROWS][TILE_VECTORS], value[TILE_VECTORS];
  const float *line[TILE_ROWS], *from[TILE_VECTORS];
  ATR__UNROLL
  for (int v = 0; v < vectors; v++) from[v] = p->from[v];
  ATR__UNROLL
  for (int r = 0; r < rows; r++) {
    line[r] = a + r * a_row;
    ATR__UNROLL
    for (int v = 0; v < vectors; v++) sum[r][v] = (p->start ? p->start[r] : 0) - (vector){ 0 };
  }
  for (int64_t i = 0; i < k; i++) {
    ATR__UNROLL
    for (int v = 0; v < vectors; v++) value[v] = *(const vector *)(from[v] + offset[i]);
    ATR__UNROLL
    for (int r = 0; r < rows; r++) {
      const float x = line[r][i];
      ATR__UNROLL
      for (int v = 0; v < vectors; v++) sum[r][v] += value[v] * x;
    }
  }
  ATR__UNROLL
  for (int r = 0; r < rows; r++) {
    ATR__UNROLL
    for (int v = 0; v < vectors; v++) *(vector *)(p->to[v] + r * p->to_row[v]) = sum[r][v];
  }
}

TILE_TARGET static void TILE_NAME(places)(int64_t rows, int64_t vectors, int64_t k, const float *a,
                                          int64_t a_row, const int32_t *offset, const atr__tile_places *p) {
#define TILE_CASE(r, v)                                                                                      \
  case (r)*4 + (v): TILE_NAME(some_places)(r, v, k, a, a_row, offset, p); break;
  TILE_SWITCH
#undef TILE_CASE
}

/* `count` vectors of one row of a, from_step and to_step from one to the next, stored in ascending order. */
static inline __attribute__((always_inline)) TILE_TARGET void
TILE_NAME(some_of_plane)(int count, int64_t k, const float *a, const int32_t *offset, const float *from,
                         int64_t from_step, float start, float *to, int64_t to_step) {
  vector sum[4];
  ATR__UNROLL
  for (int v = 0; v < count; v++) sum[v] = start - (vector){ 0 };
  for (int64_t i = 0; i < k; i++) {
    const float *at = from + offset[i], x = a[i];
    ATR__UNROLL
    for (int v = 0; v < count; v++) sum[v] += *(const vector *)(at + v * from_step) * x;
  }
  ATR__UNROLL
  for (int v = 0; v < count; v++) *(vector *)(to + v * to_step) = sum[v];
}

/* Lanes behind a row's last fall on the next rows' first, which come later; where there are none, on a room.
 */
TILE_TARGET static void TILE_NAME(plane)(int64_t high, int64_t n, int64_t k, const float *a,
                                         const int32_t *offset, const float *from, int64_t from_row,
                                         float start, float *to, int64_t to_row) {
  enum { L = TILE_LANES };
  const int64_t vectors = (n + L - 1) / L, last = (vectors - 1) * L;
  float room[L];
  /* Rows whose last vector may be written whole. */
  const int64_t left = high * n - last - L;
  const int64_t free = n == last + L ? high : to_row != n || left < 0 ? 0 : left / n + 1;
  int64_t r = 0;
  if (vectors == 1)
    for (; r + 4 <= free; r += 4) TILE_NAME(some_of_plane)
  (4, k, a, offset, from + r * from_row, from_row, start, to + r * to_row, to_row);
  for (; r < high; r++) {
    const float *x = from + r * from_row;
    float *y = to + r * to_row;
    const int64_t whole = r < free ? vectors : vectors - 1;
    int64_t v = 0;
    for (; v + 4 <= whole; v += 4)
      TILE_NAME(some_of_plane)(4, k, a, offset, x + v * L, L, start, y + v * L, L);
    for (; v + 2 <= whole; v += 2)
      TILE_NAME(some_of_plane)(2, k, a, offset, x + v * L, L, start, y + v * L, L);
    if (v < whole) TILE_NAME(some_of_plane)(1, k, a, offset, x + v * L, L, start, y + v * L, L);
    if (r < free) continue;
    TILE_NAME(some_of_plane)(1, k, a, offset, x + last, L, start, room, L);
    memcpy(y + last, room, (size_t)(n - last) * sizeof *y);
  }
}
