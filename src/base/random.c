/* random.c: Philox 4x32-10 and streams on it; see random.h. */
#include "base/random.h"

#include <math.h>

void atr__philox(uint64_t key, const uint32_t counter[4], uint32_t out[4]) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

void atr__random_seed(atr__random *random, uint64_t seed, uint64_t stream) {
  *random = (atr__random){ seed, stream, 0, 0 };
}

uint32_t atr__random_u32(atr__random *random) {
  const uint32_t counter[4] = { (uint32_t)random->block, (uint32_t)(random->block >> 32),
                                (uint32_t)random->stream, (uint32_t)(random->stream >> 32) };
  uint32_t out[4];
  atr__philox(random->key, counter, out);
  uint32_t value = out[random->word];
  random->word = (random->word + 1) & 3;
  if (!random->word) random->block++;
  return value;
}

float atr__random_uniform(atr__random *random) {
  return (float)(atr__random_u32(random) >> 8) * (1.0f / 16777216.0f);
}

double atr__random_normal(atr__random *random) {
  double u = ((double)atr__random_u32(random) + 1.0) / 4294967296.0;
  double v = (double)atr__random_u32(random) / 4294967296.0;
  return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

uint32_t atr__random_below(atr__random *random, uint32_t bound) {
  uint32_t limit = (uint32_t)(0x100000000ull / bound * bound - 1);
  uint32_t value;
  do value = atr__random_u32(random);
  while (value > limit);
  return value % bound;
}
