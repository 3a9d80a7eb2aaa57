/* move_cl.c: launches of kernels/move.cl; see move.h. */
#include <string.h>

#include "base/checked.h"
#include "op/move.h"
#include "tensor/shape.h"

int atr__move_word(atr_type type) {
  const size_t size = atr_type_size(type);
  return size == 1 || size == 4 || size == 8 ? (int)size : 0;
}

static void kernel(atr__cl_emit *e, const char *name, int word) {
  const char *suffix = word == 8 ? "_8" : word == 4 ? "_4" : "_1";
  const char *defines = word == 8 ? "WORD=long" : word == 4 ? "WORD=int" : "WORD=uchar";
  atr__cl_kernel(e, "move.cl", name, suffix, defines);
}

void atr__move_emit(atr__cl_emit *e, const atr__cl_query *q, const atr__walk *walk, size_t out, size_t in) {
  const int word = atr__move_word(q->out[out].type);
  const int rows = q->device->device_class == ATR__CLASS_CPU && atr__walk_long(walk);
  if (!walk->count) return;
  kernel(e, rows ? "move_fwd_rows" : "move_fwd_baseline", word);
  atr__cl_out(e, out);
  atr__cl_in(e, in);
  atr__walk_launch(e, walk, rows);
}

void atr__move_fill_emit(atr__cl_emit *e, const atr__cl_query *q, size_t out, const void *value) {
  const int word = atr__move_word(q->out[out].type);
  const int64_t count = atr__shape_size(&q->out[out].shape);
  int32_t bits[2] = { 0, 0 };
  memcpy(bits, value, (size_t)word);
  if (!count) return;
  const int chunks = q->device->device_class == ATR__CLASS_CPU;
  kernel(e, chunks ? "move_fill_chunks" : "move_fill_baseline", word);
  atr__cl_out(e, out);
  atr__cl_int(e, count);
  atr__cl_int(e, bits[0]);
  atr__cl_int(e, bits[1]);
  if (chunks)
    atr__walk_launch_chunks(e, count);
  else
    atr__cl_items(e, count);
}
