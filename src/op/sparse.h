/* sparse.h: what operators with a sparse matrix share. It comes as three inputs: values [entries], which may
 * learn, and the pattern row_start [rows + 1] and column [entries], int32 and known when a plan is made.
 * Columns ascend in every row, so sums over a row are those of a dense one. Gradients go through the
 * transposed pattern (start [cols + 1], row, entry), made once as constants: a column is then gathered in the
 * order of its rows, and nothing is added up in an order that could change.
 */
#ifndef ATR_OP_SPARSE_H
#define ATR_OP_SPARSE_H

#include "op/op.h"

/* Inputs `at` (row_start) and at + 1 (column) must be a pattern. */
atr_status atr__sparse_need(atr__infer *infer, size_t at, int64_t rows, int64_t cols, int64_t entries);
/* Inputs `at` (start), at + 1 (row) and at + 2 (entry) must be a transposed one. */
atr_status atr__sparse_need_transposed(atr__infer *infer, size_t at, int64_t rows, int64_t cols,
                                       int64_t entries);
/* Input `at` must be float32 [entries]; sets *entries. */
atr_status atr__sparse_values(atr__infer *infer, size_t at, int64_t *entries);

struct atr__grad;
/* The node's inputs `at` and at + 1 transposed, as three constants. */
void atr__sparse_transpose(struct atr__grad *grad, size_t at, int64_t rows, int64_t cols, int transposed[3]);
/* Σ over `lines` of a [lines][rows] · b [lines][cols] at the places of the pattern. */
int atr__sparse_grad(struct atr__grad *grad, int a, int b, size_t at, int64_t lines, int64_t rows,
                     int64_t cols);

#endif
