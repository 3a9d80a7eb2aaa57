/* net.h: networks, filled inputs and contexts that the tests of plans share. */
#ifndef ATR_TESTS_PLAN_NET_H
#define ATR_TESTS_PLAN_NET_H

#include "test.h"

#include <atrous.h>

static inline atr_conv_params net_filter(const char *name, int64_t channels, int64_t k, int64_t d) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = name;
  p.out_channels = channels;
  p.filter[0] = p.filter[1] = k;
  p.dilation[0] = p.dilation[1] = d;
  p.pad = ATR_PAD_SAME;
  return p;
}

static inline atr_value net_block(atr_model *m, const char *name, int64_t channels, int64_t d, atr_value x) {
  const atr_conv_params p = net_filter(name, channels, 3, d);
  char norm[64];
  snprintf(norm, sizeof norm, "%s_norm", name);
  return atr_model_relu(m, atr_model_batch_normalization(m, norm, 1e-5f, 0.9f, atr_model_conv(m, &p, x)));
}

/* Two levels of a U-Net: "image" [n][3][h][w] to "classes" [n][4][h][w], h and w even. Its one value that is
 * read twice is "skip". */
static inline atr_model *net_unet(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  must(atr_model_create(11, &error, &m));
  const atr_shape shape = { 4, { -1, 3, -1, -1 } };
  atr_value a = net_block(m, "down", 8, 1, atr_model_add_input(m, "image", ATR_F32, &shape));
  atr_conv_params pool = net_filter("pool", 1, 2, 1);
  pool.stride[0] = pool.stride[1] = 2;
  pool.pad = ATR_PAD_VALID;
  const float twice[2] = { 2, 2 };
  atr_value b = atr_model_upsample(m, twice, net_block(m, "deep", 16, 2, atr_model_max_pool(m, &pool, a)));
  const atr_value both[2] = { a, b };
  const atr_conv_params last = net_filter("last", 4, 1, 1);
  atr_value y = net_block(m, "up", 8, 1, atr_model_concat(m, 1, both, 2));
  atr_model_add_output(m, "classes", atr_model_softmax(m, 1, 1, atr_model_conv(m, &last, y)));
  must(atr_model_check(m, &error));
  return m;
}

/* `layers` 3×3 convolutions in a row, "x" [n][8][h][w] to "y" of the same shape; their outputs are L0, L1 …
 */
static inline atr_model *net_chain(int layers, int64_t d) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  must(atr_model_create(12, &error, &m));
  const atr_shape shape = { 4, { -1, 8, -1, -1 } };
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int i = 0; i < layers; i++) {
    char name[8];
    snprintf(name, sizeof name, "c%d", i);
    const atr_conv_params p = net_filter(name, 8, 3, d);
    v = atr_model_conv(m, &p, v);
  }
  atr_model_add_output(m, "y", v);
  must(atr_model_check(m, &error));
  return m;
}

static inline atr_shape net_image(int64_t n, int64_t c, int64_t h, int64_t w) {
  const atr_shape shape = { 4, { n, c, h, w } };
  return shape;
}

/* Numbers in (-1, 1) without a pattern that a network could hide. */
static inline float *net_fill(size_t count, unsigned seed) {
  float *x = malloc((count + 1) * sizeof *x);
  ck_assert_ptr_nonnull(x);
  uint32_t state = seed * 2654435761u + 1;
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) / 8388608.0f - 1;
  }
  return x;
}

static inline size_t net_count(const atr_shape *shape) {
  size_t n = 1;
  for (int i = 0; i < shape->rank; i++) n *= (size_t)shape->dim[i];
  return n;
}

/* Writes, runs and reads; the answer is to be freed. */
static inline float *net_run(atr_run *run, const char *in, const float *x, size_t n_in, const char *out,
                             size_t n_out) {
  float *y = malloc((n_out + 1) * sizeof *y);
  ck_assert_ptr_nonnull(y);
  run_must(run, atr_run_write(run, in, x, n_in * sizeof *x));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read(run, out, y, n_out * sizeof *y));
  return y;
}

/* Calls `body` with a context on the host, then with one on the OpenCL device where there is one. */
static inline void net_everywhere(void (*body)(atr_context *context)) {
  atr_context *context = test_open("host", NULL);
  body(context);
  atr_context_destroy(context);
  if (!test_opencl()) {
    puts("# skipped: no OpenCL, so on the host only");
    return;
  }
  context = test_open(test_device(), NULL);
  body(context);
  atr_context_destroy(context);
}

#endif
