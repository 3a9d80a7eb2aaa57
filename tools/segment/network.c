/* network.c: a network's file and its metadata; see segment.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "segment/segment.h"

void network_destroy(struct network *n) {
  atr_model_destroy(n->model);
  memset(n, 0, sizeof *n);
}

/* Where the file does not name them, the classes are numbered by the output's channels. */
static bool read_classes(struct network *n, struct fault *fault) {
  const char *text = atr_model_metadata(n->model, "atrous.classes");
  memset(&n->classes, 0, sizeof n->classes);
  if (text && *text) {
    if (!classes_from_text(&n->classes, text, fault)) return false;
  } else {
    for (size_t i = 0;; i++) {
      const atr_port out = atr_model_output(n->model, i);
      if (!out.name) break;
      const int64_t channels = out.type == ATR_F32 && out.shape.rank == 4 ? out.shape.dim[1] : 0;
      if (channels >= 2 && channels <= CLASSES_MOST) classes_count(&n->classes, (int)channels);
    }
  }
  n->classes.ignore = -1;
  if (n->classes.count >= 2) return true;
  return fault_set(fault, FAULT_DATA, "the model says nothing of its classes");
}

/* Networks here take any size, in planes. */
static bool check_pixels(const struct pixels *pixels, struct fault *fault) {
  if (!pixels->nhwc) return true;
  return fault_set(fault, FAULT_UNSUPPORTED, "layout=nhwc: segmentation networks read nchw");
}

bool network_load(const char *path, const char *pixels, struct network *n, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  memset(n, 0, sizeof *n);
  if (atr_model_load(path, NULL, &error, &n->model)) {
    fault_from_error(fault, &error);
    return fault_at(fault, path, 0, 0);
  }
  const char *task = atr_model_metadata(n->model, "atrous.task");
  const char *scale = atr_model_metadata(n->model, "atrous.scale");
  bool ok = true;
  if (task && strcmp(task, "segment") != 0)
    ok = fault_set(fault, FAULT_DATA, "the model is for \"%.40s\", not for segmentation", task);
  n->scale = 1;
  if (ok && scale && (!number_parse(scale, '.', &n->scale) || !(n->scale > 0.01 && n->scale <= 1)))
    ok = fault_set(fault, FAULT_DATA, "the model's atrous.scale \"%.40s\" is not within 0.01 to 1", scale);
  ok = ok && read_classes(n, fault) &&
       pixels_parse(&n->pixels, atr_model_metadata(n->model, "atrous.input"), fault) &&
       check_pixels(&n->pixels, fault);
  if (!ok) {
    network_destroy(n);
    return fault_at(fault, path, 0, 0);
  }
  if (!pixels || (pixels_parse(&n->pixels, pixels, fault) && check_pixels(&n->pixels, fault))) return true;
  network_destroy(n);
  return false;
}

bool network_describe(atr_model *model, const struct classes *classes, const struct pixels *pixels,
                      double scale, struct fault *fault) {
  char input[256], share[32];
  char *names = classes_text(classes);
  pixels_text(pixels, input, sizeof input);
  snprintf(share, sizeof share, "%.6g", scale);
  bool ok = names && !atr_model_set_metadata(model, "atrous.task", "segment") &&
            !atr_model_set_metadata(model, "atrous.classes", names) &&
            !atr_model_set_metadata(model, "atrous.input", input) &&
            (scale == 1 || !atr_model_set_metadata(model, "atrous.scale", share));
  free(names);
  return ok || fault_nomem(fault, sizeof input);
}
