/* depth_to_space_cl.c: DepthToSpace and SpaceToDepth by kernels/move.cl. */
#include "op/depth_to_space.h"
#include "op/move.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__walk walk = atr__depth_to_space_walk(q->params, &q->in[0].shape, &q->out[0].shape);
  atr__move_emit(e, q, &walk, 0, 0);
}

const atr__cl_row atr__depth_to_space_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
