/* lanes_functions.h: functions of n floats at once, approximated to some units in the last place: what host
 * implementations call under ATR_MATH_FAST. x and y may be the same. NaN gives NaN. The bits of a number do
 * not depend on where it lies. */
#ifndef ATR_OP_LANES_FUNCTIONS_H
#define ATR_OP_LANES_FUNCTIONS_H

#include <stdint.h>

void atr__lanes_sigmoid(int64_t n, const float *x, float *y);
void atr__lanes_tanh(int64_t n, const float *x, float *y);

#endif
