/* unique.h: what the parts of unique share. */
#ifndef ATR_OP_UNIQUE_H
#define ATR_OP_UNIQUE_H

#include "op/op.h"

typedef struct atr__unique_params {
  int64_t outer, extent, inner; /* the input as [outer][extent][inner]; slices of the axis are compared */
  int64_t found;
  int sorted;
} atr__unique_params;

/* Groups equal slices. group[i]: the number of slice i's group; first[g]: its first slice. Groups are
 * numbered by their slices' order, or by `first` where not sorted. Both have `extent` entries. *n: groups.
 * ATR_E_NOMEM. */
typedef atr_status atr__unique_function(const atr__unique_params *params, atr_type type, const void *data,
                                        atr_error *error, int64_t *group, int64_t *first, int64_t *n);
atr__unique_function atr__unique_find_host_f32, atr__unique_find_host_f64;

ATR__DECLARE_OP(unique);

#endif
