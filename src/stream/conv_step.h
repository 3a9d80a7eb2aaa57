/* conv_step.h: one step (or a block of them) of a 1-D convolution over a ring of past rows.
 *
 * The ring holds rows of c numbers; its size is a power of two. Weights lie [c][k][oc], so that eight
 * output channels are one vector and each is summed in the order of conv_host.c: the bias, then channels,
 * then taps; taps before the sequence's beginning are left out. What a step costs does not depend on the
 * dilation. `quick`: a single row may be summed in four parts, channels in turn, which are then added: each
 * sum waits for itself a quarter as often. */
#ifndef ATR_STREAM_CONV_STEP_H
#define ATR_STREAM_CONV_STEP_H

#include "base/status.h"
#include "op/conv.h"

typedef struct atr__conv_step {
  int64_t c, oc, wide, k, d; /* wide: oc in whole vectors */
  float *w;                  /* [c][k][wide], 64-byte aligned */
  float *b;                  /* [wide] */
  int relu;                  /* at the end, behind the residual */
  /* A single row by parts, with the instructions of this processor, x into the ring first; every tap must be
   * there. NULL: not. */
  void (*row)(const struct atr__conv_step *step, const float *x, float *ring, int64_t mask, int64_t at,
              const float *residual, float *y);
  const float *rows; /* for it: the bias, and weights [k][c][wide] from the next line of the cache on */
} atr__conv_step;

/* w: [oc][c][k]; b NULL: zeros. */
atr_status atr__conv_step_create(const atr__conv_params *p, const float *w, const float *b, int quick,
                                 atr_error *error, atr__conv_step *step);
void atr__conv_step_free(atr__conv_step *step);

/* What `row` reads lies where the caller says, 64-byte aligned: all of a stream's in the order in which it is
 * read, since it is more than the nearest cache holds. 0: no row by parts. */
size_t atr__conv_step_rows_floats(const atr__conv_step *step);
void atr__conv_step_rows_place(atr__conv_step *step, float *at);

/* Rows `index` … index + n - 1 of the sequence, the first of which is ring row `at`; y and residual (NULL:
 * none) at [o·stride + row]. */
void atr__conv_step_run(const atr__conv_step *step, const float *ring, int64_t mask, int64_t at,
                        int64_t index, int64_t n, const float *residual, float *y, int64_t stride);

#endif
