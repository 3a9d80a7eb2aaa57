/* dropout_cl.c: launches of kernels/dropout.cl. Rows: chunks (of 64 elements) and for the gradient
 * vectors, for CPUs; baseline. */
#include "op/dropout.h"

#include "base/checked.h"
#include "op/walk.h"
#include "tensor/shape.h"

enum { CHUNK = 64 }; /* elements that 16 blocks of random words serve */

static void words(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__dropout_params *p = q->params;
  atr__cl_kernel(e, "dropout.cl", kernel, "", "");
  atr__cl_int(e, atr__shape_size(&q->out[0].shape));
  atr__cl_int(e, p->training);
  atr__cl_int(e, p->threshold);
  atr__cl_float(e, p->scale);
  atr__cl_int(e, (int32_t)(uint32_t)p->key);
  atr__cl_int(e, (int32_t)(uint32_t)(p->key >> 32));
  atr__cl_in(e, 0);
  atr__cl_in(e, 3);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  words(e, q, "dropout_fwd_f32_baseline");
  atr__cl_items(e, atr__ceil_div(atr__shape_size(&q->out[0].shape), CHUNK) * 16);
}

static int on_cpu(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

static void emit_chunks(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t chunks = atr__ceil_div(atr__shape_size(&q->out[0].shape), CHUNK);
  const int64_t each = atr__max_i64(1, atr__min_i64(32, chunks / 64));
  const int64_t groups = atr__ceil_div(chunks, each);
  words(e, q, "dropout_fwd_f32_chunks");
  atr__cl_int(e, each);
  atr__cl_tiles(e, groups);
}

static void grad(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  atr__cl_kernel(e, "dropout.cl", kernel, "", "");
  atr__cl_int(e, atr__shape_size(&q->out[0].shape));
  atr__cl_float(e, ((const atr__dropout_params *)q->params)->scale);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
}

static void emit_grad_vectors(atr__cl_emit *e, const atr__cl_query *q) {
  grad(e, q, "dropout_bwd_x_f32_vectors");
  atr__walk_launch_chunks(e, atr__shape_size(&q->out[0].shape));
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  grad(e, q, "dropout_bwd_x_f32_baseline");
  atr__cl_items(e, atr__shape_size(&q->out[0].shape));
}

const atr__cl_row atr__dropout_cl[] = {
  { .algorithm = "chunks", .applies = on_cpu, .emit = emit_chunks },
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__dropout_grad_cl[] = {
  { .algorithm = "vectors", .applies = on_cpu, .emit = emit_grad_vectors },
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
