/* cut.h: taking recurrent connections away, and what a trajectory is without them.
 *
 * Only W_rec is cut: biases, a neuron's own decay (leak, an LSTM's cell, a GRU's gate) and the input stay. */
#ifndef DYNAMICS_CUT_H
#define DYNAMICS_CUT_H

#include "dynamics/system.h"

enum { CUT_BLOCKS = 32, CUT_NONE = CUT_BLOCKS };

/* Groups of neurons: "4" is four of (nearly) equal size, "0-15,16-31" are ranges, apart from each other; a
 * neuron that none names is in no block. */
struct cut_blocks {
  size_t count;
  size_t first[CUT_BLOCKS], last[CUT_BLOCKS];
};
bool cut_blocks_parse(const char *text, size_t neurons, struct cut_blocks *blocks,
                      struct fault *fault) TOOLS_MUST;

enum cut_kind {
  CUT_ALL,     /* every connection */
  CUT_BETWEEN, /* those from one block to another */
  CUT_WITHIN,  /* those from a block to itself */
  CUT_INTO,    /* those into a block from outside it */
  CUT_FROM,    /* those out of a block */
  CUT_KINDS
};

/* How many cuts there are with these blocks (0 blocks: only CUT_ALL), and the ith of them by kind and block.
 */
size_t cut_count(const struct cut_blocks *blocks);
enum cut_kind cut_kind_of(const struct cut_blocks *blocks, size_t i, size_t *block);
void cut_name(const struct cut_blocks *blocks, size_t i, char *name, size_t size);

/* Zeroes the ith cut's weights in the system; returns how many were not zero before. */
size_t cut_apply(const struct cut_blocks *blocks, size_t i, struct system *system);

/* What became of [steps][n] numbers. */
struct cut_effect {
  double before, after; /* root mean square of each */
  double change;        /* of the difference */
  double relative;      /* change / before; NaN where before is 0 */
  int64_t at_step;      /* the first step where the difference exceeds `threshold` · before; -1: never */
};
struct cut_effect cut_compare(const double *before, const double *after, size_t steps, size_t n,
                              double threshold);

#endif
