/* spectrum.c: atrous-dynamics spectrum: eigenvalues of the recurrent weights. */
#include "dynamics/dynamics.h"

#include <math.h>
#include <stdlib.h>

#include "dynamics/linear.h"

json_t *spectrum_command(struct job *job, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->neurons;
  if (s->gates != 1) {
    fault_set(fault, FAULT_UNSUPPORTED, "a system of kind %s has no single matrix from state to state",
              system_kinds[s->kind]);
    return NULL;
  }
  double *re = malloc(2 * n * sizeof *re), *im = re + n;
  if (!re) {
    fault_nomem(fault, 2 * n * sizeof *re);
    return NULL;
  }
  json_t *result = NULL;
  if (linear_eigenvalues(n, s->w_rec, re, im, fault)) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
      json_array_append_new(list, json_pack("[o, o]", report_number(re[i]), report_number(im[i])));
    result = json_pack("{s:{s:o, s:o}}", "spectrum", "radius", report_number(hypot(re[0], im[0])),
                       "eigenvalues", list);
  }
  free(re);
  return result;
}
