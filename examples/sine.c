/* sine.c: a dilated causal network learns to say the next step of a sine wave, and is saved as an ONNX file.
 *
 *   cc sine.c $(pkg-config --cflags --libs atrous) -lm && ./a.out
 */
#include <atrous.h>

#include <math.h>
#include <stdio.h>

enum { BATCH = 8, STEPS = 256, ROUNDS = 300 };
static float x[BATCH * STEPS], y[BATCH * STEPS]; /* [n][1][t]; y is x one step later */

/* Seven layers of dilation 1, 2, 4 … 64: each output sees the 255 steps before it, and none after. */
static atr_model *network(const atr_shape *shape, atr_error *error) {
  atr_model *model = NULL;
  if (atr_model_create(1, error, &model)) return NULL;
  atr_value v = atr_model_add_input(model, "x", ATR_F32, shape);
  atr_conv_params conv = ATR_CONV_PARAMS_INIT;
  conv.out_channels = 16;
  conv.filter[0] = 3;
  conv.pad = ATR_PAD_CAUSAL;
  for (int64_t d = 1; d <= 64; d *= 2) {
    conv.dilation[0] = d;
    v = atr_model_relu(model, atr_model_conv(model, &conv, v));
  }
  conv.out_channels = conv.filter[0] = conv.dilation[0] = 1;
  atr_model_add_output(model, "y", atr_model_conv(model, &conv, v));
  if (!atr_model_check(model, error)) return model;
  atr_model_destroy(model);
  return NULL;
}

int main(int argc, char **argv) {
  const char *file = argc > 1 ? argv[1] : "sine.onnx";
  const atr_shape shape = { 3, { BATCH, 1, STEPS } };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL, *trained = NULL;
  atr_trainer *trainer = NULL;
  float loss = 0;
  int failed = 1;
  for (int n = 0; n < BATCH; n++)
    for (int t = 0; t < STEPS; t++) {
      x[n * STEPS + t] = sinf(0.05f * (float)(t + 37 * n));
      y[n * STEPS + t] = sinf(0.05f * (float)(t + 1 + 37 * n));
    }
  if (atr_context_open(NULL, NULL, &error, &context) || !(model = network(&shape, &error))) goto done;
  printf("each step sees %lld before it\n", (long long)atr_model_receptive_field(model, 2));
  atr_train_params params = ATR_TRAIN_PARAMS_INIT; /* mean squared error, Adam */
  params.schedule = ATR_SCHEDULE_COSINE;
  params.schedule_steps = ROUNDS;
  if (atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer)) goto done;
  for (int i = 1; i <= ROUNDS; i++) {
    if (atr_trainer_step(trainer, x, y, &loss)) { /* NaN: names the tensor, the node and the likely cause */
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    if (i % 50 == 0) printf("step %d: loss %g\n", i, (double)loss);
  }
  failed = atr_trainer_export(trainer, &error, &trained) || atr_model_save(trained, file, &error);
done:
  if (failed && error.status) fprintf(stderr, "%s\n", error.text);
  atr_model_destroy(trained);
  atr_trainer_destroy(trainer);
  atr_model_destroy(model);
  atr_context_destroy(context);
  return failed;
}
