/* linear.c: calls of LAPACK; see linear.h. Row-major data go in as the transposed column-major ones, so that
 * nothing is copied where a transpose does not matter. */
#include "dynamics/linear.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool failed(struct fault *fault, const char *routine, lapack_int info) {
  if (info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR) return fault_nomem(fault, 0);
  return fault_set(fault, FAULT_NONFINITE,
                   "LAPACK's %s failed with %d: the matrix is not finite, or close to it", routine,
                   (int)info);
}

static double *copy_of(const double *a, size_t n, struct fault *fault) {
  double *copy = malloc((n ? n : 1) * sizeof *copy);
  if (!copy) {
    fault_nomem(fault, n * sizeof *copy);
    return NULL;
  }
  memcpy(copy, a, n * sizeof *copy);
  return copy;
}

struct root {
  double re, im;
};

static int by_modulus(const void *a, const void *b) {
  const struct root *x = a, *y = b;
  const double m = hypot(x->re, x->im), n = hypot(y->re, y->im);
  if (m != n) return m > n ? -1 : 1;
  if (x->re != y->re) return x->re > y->re ? -1 : 1;
  return x->im > y->im ? -1 : x->im < y->im;
}

bool linear_eigenvalues(size_t n, const double *a, double *re, double *im, struct fault *fault) {
  for (size_t i = 0; i < n * n; i++)
    if (!isfinite(a[i])) return fault_set(fault, FAULT_NONFINITE, "a matrix holds NaN or infinity");
  double *copy = copy_of(a, n * n, fault);
  struct root *roots = malloc((n ? n : 1) * sizeof *roots);
  if (!copy || !roots) {
    if (copy) fault_nomem(fault, n * sizeof *roots);
    free(copy);
    free(roots);
    return false;
  }
  /* A transpose has the same eigenvalues. */
  const lapack_int info =
      LAPACKE_dgeev(LAPACK_COL_MAJOR, 'N', 'N', (lapack_int)n, copy, (lapack_int)n, re, im, NULL, 1, NULL, 1);
  for (size_t i = 0; !info && i < n; i++) roots[i] = (struct root){ re[i], im[i] };
  if (!info) qsort(roots, n, sizeof *roots, by_modulus);
  for (size_t i = 0; !info && i < n; i++) re[i] = roots[i].re, im[i] = roots[i].im;
  free(copy);
  free(roots);
  return info ? failed(fault, "dgeev", info) : true;
}

bool linear_symmetric(size_t n, double *a, double *w, struct fault *fault) {
  const lapack_int info = LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', (lapack_int)n, a, (lapack_int)n, w);
  if (info) return failed(fault, "dsyev", info);
  /* Column i of the column-major result is row i for us; ascending there. */
  for (size_t i = 0; i < n / 2; i++) {
    const size_t other = n - 1 - i;
    const double swap = w[i];
    w[i] = w[other];
    w[other] = swap;
    for (size_t k = 0; k < n; k++) {
      const double value = a[i * n + k];
      a[i * n + k] = a[other * n + k];
      a[other * n + k] = value;
    }
  }
  return true;
}

bool linear_solve(size_t n, double *a, double *b, bool *singular, struct fault *fault) {
  lapack_int *pivots = malloc((n ? n : 1) * sizeof *pivots);
  if (!pivots) return fault_nomem(fault, n * sizeof *pivots);
  const lapack_int info = LAPACKE_dgesv(LAPACK_ROW_MAJOR, (lapack_int)n, 1, a, (lapack_int)n, pivots, b, 1);
  free(pivots);
  *singular = info > 0;
  return info < 0 ? failed(fault, "dgesv", info) : true;
}

bool linear_qr(size_t m, size_t k, double *v, double *r, struct fault *fault) {
  double *tau = malloc((k ? k : 1) * sizeof *tau);
  if (!tau) return fault_nomem(fault, k * sizeof *tau);
  lapack_int info = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, (lapack_int)m, (lapack_int)k, v, (lapack_int)k, tau);
  for (size_t i = 0; !info && i < k; i++) r[i] = v[i * k + i];
  if (!info)
    info =
        LAPACKE_dorgqr(LAPACK_ROW_MAJOR, (lapack_int)m, (lapack_int)k, (lapack_int)k, v, (lapack_int)k, tau);
  free(tau);
  return info ? failed(fault, "dgeqrf", info) : true;
}

bool linear_ridge(size_t rows, size_t p, size_t q, const double *a, const double *b, double ridge, double *x,
                  struct fault *fault) {
  double *normal = calloc(p ? p * p : 1, sizeof *normal);
  if (!normal) return fault_nomem(fault, p * p * sizeof *normal);
  memset(x, 0, p * q * sizeof *x);
  for (size_t t = 0; t < rows; t++)
    for (size_t i = 0; i < p; i++) {
      const double value = a[t * p + i];
      for (size_t j = 0; j <= i; j++) normal[i * p + j] += value * a[t * p + j];
      for (size_t j = 0; j < q; j++) x[i * q + j] += value * b[t * q + j];
    }
  for (size_t i = 0; i < p; i++) normal[i * p + i] += ridge;
  const lapack_int info = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', (lapack_int)p, (lapack_int)q, normal,
                                        (lapack_int)p, x, (lapack_int)q);
  free(normal);
  return info ? failed(fault, "dposv", info) : true;
}

void linear_product(size_t m, size_t n, size_t k, const double *a, const double *b, bool add, double *c) {
  if (!add) memset(c, 0, m * n * sizeof *c);
  for (size_t i = 0; i < m; i++)
    for (size_t l = 0; l < k; l++) {
      const double value = a[i * k + l];
      if (value == 0) continue; /* drawn matrices are sparse */
      for (size_t j = 0; j < n; j++) c[i * n + j] += value * b[l * n + j];
    }
}
