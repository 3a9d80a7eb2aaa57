/* scatter.h: what ScatterElements and ScatterND share: how an update meets the element it goes to. Updates
 * are applied in the order in which they lie, so that those to one place are too. */
#ifndef ATR_OP_SCATTER_H
#define ATR_OP_SCATTER_H

#include "op/op.h"

/* The numbers are those of kernels/scatter.cl. */
typedef enum atr__scatter_kind {
  ATR__SCATTER_NONE, /* replaces it */
  ATR__SCATTER_ADD,
  ATR__SCATTER_MUL,
  ATR__SCATTER_MAX,
  ATR__SCATTER_MIN
} atr__scatter_kind;

/* Reads attribute "reduction", and checks that inputs 0 and 2 are of one type with which it goes. */
atr_status atr__scatter_kind_of(atr__infer *infer, atr__scatter_kind *kind);

/* For gradients. A constant of zeros of the shape that value `shape` holds. */
int atr__scatter_zeros(struct atr__grad *grad, int shape, atr_type type);
/* A bool for each update (shape `updates`) whose destination is one of `places`: whether none after it goes
 * to the same place. Its number is scattered and gathered in the same way, by the operators named. 0: failed.
 */
int atr__scatter_last(struct atr__grad *grad, const char *scatter, const char *gather,
                      const atr__attrs *attrs, int index, const atr_shape *places, const atr_shape *updates);

/* to[i] meets from[i], n elements; type as views have it. scatter_host.c. */
typedef void atr__scatter_function(atr_type type, atr__scatter_kind kind, void *to, int64_t to_at,
                                   const void *from, int64_t from_at, int64_t n);
atr__scatter_function atr__scatter_host_f32, atr__scatter_host_f64;

/* scatter_cl.c. Names the kernel for this type and kind. */
/* Launches the copy of input 0 to output 0. */
void atr__scatter_copy_emit(atr__cl_emit *emit, const atr__cl_query *query);
void atr__scatter_kernel(atr__cl_emit *emit, const char *kernel, atr__scatter_kind kind, atr_type type,
                         atr_type index);

#endif
