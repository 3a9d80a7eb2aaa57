/* information.h: integration of information between neurons, against what chance gives: gaussian.h's measures
 * of recorded states, and the same of states whose neurons are moved in time against each other.
 *
 * A shift by a random time, round and round, keeps what each neuron does by itself (its distribution and how
 * slowly it changes) and takes away what they have to do with each other; permuting takes away both. Slow
 * neurons share information by chance, more than the bias of gaussian.h knows of, which counts on independent
 * samples: that is what the shifted states measure. For the total correlation every neuron is moved by a time
 * of its own. For the weakest bipartition one part is moved as a whole against the other, so that the parts
 * stay what they are and only what is across is taken away; since the data's bipartition was chosen for
 * having little, to be above this chance says something. */
#ifndef DYNAMICS_INFORMATION_H
#define DYNAMICS_INFORMATION_H

#include "common/fault.h"

struct information_options {
  size_t least;    /* neurons in the smaller part, at least; 0 is 1 */
  size_t shuffles; /* at least 20 */
  bool permute;    /* else shifted */
  double noise;    /* added to each neuron: its standard deviation, as a share of the neuron's own */
  uint64_t seed;
};
#define INFORMATION_OPTIONS_INIT                                                                             \
  { 1, 100, false, 0, 0 }

/* Of the shuffled data, in nats: mean, and what lies between 2.5 and 97.5 % of them. */
struct information_null {
  double mean, low, high;
  double *values; /* [shuffles], ascending */
};

struct information {
  size_t neurons, samples, shuffles;
  double *correlation;   /* [neurons][neurons] */
  double total, weakest; /* nats */
  unsigned char *side;   /* [neurons] of the weakest bipartition */
  bool exhaustive;       /* weakest is so among all; else an upper bound */
  struct information_null null_total, null_weakest;
};

/* rows [samples][neurons]. */
bool information_measure(const double *rows, size_t samples, size_t neurons,
                         const struct information_options *options, struct information *out,
                         struct fault *fault) TOOLS_MUST;
void information_destroy(struct information *information);

#endif
