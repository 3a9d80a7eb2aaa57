/* cases.h: runs folders in the form of ONNX's own tests: model.onnx and test_data_set_N/{input,output}_K.pb.
 * Each model is loaded, written, read again, and run. */
#ifndef ONNX_CASES_H
#define ONNX_CASES_H

#include <atrous/context.h>

typedef struct cases_count {
  int passed, failed, excepted, unsupported;
} cases_count;

typedef enum cases_result { CASE_PASSED, CASE_FAILED, CASE_UNSUPPORTED } cases_result;

/* One folder; values may differ by atol + rtol · |expected|. text: the sentence, where it did not pass. */
cases_result cases_run(const char *folder, atr_context *context, double atol, double rtol, char text[1024]);

/* Every folder in `folder` that has a model.onnx, in the order of names. What fails is said on a line of its
 * own, "# …". exceptions: a file with lines "NAME reason"; such cases are counted by themselves, and must not
 * pass. */
cases_count cases_run_all(const char *folder, atr_context *context, double atol, double rtol,
                          const char *exceptions);

#endif
