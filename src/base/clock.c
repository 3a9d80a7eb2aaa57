/* clock.c: see clock.h. */
#include "config.h"

#include "base/clock.h"

#include <time.h>

double atr__clock(void) {
  struct timespec now = { 0 };
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
