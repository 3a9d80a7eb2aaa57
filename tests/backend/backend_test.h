/* backend_test.h: what the tests of the backend share: contexts with recorded logs, and a small launch
 * checked by numbers. */
#ifndef BACKEND_TEST_H
#define BACKEND_TEST_H

#include "backend/backend.h"
#include "base/alloc.h"
#include "tests/test.h"

typedef struct {
  char text[16384]; /* one line each */
  int progress_calls, cancel;
} recorded;

static inline void record_log(void *user, int level, const char *line) {
  recorded *r = user;
  const size_t used = strlen(r->text);
  snprintf(r->text + used, sizeof r->text - used, "%d %s\n", level, line);
}

static inline int record_progress(void *user, const atr_progress *progress) {
  recorded *r = user;
  (void)progress;
  r->progress_calls++;
  return r->cancel;
}

/* What must not end at the host, where a fault keeps OpenCL from opening. */
static inline const char *opencl_device(void) {
  return getenv("ATROUS_TEST_DEVICE") ? test_device() : "Portable Computing";
}

static inline atr_context *recorded_open(const char *device, recorded *r) {
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.hooks = (atr_hooks){ r, record_log, record_progress };
  options.cache_dir = "";
  return test_open(device, r ? &options : NULL);
}

enum { TEST_COUNT = 100 };

/* Runs one elementwise kernel (count, x, y) on TEST_COUNT numbers -50, -49, … by a queue of its own: argument
 * block in base 0 at word 16, x in base 3, y in base 4 at byte 512. Leaves y as it came back. */
static inline atr_status test_map(atr_context *context, atr__program *program, const char *kernel,
                                  uint32_t local, atr_error *error, float y[TEST_COUNT]) {
  const atr__backend *b = context->backend;
  atr__queue *queue = NULL;
  atr__buffer *arguments = NULL, *arena = NULL, *out = NULL;
  int32_t words[32] = { 0 };
  float x[TEST_COUNT];
  const int32_t block[5] = { TEST_COUNT, 3, 0, 4, 512 / 64 };
  memcpy(words + 16, block, sizeof block);
  for (int i = 0; i < TEST_COUNT; i++) x[i] = (float)(i - TEST_COUNT / 2);
  const uint64_t out_bytes = 512 + sizeof x;
  const atr__launch launch = { 0, 16, { (TEST_COUNT + local - 1) / local, 1, 1 }, local, 0, 0 };
  atr_status status;
  ATR__CHECK(atr__context_alloc(context, sizeof words, error, &arguments));
  ATR__CHECK(atr__context_alloc(context, sizeof x, error, &arena));
  ATR__CHECK(atr__context_alloc(context, out_bytes, error, &out));
  ATR__CHECK(b->queue_create(context, program, &kernel, 1, error, &queue));
  ATR__CHECK(b->write(queue, arguments, 0, words, sizeof words, error));
  ATR__CHECK(b->write(queue, arena, 0, x, sizeof x, error));
  atr__buffer *const base[ATR__BASES] = { arguments, NULL, NULL, arena, out };
  ATR__CHECK(b->launch(queue, base, &launch, 1, NULL, error));
  ATR__CHECK(b->finish(queue, error));
  ATR__CHECK(b->read(queue, out, 512, y, sizeof x, error));
fail:
  if (queue) b->queue_destroy(queue);
  atr__context_free(context, out, out_bytes);
  atr__context_free(context, arena, sizeof x);
  atr__context_free(context, arguments, sizeof words);
  return status;
}

static inline int kernels_run(Suite *suite) {
  char kernels[1024];
  const char *top = getenv("top_srcdir");
  snprintf(kernels, sizeof kernels, "%s/tests/backend/kernels", top ? top : ".");
  setenv("ATROUS_KERNEL_DIR", kernels, 1);
  return test_run(suite);
}

#endif
