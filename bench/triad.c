/* triad.c: what memory gives two threads at once, as McCalpin's STREAM measures it; see bench.h. */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "bench.h"

enum { COUNT = 1 << 24, THREADS = 2 }; /* of floats in each of three arrays: 64 MiB */

typedef struct {
  float *a;
  const float *b, *c;
  int batch;
} share;

static void *work(void *self) {
  const share *s = self;
  for (int k = 0; k < s->batch; k++)
    for (int i = 0; i < COUNT / THREADS; i++) s->a[i] = s->b[i] + 3 * s->c[i];
  return NULL;
}

double triad_time(double bytes, int batch) {
  static float *list[3];
  pthread_t thread[THREADS];
  share part[THREADS];
  for (int i = 0; i < 3; i++)
    if (!list[i]) list[i] = numbers(COUNT);
  const double start = now();
  for (int t = 0; t < THREADS; t++) {
    const size_t at = (size_t)t * (COUNT / THREADS);
    part[t] = (share){ list[0] + at, list[1] + at, list[2] + at, batch };
    if (pthread_create(&thread[t], NULL, work, &part[t])) die("thread", "cannot be made");
  }
  for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
  return (now() - start) / batch * bytes / (3.0 * sizeof(float) * COUNT);
}
