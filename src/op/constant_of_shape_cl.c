/* constant_of_shape_cl.c: ConstantOfShape by kernels/move.cl. */
#include "op/constant_of_shape.h"
#include "op/move.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__constant_of_shape_params *p = q->params;
  const float real = (float)p->real;
  const int32_t word = (int32_t)p->word;
  const uint8_t byte = (uint8_t)p->word;
  const int size = atr__move_word(p->type);
  atr__move_fill_emit(e, q, 0,
                      p->type == ATR_F32 ? (const void *)&real
                      : size == 8        ? (const void *)&p->word
                      : size == 4        ? (const void *)&word
                                         : (const void *)&byte);
}

const atr__cl_row atr__constant_of_shape_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
