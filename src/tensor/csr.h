/* csr.h: patterns of sparse matrices, for those who have them as tensors; see <atrous/csr.h>.
 */
#ifndef ATR_TENSOR_CSR_H
#define ATR_TENSOR_CSR_H

#include <atrous/csr.h>

#include "base/status.h"

/* Whether row_start [rows + 1] and column [entries] are a pattern; who: the sentence's beginning. */
atr_status atr__csr_pattern(const char *who, int64_t rows, int64_t cols, int64_t entries,
                            const int32_t *row_start, const int32_t *column, atr_error *error);

/* The pattern of the transpose: start [cols + 1] and row [entries], and where each of its entries is in the
 * matrix itself, entry [entries]. */
void atr__csr_transpose(int64_t rows, int64_t cols, const int32_t *row_start, const int32_t *column,
                        int32_t *start, int32_t *row, int32_t *entry);

#endif
