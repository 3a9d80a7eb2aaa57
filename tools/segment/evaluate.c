#include "segment/segment.h"
json_t *evaluate_command(struct job *job, struct fault *fault) {
  (void)job;
  fault_set(fault, FAULT_UNSUPPORTED, "later");
  return NULL;
}
