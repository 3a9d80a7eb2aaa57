/* shape.h: arithmetic on shapes, checked. Functions that return int give non-zero for yes. */
#ifndef ATR_TENSOR_SHAPE_H
#define ATR_TENSOR_SHAPE_H

#include <atrous/tensor.h>

#include "base/status.h"

enum { ATR__SHAPE_TEXT = 192 };

/* "[1,3,?,256]"; "[]" for a scalar. Returns `text`. */
const char *atr__shape_text(const atr_shape *shape, char text[ATR__SHAPE_TEXT]);

atr_shape atr__shape_of(int rank, const int64_t *dim);
int atr__shape_equal(const atr_shape *a, const atr_shape *b);
int atr__shape_known(const atr_shape *shape); /* no free dimension */

/* The number of elements: ATR_E_SHAPE for a free or negative dimension, ATR_E_LIMIT above 2^31 - 1 elements.
 */
atr_status atr__shape_count(const atr_shape *shape, atr_error *error, int64_t *count);

/* The same for shapes that have passed atr__shape_count. */
int64_t atr__shape_size(const atr_shape *shape);
/* The product of dimensions [from, to) of such a shape. */
int64_t atr__shape_span(const atr_shape *shape, int from, int to);

/* Row-major strides in elements. */
void atr__shape_strides(const atr_shape *shape, int64_t stride[8]);

/* ONNX's multidirectional broadcasting (NumPy's). ATR_E_SHAPE where the shapes do not meet. */
atr_status atr__shape_broadcast(const atr_shape *a, const atr_shape *b, atr_error *error, atr_shape *result);

/* Strides with which an operand of shape `from` is read while walking `to`: 0 along broadcast dimensions. */
void atr__shape_broadcast_strides(const atr_shape *from, const atr_shape *to, int64_t stride[8]);

/* An axis in [-rank, rank) made non-negative; ATR_E_PARAM outside. `what` names it in the sentence. */
atr_status atr__axis(int64_t axis, int rank, const char *what, atr_error *error, int *result);

#endif
