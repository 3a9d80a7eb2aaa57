/* net.c: the networks that atrous-segment trains; see net.h. */
#include "segment/net.h"

#include <stdio.h>
#include <string.h>

int net_kind_of(const char *name) {
  static const char *const names[] = { "unet", "atrous", "light" };
  for (int i = 0; i < 3; i++)
    if (!strcmp(name, names[i])) return i;
  return -1;
}

/* Convolution, batch normalization, ReLU: a size that stays, `channels` out. */
static atr_value unit(atr_model *model, const char *name, atr_value x, int channels, int filter,
                      int dilation) {
  char part[64];
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  snprintf(part, sizeof part, "%s.conv", name);
  p.name = part;
  p.out_channels = channels;
  p.filter[0] = p.filter[1] = filter;
  p.dilation[0] = p.dilation[1] = dilation;
  p.pad = ATR_PAD_SAME;
  p.bias = 0; /* the normalization has one */
  x = atr_model_conv(model, &p, x);
  snprintf(part, sizeof part, "%s.norm", name);
  return atr_model_relu(model, atr_model_batch_normalization(model, part, 1e-5f, 0.9f, x));
}

static atr_value two_units(atr_model *model, const char *name, atr_value x, int channels) {
  char part[48];
  snprintf(part, sizeof part, "%s.a", name);
  x = unit(model, part, x, channels, 3, 1);
  snprintf(part, sizeof part, "%s.b", name);
  return unit(model, part, x, channels, 3, 1);
}

static atr_value halve(atr_model *model, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.filter[0] = p.filter[1] = p.stride[0] = p.stride[1] = 2;
  return atr_model_max_pool(model, &p, x);
}

/* Bilinear upsampling, then the encoder's features of that resolution beside it. */
static atr_value join(atr_model *model, atr_value deep, atr_value skip) {
  const float twice[2] = { 2, 2 };
  const atr_value both[2] = { atr_model_upsample(model, twice, deep), skip };
  return atr_model_concat(model, 1, both, 2);
}

/* Dilations 1, 2, 4, 8 side by side at one resolution, then mixed: context without losing resolution. */
static atr_value pyramid(atr_model *model, atr_value x, int channels) {
  atr_value branch[4];
  char name[32];
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "pyramid.d%d", 1 << i);
    branch[i] = unit(model, name, x, channels, 3, 1 << i);
  }
  return unit(model, "pyramid.mix", atr_model_concat(model, 1, branch, 4), 2 * channels, 1, 1);
}

void net_build(atr_model *model, enum net_kind kind, int classes, int width) {
  const int levels = kind == NET_UNET ? 4 : 2; /* poolings */
  const atr_shape shape = { 4, { -1, 3, -1, -1 } };
  atr_value skip[4], x = atr_model_add_input(model, "image", ATR_F32, &shape);
  char name[32];
  for (int level = 0; level < levels; level++) {
    snprintf(name, sizeof name, "encoder%d", level);
    skip[level] = two_units(model, name, x, width << level);
    x = halve(model, skip[level]);
  }
  x = kind == NET_ATROUS ? pyramid(model, x, width << levels)
                         : two_units(model, "bottom", x, width << levels);
  for (int level = levels - 1; level >= 0; level--) {
    snprintf(name, sizeof name, "decoder%d", level);
    x = two_units(model, name, join(model, x, skip[level]), width << level);
  }
  atr_conv_params head = ATR_CONV_PARAMS_INIT;
  head.name = "head";
  head.out_channels = classes;
  const atr_value logits = atr_model_conv(model, &head, x);
  const atr_value probability = atr_model_softmax(model, 1, 1.0f, logits);
  atr_model_add_output(model, "logits", logits);
  atr_model_add_output(model, "probability", probability);
  atr_model_add_output(model, "mask", atr_model_arg_max(model, 1, 1, probability));
}
