/* fuzz_load.c: a target for libFuzzer: any bytes are loaded, or refused with a sentence; what was loaded is
 * written. Not part of the build. To run it:
 *
 *   configure --disable-tools --disable-shared CC=clang CFLAGS='-O1 -g
 * -fsanitize=fuzzer-no-link,address,undefined' make libatrous_core.la
 *   clang -g -fsanitize=fuzzer,address,undefined -I. -Isrc -Iinclude -I$srcdir/include -I$srcdir/src \
 *     $srcdir/tests/onnx/fuzz_load.c .libs/libatrous_core.a -lprotobuf-c -lxxhash -lm -o fuzz_load
 *   ./fuzz_load -max_len=4000 FOLDER_OF_SMALL_MODELS
 */
#include "config.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "onnx/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  atr_limits limits = ATR_LIMITS_INIT;
  limits.nodes = limits.tensors = 200;
  limits.total_bytes = 1 << 24;
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  void *written = NULL;
  size_t n;
  if (atr_model_load_memory(bytes, size, &limits, &error, &model)) {
    if (!error.text[0] || model) abort();
  } else if (atr__onnx_write(model, &error, &written, &n))
    abort();
  atr__free(written);
  atr_model_destroy(model);
  if (atr__alloc_live()) abort();
  return 0;
}
