/* optimizer.cl: one step of gradient descent for one tensor; formulas in src/op/optimizer.c, scalars and gate in
 * src/op/optimizer.h. _baseline: one item an element; _vectors (CPU class): a work-group of one item a run of elements,
 * in vectors, with several tensors in one launch. Outputs may be the inputs' storage. No macros.
 *
 * All: words 0 count, 1 variant; _vectors have the elements of a group, a multiple of 16, as word 20.
 * sgd_step: variant 1 is Nesterov's; 2 p, 4 gradient, 6 scalars, 8 gate, 10 velocity (or absent), 12 new p, 14 new
 *   velocity.
 * adam_step: variant 1 is AdamW; 2 p, 4 gradient, 6 scalars, 8 gate, 10 m, 12 v, 14 new p, 16, 18.
 * rmsprop_step: variant 1 is centered; 2 p, 4 gradient, 6 scalars, 8 gate, 10 s, 12 velocity, 14 mean (each or absent),
 *   16 new p, 18, 20, 22.
 * adagrad_step: 2 p, 4 gradient, 6 scalars, 8 gate, 10 s, 12 new p, 14.
 * commit: 2 old, 4 new, 6 gate, 8 result. */
#pragma OPENCL FP_CONTRACT OFF

#define ATR_CLIPPED(g, limit)                                                                                \
  ((limit) > 0.0f ? ((g) > (limit) ? (limit) : (g) < -(limit) ? -(limit) : (g)) : (g))

ATR_ITEM_KERNEL(ATR_FN(sgd_step_f32_baseline)) {
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

ATR_ITEM_KERNEL(ATR_FN(adam_step_f32_baseline)) {
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

ATR_ITEM_KERNEL(ATR_FN(rmsprop_step_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  __global const float *s = ATR_PTR(6), *gate = ATR_PTR(8);
  const float p = ATR_PTR(2)[i], old = ATR_PTR(10)[i];
  const int open = gate[1] > 0.0f;
  const float scaled = ATR_PTR(4)[i] * gate[0];
  const float g = ATR_CLIPPED(scaled, s[8]) + s[1] * p;
  const float square = s[4] * old + s[5] * g * g;
  float spread = square;
  if (a[1]) {
    const float was = ATR_PTR(14)[i], m = s[4] * was + s[5] * g;
    ATR_PTR(22)[i] = open ? m : was;
    spread = square - m * m;
    spread = spread < 0.0f ? 0.0f : spread;
  }
  float d = g / (sqrt(spread) + s[7]);
  if (!ATR_ABSENT(12)) {
    const float was = ATR_PTR(12)[i];
    d = s[2] * was + d;
    ATR_PTR(20)[i] = open ? d : was;
  }
  ATR_PTR(18)[i] = open ? square : old;
  ATR_PTR(16)[i] = open ? p - s[0] * d : p;
}

ATR_ITEM_KERNEL(ATR_FN(adagrad_step_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  __global const float *s = ATR_PTR(6), *gate = ATR_PTR(8);
  const float p = ATR_PTR(2)[i], old = ATR_PTR(10)[i];
  const int open = gate[1] > 0.0f;
  const float scaled = ATR_PTR(4)[i] * gate[0];
  const float g = ATR_CLIPPED(scaled, s[8]) + s[1] * p, sum = old + g * g;
  ATR_PTR(14)[i] = open ? sum : old;
  ATR_PTR(12)[i] = open ? p - s[0] * (g / (sqrt(sum) + s[7])) : p;
}

ATR_ITEM_KERNEL(ATR_FN(commit_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(8)[i] = ATR_PTR(6)[1] > 0.0f ? ATR_PTR(4)[i] : ATR_PTR(2)[i];
}

/* `body` for 16 elements from i on at a time, then for the rest one by one: T is the type, LOAD and STORE go
 * by the word of the pointer. */
#define ATR_LOAD_16(word) (*(__global const float16 *)(ATR_PTR(word) + i))
#define ATR_STORE_16(word, v) (*(__global float16 *)(ATR_PTR(word) + i) = (v))
#define ATR_LOAD_1(word) ATR_PTR(word)[i]
#define ATR_STORE_1(word, v) (ATR_PTR(word)[i] = (v))
#define ATR_RUN(body)                                                                                        \
  int i = atr_group * a[20];                                                                                 \
  const int end = min(a[0], i + a[20]);                                                                      \
  for (; i + 16 <= end; i += 16) body(float16, ATR_LOAD_16, ATR_STORE_16)                                    \
  for (; i < end; i++) body(float, ATR_LOAD_1, ATR_STORE_1)

#define ATR_SGD(T, LOAD, STORE)                                                                              \
  {                                                                                                          \
    const T p = LOAD(2);                                                                                     \
    T d = LOAD(4) * factor;                                                                                  \
    d = ATR_CLIPPED(d, (T)(limit)) + decay * p;                                                              \
    if (moving) {                                                                                            \
      const T v = momentum * LOAD(10) + d;                                                                   \
      STORE(14, v);                                                                                          \
      d = a[1] ? d + momentum * v : v;                                                                       \
    }                                                                                                        \
    STORE(12, p - size * d);                                                                                 \
  }
#define ATR_KEEP_SGD(T, LOAD, STORE)                                                                         \
  {                                                                                                          \
    STORE(12, LOAD(2));                                                                                      \
    if (moving) STORE(14, LOAD(10));                                                                         \
  }
#define ATR_ADAM(T, LOAD, STORE)                                                                             \
  {                                                                                                          \
    const T old = LOAD(2);                                                                                   \
    T g = LOAD(4) * factor;                                                                                  \
    g = ATR_CLIPPED(g, (T)(limit)) + (a[1] ? (T)(0.0f) : decay * old);                                       \
    const T p = a[1] ? old * decay : old;                                                                    \
    const T m = s[2] * LOAD(10) + s[3] * g;                                                                  \
    const T v = s[4] * LOAD(12) + s[5] * g * g;                                                              \
    STORE(16, m);                                                                                            \
    STORE(18, v);                                                                                            \
    STORE(14, p - size * (m / (sqrt(v) * s[6] + s[7])));                                                     \
  }
#define ATR_KEEP_ADAM(T, LOAD, STORE)                                                                        \
  {                                                                                                          \
    STORE(14, LOAD(2));                                                                                      \
    STORE(16, LOAD(10));                                                                                     \
    STORE(18, LOAD(12));                                                                                     \
  }
#define ATR_COMMIT(T, LOAD, STORE) STORE(8, LOAD(from));

ATR_TILE_KERNEL(ATR_FN(sgd_step_f32_vectors)) {
  ATR_BEGIN_SHARED
  __global const float *s = ATR_PTR(6), *gate = ATR_PTR(8);
  const int moving = !ATR_ABSENT(10);
  const float factor = gate[0], limit = s[8], size = s[0], decay = s[1], momentum = s[2];
  if (gate[1] > 0.0f) {
    ATR_RUN(ATR_SGD)
  } else {
    ATR_RUN(ATR_KEEP_SGD)
  }
}

ATR_TILE_KERNEL(ATR_FN(adam_step_f32_vectors)) {
  ATR_BEGIN_SHARED
  __global const float *scalars = ATR_PTR(6), *gate = ATR_PTR(8);
  float s[8];
  for (int k = 0; k < 8; k++) s[k] = scalars[k];
  const float factor = gate[0], limit = scalars[8], size = s[0], decay = s[1];
  if (gate[1] > 0.0f) {
    ATR_RUN(ATR_ADAM)
  } else {
    ATR_RUN(ATR_KEEP_ADAM)
  }
}

ATR_TILE_KERNEL(ATR_FN(commit_f32_vectors)) {
  ATR_BEGIN_SHARED
  const int from = ATR_PTR(6)[1] > 0.0f ? 4 : 2;
  ATR_RUN(ATR_COMMIT)
}
#undef ATR_CLIPPED
#undef ATR_LOAD_16
#undef ATR_STORE_16
#undef ATR_LOAD_1
#undef ATR_STORE_1
#undef ATR_RUN
#undef ATR_SGD
#undef ATR_KEEP_SGD
#undef ATR_ADAM
#undef ATR_KEEP_ADAM
#undef ATR_COMMIT
