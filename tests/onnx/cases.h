/* cases.h: runs folders in the form of ONNX's own tests: model.onnx and test_data_set_N/{input,output}_K.pb.
 * Each model is loaded, written, read again, and run. */
#ifndef ONNX_CASES_H
#define ONNX_CASES_H

#include <stdio.h>

#include <atrous/context.h>

/* What a case is about, by its file alone: one operator whose inputs and outputs are tensors of float32,
 * integers and bool; several such operators; anything with other types, sequences or optional values. */
typedef enum cases_kind { CASES_PLAIN, CASES_SEVERAL, CASES_OTHER, CASES_KINDS } cases_kind;

typedef struct cases_count {
  int passed, failed, excepted, unsupported;
} cases_count;

typedef struct cases_counts {
  cases_count of[CASES_KINDS];
} cases_counts;

typedef enum cases_result { CASE_PASSED, CASE_FAILED, CASE_UNSUPPORTED } cases_result;

typedef struct cases_options {
  atr_context *context;
  double atol, rtol;      /* values may differ by atol + rtol · |expected| */
  const char *exceptions; /* a file with lines "NAME reason" or "SET/NAME reason"; such cases are counted by
                             themselves, and must not pass */
  const char *set;        /* what the cases are of: "libonnx-testdata" or "given" */
  const char *folder;     /* of cases, below the root */
  const char *where;      /* what the outcomes call the device */
  FILE *outcomes; /* a line a case is written here: device, folder, name, kind, result, operator, types,
                     sentence; NULL: nowhere */
} cases_options;

typedef struct cases_outcome {
  cases_kind kind;
  char op[64];     /* of a case with one node that passed, where outcomes are written */
  unsigned types;  /* bit i: the operator takes elements of type i of ONNX there */
  char text[1024]; /* the sentence, where it did not pass */
} cases_outcome;

/* One folder. */
cases_result cases_run(const char *folder, const cases_options *options, cases_outcome *outcome);

/* Every folder in root/options->folder that has a model.onnx, in the order of names. What fails is said on a
 * line of its own, "# …". */
cases_counts cases_run_all(const char *root, const cases_options *options);

#endif
