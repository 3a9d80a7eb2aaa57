/* move.h: copying elements from strided places to strided places: what Transpose, Slice, Concat, Split,
 * Expand and their kin do. Elements are words of 1, 2, 4 or 8 bytes; their type does not matter. */
#ifndef ATR_OP_MOVE_H
#define ATR_OP_MOVE_H

#include "base/thread.h"
#include "op/walk.h"

/* Operand 0 of the walk is where elements go, operand 1 where they come from. The walk must be joined. */
void atr__move_host(atr__pool *pool, const atr__walk *walk, size_t word, void *to, const void *from);
/* Sets `count` words to zero. */
void atr__move_zero_host(size_t word, void *to, int64_t count);

/* The word size of a type in a kernel; 0: kernels do not move it. */
int atr__move_word(atr_type type);
/* OpenCL's name of such a word. */
const char *atr__move_type(atr_type type);
/* atr__cl_kernel for a template whose only macro is WORD. */
void atr__move_kernel(atr__cl_emit *emit, const char *file, const char *kernel, int word);
/* Launches the copy from input `in` to output `out`; each launch of an `emit` may write another part. */
void atr__move_emit(atr__cl_emit *emit, const atr__cl_query *query, const atr__walk *walk, size_t out,
                    size_t in);
/* Launches writing the word of these bits over the whole of output `out`. */
void atr__move_fill_emit(atr__cl_emit *emit, const atr__cl_query *query, size_t out, uint64_t bits);

#endif
