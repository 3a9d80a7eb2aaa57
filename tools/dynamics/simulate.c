/* simulate.c: see dynamics.h. */
#include "dynamics/dynamics.h"

json_t *simulate_command(struct job *job, struct fault *fault) {
  (void)job;
  fault_set(fault, FAULT_UNSUPPORTED, "not made yet");
  return NULL;
}
