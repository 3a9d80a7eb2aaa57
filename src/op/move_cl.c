/* move_cl.c: launches of kernels/move.cl; see move.h. */
#include <string.h>

#include "base/checked.h"
#include "op/move.h"
#include "tensor/shape.h"

int atr__move_word(atr_type type) {
  const size_t size = atr_type_size(type);
  return (int)size;
}

const char *atr__move_type(atr_type type) {
  const int word = atr__move_word(type);
  return word == 8 ? "long" : word == 4 ? "int" : word == 2 ? "ushort" : "uchar";
}

void atr__move_kernel(atr__cl_emit *e, const char *file, const char *name, int word) {
  static const char *const suffix[] = { "_1", "_2", "", "_4", "", "", "", "_8" };
  static const char *const defines[] = {
    "WORD=uchar", "WORD=ushort", "", "WORD=int", "", "", "", "WORD=long"
  };
  atr__cl_kernel(e, file, name, suffix[word - 1], defines[word - 1]);
}

/* Puts the longest dimension innermost where that one is short: a copy may go in any order, and long runs
 * have fewer places to be worked out. */
static void turn(atr__walk *walk) {
  const int last = walk->rank - 1;
  int longest = last;
  if (walk->rank < 2 || atr__walk_long(walk)) return;
  for (int d = last - 1; d >= 0; d--)
    if (walk->dim[d] > walk->dim[longest]) longest = d;
  const int64_t extent = walk->dim[longest];
  memmove(walk->dim + longest, walk->dim + longest + 1, (size_t)(last - longest) * sizeof *walk->dim);
  walk->dim[last] = extent;
  for (int o = 0; o < walk->operands; o++) {
    int64_t *stride = walk->stride[o];
    const int64_t step = stride[longest];
    memmove(stride + longest, stride + longest + 1, (size_t)(last - longest) * sizeof *stride);
    stride[last] = step;
  }
}

void atr__move_emit(atr__cl_emit *e, const atr__cl_query *q, const atr__walk *given, size_t out, size_t in) {
  atr__walk turned = *given;
  const atr__walk *const walk = &turned;
  if (q->device->device_class == ATR__CLASS_CPU) turn(&turned);
  const int word = atr__move_word(q->out[out].type);
  const int rows = q->device->device_class == ATR__CLASS_CPU && atr__walk_long(walk);
  if (!walk->count) return;
  atr__move_kernel(e, "move.cl", rows ? "move_fwd_rows" : "move_fwd_baseline", word);
  atr__cl_out(e, out);
  atr__cl_in(e, in);
  atr__walk_launch(e, walk, rows);
}

void atr__move_fill_emit(atr__cl_emit *e, const atr__cl_query *q, size_t out, uint64_t value) {
  const int word = atr__move_word(q->out[out].type);
  const int64_t count = atr__shape_size(&q->out[out].shape);
  if (!count) return;
  const int chunks = q->device->device_class == ATR__CLASS_CPU;
  atr__move_kernel(e, "move.cl", chunks ? "move_fill_chunks" : "move_fill_baseline", word);
  atr__cl_out(e, out);
  atr__cl_int(e, count);
  atr__cl_int(e, (int32_t)(uint32_t)value);
  atr__cl_int(e, (int32_t)(uint32_t)(value >> 32));
  if (chunks)
    atr__walk_launch_chunks(e, count);
  else
    atr__cl_items(e, count);
}
