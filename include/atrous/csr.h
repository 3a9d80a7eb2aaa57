/* csr.h: sparse matrices by rows (compressed sparse rows), for recurrent layers most of whose neurons do not
 * hear each other (atr_model_sparse_rnn, atr_continuous_params).
 *
 * The entries of row i are numbers row_start[i] … row_start[i+1]: column[e], ascending, and value[e]. What is
 * made here is freed by atr_csr_destroy; an atr_csr that a program fills itself may point at memory of its
 * own, which then stays the program's. Nothing keeps a pointer to one: layers copy it. */
#ifndef ATROUS_CSR_H
#define ATROUS_CSR_H

#include <stdint.h>

#include <atrous/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct atr_csr {
  int32_t rows, cols;
  int32_t *row_start; /* [rows + 1], from 0, not falling; the last is the number of entries */
  int32_t *column;    /* [entries] */
  float *value;       /* [entries] */
} atr_csr;

/* Whether it is one: ATR_E_PARAM with a sentence that names the first row that is not as above. Any thread.
 * Since 0.1. */
ATR_TRY atr_csr_check(const atr_csr *csr, atr_error *error);

/* The elements of dense [rows][cols] whose magnitude is above `threshold` (0: those that are not zero). Any
 * thread. ATR_E_PARAM, ATR_E_LIMIT (2^31 elements or more), ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_csr_from_dense(const float *dense, int64_t rows, int64_t cols, float threshold, atr_error *error,
                           atr_csr **csr);

/* The share `density` of the elements of dense, rounded to a whole number of them: those of the largest
 * magnitude, of equal ones the first. Errors as above; no element may be NaN. Since 0.1. */
ATR_TRY atr_csr_prune(const float *dense, int64_t rows, int64_t cols, double density, atr_error *error,
                      atr_csr **csr);

/* A square matrix of n rows with round(density·n²) entries in places that are all alike likely, values from
 * the normal distribution, scaled to the spectral radius `radius` (above 0), as atr_csr_radius measures it.
 * The same seed gives the same matrix. ATR_E_PARAM: also where what was drawn has no cycle, and so the radius
 * 0; ATR_E_LIMIT, ATR_E_NOMEM. Any thread. Since 0.1. */
ATR_TRY atr_csr_random(int64_t n, double density, double radius, uint64_t seed, atr_error *error,
                       atr_csr **csr);

/* The spectral radius of a square matrix, the largest magnitude of an eigenvalue, real or complex: the growth
 * of a vector under many products, averaged. Right to about one in ten thousand; exactly 0 without a cycle.
 * Takes 4096 products or more (3·10⁸ multiplications where the matrix is small). ATR_E_PARAM, ATR_E_NOMEM.
 * Any thread. Since 0.1. */
ATR_TRY atr_csr_radius(const atr_csr *csr, atr_error *error, double *radius);

/* Writes it as a dense matrix [rows][cols]. A csr that atr_csr_check accepts. Any thread. Since 0.1. */
ATR_API void atr_csr_to_dense(const atr_csr *csr, float *dense);

/* Only of what the functions above made. NULL: nothing. Since 0.1. */
ATR_API void atr_csr_destroy(atr_csr *csr);

#ifdef __cplusplus
}
#endif
#endif
