/* lanes_functions.h: functions of n floats at once, approximated to some units in the last place: what host
 * implementations call under ATR_MATH_FAST. x and y may be the same. NaN gives NaN. The bits of a number do
 * not depend on where it lies. */
#ifndef ATR_OP_LANES_FUNCTIONS_H
#define ATR_OP_LANES_FUNCTIONS_H

#include <stdint.h>

#include "op/unary.h"

void atr__lanes_sigmoid(int64_t n, const float *x, float *y);
void atr__lanes_tanh(int64_t n, const float *x, float *y);
void atr__lanes_exp(int64_t n, const float *x, float *y);

/* The function of a kind with its parameters a and b; NULL where there is no approximation. */
typedef void atr__lanes_row(int64_t n, const float *x, float *y, float a, float b);
atr__lanes_row *atr__lanes_unary(atr__unary_kind kind);

#endif
