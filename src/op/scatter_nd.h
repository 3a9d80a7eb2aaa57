/* scatter_nd.h: what GatherND, its gradient and ScatterND share: index tuples that name slices of a tensor.
 */
#ifndef ATR_OP_SCATTER_ND_H
#define ATR_OP_SCATTER_ND_H

#include "op/scatter.h"

/* A tensor as [batches][slices named by `depth` indices][inner], and `tuples` index tuples a batch. */
typedef struct atr__slices {
  int depth;
  int64_t batches, tuples, inner, span; /* span: elements of a batch */
  int64_t extent[ATR_RANK_MAX], stride[ATR_RANK_MAX];
} atr__slices;

typedef struct atr__scatter_nd_params {
  atr__slices slices;
  atr__scatter_kind kind;
  int batch_dims; /* GatherND */
} atr__scatter_nd_params;

/* Checks shapes and the indices' type (input 1). out: the shape of what the tuples name, batches first. */
atr_status atr__slices_of(atr__infer *infer, const atr_shape *data, int batch_dims, atr__slices *slices,
                          atr_shape *out);
/* The offset of tuple t (counted over all batches) in its batch. scatter_nd_host.c. */
typedef atr_status atr__slices_function(const atr__call *call, const atr__slices *slices, int64_t t,
                                        int64_t *offset);
atr__slices_function atr__slices_host_f32, atr__slices_host_f64;
/* Pushes depth, tuples, inner, span, then extent and stride of each dimension. scatter_nd_cl.c. */
void atr__slices_emit(atr__cl_emit *emit, const atr__slices *slices);

ATR__DECLARE_OP(scatter_nd);
ATR__DECLARE_OP(gather_nd_grad);

#endif
