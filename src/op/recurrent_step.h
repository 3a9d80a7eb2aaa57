/* recurrent_step.h: one step of RNN, LSTM or GRU.
 *
 * The sums are those of recurrent_host.h, in its order, eight rows at once. Exact: activations are the
 * host's own functions, so every bit is; else Sigmoid and Tanh without clipping are approximated
 * (recurrent_step.c says how well). */
#ifndef ATR_OP_RECURRENT_STEP_H
#define ATR_OP_RECURRENT_STEP_H

#include "base/status.h"
#include "op/op.h"
#include "op/recurrent.h"

typedef enum atr__cell { ATR__CELL_RNN, ATR__CELL_LSTM, ATR__CELL_GRU } atr__cell;

typedef struct atr__recurrent_step {
  atr__recurrent_params p;
  atr__cell cell;
  int exact;
  int64_t wide, gates_wide; /* hid, gates·hid in whole vectors; each gate begins at a multiple of `wide` */
  float *w, *r;             /* [i][gates_wide], [hid][gates_wide] */
  float *b;                 /* [gates_wide]: of W and R together */
  float *met;               /* [wide]: R's bias of a GRU's last gate, where the reset comes behind it */
  float *look;              /* [3][wide]: peepholes, or NULL */
} atr__recurrent_step;

/* Weights as the operators have them, of one direction; b and look may be NULL, and w and r for what needs
 * the rest alone. */
atr_status atr__recurrent_step_create(const atr__recurrent_params *p, atr__cell cell, const float *w,
                                      const float *r, const float *b, const float *look, int exact,
                                      atr_error *error, atr__recurrent_step *step);
void atr__recurrent_step_free(atr__recurrent_step *step);

/* Floats of scratch memory that a step needs, 64-byte aligned. */
int64_t atr__recurrent_step_scratch(const atr__recurrent_step *step);
/* x[i]; h[wide] and, of an LSTM, c[wide] are the state, padded with zeros. */
void atr__recurrent_step_run(const atr__recurrent_step *step, const float *x, float *h, float *c,
                             float *scratch);

/* What a step does behind its sums, which are in z[gates_wide], for one line; room[wide]. pre[gates · hid],
 * or NULL, receives what enters the activations. A GRU joins in two parts: `reset` leaves in room what the
 * last gate's recurrent weights multiply (and takes their product there where linear_before_reset puts it
 * before), and `join` goes on. All numbers lie at multiples of 32 bytes but pre. */
void atr__recurrent_step_rnn(const atr__recurrent_step *step, float *h, float *z, float *pre);
void atr__recurrent_step_lstm(const atr__recurrent_step *step, float *h, float *c, float *z, float *room,
                              float *pre);
void atr__recurrent_step_reset(const atr__recurrent_step *step, const float *h, float *z, float *room,
                               float *pre);
void atr__recurrent_step_join(const atr__recurrent_step *step, float *h, float *z, float *pre);

/* The k-th activation of n numbers, a multiple of ATR__LANES, in place, and its slope there. */
void atr__recurrent_step_values(const atr__recurrent_step *step, int k, int64_t n, float *z, float *slope);

/* A whole call of an operator, or of its gradient, by tiles of sums (recurrent_sequence.c,
 * recurrent_backward.c). *done: 0 where that does not pay or there is no memory, and nothing is done. */
atr_status atr__recurrent_sequence(const atr__call *call, atr__cell cell, int *done);
atr_status atr__recurrent_backward(const atr__call *call, atr__cell cell, int *done);

#endif
