/* csr.c: sparse matrices by rows: made from dense ones, drawn, and measured; see <atrous/csr.h>.
 *
 * The spectral radius is the limit of |Aᵏx|^(1/k) (Gelfand), whatever the eigenvalues of that magnitude are:
 * a rotation turns x, so that the growth of single products swings about its mean and never settles as power
 * iteration needs it. The mean is weighted by a smooth window, under which what swings falls off faster than
 * any power of the number of products (Das, Saiki, Sander, Yorke, "Quantitative quasiperiodicity", 2017). */
#include "config.h"

#include "tensor/csr.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/random.h"

atr_status atr__csr_pattern(const char *who, int64_t rows, int64_t cols, int64_t entries,
                            const int32_t *row_start, const int32_t *column, atr_error *error) {
  if (row_start[0] != 0 || row_start[rows] != entries)
    return atr__fail(error, ATR_E_PARAM, "%s: row_start goes from %d to %d, must go from 0 to %lld", who,
                     (int)row_start[0], (int)row_start[rows], (long long)entries);
  for (int64_t i = 0; i < rows; i++) {
    const int32_t begin = row_start[i], end = row_start[i + 1];
    if (end < begin || end > entries)
      return atr__fail(error, ATR_E_PARAM, "%s: row_start[%lld] is %d after %d, of %lld entries", who,
                       (long long)i + 1, (int)end, (int)begin, (long long)entries);
    for (int32_t e = begin; e < end; e++) {
      if (column[e] < 0 || column[e] >= cols)
        return atr__fail(error, ATR_E_PARAM, "%s: row %lld has the column %d, must be 0 to %lld", who,
                         (long long)i, (int)column[e], (long long)cols - 1);
      if (e > begin && column[e] <= column[e - 1])
        return atr__fail(error, ATR_E_PARAM, "%s: row %lld has the column %d after %d; columns must ascend",
                         who, (long long)i, (int)column[e], (int)column[e - 1]);
    }
  }
  return ATR_OK;
}

void atr__csr_transpose(int64_t rows, int64_t cols, const int32_t *row_start, const int32_t *column,
                        int32_t *start, int32_t *row, int32_t *entry) {
  memset(start, 0, ((size_t)cols + 1) * sizeof *start);
  for (int32_t e = 0; e < row_start[rows]; e++) start[column[e] + 1]++;
  for (int64_t j = 0; j < cols; j++) start[j + 1] += start[j];
  /* start[j] moves on as column j fills, to where column j + 1 begins; then back by one. */
  for (int64_t i = 0; i < rows; i++)
    for (int32_t e = row_start[i]; e < row_start[i + 1]; e++) {
      const int32_t to = start[column[e]]++;
      row[to] = (int32_t)i;
      entry[to] = e;
    }
  memmove(start + 1, start, (size_t)cols * sizeof *start);
  start[0] = 0;
}

atr_status atr_csr_check(const atr_csr *csr, atr_error *error) {
  if (!csr || csr->rows < 0 || csr->cols < 0 || !csr->row_start)
    return atr__fail(error, ATR_E_PARAM, "atr_csr: no matrix, or negative sizes");
  const int32_t entries = csr->row_start[csr->rows];
  if (entries > 0 && (!csr->column || !csr->value))
    return atr__fail(error, ATR_E_PARAM, "atr_csr: %d entries without columns or values", (int)entries);
  return atr__csr_pattern("atr_csr", csr->rows, csr->cols, entries, csr->row_start, csr->column, error);
}

/* One block: the arrays lie behind the struct. */
static atr_status make(int64_t rows, int64_t cols, int64_t entries, atr_error *error, atr_csr **csr) {
  size_t bytes;
  if (atr__mul_size((size_t)entries, 2 * sizeof(int32_t), &bytes) ||
      atr__add_size(bytes, ((size_t)rows + 1) * sizeof(int32_t) + sizeof(atr_csr), &bytes))
    return atr__nomem(error, SIZE_MAX);
  atr_csr *made = atr__calloc(1, bytes);
  if (!made) return atr__nomem(error, bytes);
  int32_t *at = (int32_t *)(made + 1);
  *made = (atr_csr){ (int32_t)rows, (int32_t)cols, at, at + rows + 1, (float *)(at + rows + 1 + entries) };
  *csr = made;
  return ATR_OK;
}

void atr_csr_destroy(atr_csr *csr) {
  atr__free(csr);
}

static atr_status sizes(const char *who, int64_t rows, int64_t cols, atr_error *error) {
  if (rows < 1 || cols < 1)
    return atr__fail(error, ATR_E_PARAM, "%s: %lld rows and %lld columns, must be 1 or more", who,
                     (long long)rows, (long long)cols);
  if (rows >= INT32_MAX / cols) /* entries are counted by int32 */
    return atr__fail(error, ATR_E_LIMIT, "%s: %lld rows and %lld columns are 2^31 elements or more", who,
                     (long long)rows, (long long)cols);
  return ATR_OK;
}

/* How many of `all` a density means. */
static atr_status share(const char *who, double density, int64_t all, atr_error *error, int64_t *entries) {
  if (!(density >= 0 && density <= 1))
    return atr__fail(error, ATR_E_PARAM, "%s: density is %g, must be 0 to 1", who, density);
  *entries = (int64_t)llround(density * (double)all);
  return ATR_OK;
}

/* The elements that are marked. */
static atr_status take(const float *dense, const unsigned char *marked, int64_t rows, int64_t cols,
                       atr_error *error, atr_csr **csr) {
  int64_t entries = 0;
  for (int64_t i = 0; i < rows * cols; i++) entries += marked[i];
  const atr_status status = make(rows, cols, entries, error, csr);
  if (status) return status;
  int32_t e = 0;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < cols; j++)
      if (marked[i * cols + j]) {
        (*csr)->column[e] = (int32_t)j;
        (*csr)->value[e++] = dense[i * cols + j];
      }
    (*csr)->row_start[i + 1] = e;
  }
  return ATR_OK;
}

atr_status atr_csr_from_dense(const float *dense, int64_t rows, int64_t cols, float threshold,
                              atr_error *error, atr_csr **csr) {
  *csr = NULL;
  atr_status status = sizes("atr_csr_from_dense", rows, cols, error);
  if (status) return status;
  if (!(threshold >= 0))
    return atr__fail(error, ATR_E_PARAM, "atr_csr_from_dense: threshold is %g, must be 0 or more",
                     (double)threshold);
  unsigned char *marked = atr__malloc((size_t)(rows * cols));
  if (!marked) return atr__nomem(error, (size_t)(rows * cols));
  for (int64_t i = 0; i < rows * cols; i++) marked[i] = !(fabsf(dense[i]) <= threshold);
  status = take(dense, marked, rows, cols, error, csr);
  atr__free(marked);
  return status;
}

typedef struct {
  float size;
  int32_t at;
} element;

static int larger_first(const void *a, const void *b) {
  const element *x = a, *y = b;
  if (x->size > y->size || x->size < y->size) return x->size > y->size ? -1 : 1;
  return x->at < y->at ? -1 : x->at > y->at;
}

atr_status atr_csr_prune(const float *dense, int64_t rows, int64_t cols, double density, atr_error *error,
                         atr_csr **csr) {
  *csr = NULL;
  int64_t entries = 0;
  atr_status status = sizes("atr_csr_prune", rows, cols, error);
  if (!status) status = share("atr_csr_prune", density, rows * cols, error, &entries);
  if (status) return status;
  const int64_t all = rows * cols;
  unsigned char *marked = atr__calloc((size_t)all, 1);
  element *list = atr__calloc((size_t)all, sizeof *list);
  if (!marked || !list) {
    status = atr__nomem(error, (size_t)all * sizeof *list);
    goto fail;
  }
  for (int64_t i = 0; i < all; i++) {
    if (isnan(dense[i])) {
      status = atr__fail(error, ATR_E_PARAM, "atr_csr_prune: element [%lld][%lld] is NaN",
                         (long long)(i / cols), (long long)(i % cols));
      goto fail;
    }
    list[i] = (element){ fabsf(dense[i]), (int32_t)i };
  }
  qsort(list, (size_t)all, sizeof *list, larger_first);
  for (int64_t i = 0; i < entries; i++) marked[list[i].at] = 1;
  status = take(dense, marked, rows, cols, error, csr);
fail:
  atr__free(marked);
  atr__free(list);
  return status;
}

void atr_csr_to_dense(const atr_csr *csr, float *dense) {
  memset(dense, 0, (size_t)csr->rows * (size_t)csr->cols * sizeof *dense);
  for (int64_t i = 0; i < csr->rows; i++)
    for (int32_t e = csr->row_start[i]; e < csr->row_start[i + 1]; e++)
      dense[i * csr->cols + csr->column[e]] = csr->value[e];
}

/* Whether some neuron hears itself over others: those that hear nobody fall silent after one product, then
 * those that heard only them, until there is nobody left or a cycle. room: 3 n + 1 + 2 entries words. */
static int has_cycle(const atr_csr *csr, int32_t *room) {
  const int32_t n = csr->rows, entries = csr->row_start[n];
  int32_t *heard = room, *silent = heard + n, *start = silent + n, *row = start + n + 1,
          *entry = row + entries, known = 0;
  atr__csr_transpose(n, n, csr->row_start, csr->column, start, row, entry);
  for (int32_t i = 0; i < n; i++) {
    heard[i] = csr->row_start[i + 1] - csr->row_start[i];
    if (!heard[i]) silent[known++] = i;
  }
  for (int32_t k = 0; k < known; k++)
    for (int32_t e = start[silent[k]]; e < start[silent[k] + 1]; e++)
      if (!--heard[row[e]]) silent[known++] = row[e];
  return known < n;
}

/* y = A·x / |A·x|; returns |A·x|, of which the largest element is taken out before squares are. */
static double advance(const atr_csr *csr, const double *x, double *y) {
  double most = 0, squares = 0;
  for (int32_t i = 0; i < csr->rows; i++) {
    double sum = 0;
    for (int32_t e = csr->row_start[i]; e < csr->row_start[i + 1]; e++)
      sum += (double)csr->value[e] * x[csr->column[e]];
    y[i] = sum;
    most = fmax(most, fabs(sum));
  }
  if (!(most > 0)) return 0;
  for (int32_t i = 0; i < csr->rows; i++) squares += (y[i] / most) * (y[i] / most);
  const double length = most * sqrt(squares);
  for (int32_t i = 0; i < csr->rows; i++) y[i] /= length;
  return length;
}

static double growth(const atr_csr *csr, double *x, double *y) {
  const double work = 3e8 / (double)(csr->row_start[csr->rows] + csr->rows);
  const int64_t products = (int64_t)fmin(fmax(work, 4096), 65536), before = products / 4;
  double sum = 0, weights = 0;
  atr__random random;
  atr__random_seed(&random, 1, 0);
  for (int32_t i = 0; i < csr->rows; i++) x[i] = atr__random_normal(&random);
  for (int64_t k = -before; k < products; k++) {
    const double length = advance(csr, x, y), at = ((double)k + 0.5) / (double)products;
    if (!(length > 0)) return 0;
    double *swap = x;
    x = y, y = swap;
    if (k < 0) continue;
    const double weight = exp(-1 / (at * (1 - at)));
    sum += weight * log(length);
    weights += weight;
  }
  return exp(sum / weights);
}

atr_status atr_csr_radius(const atr_csr *csr, atr_error *error, double *radius) {
  *radius = 0;
  atr_status status = atr_csr_check(csr, error);
  if (status) return status;
  if (csr->rows != csr->cols)
    return atr__fail(error, ATR_E_PARAM, "atr_csr_radius: %d rows and %d columns, must be square",
                     (int)csr->rows, (int)csr->cols);
  const size_t n = (size_t)csr->rows, entries = (size_t)csr->row_start[n];
  for (size_t e = 0; e < entries; e++)
    if (!isfinite(csr->value[e]))
      return atr__fail(error, ATR_E_PARAM, "atr_csr_radius: value[%zu] is not finite", e);
  int32_t *room = atr__calloc(3 * n + 1 + 2 * entries, sizeof *room);
  double *x = atr__calloc(2 * n, sizeof *x);
  if (!room || !x)
    status = atr__nomem(error, 2 * (n + entries) * sizeof *x);
  else if (has_cycle(csr, room))
    *radius = growth(csr, x, x + n);
  atr__free(room);
  atr__free(x);
  return status;
}

atr_status atr_csr_random(int64_t n, double density, double radius, uint64_t seed, atr_error *error,
                          atr_csr **csr) {
  *csr = NULL;
  int64_t entries = 0;
  double drawn;
  atr_csr *made = NULL;
  atr_status status = sizes("atr_csr_random", n, n, error);
  if (!status) status = share("atr_csr_random", density, n * n, error, &entries);
  if (!status && !(radius > 0 && isfinite(radius)))
    status = atr__fail(error, ATR_E_PARAM, "atr_csr_random: radius is %g, must be above 0", radius);
  if (!status) status = make(n, n, entries, error, &made);
  if (status) return status;
  atr__random where, what;
  atr__random_seed(&where, seed, 0);
  atr__random_seed(&what, seed, 1);
  /* Each place is taken with the share of places still to be taken among those that are left (Knuth, "The Art
   * of Computer Programming", volume 2, 3.4.2, algorithm S). */
  int32_t e = 0;
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < n; j++)
      if ((int64_t)atr__random_below(&where, (uint32_t)(n * n - i * n - j)) < entries - e) {
        made->column[e] = (int32_t)j;
        made->value[e++] = (float)atr__random_normal(&what);
      }
    made->row_start[i + 1] = e;
  }
  ATR__CHECK(atr_csr_radius(made, error, &drawn));
  if (!(drawn > 0)) {
    status =
        atr__fail(error, ATR_E_PARAM,
                  "atr_csr_random: what seed %llu draws, %lld entries of %lld rows, has no cycle, so its "
                  "spectral radius is 0; a higher density or another seed may have one",
                  (unsigned long long)seed, (long long)entries, (long long)n);
    goto fail;
  }
  for (int32_t k = 0; k < e; k++) made->value[k] = (float)(made->value[k] * (radius / drawn));
  *csr = made;
  return ATR_OK;
fail:
  atr_csr_destroy(made);
  return status;
}
