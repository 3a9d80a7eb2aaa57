/* trilu_host.c: Trilu and EyeLike on the host, a row at a time. */
#include "op/host.h"
#include "op/trilu.h"
#include "tensor/element.h"

/* Columns [from, to) of row r are of the triangle. */
static void triangle(int upper, int64_t k, int64_t r, int64_t columns, int64_t *from, int64_t *to) {
  const int64_t low = -columns - 1, high = columns + 1; /* so that sums stay small */
  int64_t diagonal = k < low - r ? low : k > high ? high : r + k;
  if (!upper) diagonal++;
  diagonal = diagonal < 0 ? 0 : diagonal > columns ? columns : diagonal;
  *from = upper ? diagonal : 0;
  *to = upper ? columns : diagonal;
}

atr_status ATR_HOST(trilu)(const atr__call *call) {
  const atr__trilu_params *p = call->params;
  const atr_shape *shape = &call->out[0].shape;
  const int64_t rows = shape->dim[shape->rank - 2], columns = shape->dim[shape->rank - 1];
  const int64_t k = call->n_in > 1 && call->in[1].data ? *(const int64_t *)call->in[1].data : 0;
  const size_t word = atr__host_word(call->in[0].type);
  if (!call->out[0].count) return ATR_OK;
  for (int64_t row = 0; row < call->out[0].count / columns; row++) {
    int64_t from, to;
    const size_t start = (size_t)(row * columns) * word;
    triangle(p->upper, k, row % rows, columns, &from, &to);
    memset((char *)call->out[0].data + start, 0, (size_t)columns * word);
    if (to > from)
      memcpy((char *)call->out[0].data + start + (size_t)from * word,
             (const char *)call->in[0].data + start + (size_t)from * word, (size_t)(to - from) * word);
  }
  return ATR_OK;
}

atr_status ATR_HOST(eye_like)(const atr__call *call) {
  const atr__trilu_params *p = call->params;
  const atr__view *out = &call->out[0];
  const int64_t rows = out->shape.dim[0], columns = out->shape.dim[1];
  if (!out->count) return ATR_OK;
  memset(out->data, 0, (size_t)out->count * atr__host_word(out->type));
  for (int64_t r = 0; r < rows; r++) {
    if (r + p->k < 0 || r + p->k >= columns) continue;
    if (out->type == ATR_F32)
      ((atr_real *)out->data)[r * columns + r + p->k] = 1;
    else
      atr__element_set_bits(out->type, out->data, r * columns + r + p->k, p->one);
  }
  return ATR_OK;
}
