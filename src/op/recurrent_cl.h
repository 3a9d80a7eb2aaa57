/* recurrent_cl.h: the baseline of RNN, LSTM and GRU, what its launches share; see kernels/recurrent.cl for
 * the words.
 *
 * A line (a sample in one direction) is a work-group of up to 64 items (one on a CPU), an element each, with
 * a barrier after every half step. A sequence is one launch. For processors there is recurrent_lanes_cl.h. */
#ifndef ATR_OP_RECURRENT_CL_H
#define ATR_OP_RECURRENT_CL_H

#include "op/recurrent.h"

/* Where things lie in scratch, in bytes. `vectors` is how many vectors of round_16(hid) a line keeps. */
typedef struct atr__recurrent_scratch {
  uint64_t matrix, pre, state, bytes;
} atr__recurrent_scratch;

/* pre: the forward output that holds it; -1: a gradient, which has no sums of its own. */
atr__recurrent_scratch atr__recurrent_cut(const atr__cl_query *query, int pre, int64_t vectors);
/* R to the form that forward (turned) or backward steps read. r: the input that holds it. */
void atr__recurrent_pack_r(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, size_t r,
                           int turned);
/* pre = biases + W·x for every row; R's bias is left out from row `bare` on. */
void atr__recurrent_project(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, int pre,
                            int64_t bare);
/* Names the kernel of a walk and pushes the words that all walks share: shapes, activations, the matrix, the
 * lines' vectors, sequence_lens (input `lens`). */
void atr__recurrent_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s,
                         const char *file, const char *kernel, size_t lens, int64_t vectors);
void atr__recurrent_pre(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, int pre);
void atr__recurrent_launch(atr__cl_emit *e, const atr__cl_query *q);

/* The baseline of a layer and of its gradient. A file that uses it has forward(emit, query) and backward(…).
 * vectors: as in atr__recurrent_cut; pre: the forward output of sums. */
#define ATR__RECURRENT_BASELINE(pre, vectors)                                                                \
  static uint64_t scratch(const atr__cl_query *q) {                                                          \
    return atr__recurrent_cut(q, pre, vectors).bytes;                                                        \
  }                                                                                                          \
  static uint64_t grad_scratch(const atr__cl_query *q) {                                                     \
    return atr__recurrent_cut(q, -1, vectors).bytes;                                                         \
  }
#define ATR__RECURRENT_BASELINE_ROW                                                                          \
  { .algorithm = "baseline", .scratch = scratch, .emit = forward }
#define ATR__RECURRENT_BASELINE_GRAD_ROW                                                                     \
  { .algorithm = "baseline", .scratch = grad_scratch, .emit = backward }

#endif
