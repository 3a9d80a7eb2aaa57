/* grad.h: what an operator's `gradient` sees and may do.
 *
 * It is called once for a node whose outputs have gradients, with every shape known. It appends ordinary
 * nodes to the model and says, for each input that wants it, which value is the gradient. Values are ids; 0
 * is "absent". Failures are sticky: functions then return 0, and atr__grad_status, asked once at the end,
 * says why. */
#ifndef ATR_OP_GRAD_H
#define ATR_OP_GRAD_H

#include "op/attr.h"
#include "op/op.h"

typedef struct atr__grad atr__grad;

const atr__attrs *atr__grad_attrs(const atr__grad *grad); /* until the next node is added */
const void *atr__grad_params(const atr__grad *grad);      /* as `infer` filled them */
size_t atr__grad_inputs(const atr__grad *grad);
int atr__grad_in(const atr__grad *grad, size_t i);
int atr__grad_out(atr__grad *grad, size_t i);      /* created where the node did not name it: a saved value */
int atr__grad_dy(const atr__grad *grad, size_t i); /* gradient of output i; 0: none arrived */
int atr__grad_wanted(const atr__grad *grad, size_t i); /* whether input i leads to something that learns */
const atr_shape *atr__grad_shape(const atr__grad *grad, int value);
const atr__blob *atr__grad_known(const atr__grad *grad,
                                 int value); /* its value, if known at plan time, else NULL */

/* A new node; returns its first output, further outputs by atr__grad_last. attrs may be NULL; they are
 * copied, so free yours. in: ids, 0 for absent. */
int atr__grad_node(atr__grad *grad, const char *domain, const char *op, const int *in, size_t n_in,
                   const atr__attrs *attrs, size_t n_out);
int atr__grad_last(const atr__grad *grad, size_t output); /* output of the node just made */
int atr__grad_constant(atr__grad *grad, atr_type type, const atr_shape *shape, const void *data);
int atr__grad_ints(atr__grad *grad, const int64_t *values, size_t n); /* a constant int64 vector */
int atr__grad_real(atr__grad *grad, float value);                     /* a constant float scalar */
int atr__grad_shape_of(atr__grad *grad, int value);                   /* a constant int64 vector: its shape */
/* `value` in another shape of as many elements, zeros among its extents or not; itself where it has that
 * shape. */
int atr__grad_reshape(atr__grad *grad, int value, const atr_shape *shape);
/* Sums `value` over the dimensions in which `target` was broadcast to it. */
int atr__grad_unbroadcast(atr__grad *grad, int value, int target);

void atr__grad_set(atr__grad *grad, size_t input, int value); /* the gradient of input i (added to others') */
atr_status atr__grad_status(const atr__grad *grad);

#endif
