/* npy.h: NumPy's .npy files (versions 1 to 3 of its format; NEP 1). Arrays of numbers and truth values, in
 * either byte order and either order of axes. */
#ifndef RUN_NPY_H
#define RUN_NPY_H

#include "run/array.h"

bool npy_decode(const uint8_t *bytes, size_t size, struct array *array, struct fault *fault) TOOLS_MUST;
/* Version 1, little-endian, C order; false: the file cannot be written (errno). */
bool npy_encode(const struct array *array, FILE *file) TOOLS_MUST;

#endif
