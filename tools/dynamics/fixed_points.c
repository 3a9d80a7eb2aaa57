/* fixed_points.c: see dynamics.h. */
#include "dynamics/dynamics.h"

json_t *fixed_points_command(struct job *job, struct fault *fault) {
  (void)job;
  fault_set(fault, FAULT_UNSUPPORTED, "not made yet");
  return NULL;
}
