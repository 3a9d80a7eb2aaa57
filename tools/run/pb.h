/* pb.h: ONNX's TensorProto, the form of the test data of models (test_data_set_N/input_K.pb). Only what a
 * tensor of numbers needs of the wire format is here: values in this file, raw or listed. */
#ifndef RUN_PB_H
#define RUN_PB_H

#include "run/array.h"

/* FAULT_UNSUPPORTED where it is a tensor of something else (texts, complex numbers, 4 bits). */
bool pb_decode(const uint8_t *bytes, size_t size, struct array *array, struct fault *fault) TOOLS_MUST;
/* With raw data; false: the file cannot be written (errno). */
bool pb_encode(const struct array *array, const char *name, FILE *file) TOOLS_MUST;

#endif
