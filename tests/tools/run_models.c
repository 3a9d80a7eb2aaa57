/* run_models.c: writes the small models that run.test runs, into the folder of its argument.
 *
 *   layer.onnx   y = relu(w·x + b) of x = [1][2][1], numbers in tests/model/gradient_test.c
 *   two.onnx     a [n][3], b [n][3] → sum, product, and the place of the largest sum
 *   bright.onnx  image [n][3][h][w] → grey [n][1][h][w], the mean of the channels
 *   pixels.onnx  image [n][4][4][3] (channels last) → the same
 *   kink.onnx    y = relu(x) of x [4]
 *   ceil.onnx    y = ceil(x), whose gradient is zero everywhere
 *   causal.onnx  y(t) = x(t-3) + 2·x(t) of x = [n][1][t]
 *   ahead.onnx   the same from x(t-1) and x(t+2) */
#include <stdio.h>

#include <atrous.h>

static atr_model *start(void) {
  atr_model *m = NULL;
  return atr_model_create(1, NULL, &m) ? NULL : m;
}

static int save(atr_model *m, const char *folder, const char *name) {
  atr_error error = ATR_ERROR_INIT;
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  const int failed = atr_model_check(m, &error) || atr_model_save(m, path, &error);
  if (failed) fprintf(stderr, "%s: %s\n", name, error.text);
  atr_model_destroy(m);
  return failed;
}

static int layer(const char *folder) {
  static const float w[4] = { 1, -1, 0.5f, 0.25f }, b[2] = { 0.5f, -0.5f };
  const atr_shape xs = { 3, { 1, 2, 1 } }, ws = { 3, { 2, 2, 1 } }, bs = { 1, { 2 } };
  atr_model *m = start();
  const atr_value in[3] = { atr_model_add_input(m, "x", ATR_F32, &xs),
                            atr_model_add_tensor(m, "w", ATR_F32, &ws, w, 1),
                            atr_model_add_tensor(m, "b", ATR_F32, &bs, b, 1) };
  atr_model_add_output(m, "y",
                       atr_model_relu(m, atr_model_add(m, NULL, "Conv", "one", in, 3, NULL, 0, NULL, 1)));
  return save(m, folder, "layer.onnx");
}

static int filter(const char *folder, const char *name, int64_t before) {
  static const float w[2] = { 1, 2 };
  const atr_shape xs = { 3, { -1, 1, -1 } }, ws = { 3, { 1, 1, 2 } };
  const int64_t dilation = 3, pads[2] = { before, 3 - before };
  const atr_attribute attributes[2] = { { "dilations", ATR_ATTRIBUTE_INTS, 0, 0, NULL, &dilation, NULL, 1,
                                          NULL },
                                        { "pads", ATR_ATTRIBUTE_INTS, 0, 0, NULL, pads, NULL, 2, NULL } };
  atr_model *m = start();
  const atr_value in[2] = { atr_model_add_input(m, "x", ATR_F32, &xs),
                            atr_model_add_tensor(m, "w", ATR_F32, &ws, w, 1) };
  atr_model_add_output(m, "y", atr_model_add(m, NULL, "Conv", "filter", in, 2, attributes, 2, NULL, 0));
  return save(m, folder, name);
}

static int two(const char *folder) {
  const atr_shape shape = { 2, { -1, 3 } };
  atr_model *m = start();
  const atr_value a = atr_model_add_input(m, "a", ATR_F32, &shape),
                  b = atr_model_add_input(m, "b", ATR_F32, &shape), sum = atr_model_add2(m, a, b);
  atr_model_add_output(m, "sum", sum);
  atr_model_add_output(m, "product", atr_model_mul(m, a, b));
  atr_model_add_output(m, "largest", atr_model_arg_max(m, 1, 0, sum));
  return save(m, folder, "two.onnx");
}

static int bright(const char *folder) {
  static const float third[3] = { 1 / 3.0f, 1 / 3.0f, 1 / 3.0f };
  const atr_shape xs = { 4, { -1, 3, -1, -1 } }, ws = { 4, { 1, 3, 1, 1 } };
  atr_model *m = start();
  const atr_value in[2] = { atr_model_add_input(m, "image", ATR_F32, &xs),
                            atr_model_add_tensor(m, "w", ATR_F32, &ws, third, 1) };
  atr_model_add_output(m, "grey", atr_model_add(m, NULL, "Conv", "mean", in, 2, NULL, 0, NULL, 1));
  return save(m, folder, "bright.onnx");
}

static int unary(const char *folder, const char *op, const char *name, const atr_shape *shape) {
  atr_model *m = start();
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, shape);
  atr_model_add_output(m, "y", atr_model_add(m, NULL, op, "node", &x, 1, NULL, 0, NULL, 1));
  return save(m, folder, name);
}

int main(int argc, char **argv) {
  const atr_shape four = { 1, { 4 } }, pixels = { 4, { -1, 4, 4, 3 } };
  if (argc != 2) return 2;
  return layer(argv[1]) || two(argv[1]) || bright(argv[1]) ||
         unary(argv[1], "Identity", "pixels.onnx", &pixels) || unary(argv[1], "Relu", "kink.onnx", &four) ||
         unary(argv[1], "Ceil", "ceil.onnx", &four) || filter(argv[1], "causal.onnx", 3) ||
         filter(argv[1], "ahead.onnx", 1);
}
