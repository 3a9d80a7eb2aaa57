/* schedule.c: the learning rate of a step, and the scalars that the optimizer's kernels read; formulas in
 * <atrous/train.h> and op/optimizer.h. All in double, rounded to float once. */
#include "config.h"

#include <math.h>

#include "train/trainer.h"

double atr__schedule_rate(const atr_train_params *p, int64_t s) {
  const double rate = (double)p->learning_rate, factor = (double)p->schedule_factor;
  if (s < p->warmup_steps) return rate * (double)(s + 1) / (double)p->warmup_steps;
  const int64_t u = s - p->warmup_steps;
  switch (p->schedule) {
  case ATR_SCHEDULE_CONSTANT: break;
  case ATR_SCHEDULE_STEP: return rate * pow(factor, (double)(u / p->schedule_steps));
  case ATR_SCHEDULE_COSINE: {
    const double at = u < p->schedule_steps ? (double)u / (double)p->schedule_steps : 1;
    return rate * (factor + (1 - factor) * 0.5 * (1 + cos(3.14159265358979323846 * at)));
  }
  }
  return rate;
}

void atr__schedule_scalars(const atr_train_params *p, int64_t s, float scalars[ATR__STEP_SCALARS]) {
  const double rate = atr__schedule_rate(p, s), t = (double)(s + 1);
  const double beta1 = (double)p->beta1, beta2 = (double)p->beta2, decay = (double)p->weight_decay;
  const int adam = p->optimizer == ATR_ADAM || p->optimizer == ATR_ADAMW;
  const double mean = p->optimizer == ATR_RMSPROP ? (double)p->alpha : beta2;
  double v[ATR__STEP_SCALARS];
  v[ATR__STEP_SIZE] = adam                          ? rate / (1 - pow(beta1, t))
                      : p->optimizer == ATR_ADAGRAD ? rate / (1 + (t - 1) * (double)p->lr_decay)
                                                    : rate;
  v[ATR__STEP_DECAY] = p->optimizer == ATR_ADAMW ? 1 - rate * decay : decay;
  v[ATR__STEP_BETA1] = adam ? beta1 : (double)p->momentum;
  v[ATR__STEP_NEW1] = 1 - beta1;
  v[ATR__STEP_BETA2] = mean;
  v[ATR__STEP_NEW2] = 1 - mean;
  v[ATR__STEP_ROOT2] = 1 / sqrt(1 - pow(beta2, t));
  v[ATR__STEP_EPSILON] = (double)p->epsilon;
  v[ATR__STEP_CLIP_VALUE] = (double)p->clip_value;
  v[ATR__STEP_CLIP_NORM] = (double)p->clip_norm;
  for (int i = 0; i < ATR__STEP_SCALARS; i++) scalars[i] = (float)v[i];
}
