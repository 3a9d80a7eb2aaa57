/* gemm.h: what the parts of gemm and matmul share: one product y = alpha · a · b + beta · c of strided
 * matrices, repeated over batches. */
#ifndef ATR_OP_GEMM_H
#define ATR_OP_GEMM_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__gemm_params {
  int trans_a, trans_b;
  float alpha, beta;
  int batched; /* MatMul, which reads nothing else of this */
} atr__gemm_params;

ATR__DECLARE_OP(gemm);
ATR__DECLARE_OP(matmul);

/* y is [batch][m][n], dense. Element (i, k) of a lies at i · a_row + k · a_col from its batch's start; b and
 * c likewise (b: k by n; c: m by n, strides 0 where it is broadcast). */
typedef struct atr__gemm_problem {
  int64_t m, n, k;
  int64_t a_row, a_col, b_row, b_col, c_row, c_col;
  int with_c;
  float alpha, beta;
  atr__walk batch; /* operands a and b */
} atr__gemm_problem;

atr__gemm_problem atr__gemm_problem_of(const atr__gemm_params *params, const atr_shape *a, const atr_shape *b,
                                       const atr_shape *c, const atr_shape *y); /* c NULL: none */
/* As MatMul: batches, and vectors as rows or columns. */
atr__gemm_problem atr__matmul_problem(const atr_shape *a, const atr_shape *b);

/* gemm_host.c. */
void atr__gemm_run_host_f32(const atr__call *call, const atr__gemm_problem *problem);
void atr__gemm_run_host_f64(const atr__call *call, const atr__gemm_problem *problem);

/* gemm_tiles.c: the same in tiles of sums; 0: that would not pay, or there is no memory, and nothing is done.
 */
int atr__gemm_tiles(const atr__call *call, const atr__gemm_problem *problem);

/* gemm_cl.c: the rows of both operators, which differ in how the problem is read from shapes. Register tiles
 * read b as panels of some columns: packed beforehand (weights), packed into scratch, or, where few rows make
 * that not worth it, as it lies. */
int atr__gemm_applies_packed(const atr__cl_query *query);
int atr__gemm_applies_scratch(const atr__cl_query *query);
int atr__gemm_applies_in_place(const atr__cl_query *query);
uint64_t atr__gemm_panel_bytes(const atr__cl_query *query);
void atr__gemm_emit_pack(atr__cl_emit *emit, const atr__cl_query *query);
void atr__gemm_emit_packed(atr__cl_emit *emit, const atr__cl_query *query);
void atr__gemm_emit_scratch(atr__cl_emit *emit, const atr__cl_query *query);
void atr__gemm_emit_in_place(atr__cl_emit *emit, const atr__cl_query *query);
void atr__gemm_emit_baseline(atr__cl_emit *emit, const atr__cl_query *query);

#endif
