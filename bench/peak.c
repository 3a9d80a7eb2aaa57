/* peak.c: how fast two threads multiply and add at once, in registers alone; see bench.h. What claims to be
 * faster is no measurement: differences of two plans can come out less than they are, most of all where a
 * library's threads wake anew. */
#include "config.h"

#include <pthread.h>

#include "bench.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { THREADS = 2, SUMS = 12 };

typedef struct {
  double operations, seconds;
  float sum;
} share;

/* SUMS vectors that depend on nothing but themselves. */
#define SPIN(name, instructions, vector, lanes, set, fma, first)                                             \
  __attribute__((target(instructions))) static void name(share *s) {                                         \
    vector sum[SUMS], x = set(0.999f), y = set(0.001f);                                                      \
    for (int i = 0; i < SUMS; i++) sum[i] = set((float)i);                                                   \
    const double start = now();                                                                              \
    for (long k = (long)(s->operations / (2 * SUMS * (lanes))); k > 0; k--)                                  \
      _Pragma("GCC unroll 12") for (int i = 0; i < SUMS; i++) sum[i] = fma(sum[i], x, y);                    \
    for (int i = 1; i < SUMS; i++) sum[0] = fma(sum[i], x, sum[0]);                                          \
    s->sum = first(sum[0]);                                                                                  \
    s->seconds = now() - start;                                                                              \
  }
SPIN(spin_512, "avx512f", __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
SPIN(spin_256, "avx2,fma", __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)

static void *work(void *self) {
  if (__builtin_cpu_supports("avx512f"))
    spin_512(self);
  else
    spin_256(self);
  return NULL;
}

int peak_known(void) {
  return __builtin_cpu_supports("avx512f") ||
         (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}

double peak_time(double flops, int batch) {
  pthread_t thread[THREADS];
  share part[THREADS];
  double most = 0;
  for (int t = 0; t < THREADS; t++) {
    part[t] = (share){ .operations = flops * batch / THREADS };
    if (pthread_create(&thread[t], NULL, work, &part[t])) die("thread", "cannot be made");
  }
  for (int t = 0; t < THREADS; t++) {
    pthread_join(thread[t], NULL);
    if (part[t].seconds > most) most = part[t].seconds;
  }
  return most / batch;
}
#else
int peak_known(void) {
  return 0;
}

double peak_time(double flops, int batch) {
  (void)flops, (void)batch;
  return 0;
}
#endif
