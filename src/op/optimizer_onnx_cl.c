/* optimizer_onnx_cl.c: launches of kernels/optimizer_onnx.cl, one a tensor. */
#include "op/optimizer_onnx.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__onnx_step_params *p = q->params;
  const size_t n = (size_t)p->tensors, two = p->states > 1;
  for (size_t i = 0; i < n; i++) {
    const int64_t count = atr__shape_size(&q->in[2 + i].shape);
    if (!count) continue;
    atr__cl_kernel(e, "optimizer_onnx.cl", "optimizer_onnx_f32_baseline", "", "");
    atr__cl_int(e, count);
    atr__cl_int(e, p->kind);
    atr__cl_in(e, 0);
    atr__cl_in(e, 1);
    for (size_t k = 0; k < 3; k++) atr__cl_in(e, 2 + k * n + i);
    atr__cl_in(e, two ? 2 + 3 * n + i : q->n_in);
    for (size_t k = 0; k < 2; k++) atr__cl_out(e, k * n + i);
    atr__cl_out(e, two ? 2 * n + i : q->n_out);
    atr__cl_float(e, p->alpha);
    atr__cl_float(e, p->beta);
    atr__cl_float(e, p->epsilon);
    atr__cl_float(e, p->norm);
    atr__cl_float(e, p->decay);
    atr__cl_items(e, count);
  }
}

const atr__cl_row atr__optimizer_onnx_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
