/* draw.h: random numbers by seed and counter: the same on every machine, whatever was drawn before. The
 * generator is splitmix64 (Steele, Lea, Flood 2014) read at a place. */
#ifndef DYNAMICS_DRAW_H
#define DYNAMICS_DRAW_H

#include <stdint.h>

double draw_uniform(uint64_t seed, uint64_t i); /* within (0, 1) */
double draw_normal(uint64_t seed, uint64_t i);  /* N(0, 1) */
/* A seed for one purpose out of another. */
uint64_t draw_seed(uint64_t seed, const char *purpose);

#endif
