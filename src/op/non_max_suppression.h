/* non_max_suppression.h: what the parts of non_max_suppression share. */
#ifndef ATR_OP_NON_MAX_SUPPRESSION_H
#define ATR_OP_NON_MAX_SUPPRESSION_H

#include "op/op.h"

typedef struct atr__non_max_suppression_params {
  int64_t batch, classes, boxes; /* extents */
  int64_t most;                  /* boxes chosen a class */
  float overlap;                 /* intersection over union above which the lesser box goes */
  float least;                   /* the score that a box must exceed, where has_least */
  int has_least, center;         /* center: boxes are center and size, not two corners */
  int64_t found;
} atr__non_max_suppression_params;

/* chosen: triples (sample, class, box), room for params->found of them; NULL: only counts. ATR_E_NOMEM. */
typedef atr_status atr__non_max_suppression_function(const atr__non_max_suppression_params *params,
                                                     const void *boxes, const void *scores, atr_error *error,
                                                     int64_t *chosen, int64_t *n);
atr__non_max_suppression_function atr__non_max_suppression_choose_host_f32,
    atr__non_max_suppression_choose_host_f64;

ATR__DECLARE_OP(non_max_suppression);

#endif
