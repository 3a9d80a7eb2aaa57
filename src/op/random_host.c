/* random_host.c: random numbers on the host, four a block of Philox. */
#include "base/random.h"
#include "op/host.h"
#include "op/random.h"
#include "tensor/element.h"

/* Uniform in [0, 1), and in (0, 1]. */
static atr_real uniform(uint32_t word) {
  return (atr_real)(word >> 8) / 16777216;
}
static atr_real positive(uint32_t word) {
  return (atr_real)((word >> 8) + 1) / 16777216;
}

static atr_real normal(const uint32_t word[4], int k) {
  const atr_real radius = ATR_MATH(sqrt)(-2 * ATR_MATH(log)(positive(word[k & 2])));
  const atr_real angle = (atr_real)6.283185307179586 * uniform(word[k | 1]);
  return radius * (k & 1 ? ATR_MATH(sin)(angle) : ATR_MATH(cos)(angle));
}

static void blocks(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__random_params *p = call->params;
  const atr__view *out = &call->out[0];
  for (int64_t block = begin; block < end; block++) {
    const uint32_t counter[4] = { (uint32_t)block, 0, 0, 0 };
    uint32_t word[4];
    atr__philox(p->key, counter, word);
    for (int k = 0; k < 4 && 4 * block + k < out->count; k++) {
      const int64_t i = 4 * block + k;
      if (p->kind == ATR__RANDOM_UNIFORM)
        ATR_OUT(call, 0)[i] = (atr_real)p->a + uniform(word[k]) * (atr_real)p->b;
      else if (p->kind == ATR__RANDOM_NORMAL)
        ATR_OUT(call, 0)[i] = (atr_real)p->a + normal(word, k) * (atr_real)p->b;
      else if (out->type == ATR_F32)
        ATR_OUT(call, 0)[i] = uniform(word[k]) < ATR_IN(call, 0)[i];
      else
        atr__element_set_bits(out->type, out->data, i, uniform(word[k]) < ATR_IN(call, 0)[i] ? p->one : 0);
    }
  }
}

atr_status ATR_HOST(random)(const atr__call *call) {
  atr__pool_for(call->pool, (call->out[0].count + 3) / 4, 1024, blocks, (void *)(uintptr_t)call);
  return ATR_OK;
}
