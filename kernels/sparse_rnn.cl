/* sparse_rnn.cl: h' = φ(R·h + d) with a sparse R along a whole sequence, and back through it; a sample a work-group, whose
 * items share its neurons. src/op/sparse_rnn.c has the formulas.
 * Words: 0 t, 1 n, 2 hid, 3 rate, 4 row (floats). sparse_rnn_fwd: 5 drive, 7 values, 9 row_start, 11 column, 13 first
 * state, 15 H. sparse_rnn_bwd: 5 values, 7 H, 9 dH, 11 start, 13 row, 15 entry, 17 first state, 19 dDrive, 21 gradient of
 * the first state, 23 h before each step, 25 scratch. The first state and what is written may be absent, but for H. */
#include "rate.clh"
#define ATR_S_SYNC barrier(CLK_GLOBAL_MEM_FENCE | CLK_LOCAL_MEM_FENCE)
#define ATR_S_EACH(i) for (int i = (int)get_local_id(0); i < a[2]; i += (int)get_local_size(0))
#define ATR_S_INTS(word) ((__global const int *)ATR_PTR(word))

ATR_KERNEL(ATR_FN(sparse_rnn_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int n = (int)(get_group_id(0) + get_num_groups(0) * get_group_id(1)), hid = a[2];
  if (n >= a[1]) return;
  __global const float *h = ATR_ABSENT(13) ? 0 : ATR_PTR(13) + (size_t)n * hid;
  for (int s = 0; s < a[0]; s++) {
    __global const float *d = ATR_PTR(5) + ((size_t)s * a[1] + n) * hid;
    __global float *next = ATR_PTR(15) + ((size_t)s * a[1] + n) * hid;
    ATR_S_EACH(k) next[k] = d[k];
    ATR_S_SYNC;
    if (h) atr_sparse_rows(ATR_PTR(7), ATR_S_INTS(9), 0, ATR_S_INTS(11), h, hid, next);
    ATR_S_SYNC;
    ATR_S_EACH(k) next[k] = atr_rate(a[3], next[k]);
    ATR_S_SYNC;
    h = next;
  }
}

ATR_KERNEL(ATR_FN(sparse_rnn_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int n = (int)(get_group_id(0) + get_num_groups(0) * get_group_id(1)), hid = a[2];
  if (n >= a[1]) return;
  __global float *carry = ATR_PTR(25) + (size_t)n * 2 * a[4], *d = carry + a[4];
  ATR_S_EACH(k) carry[k] = 0.0f;
  ATR_S_SYNC;
  for (int s = a[0] - 1; s >= 0; s--) {
    const size_t at = ((size_t)s * a[1] + n) * hid;
    __global const float *h = ATR_PTR(7) + at;
    __global const float *before = s ? h - (size_t)a[1] * hid : ATR_ABSENT(17) ? 0 : ATR_PTR(17) + (size_t)n * hid;
    ATR_S_EACH(k) {
      d[k] = (ATR_PTR(9)[at + k] + carry[k]) * atr_rate_slope_at(a[3], h[k]);
      if (!ATR_ABSENT(19)) ATR_PTR(19)[at + k] = d[k];
      if (!ATR_ABSENT(23)) ATR_PTR(23)[at + k] = before ? before[k] : 0.0f;
      carry[k] = 0.0f;
    }
    ATR_S_SYNC;
    atr_sparse_columns(ATR_PTR(5), ATR_S_INTS(11), ATR_S_INTS(15), ATR_S_INTS(13), d, hid, carry);
    ATR_S_SYNC;
  }
  if (!ATR_ABSENT(21))
    ATR_S_EACH(k) ATR_PTR(21)[(size_t)n * hid + k] = carry[k];
}
#undef ATR_S_SYNC
#undef ATR_S_EACH
#undef ATR_S_INTS
