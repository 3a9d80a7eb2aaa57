/* array.h: a tensor in memory, as files hold it and runs take it: type, shape and values, row-major.
 *
 * Types are those of the library, which has all that files store. A flat array's shape says only how many
 * values there are: lists and raw streams take the shape of the port they are for. */
#ifndef RUN_ARRAY_H
#define RUN_ARRAY_H

#include <stdio.h>

#include <jansson.h>

#include <atrous/model.h>

#include "common/fault.h"
#include "common/shape.h"

struct array {
  atr_type type;
  atr_shape shape;
  size_t count, bytes;
  void *data;
  bool flat;
};

/* Room for the values, zero. Refuses negative dimensions and sizes that no array may have. */
bool array_create(struct array *array, atr_type type, const atr_shape *shape, struct fault *fault) TOOLS_MUST;
void array_destroy(struct array *array);

/* From `count` stored elements of a kind ('f', 'i', 'u', 'b' for truth values, 'h' for bfloat16) and a size
 * in bytes, either endianness. */
bool array_decode(struct array *array, const atr_shape *shape, char kind, size_t size, bool big_endian,
                  const uint8_t *stored, struct fault *fault) TOOLS_MUST;

/* The values, little-endian; false: the file cannot be written (errno). */
bool array_write(const struct array *array, FILE *file) TOOLS_MUST;

double array_value(const struct array *array, size_t i);
void array_put(struct array *array, size_t i, double value); /* rounds as a C conversion does */

bool type_is_real(atr_type type);
/* To another type. Refuses, with its place, a value that the type does not hold; floats are rounded. */
bool array_cast(struct array *array, atr_type type, struct fault *fault) TOOLS_MUST;

/* Gives the array a shape that `want` (free dimensions -1) allows: the same but for leading ones, or, if
 * flat, whatever has as many values. `name` is the input's. */
bool array_fit(struct array *array, const char *name, const atr_shape *want, struct fault *fault) TOOLS_MUST;

/* The place of flat element i: "[0,2,1]". */
const char *index_text(const atr_shape *shape, size_t i, char text[SHAPE_TEXT]);
json_t *index_json(const atr_shape *shape, size_t i);

struct array_stats {
  double min, max, mean; /* of what is no NaN; NaN where there is none */
  size_t nan;
};
void array_describe(const struct array *array, struct array_stats *stats);

/* Values as lines of the last axis, long lines and long tables elided in the middle. */
void array_print(const struct array *array, FILE *text);
json_t *array_json(const struct array *array);

#endif
