/* onnx.c: a recurrent node of a trained model as a system; see load.h. */
#include "dynamics/load.h"

bool onnx_system(const char *path, const char *node, struct system *system, struct fault *fault) {
  (void)node;
  (void)system;
  fault_set(fault, FAULT_UNSUPPORTED, "models cannot be studied yet");
  return fault_at(fault, path, 0, 0);
}
