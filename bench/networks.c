/* networks.c: writes networks for load.py and models.c, with made-up weights: a residual one of 50 layers (as
 * He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2016), the 13 convolutions of
 * Simonyan and Zisserman's sixteen layers (2015), a U-Net of five levels (Ronneberger, Fischer and Brox,
 * 2015), a residual network that dilates instead of halving, with a pyramid of dilations 6, 12 and 18 (Chen
 * et al., 2017), and one from image to image that goes down and up by strides of 2 (Johnson, Alahi and
 * Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", 2016).
 *
 *   networks FOLDER */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <atrous.h>

static atr_value dilated(atr_model *m, atr_value x, int64_t channels, int64_t filter, int64_t stride,
                         int64_t dilation, int normal) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = channels;
  p.bias = !normal;
  for (int i = 0; i < 2; i++) {
    p.filter[i] = filter;
    p.stride[i] = stride;
    p.dilation[i] = dilation;
    p.pads[i] = p.pads[2 + i] = filter / 2 * dilation;
  }
  x = atr_model_conv(m, &p, x);
  return normal ? atr_model_batch_normalization(m, NULL, 1e-5f, 0.9f, x) : x;
}

static atr_value conv(atr_model *m, atr_value x, int64_t channels, int64_t filter, int64_t stride,
                      int normal) {
  return dilated(m, x, channels, filter, stride, 1, normal);
}

static atr_value pool(atr_model *m, atr_value x, int64_t window) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.filter[0] = p.filter[1] = window;
  p.stride[0] = p.stride[1] = 2;
  for (int i = 0; i < 4; i++) p.pads[i] = window / 2 * (window % 2);
  return atr_model_max_pool(m, &p, x);
}

static atr_value bottleneck(atr_model *m, atr_value x, int64_t width, int64_t stride, int64_t dilation,
                            int project) {
  atr_value y = atr_model_relu(m, conv(m, x, width, 1, 1, 1));
  y = atr_model_relu(m, dilated(m, y, width, 3, stride, dilation, 1));
  y = conv(m, y, 4 * width, 1, 1, 1);
  if (project) x = conv(m, x, 4 * width, 1, stride, 1);
  return atr_model_relu(m, atr_model_add2(m, y, x));
}

/* `dense`: the last two stages keep the size and dilate by 2 and 4. */
static atr_value trunk(atr_model *m, atr_value x, int dense) {
  static const int blocks[] = { 3, 4, 6, 3 };
  x = pool(m, atr_model_relu(m, conv(m, x, 64, 7, 2, 1)), 3);
  for (int stage = 0; stage < 4; stage++)
    for (int k = 0; k < blocks[stage]; k++) {
      const int wide = dense && stage > 1;
      x = bottleneck(m, x, (int64_t)64 << stage, stage && !k && !wide ? 2 : 1,
                     wide ? (int64_t)1 << (stage - 1) : 1, !k);
    }
  return x;
}

static atr_value classes(atr_model *m, atr_value x) {
  const int64_t flat[] = { 0, -1 };
  return atr_model_dense(m, "classes", 1000,
                         atr_model_reshape(m, flat, 2, atr_model_global_average_pool(m, x)));
}

static atr_value residual(atr_model *m, atr_value x) {
  return classes(m, trunk(m, x, 0));
}

static atr_value sixteen(atr_model *m, atr_value x) {
  static const int count[] = { 2, 2, 3, 3, 3 };
  static const int64_t channels[] = { 64, 128, 256, 512, 512 };
  for (int stage = 0; stage < 5; stage++) {
    for (int k = 0; k < count[stage]; k++) x = atr_model_relu(m, conv(m, x, channels[stage], 3, 1, 0));
    x = pool(m, x, 2);
  }
  return classes(m, x);
}

static atr_value pyramid(atr_model *m, atr_value x) {
  x = trunk(m, x, 1);
  atr_value branch[4] = { atr_model_relu(m, conv(m, x, 256, 1, 1, 1)) };
  for (int i = 1; i < 4; i++) branch[i] = atr_model_relu(m, dilated(m, x, 256, 3, 1, 6 * i, 1));
  x = atr_model_relu(m, conv(m, atr_model_concat(m, 1, branch, 4), 256, 1, 1, 1));
  const float eight[2] = { 8, 8 };
  return atr_model_upsample(m, eight, conv(m, x, 21, 1, 1, 0));
}

static atr_value twice(atr_model *m, atr_value x, int64_t channels) {
  for (int i = 0; i < 2; i++) x = atr_model_relu(m, conv(m, x, channels, 3, 1, 0));
  return x;
}

static atr_value unet(atr_model *m, atr_value x) {
  atr_value level[5];
  for (int i = 0; i < 5; i++) level[i] = x = twice(m, i ? pool(m, x, 2) : x, (int64_t)64 << i);
  for (int i = 3; i >= 0; i--) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.out_channels = (int64_t)64 << i;
    for (int k = 0; k < 2; k++) p.filter[k] = p.stride[k] = 2;
    const atr_value both[] = { level[i], atr_model_conv_transpose(m, &p, x) };
    x = twice(m, atr_model_concat(m, 1, both, 2), (int64_t)64 << i);
  }
  return conv(m, x, 2, 1, 1, 0);
}

static atr_value larger(atr_model *m, atr_value x, int64_t channels) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = channels;
  p.bias = 0;
  for (int i = 0; i < 2; i++) {
    p.filter[i] = 3;
    p.stride[i] = 2;
    p.pads[i] = p.pads[2 + i] = p.output_padding[i] = 1;
  }
  return atr_model_batch_normalization(m, NULL, 1e-5f, 0.9f, atr_model_conv_transpose(m, &p, x));
}

static atr_value style(atr_model *m, atr_value x) {
  x = atr_model_relu(m, conv(m, x, 32, 9, 1, 1));
  for (int64_t c = 64; c <= 128; c *= 2) x = atr_model_relu(m, conv(m, x, c, 3, 2, 1));
  for (int i = 0; i < 5; i++)
    x = atr_model_add2(m, conv(m, atr_model_relu(m, conv(m, x, 128, 3, 1, 1)), 128, 3, 1, 1), x);
  for (int64_t c = 64; c >= 32; c /= 2) x = atr_model_relu(m, larger(m, x, c));
  return atr_model_tanh(m, conv(m, x, 3, 9, 1, 0));
}

static void write(const char *folder, const char *name, int64_t side,
                  atr_value (*body)(atr_model *, atr_value)) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  char path[4096];
  const atr_shape shape = { 4, { 1, 3, side, side } };
  snprintf(path, sizeof path, "%s/%s.onnx", folder, name);
  if (atr_model_create(7, &error, &model)) goto fail;
  atr_model_add_output(model, "y", body(model, atr_model_add_input(model, "x", ATR_F32, &shape)));
  if (atr_model_check(model, &error) || atr_model_save(model, path, &error)) goto fail;
  atr_model_destroy(model);
  return;
fail:
  fprintf(stderr, "networks: %s: %s\n", name, error.text);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "Usage: networks FOLDER\n");
    return 2;
  }
  write(argv[1], "residual-50", 224, residual);
  write(argv[1], "sixteen", 224, sixteen);
  write(argv[1], "pyramid", 256, pyramid);
  write(argv[1], "u-net", 256, unet);
  write(argv[1], "style", 256, style);
  return 0;
}
