/* optimizer.cl: one step of gradient descent for one tensor; formulas in src/op/optimizer.c, scalars and gate in
 * src/op/optimizer.h. One item an element; outputs may be the inputs' storage. No macros.
 *
 * All: words 0 count, 1 variant.
 * sgd_step_f32_baseline: variant 1 is Nesterov's; 2 p, 4 gradient, 6 scalars, 8 gate, 10 velocity (or absent), 12 new p,
 *   14 new velocity.
 * adam_step_f32_baseline: variant 1 is AdamW; 2 p, 4 gradient, 6 scalars, 8 gate, 10 m, 12 v, 14 new p, 16, 18.
 * commit_f32_baseline: 2 old, 4 new, 6 gate, 8 result. */
#pragma OPENCL FP_CONTRACT OFF

#define ATR_CLIPPED(g, limit) ((limit) > 0.0f ? ((g) > (limit) ? (limit) : (g) < -(limit) ? -(limit) : (g)) : (g))

ATR_KERNEL(ATR_FN(sgd_step_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  __global const float *s = ATR_PTR(6), *gate = ATR_PTR(8);
  const float p = ATR_PTR(2)[i];
  const int open = gate[1] > 0.0f;
  const float g = ATR_PTR(4)[i] * gate[0];
  float d = ATR_CLIPPED(g, s[8]) + s[1] * p;
  if (!ATR_ABSENT(10)) {
    const float old = ATR_PTR(10)[i], v = s[2] * old + d;
    ATR_PTR(14)[i] = open ? v : old;
    d = a[1] ? d + s[2] * v : v;
  }
  ATR_PTR(12)[i] = open ? p - s[0] * d : p;
}

ATR_KERNEL(ATR_FN(adam_step_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  __global const float *s = ATR_PTR(6), *gate = ATR_PTR(8);
  const float old = ATR_PTR(2)[i], old_m = ATR_PTR(10)[i], old_v = ATR_PTR(12)[i];
  const int open = gate[1] > 0.0f;
  const float scaled = ATR_PTR(4)[i] * gate[0];
  const float g = ATR_CLIPPED(scaled, s[8]) + (a[1] ? 0.0f : s[1] * old);
  const float p = a[1] ? old * s[1] : old;
  const float m = s[2] * old_m + s[3] * g;
  const float v = s[4] * old_v + s[5] * g * g;
  ATR_PTR(16)[i] = open ? m : old_m;
  ATR_PTR(18)[i] = open ? v : old_v;
  ATR_PTR(14)[i] = open ? p - s[0] * (m / (sqrt(v) * s[6] + s[7])) : old;
}

ATR_KERNEL(ATR_FN(commit_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(8)[i] = ATR_PTR(6)[1] > 0.0f ? ATR_PTR(4)[i] : ATR_PTR(2)[i];
}
#undef ATR_CLIPPED
