/* sequence.h: networks for sequences, built of the calls of <atrous/build.h>: WaveNet and what feeds it.
 *
 * Everything here writes ordinary nodes: what is built trains, streams and is saved like any other model. */
#ifndef ATROUS_SEQUENCE_H
#define ATROUS_SEQUENCE_H

#include <atrous/build.h>

#ifdef __cplusplus
extern "C" {
#endif

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
