/* order.c: see order.h. */
#include "common/order.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void order_sort(double *v, size_t n) {
  qsort(v, n, sizeof *v, ascending);
}

double order_median(const double *sorted, size_t n) {
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
