/* finetune.c: trains an imported network on: some steps of gradient descent on one batch, with some of its
 * weights left as they are, and the result written back.
 *
 *   cc finetune.c $(pkg-config --cflags --libs atrous) && ./a.out IN.onnx OUT.onnx X.f32 Y.f32 8x1x64 10
 * 'front.*'
 *
 * X and Y hold raw float32 numbers: the batch of the shape given, and what the network should make of it.
 */
#include <atrous.h>

#include <stdio.h>
#include <stdlib.h>

/* All of a file's numbers; NULL: it cannot be read. */
static float *read_numbers(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  float *numbers = NULL;
  long size = -1;
  if (file && !fseek(file, 0, SEEK_END) && (size = ftell(file)) > 0 && !fseek(file, 0, SEEK_SET) &&
      (numbers = malloc((size_t)size)) && fread(numbers, 1, (size_t)size, file) != (size_t)size) {
    free(numbers);
    numbers = NULL;
  }
  if (file) fclose(file);
  if (!numbers) fprintf(stderr, "%s cannot be read\n", path);
  *bytes = numbers ? (size_t)size : 0;
  return numbers;
}

static int parse_shape(const char *text, atr_shape *shape) {
  for (char *end; shape->rank < 8; text = end + 1) {
    shape->dim[shape->rank++] = strtoll(text, &end, 10);
    if (end == text || (*end && *end != 'x')) return 0;
    if (!*end) return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  atr_shape shape = { 0, { 0 } };
  if (argc < 7 || !parse_shape(argv[5], &shape)) {
    fprintf(stderr, "usage: %s IN.onnx OUT.onnx X.f32 Y.f32 SHAPE STEPS [FROZEN…]\n", argv[0]);
    return 2;
  }
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL, *trained = NULL;
  atr_trainer *trainer = NULL;
  size_t x_bytes, y_bytes;
  float *x = read_numbers(argv[3], &x_bytes), *y = read_numbers(argv[4], &y_bytes), loss = 0;
  int failed = 1;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT; /* mean squared error */
  params.optimizer = ATR_SGD;
  params.momentum = 0.9f;
  params.learning_rate = 0.01f;
  params.clip_norm = 0;
  params.freeze = (const char *const *)(argv + 7);
  params.n_freeze = (size_t)(argc - 7);
  if (!x || !y || atr_context_open(NULL, NULL, &error, &context) ||
      atr_model_load(argv[1], NULL, &error, &model) ||
      atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer))
    goto done;
  char target[256];
  snprintf(target, sizeof target, "%s.target", atr_model_output(model, 0).name);
  if (atr_trainer_write(trainer, atr_model_input(model, 0).name, x, x_bytes) ||
      atr_trainer_write(trainer, target, y, y_bytes)) {
    fprintf(stderr, "%s\n", atr_trainer_error(trainer));
    goto done;
  }
  for (int i = 0; i < atoi(argv[6]); i++) {
    if (atr_trainer_step(trainer, NULL, NULL, &loss)) {
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    printf("%.9g\n", (double)loss); /* before the step */
  }
  failed = atr_trainer_export(trainer, &error, &trained) || atr_model_save(trained, argv[2], &error);
done:
  if (failed && error.status) fprintf(stderr, "%s\n", error.text);
  free(x);
  free(y);
  atr_model_destroy(trained);
  atr_trainer_destroy(trainer);
  atr_model_destroy(model);
  atr_context_destroy(context);
  return failed;
}
