/* mu_law.c: samples as classes and back; see <atrous/sequence.h>. In double, so that the border of a class is
 * where the formula says and a code comes back as itself. */
#include "config.h"

#include <math.h>

#include <atrous/sequence.h>

int32_t atr_mu_law_encode(float x, int32_t levels) {
  const double mu = (levels < 2 ? 2 : levels) - 1.0,
               size = fabs((double)x) < 1 ? fabs((double)x) : x < 0 || x > 0;
  const double f = copysign(log1p(mu * size) / log1p(mu), (double)x);
  return (int32_t)floor((f + 1) / 2 * mu + 0.5);
}

float atr_mu_law_decode(int32_t code, int32_t levels) {
  const double mu = (levels < 2 ? 2 : levels) - 1.0;
  const double f = 2 * (code < 0 ? 0 : code > mu ? mu : code) / mu - 1;
  return (float)copysign(expm1(fabs(f) * log1p(mu)) / mu, f);
}
