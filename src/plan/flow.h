/* flow.h: the argument block of kernels/flow.clh, which flow.c and flow_check.c write. */
#ifndef ATR_PLAN_FLOW_H
#define ATR_PLAN_FLOW_H

#include "backend/backend.h"

typedef struct atr__flow_block {
  int32_t *words; /* grown */
  size_t n, room;
  size_t block; /* the word where it begins */
  int groups;   /* to be launched */
  int failed;   /* no memory */
} atr__flow_block;

/* Begins a block at the end of the words that *b has, for n launches on so many threads. */
void atr__flow_begin(atr__flow_block *b, size_t n, int threads);
/* The i-th launch, of this tile. least: work-groups that are taken at a time; work: of these, multiplications
 * and additions. */
void atr__flow_push(atr__flow_block *b, size_t i, int64_t tile, const atr__launch *launch, uint64_t least,
                    uint64_t work);
/* The launch that does it, its kernel being the `kernel`-th. */
atr__launch atr__flow_launch(const atr__flow_block *b, size_t kernel);

/* Whether the context's device does what it should with this program's ATR__FLOW: tried once for a context.
 */
int atr__flow_works(atr_context *context, atr__program *program);

#endif
