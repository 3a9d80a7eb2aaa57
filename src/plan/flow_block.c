/* flow_block.c: writes the argument block of kernels/flow.clh. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/flow.h"

/* PoCL deals several work-groups at a time: four for each thread are enough that all threads get one. */
enum { LINE = 16, GROUPS_MIN = 8, GROUPS_MAX = 1024, GROUPS_THREAD = 4, SHARES_MAX = 16 };
/* Patience is counted in pauses, of some 20 ns: 100 us, and four times as long as what is taken at a time may
 * take. */
enum { PATIENCE = 5000, PATIENCE_MAX = 1 << 28, PAUSE_WORK = 100 };

void atr__flow_begin(atr__flow_block *b, size_t n, int threads) {
  const int most = GROUPS_MAX / GROUPS_THREAD, few = threads < 1 ? 1 : threads < most ? threads : most;
  const int shares = few < SHARES_MAX ? few : SHARES_MAX;
  b->groups = few * GROUPS_THREAD < GROUPS_MIN ? GROUPS_MIN : few * GROUPS_THREAD;
  b->block = (b->n + LINE - 1) / LINE * LINE;
  const size_t counters = b->block + (1 + n) * LINE;
  const size_t end = counters + (2 + n * (size_t)(1 + shares)) * LINE;
  b->failed = end > INT32_MAX || atr__grow(&b->words, &b->room, end, sizeof *b->words);
  if (b->failed) return;
  memset(b->words + b->n, 0, (end - b->n) * sizeof *b->words);
  b->n = end;
  const int32_t head[] = { (int32_t)n, shares, (int32_t)counters };
  memcpy(b->words + b->block, head, sizeof head);
}

void atr__flow_push(atr__flow_block *b, size_t i, int64_t tile, const atr__launch *launch, uint64_t least,
                    uint64_t work) {
  if (b->failed) return;
  const uint32_t *group = launch->group;
  const uint64_t patience = PATIENCE + work / PAUSE_WORK;
  const uint32_t words[] = { atr__tile_word(tile, launch->local),
                             launch->node,
                             group[0],
                             group[1],
                             group[2],
                             group[0] * group[1] * group[2],
                             (uint32_t)least,
                             (uint32_t)(patience < PATIENCE_MAX ? patience : PATIENCE_MAX) };
  memcpy(b->words + b->block + (1 + i) * LINE, words, sizeof words);
}

atr__launch atr__flow_launch(const atr__flow_block *b, size_t kernel) {
  return (atr__launch){ (uint32_t)kernel, (uint32_t)b->block, { (uint32_t)b->groups, 1, 1 }, 1, 0, 0 };
}
