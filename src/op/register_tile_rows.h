/* register_tile_rows.h: `places` of register_tile.h for one set of instructions; a part of
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
