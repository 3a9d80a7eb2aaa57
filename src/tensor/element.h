/* element.h: single elements of every type in host memory, and what kinds of types there are.
 *
 * The small floats and float64 are known by their layout alone (a sign, exponent_bits, mantissa_bits), so
 * that the host and kernels/cast.cl convert by one rule: nearest, ties to even, overflow to infinity. Source:
 * IEEE 754-2019, 3.4 and 4.3.1. */
#ifndef ATR_TENSOR_ELEMENT_H
#define ATR_TENSOR_ELEMENT_H

#include <stdint.h>

#include <atrous/tensor.h>

int atr__type_real(atr_type type);     /* float16, bfloat16, float32, float64 */
int atr__type_integer(atr_type type);  /* signed and unsigned, without bool */
int atr__type_unsigned(atr_type type); /* unsigned integers and bool */

/* An integer or bool element; uint64 as the int64 of the same bits. */
int64_t atr__element_int(atr_type type, const void *data, int64_t i);
/* Its low bits; bool: whether it is not 0. */
void atr__element_set_int(atr_type type, void *data, int64_t i, int64_t value);
/* Any element's own bits, and their way back. */
uint64_t atr__element_bits(atr_type type, const void *data, int64_t i);
void atr__element_set_bits(atr_type type, void *data, int64_t i, uint64_t bits);
/* Any element as a double (integers beyond 2^53 rounded). */
double atr__element_real(atr_type type, const void *data, int64_t i);
/* A double as an element, as Cast does it: floats rounded, integers truncated and clamped, NaN to 0. */
void atr__element_set_real(atr_type type, void *data, int64_t i, double value);

/* ±m · 2^e as the bits of a float of this layout. */
uint64_t atr__float_pack(int negative, uint64_t m, int e, int exponent_bits, int mantissa_bits);
/* An integer, of which `whole` is the uint64 where `is_unsigned`, as a float16 or bfloat16. */
uint16_t atr__float_small_int(atr_type type, int64_t whole, int is_unsigned);

#endif
