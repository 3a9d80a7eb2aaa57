/* recurrent.h: what the recurrent operators share: the table of activations, how sequences lie in memory, the
 * checks of their inputs, the gradients of their weights. rnn.c, lstm.c and gru.c say what a step is.
 *
 * What enters a step's activations ("pre") is W·x + R·h + Wb + Rb, `gates` blocks of `hid`. Rows of X are
 * numbered as they lie: t·n + sample, or sample·t + step where layout is 1; what is saved for the gradient is
 * [direction][row][…]. Inputs are ONNX's: X, W, R, B, sequence_lens, initial states, peepholes; a gradient
 * operator's are R, Y, pre, sequence_lens, and its own. Source: ONNX RNN-14, LSTM-14, GRU-14.
 *
 * A gradient operator's attribute clip_through_time, b (it comes with those of the layer, where
 * differentiate.c puts it), clamps every element of what a step gives back to the states before it, of h and
 * of an LSTM's C: dh(t-1) = clamp(what comes through step t, -b, b) + dY(t-1), and the same into the initial
 * states; what comes from outside (dY, dY_h, dY_c) is left as it is. Source: Mikolov, "Statistical language
 * models based on neural networks", 2012. */
#ifndef ATR_OP_RECURRENT_H
#define ATR_OP_RECURRENT_H

#include "op/op.h"

/* The order of recurrent.c's table of names and of the switch in kernels/recurrent.clh. */
typedef enum atr__recurrent_kind {
  ATR__RECURRENT_AFFINE,
  ATR__RECURRENT_ELU,
  ATR__RECURRENT_HARD_SIGMOID,
  ATR__RECURRENT_LEAKY_RELU,
  ATR__RECURRENT_RELU,
  ATR__RECURRENT_SCALED_TANH,
  ATR__RECURRENT_SIGMOID,
  ATR__RECURRENT_SOFTPLUS,
  ATR__RECURRENT_SOFTSIGN,
  ATR__RECURRENT_TANH,
  ATR__RECURRENT_THRESHOLDED_RELU,
  ATR__RECURRENT_KINDS
} atr__recurrent_kind;

typedef struct atr__recurrent_activation {
  atr__recurrent_kind kind;
  float alpha, beta;
} atr__recurrent_activation;

typedef struct atr__recurrent_params {
  int64_t t, n, i, hid, dirs; /* steps, samples, features of x, hidden size, 1 or 2 directions */
  int64_t gates;              /* blocks of hid rows in W and R */
  int reverse;                /* the first direction starts at the end */
  int layout;                 /* 0: [t][n][…]; 1: [n][t][…] */
  float clip;                 /* bounds what enters an activation; FLT_MAX: none */
  float clip_back;         /* a gradient's: bounds what goes from a step to the one before; INFINITY: none */
  int input_forget;        /* LSTM's */
  int linear_before_reset; /* GRU's */
  atr__recurrent_activation f[2][3]; /* by direction: f, g and h of the specification */
} atr__recurrent_params;

/* What the specification of one operator adds. */
typedef struct atr__recurrent_form {
  int64_t gates;
  int functions;                    /* activations a direction */
  atr__recurrent_kind otherwise[3]; /* where none are named */
  int states;                       /* initial states, from input 5 on */
} atr__recurrent_form;

/* Fill params; all inputs are checked but peepholes, which are the LSTM's. */
atr_status atr__recurrent_infer(atr__infer *infer, const atr__recurrent_form *form);
atr_status atr__recurrent_infer_grad(atr__infer *infer, const atr__recurrent_form *form);
/* clip_back, from a gradient operator's attribute. */
atr_status atr__recurrent_take_clip(atr__infer *infer, float *clip);
/* Input `input`, where it is there, must be float32 of this shape. */
atr_status atr__recurrent_need(atr__infer *infer, size_t input, atr_shape shape);
atr_shape atr__recurrent_y(const atr__recurrent_params *p);                   /* Y */
atr_shape atr__recurrent_state(const atr__recurrent_params *p);               /* Y_h, initial_h */
atr_shape atr__recurrent_rows(const atr__recurrent_params *p, int64_t width); /* [dirs][rows][width] */
int64_t atr__recurrent_flops(const void *params, const atr_shape *in, const atr_shape *out);

/* Where things lie, counted in vectors of hid. */
static inline int64_t atr__recurrent_row(const atr__recurrent_params *p, int64_t t, int64_t n, int64_t d) {
  return d * p->t * p->n + (p->layout ? n * p->t + t : t * p->n + n);
}
static inline int64_t atr__recurrent_y_at(const atr__recurrent_params *p, int64_t t, int64_t n, int64_t d) {
  return p->layout ? (n * p->t + t) * p->dirs + d : (t * p->dirs + d) * p->n + n;
}
static inline int64_t atr__recurrent_state_at(const atr__recurrent_params *p, int64_t n, int64_t d) {
  return p->layout ? n * p->dirs + d : d * p->n + n;
}

struct atr__grad;
/* Nodes for the gradients of what a step is linear in, from dpre [dirs][rows][width]; each returns a value.
 */
int atr__recurrent_grad_x(struct atr__grad *grad, int dpre); /* of X, by W */
/* dpre [dirs][rows][width] as what the next two multiply by, its transpose: made once for both. */
int atr__recurrent_grad_turn(struct atr__grad *grad, const atr__recurrent_params *p, int dpre, int64_t width);
int atr__recurrent_grad_w(struct atr__grad *grad, int turned); /* of W, by X */
int atr__recurrent_grad_r(struct atr__grad *grad, const atr__recurrent_params *p, int turned, int64_t width,
                          int rows);                            /* Σ dpre · rowsᵀ */
int atr__recurrent_grad_sum(struct atr__grad *grad, int value); /* over rows: [dirs][width] */
int atr__recurrent_grad_part(struct atr__grad *grad, int value, int axis, int64_t from,
                             int64_t to);                                     /* Slice */
int atr__recurrent_grad_join(struct atr__grad *grad, int a, int b, int axis); /* Concat */

#endif
