/* sequence.h: networks for sequences, built of the calls of <atrous/build.h>: stacks of recurrent layers with
 * what reads them, WaveNet and what feeds it.
 *
 * Everything here writes ordinary nodes: what is built trains, streams and is saved like any other model. */
#ifndef ATROUS_SEQUENCE_H
#define ATROUS_SEQUENCE_H

#include <atrous/build.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum atr_cell { ATR_CELL_RNN, ATR_CELL_LSTM, ATR_CELL_GRU } atr_cell;

/* Recurrent layers on top of each other. Each takes what the one below gives; with ATR_DIRECTION_BOTH that is
 * both directions' states side by side, forward first. */
typedef struct atr_recurrent_stack_params {
  size_t size;
  atr_cell cell;
  int64_t layers;
  int linear_before_reset;    /* of GRUs; see atr_model_gru */
  float dropout;              /* between layers, a share in [0, 1) of each element, while training */
  atr_recurrent_params layer; /* of each; its name becomes NAME.0, NAME.1 … */
} atr_recurrent_stack_params;
#define ATR_RECURRENT_STACK_PARAMS_INIT                                                                      \
  { sizeof(atr_recurrent_stack_params), ATR_CELL_LSTM, 1, 0, 0, ATR_RECURRENT_PARAMS_INIT }

/* What the last layer gives for x [t][n][features] (with layer.batch_first [n][t][features]): [t][n][
 * directions · hidden]. initial: the layers' states before the first step, [directions][n][hidden] each, of
 * an LSTM h and then the cells, layer after layer; an absent one is zeros, NULL: all are. last: filled in the
 * same order, or NULL. Failures (sticky): ATR_E_PARAM, ATR_E_SHAPE. Since 0.1. */
ATR_API atr_value atr_model_recurrent_stack(atr_model *model, const atr_recurrent_stack_params *params,
                                            atr_value x, const atr_value *initial, atr_value *last);

/* Weights of other libraries in the form of NAME.weight, NAME.recurrent and NAME.bias: w [gates·hidden]
 * [features], r [gates·hidden][hidden], b [2·gates·hidden], of one direction; a layer of both has the second
 * behind the first in each. b may be NULL; absent biases are zeros. Nothing may overlap. Any thread.
 * ATR_E_PARAM (sizes below 1, no such cell).
 *
 * Of torch.nn.RNN, LSTM or GRU: weight_ih_lK, weight_hh_lK, bias_ih_lK and bias_hh_lK (with _reverse, of the
 * second direction), gates i, f, g, o and r, z, n. A GRU of PyTorch's is one with linear_before_reset. Since
 * 0.1. */
ATR_TRY atr_recurrent_from_torch(atr_cell cell, int64_t features, int64_t hidden, const float *weight_ih,
                                 const float *weight_hh, const float *bias_ih, const float *bias_hh,
                                 atr_error *error, float *w, float *r, float *b);
/* Of Keras's SimpleRNN, LSTM or GRU: kernel [features][gates·hidden], recurrent_kernel
 * [hidden][gates·hidden], bias [gates·hidden], and of a GRU with reset_after (the default since TensorFlow 2)
 * [2][gates·hidden]; gates i, f, c, o and z, r, h. reset_after becomes linear_before_reset. Since 0.1. */
ATR_TRY atr_recurrent_from_keras(atr_cell cell, int64_t features, int64_t hidden, const float *kernel,
                                 const float *recurrent_kernel, const float *bias, int reset_after,
                                 atr_error *error, float *w, float *r, float *b);
/* Gives a weight of the model (float32, `count` numbers, copied) another initial value. The building thread.
 * ATR_E_PARAM (no such weight), ATR_E_SHAPE (another count or type), ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_model_set_tensor(atr_model *model, const char *name, const float *data, size_t count,
                             atr_error *error);

/* What reads a recurrent layer's states: y = ψ(V·h + b) at every step. */
typedef struct atr_readout_params {
  size_t size;
  const char
      *name; /* of the nodes, NULL: made up; weights are NAME.weight [hidden][features] and NAME.bias */
  int64_t features;
  const char *activation; /* ψ: "Softmax" over the features, "LogSoftmax", "Sigmoid", "Tanh", "Relu" or any
                             operator of one input that keeps its shape; NULL: none */
  int batch_first;        /* h is [n][t][hidden]; else [t][n][hidden] */
  int channel_first; /* y is [n][features][t], as losses of classes and convolutions want it, whatever h's
                        order; else y has h's */
  int bias;
} atr_readout_params;
#define ATR_READOUT_PARAMS_INIT                                                                              \
  { sizeof(atr_readout_params), 0, 1, 0, 0, 0, 1 }

/* y of h. The matrix is drawn from N(0, 1/hidden). Failures (sticky): ATR_E_PARAM, ATR_E_SHAPE,
 * ATR_E_UNSUPPORTED (no such activation). Since 0.1. */
ATR_API atr_value atr_model_readout(atr_model *model, const atr_readout_params *params, atr_value h);

/* A WaveNet (van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016): causal convolutions
 * with gates, whose dilations double from layer to layer and begin again in each stack. With * for a causal
 * convolution, · for 1×1, ∘ for the product of elements, and K = stacks · layers:
 *
 *   h_0 = V * x                                         `filter` taps
 *   z_k = tanh(F_k * h_k + A_k · y) ∘ σ(G_k * h_k + B_k · y)   `filter` taps, dilation 2^(k mod layers)
 *   h_k+1 = h_k + R_k · z_k                             not after the last layer
 *   s = Σ S_k · z_k
 *   out = P · relu(Q · relu(s))                         `head` channels between
 *
 * The term in y is there where a condition is given; each has a bias where `bias` says so (A and B have none:
 * it is F's and G's). F_k and G_k are one convolution of 2 · residual channels, tanh's first. A step of `out`
 * depends on atr_model_receptive_field steps, (filter - 1)·(1 + stacks·(2^layers - 1)) + 1, its own the last.
 * Weights are NAME.in, NAME.K.gate, NAME.K.condition, NAME.K.residual, NAME.K.skip, NAME.head and NAME.out,
 * each with .weight and .bias. */
typedef struct atr_wavenet_params {
  size_t size;
  const char *name; /* of the nodes, NULL: made up */
  int64_t residual, skip, head, out_channels;
  int64_t filter;         /* taps */
  int64_t layers, stacks; /* dilations 1, 2, 4 … 2^(layers-1), `stacks` times; layers up to 30 */
  int bias;
} atr_wavenet_params;
#define ATR_WAVENET_PARAMS_INIT                                                                              \
  { sizeof(atr_wavenet_params), 0, 32, 64, 64, 1, 2, 10, 1, 1 }

/* [n][out_channels][t] of x [n][c][t]. condition: [n][channels][t], or [n][channels][1] for one of the whole
 * sequence, or the absent value; x itself may be one, as in models of amplifiers. The result has no
 * activation: for classes, take ATR_LOSS_CROSS_ENTROPY, and a softmax over axis 1 to predict. Failures
 * (sticky): ATR_E_PARAM (a size below 1, too many layers), ATR_E_SHAPE. Since 0.1. */
ATR_API atr_value atr_model_wavenet(atr_model *model, const atr_wavenet_params *params, atr_value x,
                                    atr_value condition);

/* μ-law, which gives quiet samples more of `levels` classes than loud ones: with μ = levels - 1,
 *
 *   f(x) = sign(x)·ln(1 + μ·|x|) / ln(1 + μ),   code = floor((f(x) + 1)/2·μ + 1/2)
 *
 * for x in -1 … 1 (what is beyond counts as ±1, NaN as 0; ITU-T G.711 for the idea, the formula as in the
 * paper, with 256 levels). levels: at least 2. Any thread. Since 0.1. */
ATR_API int32_t atr_mu_law_encode(float x, int32_t levels);
/* The sample in the middle of a class, x = sign(f)·((1 + μ)^|f| - 1)/μ, f = 2·code/μ - 1; codes out of range
 * count as the nearest. Since 0.1. */
ATR_API float atr_mu_law_decode(int32_t code, int32_t levels);

#ifdef __cplusplus
}
#endif
#endif
