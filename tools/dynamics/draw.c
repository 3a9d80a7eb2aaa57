/* draw.c: see draw.h. */
#include "dynamics/draw.h"

#include <math.h>

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t word(uint64_t seed, uint64_t i) {
  return mix(mix(seed + 0x9e3779b97f4a7c15u) + (i + 1) * 0x9e3779b97f4a7c15u);
}

double draw_uniform(uint64_t seed, uint64_t i) {
  return ((double)(word(seed, i) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller, of two numbers a place. */
double draw_normal(uint64_t seed, uint64_t i) {
  return sqrt(-2 * log(draw_uniform(seed, 2 * i))) * cos(6.283185307179586 * draw_uniform(seed, 2 * i + 1));
}

uint64_t draw_seed(uint64_t seed, const char *purpose) {
  for (; *purpose; purpose++) seed = mix(seed ^ (unsigned char)*purpose) + 0x9e3779b97f4a7c15u;
  return seed;
}
