/* random.h: counter-based random numbers: the same key and counter give the same bits on every machine and in
 * every order, so nothing depends on threads. Philox 4x32 with 10 rounds (Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). kernels/random.clh is its twin. */
#ifndef ATR_BASE_RANDOM_H
#define ATR_BASE_RANDOM_H

#include <stdint.h>

/* Four words from a 64-bit key and a 128-bit counter. */
void atr__philox(uint64_t key, const uint32_t counter[4], uint32_t out[4]);

/* A stream: a key and where it stands. Uniform in [0, 1) with 24 bits; normal by Box–Muller in double. */
typedef struct atr__random {
  uint64_t key, stream, block; /* the block is the counter's lower half, the stream its upper */
  unsigned word;               /* 0 … 3: the next word of the block */
} atr__random;

void atr__random_seed(atr__random *random, uint64_t seed, uint64_t stream);
uint32_t atr__random_u32(atr__random *random);
float atr__random_uniform(atr__random *random);
double atr__random_normal(atr__random *random);
uint32_t atr__random_below(atr__random *random, uint32_t bound); /* unbiased; bound ≥ 1 */

#endif
