/* tile_host.c: Tile on the host. */
#include "op/host.h"
#include "op/move.h"
#include "op/tile.h"

atr_status ATR_HOST(tile)(const atr__call *call) {
  const atr_shape *in = &call->in[0].shape;
  const int64_t copies = atr__tile_copies(call->params, in);
  for (int64_t k = 0; k < copies; k++) {
    const atr__walk walk = atr__tile_copy(call->params, in, k);
    const size_t word = atr__host_word(call->in[0].type);
    atr__move_host(call->pool, &walk, word, (char *)call->out[0].data, call->in[0].data);
  }
  return ATR_OK;
}
