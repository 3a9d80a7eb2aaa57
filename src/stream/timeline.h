/* timeline.h: which of a model's values run along time, and how each node takes its steps.
 *
 * A value that runs along time has one axis for it, and its index 0 belongs to a step of the stream: an
 * offset, above zero where a convolution without padding or a Slice took something off the beginning, below
 * where a Pad put something before it. From shapes at two lengths follow axis and rate; from geometry the
 * offset; and what a value has more than the steps there are (excess) it took from the future.
 *
 * Whether any other node treats every step alike is tried, not listed: eight columns of random numbers at
 * once must give what three and five give. So everything that was worked out for short blocks holds for all.
 */
#ifndef ATR_STREAM_TIMELINE_H
#define ATR_STREAM_TIMELINE_H

#include "model/graph.h"

typedef enum atr__pace {
  ATR__PACE_NONE,      /* not on the way, or known before running */
  ATR__PACE_FIXED,     /* the same at every step: computed once */
  ATR__PACE_LOCAL,     /* every step alike */
  ATR__PACE_WINDOW,    /* a convolution over the last steps */
  ATR__PACE_RECURRENT, /* RNN, LSTM, GRU */
  ATR__PACE_CARRIED,   /* carried_step.h */
  ATR__PACE_SHIFT      /* Slice or Pad along time: nothing but the offset changes */
} atr__pace;

typedef struct atr__track {
  int axis;               /* -1: not along time; -2: depends on all steps at once, so nobody may read it */
  int64_t offset, excess; /* see above */
  int blame;              /* the node that looked ahead, where excess > 0 */
} atr__track;

typedef struct atr__timeline {
  const atr_model *model;
  int output;          /* value id */
  unsigned char *live; /* by node */
  atr__pace *pace;     /* by node */
  atr__track *track;   /* by value index */
  atr__blob **fixed;   /* by value index: values of what does not run along time, where not in `block` */
  int64_t length[2];   /* whole sequences at which shapes were inferred */
  atr__infer_state whole[2];
  size_t n_blocks; /* shapes of blocks of size[i] steps; the last two serve the trial */
  int64_t *size;
  atr__infer_state *block;
} atr__timeline;

/* axis -1: found. max_block: sizes 1, 2, 4 … up to it. */
atr_status atr__timeline_create(const atr_model *model, int axis, const char *output, size_t max_block,
                                atr_error *error, atr__timeline *timeline);
void atr__timeline_free(atr__timeline *timeline);

/* The value's constant for blocks of size[b], or NULL where it runs along time. */
const atr__blob *atr__timeline_constant(const atr__timeline *timeline, int id, size_t b);
/* The geometry of a window, and which of its three dimensions is time. */
const struct atr__conv_params *atr__timeline_conv(const atr__timeline *timeline, size_t node, int *along);

#endif
