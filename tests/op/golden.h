/* golden.h: the reference cases that PyTorch computed, read from $ATROUS_TEST_DATA/torch-golden/<file>.json:
 * {"cases": [{"op", "attrs", "inputs": {name: {shape, dtype, data}}, "outputs", "grad_outputs", "grads"}]}.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atrous/tensor.h>

/* NULL where the data is not at hand, which is said; else to be given to json_decref. */
static inline json_t *golden_load(const char *file) {
  const char *folder = getenv("ATROUS_TEST_DATA");
  if (!folder || !*folder) {
    printf("# skipped: ATROUS_TEST_DATA is unset, so there is no %s\n", file);
    return NULL;
  }
  char path[1024];
  snprintf(path, sizeof path, "%s/torch-golden/%s", folder, file);
  json_error_t error;
  json_t *root = json_load_file(path, 0, &error);
  ck_assert_msg(root != NULL, "%s: %s", path, error.text);
  return root;
}

/* The next case of this operator after *i, NULL at the end. Start with *i = 0. */
static inline json_t *golden_next(json_t *root, const char *op, size_t *i) {
  json_t *cases = json_object_get(root, "cases");
  while (*i < json_array_size(cases)) {
    json_t *one = json_array_get(cases, (*i)++);
    if (!strcmp(json_string_value(json_object_get(one, "op")), op)) return one;
  }
  return NULL;
}

/* The values of case[group][name], to be freed; its shape goes to *shape (may be NULL). */
static inline double *golden_values(json_t *one, const char *group, const char *name, atr_shape *shape) {
  json_t *tensor = json_object_get(json_object_get(one, group), name);
  ck_assert_msg(tensor != NULL, "no %s in %s", name, group);
  json_t *dims = json_object_get(tensor, "shape"), *data = json_object_get(tensor, "data");
  if (shape) {
    *shape = (atr_shape){ .rank = (int)json_array_size(dims) };
    for (int k = 0; k < shape->rank; k++) shape->dim[k] = json_integer_value(json_array_get(dims, (size_t)k));
  }
  const size_t n = json_array_size(data);
  double *values = malloc((n ? n : 1) * sizeof *values);
  ck_assert_ptr_nonnull(values);
  for (size_t i = 0; i < n; i++) values[i] = json_number_value(json_array_get(data, i));
  return values;
}

/* A number (for every place) or a list of attrs[name], `n` values. */
static inline void golden_ints(json_t *one, const char *name, int64_t otherwise, size_t n, int64_t *to) {
  json_t *value = json_object_get(json_object_get(one, "attrs"), name);
  for (size_t i = 0; i < n; i++)
    to[i] = json_is_array(value)     ? json_integer_value(json_array_get(value, i))
            : json_is_boolean(value) ? json_is_true(value)
            : json_is_integer(value) ? json_integer_value(value)
                                     : otherwise;
}

#endif
