/* depth_to_space_host.c: DepthToSpace and SpaceToDepth on the host. */
#include "op/depth_to_space.h"
#include "op/host.h"
#include "op/move.h"

atr_status ATR_HOST(depth_to_space)(const atr__call *call) {
  const atr__walk walk = atr__depth_to_space_walk(call->params, &call->in[0].shape, &call->out[0].shape);
  atr__move_host(call->pool, &walk, atr__host_word(call->in[0].type), call->out[0].data, call->in[0].data);
  return ATR_OK;
}
