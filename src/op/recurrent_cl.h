/* recurrent_cl.h: what the launches of RNN, LSTM and GRU share; see kernels/recurrent.cl for the words.
 *
 * Every one has the same two rows, two instances of one template: tiles, a line (a sample in one direction) a
 * work-group of one item with vectors over hid, for CPUs; and baseline, a line a work-group of up to 64 items
 * (one on a CPU), an element each, with a barrier after every half step. Either way a sequence is one launch.
 */
#ifndef ATR_OP_RECURRENT_CL_H
#define ATR_OP_RECURRENT_CL_H

#include "op/recurrent.h"

/* Where things lie in scratch, in bytes. `vectors` is how many vectors of round_16(hid) a line keeps. */
typedef struct atr__recurrent_scratch {
  uint64_t matrix, columns, pre, state, bytes;
} atr__recurrent_scratch;

int atr__recurrent_applies(const atr__cl_query *query); /* the row of tiles */
int64_t atr__recurrent_padded(const atr__recurrent_params *p);
/* pre: the forward output that holds it; -1: a gradient, which has no sums of its own. */
atr__recurrent_scratch atr__recurrent_cut(const atr__cl_query *query, int pre, int64_t vectors);
/* R to the form that forward (turned) or backward steps read. r: the input that holds it. */
void atr__recurrent_pack_r(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, size_t r,
                           int turned);
/* pre = biases + W·x for every row; R's bias is left out from row `bare` on. */
void atr__recurrent_project(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, int pre,
                            int64_t bare, int tiles);
/* Names the kernel of a walk and pushes the words that all walks share: shapes, activations, the matrix, the
 * lines' vectors, sequence_lens (input `lens`). */
void atr__recurrent_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s,
                         const char *file, const char *kernel, size_t lens, int64_t vectors, int tiles);
void atr__recurrent_pre(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, int pre);
void atr__recurrent_launch(atr__cl_emit *e, const atr__cl_query *q, int tiles);

/* The two rows of a layer and of its gradient. A file that uses it has forward(emit, query, tiles) and
 * backward(…), in this order. vectors: as in atr__recurrent_cut; pre: the forward output of sums. */
#define ATR__RECURRENT_ROWS(layer, pre, vectors, ...)                                                        \
  static uint64_t scratch(const atr__cl_query *q) {                                                          \
    return atr__recurrent_cut(q, pre, vectors).bytes;                                                        \
  }                                                                                                          \
  static uint64_t grad_scratch(const atr__cl_query *q) {                                                     \
    return atr__recurrent_cut(q, -1, vectors).bytes;                                                         \
  }                                                                                                          \
  static void emit(atr__cl_emit *e, const atr__cl_query *q) {                                                \
    forward(e, q, 0);                                                                                        \
  }                                                                                                          \
  static void emit_tiles(atr__cl_emit *e, const atr__cl_query *q) {                                          \
    forward(e, q, 1);                                                                                        \
  }                                                                                                          \
  static void grad_emit(atr__cl_emit *e, const atr__cl_query *q) {                                           \
    backward(e, q, 0);                                                                                       \
  }                                                                                                          \
  static void grad_emit_tiles(atr__cl_emit *e, const atr__cl_query *q) {                                     \
    backward(e, q, 1);                                                                                       \
  }                                                                                                          \
  const atr__cl_row atr__##layer##_cl[] = {                                                                  \
    __VA_ARGS__,                                                                                             \
    { .algorithm = "tiles", .applies = atr__recurrent_applies, .scratch = scratch, .emit = emit_tiles },     \
    { .algorithm = "baseline", .scratch = scratch, .emit = emit },                                           \
    { .algorithm = NULL },                                                                                   \
  };                                                                                                         \
  const atr__cl_row atr__##layer##_grad_cl[] = {                                                             \
    { .algorithm = "tiles",                                                                                  \
      .applies = atr__recurrent_applies,                                                                     \
      .scratch = grad_scratch,                                                                               \
      .emit = grad_emit_tiles },                                                                             \
    { .algorithm = "baseline", .scratch = grad_scratch, .emit = grad_emit },                                 \
    { .algorithm = NULL },                                                                                   \
  }

#endif
