/* sample.h: the parts of atrous-sample, which makes input for the quick start and the tests.
 *
 * The same seed gives the same files on every machine: random numbers are whole numbers, and real ones are
 * only added, multiplied and divided (no sin or exp of a library, which may differ in the last bit). */
#ifndef TOOLS_SAMPLE_H
#define TOOLS_SAMPLE_H

#include "common/fault.h"

struct sample_random {
  uint64_t state;
};

/* 64 random bits (Steele, Lea, Flood: SplitMix64, 2014). */
static inline uint64_t sample_bits(struct sample_random *r) {
  uint64_t z = r->state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* low … high, both included. */
static inline int sample_between(struct sample_random *r, int low, int high) {
  return low + (int)((sample_bits(r) >> 11) % (uint64_t)(high - low + 1));
}

/* DIR/series.csv: `rows` business days of date, price and demand. */
bool sample_series(const char *folder, uint64_t seed, int rows, struct fault *fault) TOOLS_MUST;

/* DIR/images, masks, valid/images, valid/masks, photo.png, photo-mask.png, classes.txt: `count` scenes and a
 * quarter as many to validate with. */
bool sample_scenes(const char *folder, uint64_t seed, int count, struct fault *fault) TOOLS_MUST;

#endif
