/* host.h: how a host implementation is written. <stem>_host.c includes this, writes its functions once in
 * atr_real with names ATR_HOST(stem), and is compiled twice: float, the product's path without OpenCL, and
 * double, the oracle.
 *
 * Loops over outputs may go through atr__pool_for; each element is accumulated by one thread in the
 * documented order, so the bits do not depend on the number of threads. */
#ifndef ATR_OP_HOST_H
#define ATR_OP_HOST_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "op/lanes.h"
#include "op/op.h"
#include "tensor/shape.h"

/* atr__reals: ATR__LANES of them anywhere in memory; atr__reals_int: what comparing them gives. */
#ifdef ATR_REAL_IS_DOUBLE
typedef double atr_real;
typedef double atr__reals __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t atr__reals_int __attribute__((vector_size(64)));
#define ATR_HOST(stem) atr__##stem##_host_f64
#define ATR_REAL_MAX 1.7976931348623157e308
#define ATR_MATH(function) function
#else
typedef float atr_real;
typedef atr__lanes_any atr__reals;
typedef atr__lanes_int atr__reals_int;
#define ATR_HOST(stem) atr__##stem##_host_f32
#define ATR_REAL_MAX 3.402823466e38f
#define ATR_MATH(function) function##f /* ATR_MATH(exp)(x): expf or exp */
#endif

#define ATR_IN(call, i) ((const atr_real *)(call)->in[i].data)
#define ATR_OUT(call, i) ((atr_real *)(call)->out[i].data)

/* The size of an element as views hold it. */
static inline size_t atr__host_word(atr_type type) {
  return type == ATR_F32 ? sizeof(atr_real) : atr_type_size(type);
}

#endif
