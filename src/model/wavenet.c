/* wavenet.c: the gated residual network of <atrous/sequence.h>, written as ordinary nodes.
 *
 * Tanh's and the sigmoid's convolutions are one, cut in two: half as many passes over h, and rows of twice
 * the channels. The last layer has no residual, which nothing would read. Source: van den Oord et al.,
 * "WaveNet", 2016. */
#include "config.h"

#include <stdio.h>

#include <atrous/sequence.h>

#include "model/builder.h"

static const atr_value none = { 0 };

/* What the parts of one network share. */
typedef struct {
  atr_model *model;
  const atr_wavenet_params *p;
  const char *name;
} building;

/* A causal convolution called NAME.part, or NAME.K.part. */
static atr_value conv(const building *b, int64_t k, const char *part, int64_t channels, int64_t taps,
                      int64_t dilation, int bias, atr_value x) {
  char name[240];
  if (k < 0)
    snprintf(name, sizeof name, "%s.%s", b->name, part);
  else
    snprintf(name, sizeof name, "%s.%lld.%s", b->name, (long long)k, part);
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = name;
  p.out_channels = channels;
  p.filter[0] = taps;
  p.dilation[0] = dilation;
  p.pad = ATR_PAD_CAUSAL;
  p.bias = bias;
  return atr_model_conv(b->model, &p, x);
}

/* z_k of h_k. */
static atr_value gated(const building *b, int64_t k, atr_value h, atr_value condition) {
  atr_model *m = b->model;
  const int64_t r = b->p->residual;
  atr_value both = conv(b, k, "gate", 2 * r, b->p->filter, (int64_t)1 << k % b->p->layers, b->p->bias, h);
  if (condition.id) both = atr_model_add2(m, both, conv(b, k, "condition", 2 * r, 1, 1, 0, condition));
  return atr_model_mul(m, atr_model_tanh(m, atr_model_slice(m, 1, 0, r, both)),
                       atr_model_sigmoid(m, atr_model_slice(m, 1, r, 2 * r, both)));
}

atr_value atr_model_wavenet(atr_model *model, const atr_wavenet_params *p, atr_value x, atr_value condition) {
  char made_up[64];
  if (!atr__build_shape(model, x, "wavenet", 3, 3)) return none;
  if (condition.id && !atr__build_shape(model, condition, "wavenet's condition", 3, 3)) return none;
  const int64_t sizes[] = { p->residual, p->skip, p->head, p->out_channels, p->filter, p->layers, p->stacks };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] < 1 || sizes[i] > INT32_MAX / 2 || p->layers > 30) {
      atr__model_fail(
          model, ATR_E_PARAM,
          "wavenet: %lld residual, %lld skip, %lld head and %lld output channels, %lld taps, %lld "
          "layers (up to 30) in %lld stacks; each must be at least 1",
          (long long)sizes[0], (long long)sizes[1], (long long)sizes[2], (long long)sizes[3],
          (long long)sizes[4], (long long)sizes[5], (long long)sizes[6]);
      return none;
    }
  const building b = { model, p, atr__build_name(model, p->name, "wavenet", made_up) };
  const int64_t n = p->layers * p->stacks;
  atr_value h = conv(&b, -1, "in", p->residual, p->filter, 1, p->bias, x), sum = none;
  for (int64_t k = 0; k < n && !model->error.status; k++) {
    const atr_value z = gated(&b, k, h, condition), skip = conv(&b, k, "skip", p->skip, 1, 1, p->bias, z);
    sum = k ? atr_model_add2(model, sum, skip) : skip;
    if (k + 1 < n) h = atr_model_add2(model, h, conv(&b, k, "residual", p->residual, 1, 1, p->bias, z));
  }
  const atr_value head = conv(&b, -1, "head", p->head, 1, 1, p->bias, atr_model_relu(model, sum));
  return conv(&b, -1, "out", p->out_channels, 1, 1, p->bias, atr_model_relu(model, head));
}
