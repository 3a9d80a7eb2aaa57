/* shape.c: shapes of tensors as users write and read them; see shape.h. */
#include "common/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/port.h"

enum { DIM_MOST = INT32_MAX };

bool shape_equal(const atr_shape *a, const atr_shape *b) {
  return a->rank == b->rank && (a->rank == 0 || !memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim));
}

bool shape_allows(const atr_shape *want, const atr_shape *shape) {
  bool ok = want->rank == shape->rank;
  for (int i = 0; ok && i < want->rank; i++) ok = want->dim[i] < 0 || want->dim[i] == shape->dim[i];
  return ok;
}

bool shape_complete(const char *name, const atr_shape *want, atr_shape *shape, struct fault *fault) {
  char text[SHAPE_TEXT];
  *shape = *want;
  if (want->rank > 0 && want->dim[0] < 0) shape->dim[0] = 1;
  for (int i = 0; i < want->rank; i++) {
    if (shape->dim[i] >= 0) continue;
    fault_set(fault, FAULT_USAGE, "nothing says how large input \"%s\" is: the model has %s", name,
              shape_text(want, text));
    size_t used = 0;
    for (int k = 0; k < want->rank && used < sizeof text - 24; k++) /* a size that it might have */
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%" PRId64, k ? "x" : "",
                               shape->dim[k] < 0 ? 256 : shape->dim[k]);
    return fault_remedy(fault, "give --shape %s=DIMS, for instance %s", name, text);
  }
  return true;
}

const char *shape_text(const atr_shape *shape, char text[SHAPE_TEXT]) {
  size_t used = (size_t)snprintf(text, SHAPE_TEXT, "[");
  for (int i = 0; i < shape->rank && used < SHAPE_TEXT - 24; i++)
    used += shape->dim[i] < 0
                ? (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s?", i ? "," : "")
                : (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%" PRId64, i ? "," : "", shape->dim[i]);
  snprintf(text + used, SHAPE_TEXT - used, "]");
  return text;
}

json_t *shape_json(const atr_shape *shape) {
  json_t *list = json_array();
  for (int i = 0; i < shape->rank; i++)
    json_array_append_new(list,
                          shape->dim[i] < 0 ? json_string("?") : json_integer((json_int_t)shape->dim[i]));
  return list;
}

bool shape_parse(const char *text, atr_shape *shape) {
  char copy[SHAPE_TEXT], *at = copy;
  *shape = (atr_shape){ 0, { 0 } };
  if (strlen(text) >= sizeof copy) return false;
  strcpy(copy, text);
  for (char *part; (part = strsep(&at, "x,")) != NULL;) {
    if (shape->rank == ATR_RANK_MAX || !number_integer(part, &shape->dim[shape->rank]) ||
        shape->dim[shape->rank] < 0 || shape->dim[shape->rank] > DIM_MOST)
      return false;
    shape->rank++;
  }
  return true;
}

int shape_option(const struct program *program, const atr_model *model, const char *text, atr_shape *shape,
                 struct fault *fault) {
  char wants[SHAPE_TEXT], has[SHAPE_TEXT];
  const char *dims = text;
  int at = port_named(model, atr_model_input, text, &dims);
  if (at < 0 && strchr(text, '=')) {
    port_unknown(program, model, atr_model_input, "input", text, fault);
    return -1;
  }
  if (at < 0 && atr_model_input(model, 0).name && !atr_model_input(model, 1).name) at = 0;
  if (at < 0) {
    options_usage(program, fault, "--shape %.80s: which input? write NAME=DIMS", text);
    return -1;
  }
  const atr_port port = atr_model_input(model, (size_t)at);
  if (!shape_parse(dims, shape)) {
    options_usage(program, fault, "--shape: \"%.80s\" is no shape like 1x3x256x256", dims);
    return -1;
  }
  if (!shape_allows(&port.shape, shape)) {
    options_usage(program, fault, "--shape: input \"%s\" is %s, not %s", port.name,
                  shape_text(&port.shape, wants), shape_text(shape, has));
    return -1;
  }
  return at;
}

bool shapes_of_inputs(const struct program *program, const atr_model *model, const struct option_texts *texts,
                      atr_shape **result, size_t *n, struct fault *fault) {
  atr_port port;
  *n = 0;
  while (atr_model_input(model, *n).name) ++*n;
  atr_shape given, *list = *result = calloc(*n + 1, sizeof *list);
  if (!list) return fault_nomem(fault, *n * sizeof *list);
  for (size_t i = 0; i < *n; i++) list[i] = atr_model_input(model, i).shape;
  for (int i = 0; i < texts->count; i++) {
    const int at = shape_option(program, model, texts->item[i], &given, fault);
    if (at < 0) return false;
    list[at] = given;
  }
  for (size_t i = 0; (port = atr_model_input(model, i)).name != NULL; i++) {
    const atr_shape want = list[i];
    if (!shape_complete(port.name, &want, &list[i], fault)) return false;
  }
  return true;
}
