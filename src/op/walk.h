/* walk.h: one loop over a shape that reads and writes several operands, each by strides of its own.
 *
 * Broadcasting, transposing, slicing, concatenating and padding differ only in strides, so that they share
 * this: dimensions of extent 1 are dropped, neighbours that lie in one run for every operand are joined, and
 * host loops and kernels walk what is left (usually one to three dimensions). */
#ifndef ATR_OP_WALK_H
#define ATR_OP_WALK_H

#include "op/cl.h"

enum { ATR__WALK_OPERANDS = 8 };

typedef struct atr__walk {
  int operands, rank;
  int64_t count; /* elements */
  int64_t dim[ATR_RANK_MAX];
  int64_t stride[ATR__WALK_OPERANDS][ATR_RANK_MAX];
  int64_t start[ATR__WALK_OPERANDS]; /* offset of element 0 */
} atr__walk;

/* Over `shape`, without operands. */
atr__walk atr__walk_over(const atr_shape *shape);
/* Adds an operand that is dense and of shape `from`, broadcast to the walk's shape. */
void atr__walk_broadcast(atr__walk *walk, const atr_shape *from);
/* Adds an operand with these strides. */
void atr__walk_strided(atr__walk *walk, const int64_t *stride, int64_t start);
/* Joins dimensions; after the operands have been added. */
void atr__walk_join(atr__walk *walk);

/* Offsets of element i in `offset`; returns how many elements follow it, itself included, in the innermost
 * dimension and before `end`. */
int64_t atr__walk_row(const atr__walk *walk, int64_t i, int64_t end, int64_t offset[ATR__WALK_OPERANDS]);

/* Whether b, broadcast to `out`, is one number, or one a channel, or one a sample and channel. */
int atr__walk_small(const atr_shape *b, const atr_shape *out);

/* Elements of a tensor of this shape in ATR__BLOCKED, spare lanes included. */
int64_t atr__walk_blocked_count(const atr_shape *shape);

/* walk_cl.c. Pushes the walk as common.clh's ATR_WALK reads it. */
void atr__walk_emit(atr__cl_emit *emit, const atr__walk *walk);
/* The last words and the launch of a kernel over the walk. rows: its work-group walks whole runs of the
 * innermost dimension (ATR_ROWS_BEGIN in common.clh), worth it where atr__walk_long says that they are long
 * enough; else one item an element: count, then the walk. */
void atr__walk_launch(atr__cl_emit *emit, const atr__walk *walk, int rows);
int atr__walk_long(const atr__walk *walk);
/* Pushes the elements of a group, a multiple of 16, and launches groups of one item for `count` elements. */
void atr__walk_launch_chunks(atr__cl_emit *emit, int64_t count);

#endif
