/* loss_dice_host.c: the Dice loss and its gradient on the host. A channel is one thread's; its sums are in
 * double, in ascending order. */
#include "op/host.h"
#include "op/loss_dice.h"

static atr_real weight_at(const atr_real *weight, int64_t i) {
  return weight ? weight[i] : 1;
}

static const atr_real *optional(const atr__call *call, size_t i) {
  return i < call->n_in ? ATR_IN(call, i) : NULL;
}

/* I and S of a channel. What is masked may be anything, also NaN. */
static void sums_of(const atr__call *call, int64_t channel, double sums[2]) {
  const atr__loss_dice_params *p = call->params;
  const atr_real *share = ATR_IN(call, 0), *target = ATR_IN(call, 1), *weight = optional(call, 2);
  sums[0] = sums[1] = 0;
  for (int64_t n = 0; n < p->n; n++)
    for (int64_t k = 0; k < p->inner; k++) {
      const int64_t i = (n * p->c + channel) * p->inner + k;
      const atr_real w = weight_at(weight, i);
      if (w > 0 || w < 0) {
        sums[0] += (double)(w * share[i] * target[i]);
        sums[1] += (double)(w * (share[i] + target[i]));
      }
    }
}

atr_status ATR_HOST(loss_dice)(const atr__call *call) {
  const atr__loss_dice_params *p = call->params;
  atr_real *saved = call->n_out > 1 ? ATR_OUT(call, 1) : NULL;
  double loss = 0;
  for (int64_t c = 0; c < p->c; c++) {
    double sums[2];
    sums_of(call, c, sums);
    const double divisor = sums[1] + (double)p->smooth;
    if (divisor > 0 || divisor < 0) loss += 1 - (2 * sums[0] + (double)p->smooth) / divisor;
    for (int i = 0; saved && i < 2; i++) saved[2 * c + i] = (atr_real)sums[i];
  }
  if (ATR_OUT(call, 0)) ATR_OUT(call, 0)[0] = (atr_real)(loss / (double)p->c);
  return ATR_OK;
}

static void grad_range(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__loss_dice_params *p = call->params;
  const atr_real *sums = ATR_IN(call, 1), *target = ATR_IN(call, 3), *weight = optional(call, 4);
  const atr_real scale = ATR_IN(call, 0)[0] / (atr_real)p->c;
  for (int64_t i = begin; i < end; i++) {
    const int64_t c = i / p->inner % p->c;
    const atr_real w = weight_at(weight, i), divisor = sums[2 * c + 1] + (atr_real)p->smooth;
    const atr_real share = (2 * sums[2 * c] + (atr_real)p->smooth) / divisor;
    const int counts = (w > 0 || w < 0) && (divisor > 0 || divisor < 0);
    ATR_OUT(call, 0)[i] = counts ? scale * (w * (share - 2 * target[i]) / divisor) : 0;
  }
}

atr_status ATR_HOST(loss_dice_grad)(const atr__call *call) {
  atr__pool_for(call->pool, call->out[0].count, 4096, grad_range, (void *)(uintptr_t)call);
  return ATR_OK;
}
