/* order.h: numbers in ascending order, for medians and quantiles. */
#ifndef TOOLS_ORDER_H
#define TOOLS_ORDER_H

#include <stddef.h>

void order_sort(double *v, size_t n);
double order_median(const double *sorted, size_t n); /* of two in the middle their mean; n ≥ 1 */

#endif
