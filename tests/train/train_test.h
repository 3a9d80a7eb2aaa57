/* train_test.h: contexts, small networks and numbers that the trainer's tests share. */
#ifndef TRAIN_TEST_H
#define TRAIN_TEST_H

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atrous.h>

/* The host, and the OpenCL device ATROUS_TEST_DEVICE ("cpu" if unset); NULL where the library or, by
 * ATROUS_TEST_NO_OPENCL=1, the machine has none. */
static atr_context *test_contexts[2];

static inline atr_context *context_at(int device) {
  if (device) {
#ifdef ATR_HAVE_OPENCL
    const char *none = getenv("ATROUS_TEST_NO_OPENCL");
    if (none && !strcmp(none, "1")) return NULL;
#else
    return NULL;
#endif
  }
  if (!test_contexts[device]) {
    const char *selector = getenv("ATROUS_TEST_DEVICE");
    atr_error error = ATR_ERROR_INIT;
    if (atr_context_open(device ? (selector ? selector : "cpu") : "host", NULL, &error,
                         &test_contexts[device]))
      ck_abort_msg("%s", error.text);
  }
  return test_contexts[device];
}

/* for each backend that is there: `context` */
#define FOR_EACH_BACKEND(context)                                                                            \
  for (int backend_ = 0; backend_ < 2; backend_++)                                                           \
    for (atr_context *context = context_at(backend_); context; context = NULL)

/* Numbers that look random but are the same everywhere, in (-1, 1). */
static inline void fill(float *v, size_t n, uint32_t seed) {
  uint32_t s = seed * 2654435761u + 12345u;
  for (size_t i = 0; i < n; i++) {
    s = s * 1664525u + 1013904223u;
    v[i] = ((float)(s >> 22) - 511.5f) / 512.0f;
  }
}

static inline atr_model *new_model(uint64_t seed) {
  atr_model *model = NULL;
  ck_assert_int_eq(atr_model_create(seed, NULL, &model), ATR_OK);
  return model;
}

static inline atr_value conv(atr_model *m, const char *name, int64_t oc, int64_t k, int64_t dilation,
                             atr_pad pad, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = name;
  p.out_channels = oc;
  for (int i = 0; i < 3; i++) {
    p.filter[i] = k;
    p.dilation[i] = dilation;
  }
  p.pad = pad;
  return atr_model_conv(m, &p, x);
}

static inline atr_trainer *new_trainer(const atr_model *model, atr_context *context, const atr_shape *shape,
                                       const atr_train_params *params) {
  atr_error error = ATR_ERROR_INIT;
  atr_trainer *trainer = NULL;
  if (atr_trainer_create(model, context, shape, 1, params, &error, &trainer)) ck_abort_msg("%s", error.text);
  return trainer;
}

#define GOOD(call, trainer)                                                                                  \
  do {                                                                                                       \
    if (call) ck_abort_msg("%s: %s", #call, atr_trainer_error(trainer));                                     \
  } while (0)

static inline int run_tests(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  for (int i = 0; i < 2; i++) atr_context_destroy(test_contexts[i]);
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failed != 0;
}

#endif
