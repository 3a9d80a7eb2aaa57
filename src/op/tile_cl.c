/* tile_cl.c: Tile by kernels/move.cl. */
#include "op/move.h"
#include "op/tile.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *in = &q->in[0].shape;
  const int64_t copies = atr__tile_copies(q->params, in);
  for (int64_t k = 0; k < copies; k++) {
    const atr__walk walk = atr__tile_copy(q->params, in, k);
    atr__move_emit(e, q, &walk, 0, 0);
  }
}

const atr__cl_row atr__tile_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
