/* stream.cl: a stream's kernel, which stays on the device: it waits for messages in memory that it shares with the host, computes
 * their steps and answers. src/stream/resident_code.c writes the argument block, src/stream/resident.c the messages; both name what
 * is here. Macros: VL, floats of a vector; EXACT, 1 where every sum has the order of the plain loops.
 *
 * Memory: base 1 weights, 2 the mailbox, 3 the arena, in which places count 64 bytes and values begin at one each, so that whole
 * vectors may be stored behind their end. The arena begins with the number of the next step, 64 bits.
 * Argument block: 0 records, 1 whether small numbers are zero, 2 and 3 numbers of a step that come in and go out, 4 and 5 their
 * places, 6 the first step of which something is said, 7 and 8 words of the mailbox where steps come in and go out, 9 pauses that
 * a step counts as. From word 16 on sixteen words a record: 0 what it is, 1 x, 2 y, 3 numbers of x, and
 *   convolution: 4 numbers of y, 5 taps, 6 dilation, 7 ring, 8 its rows less 1, 9 weights, 10 what is added (0: nothing), 11 whether
 *     Relu follows, 12 the step at which x begins, 13 channels of y in whole vectors. At its weights are the bias, to whole lines, and
 *     then [taps][channels][13]; EXACT: [channels][taps][13].
 *   delay: 7, 8 and 12 likewise, 4 by how many steps.  mask: 12.
 *   unary: 4 function, 5 a number for it.  binary: 4 function, 5 the place of the other operand.
 *   move: 3 numbers of y, 4 the word where their places in the arena, in floats, are listed; 0: from word 5's on one behind the other.
 * Mailbox, lines of 16 words. The host writes 0 the number of a message, 1 its steps (0: leave; below: only answer), and before it
 * launches 16 the launch's number, 17 pauses without a message and 18 all pauses after which to leave, 19 the last message answered.
 * The kernel writes 32 the message answered, 33 the launch that has left, 34 the launch that has begun.
 *
 * Sums are not fused, so that they have the host's bits (src/stream/conv_step.c; of the functions src/op/lanes_functions.c's). */
#include "shared_words.clh"
#pragma OPENCL FP_CONTRACT OFF

#define STREAM_V ATR_PASTE(float, VL)
#define STREAM_AT(p) (*(__global const STREAM_V *)(p))
#define STREAM_TO(p) (*(__global STREAM_V *)(p))
#define STREAM_BITS(v) ATR_PASTE(as_int, VL)(v)
#define STREAM_NUMBER(v) ATR_PASTE(as_float, VL)(v)
#define STREAM_PLACE(place) (arena + (size_t)(uint)(place) * 16)
#define STREAM_RECORD                                                                                             \
  __global const int *a, __global float *arena, __global const float *weights, long t

static STREAM_V ATR_FN(stream_exp)(STREAM_V x) {
  x = x < (STREAM_V)(-87.0f) ? (STREAM_V)(-87.0f) : x;
  x = x > (STREAM_V)(88.0f) ? (STREAM_V)(88.0f) : x;
  const STREAM_V magic = (STREAM_V)(12582912.0f), whole = x * 1.44269504f + magic, n = whole - magic;
  const STREAM_V r = x - n * 0.693359375f + n * 2.12194440e-4f;
  STREAM_V sum = r * (1.0f / 5040) + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r * r + r + 1.0f;
  return STREAM_NUMBER(STREAM_BITS(sum) + ((STREAM_BITS(whole) - STREAM_BITS(magic)) << 23));
}

static STREAM_V ATR_FN(stream_sigmoid)(STREAM_V x) {
#if EXACT
  return 1.0f / (1.0f + exp(-x));
#else
  return x == x ? 1.0f / (1.0f + ATR_FN(stream_exp)(-x)) : x;
#endif
}

static STREAM_V ATR_FN(stream_tanh)(STREAM_V x) {
#if EXACT
  return tanh(x);
#else
  const STREAM_V square = x * x, far = 1.0f - 2.0f / (ATR_FN(stream_exp)(x + x) + 1.0f);
  STREAM_V near = square * (-1382.0f / 155925) + 62.0f / 2835;
  near = near * square - 17.0f / 315;
  near = near * square + 2.0f / 15;
  near = near * square - 1.0f / 3;
  near = near * square * x + x;
  return x == x ? (square < (STREAM_V)(0.35f * 0.35f) ? near : far) : x;
#endif
}

/* 0 Relu, 1 Sigmoid, 2 Tanh, 3 LeakyRelu of n numbers; x and y may be the same. */
static __attribute__((noinline)) void ATR_FN(stream_unary)(int function, float alpha, int n, __global const float *x,
                                                           __global float *y) {
  const STREAM_V zero = (STREAM_V)(0.0f);
  for (int i = 0; i < n; i += VL) {
    const STREAM_V v = STREAM_AT(x + i);
    STREAM_TO(y + i) = function == 0   ? (v < zero ? zero : v)
                       : function == 1 ? ATR_FN(stream_sigmoid)(v)
                       : function == 2 ? ATR_FN(stream_tanh)(v)
                                       : (v < zero ? alpha * v : v);
  }
}

/* 0 Add, 1 Sub, 2 Mul, 3 Div. */
static __attribute__((noinline)) void ATR_FN(stream_binary)(int function, int n, __global const float *x,
                                                            __global const float *z, __global float *y) {
  for (int i = 0; i < n; i += VL) {
    const STREAM_V v = STREAM_AT(x + i), w = STREAM_AT(z + i);
    STREAM_TO(y + i) = function == 0 ? v + w : function == 1 ? v - w : function == 2 ? v * w : v / w;
  }
}

/* n numbers, or as many zeros. */
static void ATR_FN(stream_copy)(__global float *to, __global const float *from, int n, int zeros) {
  int i = 0;
  if (n % VL == 0 && !zeros) {
#pragma unroll 1
    for (; i < n; i += VL) STREAM_TO(to + i) = STREAM_AT(from + i);
    return;
  }
#pragma unroll 1
  for (; i < n; i++) to[i] = zeros ? 0.0f : from[i];
}

/* N vectors of outputs. x: what the last tap reads. */
#define STREAM_TAP(f) ((f) + 1 == k ? x : ring + (size_t)(((uint)t - (uint)(k - 1 - (f)) * (uint)a[6]) & (uint)a[8]) * c)
#if EXACT
#define STREAM_SUMS(N)                                                                                            \
  for (int i = 0; i < c; i++)                                                                                     \
    for (int f = from; f < k; f++) {                                                                              \
      const float v = STREAM_TAP(f)[i];                                                                           \
      _Pragma("unroll") for (int j = 0; j < N; j++) s0[j] += STREAM_AT(w + (size_t)(i * k + f) * wide + j * VL) * v; \
    }
#define STREAM_SUM(j) s0[j]
#else
/* Four parts, channels in turn: each waits for itself a quarter as often. */
#define STREAM_SUMS(N)                                                                                            \
  STREAM_V s1[N], s2[N], s3[N];                                                                                   \
  _Pragma("unroll") for (int j = 0; j < N; j++) s1[j] = s2[j] = s3[j] = (STREAM_V)(0.0f);                          \
  w += (size_t)from * c * wide;                                                                                   \
  for (int f = from; f < k; f++) {                                                                                \
    __global const float *v = STREAM_TAP(f);                                                                      \
    int i = 0;                                                                                                    \
    _Pragma("unroll 1") for (; i + 4 <= c; i += 4, w += 4 * wide) _Pragma("unroll") for (int j = 0; j < N; j++) {  \
      s0[j] += STREAM_AT(w + j * VL) * v[i];                                                                      \
      s1[j] += STREAM_AT(w + wide + j * VL) * v[i + 1];                                                           \
      s2[j] += STREAM_AT(w + 2 * wide + j * VL) * v[i + 2];                                                       \
      s3[j] += STREAM_AT(w + 3 * wide + j * VL) * v[i + 3];                                                       \
    }                                                                                                             \
    _Pragma("unroll 1") for (; i < c; i++, w += wide)                                                             \
      _Pragma("unroll") for (int j = 0; j < N; j++) s0[j] += STREAM_AT(w + j * VL) * v[i];                         \
  }
#define STREAM_SUM(j) ((s0[j] + s1[j]) + (s2[j] + s3[j]))
#endif
#define STREAM_TILE(N)                                                                                            \
  static void ATR_FN(stream_tile_##N)(STREAM_RECORD, __global const float *x, int from, int o) {                  \
    const int c = a[3], k = a[5], wide = a[13];                                                                   \
    __global const float *ring = STREAM_PLACE(a[7]), *bias = weights + (size_t)(uint)a[9] * 16 + o;               \
    __global const float *w = bias + (wide + 15) / 16 * 16, *add = STREAM_PLACE(a[10]) + o;                       \
    __global float *y = STREAM_PLACE(a[2]) + o;                                                                   \
    STREAM_V s0[N];                                                                                               \
    _Pragma("unroll") for (int j = 0; j < N; j++) s0[j] = STREAM_AT(bias + j * VL);                                \
    STREAM_SUMS(N)                                                                                                \
    _Pragma("unroll") for (int j = 0; j < N; j++) {                                                               \
      STREAM_V sum = STREAM_SUM(j);                                                                               \
      if (a[10]) sum += STREAM_AT(add + j * VL);                                                                  \
      if (a[11]) sum = sum < (STREAM_V)(0.0f) ? (STREAM_V)(0.0f) : sum;                                           \
      STREAM_TO(y + j * VL) = sum;                                                                                \
    }                                                                                                             \
  }
STREAM_TILE(1)
STREAM_TILE(2)

/* Taps before the beginning of x are left out. */
static __attribute__((noinline)) void ATR_FN(stream_convolve)(STREAM_RECORD) {
  const int c = a[3], k = a[5], wide = a[13];
  const long missing = (long)(k - 1) * a[6] - (t - a[12]);
  const int from = missing > 0 ? (int)min((long)(k - 1), (missing + a[6] - 1) / a[6]) : 0;
  __global const float *x = STREAM_PLACE(a[1]);
  if (k > 1) {
    __global float *row = STREAM_PLACE(a[7]) + (size_t)((uint)t & (uint)a[8]) * c;
    ATR_FN(stream_copy)(row, x, c, t < a[12]);
    if (t < a[12]) x = row;
  }
  int o = 0;
  for (; o + 2 * VL <= wide; o += 2 * VL) ATR_FN(stream_tile_2)(a, arena, weights, t, x, from, o);
  if (o < wide) ATR_FN(stream_tile_1)(a, arena, weights, t, x, from, o);
}

static void ATR_FN(stream_delay)(STREAM_RECORD) {
  const int n = a[3];
  __global float *ring = STREAM_PLACE(a[7]);
  ATR_FN(stream_copy)(ring + (size_t)((uint)t & (uint)a[8]) * n, STREAM_PLACE(a[1]), n, t < a[12]);
  ATR_FN(stream_copy)(STREAM_PLACE(a[2]), ring + (size_t)((uint)(t - a[4]) & (uint)a[8]) * n, n, 0);
}

static void ATR_FN(stream_move)(STREAM_RECORD, __global const int *words) {
  const int n = a[3];
  __global const int *list = words + a[4];
  __global const float *from = arena + (uint)a[5];
  __global float *y = STREAM_PLACE(a[2]);
#pragma unroll 1
  for (int i = 0; i < n; i++) y[i] = a[4] ? arena[(uint)list[i]] : from[i];
}

/* All nodes of step t. */
static __attribute__((noinline)) void ATR_FN(stream_step)(__global const int *words, __global float *arena,
                                                          __global const float *weights, long t) {
  __global const int *a = words + 16;
#pragma unroll 1
  for (int k = 0; k < words[0]; k++, a += 16) switch (a[0]) {
    case 0: ATR_FN(stream_convolve)(a, arena, weights, t); break;
    case 1: ATR_FN(stream_delay)(a, arena, weights, t); break;
    case 2: ATR_FN(stream_copy)(STREAM_PLACE(a[2]), STREAM_PLACE(a[1]), a[3], t < a[12]); break;
    case 3: ATR_FN(stream_unary)(a[4], ATR_FLOAT(5), a[3], STREAM_PLACE(a[1]), STREAM_PLACE(a[2])); break;
    case 4: ATR_FN(stream_binary)(a[4], a[3], STREAM_PLACE(a[1]), STREAM_PLACE(a[5]), STREAM_PLACE(a[2])); break;
    case 5: ATR_FN(stream_move)(a, arena, weights, t, words); break;
    }
}

/* What a message asks for. */
static __attribute__((noinline)) void ATR_FN(stream_answer)(__global const int *a, __global float *arena,
                                                            __global const float *weights, __global int *box, int steps) {
  __global long *clock = (__global long *)arena;
  __global const float *in = (__global const float *)(box + a[7]);
  __global float *out = (__global float *)(box + a[8]), *x = STREAM_PLACE(a[4]), *y = STREAM_PLACE(a[5]);
  const long t = *clock;
#pragma unroll 1
  for (int i = 0; i < steps; i++, in += a[2], out += a[3]) {
#pragma unroll 1
    for (int k = 0; k < a[2]; k++) x[k] = in[k];
    ATR_FN(stream_step)(a, arena, weights, t + i);
#pragma unroll 1
    for (int k = 0; k < a[3]; k++) out[k] = t + i < a[6] ? 0.0f : y[k];
  }
  *clock = t + steps;
}

ATR_TILE_KERNEL(ATR_FN(stream_fwd_f32_resident)) {
  ATR_BEGIN;
  __global int *box = (__global int *)ATR_BASE(2);
  const int launch = box[16], idle = box[17];
  int answered = box[19], left = box[18], steps = 1;
#if defined(__x86_64__)
  const uint control = __builtin_ia32_stmxcsr();
  if (a[1]) __builtin_ia32_ldmxcsr(control | 0x8040);
#endif
  ATR_WORD_PUT(box + 34, launch, __ATOMIC_RELEASE);
  while (steps && left > 0) {
    int asked, patience = min(idle, left);
    left -= patience;
    while ((asked = ATR_WORD_GET(box, __ATOMIC_ACQUIRE)) == answered && --patience >= 0) ATR_WORD_PAUSE;
    if (asked == answered) break;
    left += patience;
    ATR_WORD_FENCE;
    steps = box[1];
    if (steps > 0) ATR_FN(stream_answer)(a, ATR_BASE(3), ATR_BASE(1), box, steps);
    ATR_WORD_FENCE;
    ATR_WORD_PUT(box + 32, asked, __ATOMIC_RELEASE);
    answered = asked;
    left -= steps > 0 ? steps * a[9] : 0;
  }
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(control);
#endif
  ATR_WORD_FENCE;
  ATR_WORD_PUT(box + 33, launch, __ATOMIC_RELEASE);
}

#undef STREAM_V
#undef STREAM_AT
#undef STREAM_TO
#undef STREAM_BITS
#undef STREAM_NUMBER
#undef STREAM_PLACE
#undef STREAM_RECORD
#undef STREAM_TAP
#undef STREAM_SUMS
#undef STREAM_SUM
#undef STREAM_TILE
#pragma OPENCL FP_CONTRACT DEFAULT
