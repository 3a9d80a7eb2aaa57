/* random.cl: random numbers by seed and place. Macros: KIND (atr__random_kind), WORD (what an element of the output is:
 * float; for Bernoulli uchar, ushort, int or long).
 * random_fwd_baseline: count, a, b (float), key (two words), bits of 1 (two words), y, x (Bernoulli). One item the four
 *   elements of a block. */
#if !defined(KIND) || !defined(WORD)
#error "random.cl needs KIND and WORD"
#endif
#include "random.clh"

ATR_ITEM_KERNEL(ATR_FN(random_fwd_baseline)) {
  ATR_BEGIN;
  const int block = ATR_ITEM;
  if (4L * block >= a[0]) return;
  uint words[4];
  vstore4(atr_philox((uint2)((uint)a[3], (uint)a[4]), (uint4)((uint)block, 0u, 0u, 0u)), 0, words);
  __global WORD *y = (__global WORD *)ATR_PTR(7);
  for (int k = 0; k < 4; k++) {
    const int i = 4 * block + k;
    if (i >= a[0]) return;
#if KIND == 1
    const float radius = sqrt(-2.0f * log((float)((words[k & 2] >> 8) + 1) / 16777216.0f));
    const float angle = 6.283185307179586f * ((float)(words[k | 1] >> 8) / 16777216.0f);
    y[i] = ATR_FLOAT(1) + radius * (k & 1 ? sin(angle) : cos(angle)) * ATR_FLOAT(2);
#elif KIND == 0
    y[i] = ATR_FLOAT(1) + (float)(words[k] >> 8) / 16777216.0f * ATR_FLOAT(2);
#else
    const WORD one = (WORD)((ulong)(uint)a[5] | (ulong)(uint)a[6] << 32);
    y[i] = (float)(words[k] >> 8) / 16777216.0f < ATR_PTR(9)[i] ? one : (WORD)0;
#endif
  }
}
