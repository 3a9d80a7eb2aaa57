/* build.h: building a model in C.
 *
 * Calls return values and keep the first failure: after one, every call returns the absent value (id 0),
 * which passes through the others, and atr_model_check says what went wrong. So a network is written without
 * a check a line. Weights are drawn from the model's seed: He's normal distribution N(0, 2/fan_in) for
 * filters and matrices (He et al., "Delving Deep into Rectifiers", 2015), zero for biases; the same seed
 * gives the same weights on every machine. */
#ifndef ATROUS_BUILD_H
#define ATROUS_BUILD_H

#include <atrous/csr.h>
#include <atrous/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct atr_value {
  int id; /* 0: absent */
} atr_value;

/* An empty model. *model is freed by atr_model_destroy. ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_model_create(uint64_t seed, atr_error *error, atr_model **model);

/* The first failure of the calls below, with its sentence, or ATR_OK; also ATR_E_PARAM for a model without an
 * output. Since 0.1. */
ATR_TRY atr_model_check(const atr_model *model, atr_error *error);

/* An input; dimensions may be -1 (free: given when a plan is made), but channels must be known. Names are
 * unique. */
ATR_API atr_value atr_model_add_input(atr_model *model, const char *name, atr_type type,
                                      const atr_shape *shape);
ATR_API void atr_model_add_output(atr_model *model, const char *name, atr_value value);
/* A constant or (learns non-zero; float32 only) a weight, copied from data (row-major); data NULL: zeros. */
ATR_API atr_value atr_model_add_tensor(atr_model *model, const char *name, atr_type type,
                                       const atr_shape *shape, const void *data, int learns);

/* Any operator by its ONNX name (domain NULL: ONNX's own). in: n_in values, absent ones have id 0. What
 * attributes do not list takes ONNX's default. Fills out[0 … n_out) and returns out[0]. name: the node's,
 * NULL for one made up. Failures (sticky): ATR_E_UNSUPPORTED for an unknown operator, and whatever the
 * operator's own checks say. Since 0.1. */
ATR_API atr_value atr_model_add(atr_model *model, const char *domain, const char *op, const char *name,
                                const atr_value *in, size_t n_in, const atr_attribute *attributes,
                                size_t n_attributes, atr_value *out, size_t n_out);

typedef enum atr_pad {
  ATR_PAD_EXPLICIT, /* pads as given */
  ATR_PAD_VALID,    /* none */
  ATR_PAD_SAME,     /* ceil(in / stride) outputs, the odd one at the end (ONNX SAME_UPPER) */
  ATR_PAD_CAUSAL    /* (k-1)·d before and none after along the first spatial axis, SAME along others */
} atr_pad;

/* A convolution, or a pooling (out_channels, groups and bias are then ignored). One to three spatial axes, as
 * many as x has beyond [n][c]; entries beyond them are ignored. Output size along an axis: floor((in + pads -
 * (d·(k-1) + 1)) / s) + 1; of a transposed convolution s·(in - 1) + d·(k-1) + 1 + output_padding - pads. */
typedef struct atr_conv_params {
  size_t size;
  const char *name; /* of the node, NULL: made up; weights are NAME.weight and NAME.bias */
  int64_t out_channels, groups, filter[3], stride[3], dilation[3];
  int64_t pads[6]; /* begin of every axis, then end of every axis, as in ONNX */
  atr_pad pad;
  int bias;
  int64_t output_padding[3]; /* of a transposed convolution: positions more at the end of each axis */
} atr_conv_params;
#define ATR_CONV_PARAMS_INIT                                                                                 \
  {                                                                                                          \
    sizeof(atr_conv_params), 0, 1, 1, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0, 0, 0, 0 },           \
        ATR_PAD_EXPLICIT, 1, {                                                                               \
      0, 0, 0                                                                                                \
    }                                                                                                        \
  }

ATR_API atr_value atr_model_conv(atr_model *model, const atr_conv_params *params, atr_value x);
/* A transposed convolution, which enlarges by its strides; the filter is [c][out_channels/groups][…]. With
 * ATR_PAD_SAME and ATR_PAD_CAUSAL the output has s times the size of the input. */
ATR_API atr_value atr_model_conv_transpose(atr_model *model, const atr_conv_params *params, atr_value x);
ATR_API atr_value atr_model_max_pool(atr_model *model, const atr_conv_params *params, atr_value x);
/* The same, and *indices: where in x (all of it, row-major) each value was found. */
ATR_API atr_value atr_model_max_pool_indices(atr_model *model, const atr_conv_params *params, atr_value x,
                                             atr_value *indices);
/* Puts the values of x where `indices` say, 0 elsewhere; params: those of the max pooling. pooled: what was
 * pooled, whose shape the result gets; absent (id 0): s·(in - 1) + k - pads along each axis, for which the
 * padding must be explicit. */
ATR_API atr_value atr_model_max_unpool(atr_model *model, const atr_conv_params *params, atr_value x,
                                       atr_value indices, atr_value pooled);
/* The mean of each window without its padding. */
ATR_API atr_value atr_model_average_pool(atr_model *model, const atr_conv_params *params, atr_value x);
/* (Σ |x|^p)^(1/p) of each window, p 1 or more. */
ATR_API atr_value atr_model_lp_pool(atr_model *model, const atr_conv_params *params, int p, atr_value x);
/* The same of each channel of each sample: [n][c][1]… */
ATR_API atr_value atr_model_global_max_pool(atr_model *model, atr_value x);
ATR_API atr_value atr_model_global_average_pool(atr_model *model, atr_value x);
ATR_API atr_value atr_model_global_lp_pool(atr_model *model, int p, atr_value x);
/* y = x·Wᵀ + b over the last axis of [n][features]; x of higher rank is flattened from axis 1 on. */
ATR_API atr_value atr_model_dense(atr_model *model, const char *name, int64_t features, atr_value x);
ATR_API atr_value atr_model_relu(atr_model *model, atr_value x);
ATR_API atr_value atr_model_sigmoid(atr_model *model, atr_value x);
ATR_API atr_value atr_model_tanh(atr_model *model, atr_value x);
/* x, below zero alpha · x. Since 0.1. */
ATR_API atr_value atr_model_leaky_relu(atr_model *model, float alpha, atr_value x);
/* x · Φ(x), Φ the standard normal distribution function. Since 0.1. */
ATR_API atr_value atr_model_gelu(atr_model *model, atr_value x);
ATR_API atr_value atr_model_add2(atr_model *model, atr_value a, atr_value b); /* a + b, broadcast */
ATR_API atr_value atr_model_mul(atr_model *model, atr_value a, atr_value b);  /* a · b, broadcast */
ATR_API atr_value atr_model_concat(atr_model *model, int axis, const atr_value *list, size_t n);
/* Normalises over all axes but channels; momentum: share of the old running value kept. */
ATR_API atr_value atr_model_batch_normalization(atr_model *model, const char *name, float epsilon,
                                                float momentum, atr_value x);
/* Normalises each line of what follows `axis` (negative: from the end), with a scale and a bias an element.
 * Since 0.1. */
ATR_API atr_value atr_model_layer_normalization(atr_model *model, const char *name, int axis, float epsilon,
                                                atr_value x);
/* Normalises groups of channels of each sample, with a scale and a bias a channel; as many groups as
 * channels: instance normalization. Since 0.1. */
ATR_API atr_value atr_model_group_normalization(atr_model *model, const char *name, int64_t groups,
                                                float epsilon, atr_value x);
/* Zeroes a share of the elements while training and scales the rest by 1/(1 - ratio); nothing otherwise. */
ATR_API atr_value atr_model_dropout(atr_model *model, float ratio, atr_value x);
/* Linear interpolation by whole or broken factors, one a spatial axis, half-pixel centres. */
ATR_API atr_value atr_model_upsample(atr_model *model, const float *scale, atr_value x);
/* softmax(x / temperature) along axis; temperature > 0. */
ATR_API atr_value atr_model_softmax(atr_model *model, int axis, float temperature, atr_value x);
ATR_API atr_value atr_model_arg_max(atr_model *model, int axis, int keep_axis, atr_value x);
ATR_API atr_value atr_model_slice(atr_model *model, int axis, int64_t start, int64_t end, atr_value x);
ATR_API atr_value atr_model_reshape(atr_model *model, const int64_t *dim, int rank,
                                    atr_value x); /* 0: as in x; -1: the rest */
ATR_API atr_value atr_model_transpose(atr_model *model, const int64_t *order, int rank, atr_value x);

typedef enum atr_direction { ATR_DIRECTION_FORWARD, ATR_DIRECTION_REVERSE, ATR_DIRECTION_BOTH } atr_direction;

/* A recurrent layer. activations: ONNX's names, as many a direction as the operator has functions (RNN f;
 * LSTM f, g, h; GRU f, g), those of the second direction after those of the first; NULL: the operator's own
 * (Sigmoid for gates, Tanh for the rest). clip bounds what enters an activation; 0: no bound. Weights are
 * NAME.weight, NAME.recurrent and NAME.bias, in ONNX's form; the matrices are drawn from N(0, 1/(3·hidden)),
 * the variance of the usual uniform ±1/√hidden. */

/* How the matrix from state to state begins, gate by gate. */
typedef enum atr_recurrent_init {
  ATR_RECURRENT_NORMAL,     /* N(0, 1/(3·hidden)) */
  ATR_RECURRENT_ORTHOGONAL, /* a random rotation (Saxe, McClelland, Ganguli 2014): what is remembered keeps
                               its length */
  ATR_RECURRENT_IDENTITY    /* (Le, Jaitly, Hinton 2015; with Relu) */
} atr_recurrent_init;
typedef struct atr_recurrent_params {
  size_t size;
  const char *name; /* of the node, NULL: made up */
  int64_t hidden;
  atr_direction direction;
  int batch_first; /* x and the result are [n][t][…]; else [t][n][…] */
  int bias;
  float clip;
  const char *const *activations;
  size_t n_activations;
  atr_recurrent_init init;
  float forget_bias; /* of an LSTM: 1 keeps the cells at first (Jozefowicz, Zaremba, Sutskever 2015); needs
                        bias */
  /* Layer normalization (Ba, Kiros, Hinton 2016) of what enters the gates: W·x and R·h each become
   * gain∘(s - mean)/√(var + epsilon) before biases are added, over all gates together, of a GRU over z and r
   * together and over h; what leaves an LSTM's cells too. More weights: NAME.gain_input, NAME.gain_state
   * [directions][gates·hidden] and, of an LSTM, NAME.gain_cell and NAME.bias_cell [directions][hidden]. */
  int layer_norm;
  float epsilon;
  /* Variational dropout (Gal, Ghahramani 2016), while training: shares in [0, 1) of x's features, and of the
   * state that R meets, that are zero at every step of a sequence alike, the rest scaled by 1/(1 - share);
   * others in the next step of training. */
  float input_dropout, state_dropout;
} atr_recurrent_params;
/* With layer_norm or state_dropout a layer is the operator RecurrentCell of org.atrous (doc/operators.md),
 * not ONNX's: files with it are Atrous's own, and it is streamed for one sample. It has no clip, a GRU of it needs
 * linear_before_reset, and its activations are the operator's own, or Relu of an RNN. */
#define ATR_RECURRENT_PARAMS_INIT                                                                            \
  {                                                                                                          \
    sizeof(atr_recurrent_params), 0, 1, ATR_DIRECTION_FORWARD, 0, 1, 0, 0, 0, ATR_RECURRENT_NORMAL, 0, 0,    \
        1e-5f, 0, 0                                                                                          \
  }

/* h' = f(W·x + R·h + b) at every step of x [t][n][features]: [t][n][directions · hidden]. initial: the state
 * before the first step, [directions][n][hidden], or the absent value for zeros. last may be NULL; else it
 * becomes the state after the last step, shaped like initial. Since 0.1. */
ATR_API atr_value atr_model_rnn(atr_model *model, const atr_recurrent_params *params, atr_value x,
                                atr_value initial, atr_value *last);

/* LSTM and GRU, likewise; an LSTM's state is h and the cells. Gates lie in ONNX's order: i, o, f, c and z, r,
 * h. linear_before_reset: the reset gate acts on R·h + b, as in PyTorch, and not on h. Since 0.1. */
ATR_API atr_value atr_model_lstm(atr_model *model, const atr_recurrent_params *params, atr_value x,
                                 atr_value initial, atr_value initial_cells, atr_value *last,
                                 atr_value *last_cells);
ATR_API atr_value atr_model_gru(atr_model *model, const atr_recurrent_params *params, int linear_before_reset,
                                atr_value x, atr_value initial, atr_value *last);

/* h' = φ(W·u + R·h + b) with a sparse R, at every step of u [t][n][features]: [t][n][hidden], hidden being
 * the rows and columns of `recurrent`, with whose values R begins: copied. Weights are NAME.weight
 * [features][hidden], drawn from N(0, 1/features), NAME.recurrent [entries], in the order of `recurrent`, and
 * NAME.bias; what is not in `recurrent` never learns. name: NULL: made up. activation: φ as of
 * atr_continuous_params. initial: the state before the first step, [n][hidden], or the absent value for
 * zeros. last may be NULL; else it becomes the state after the last step, shaped like initial. An operator of
 * org.atrous (SparseRNN, doc/operators.md): files with it are Atrous's own. Since 0.1. */
ATR_API atr_value atr_model_sparse_rnn(atr_model *model, const char *name, const char *activation,
                                       const atr_csr *recurrent, atr_value u, atr_value initial,
                                       atr_value *last);

/* How a continuous-time layer is integrated: euler (order 1), heun (2), rk4 (4), exponential euler (order 1,
 * exact in the leak), and Dormand and Prince's pair 5(4), whose steps follow the tolerance and which has no
 * gradient. */
typedef enum atr_integrator {
  ATR_INTEGRATOR_EULER,
  ATR_INTEGRATOR_HEUN,
  ATR_INTEGRATOR_RK4,
  ATR_INTEGRATOR_EXPONENTIAL_EULER,
  ATR_INTEGRATOR_DORMAND_PRINCE
} atr_integrator;

/* Rate neurons in continuous time, τ·dx/dt = -leak·x + R·φ(x) + W·u + b. Weights are NAME.weight
 * [features][hidden], NAME.recurrent [hidden][hidden], drawn from N(0, gain²/hidden), NAME.bias and NAME.tau
 * [hidden], which learns where learn_tau says so. */
typedef struct atr_continuous_params {
  size_t size;
  const char *name; /* of the node, NULL: made up */
  int64_t hidden;
  atr_integrator method;
  const char *activation; /* φ: "Tanh", "Sigmoid", "Relu", "Softplus" or "Identity"; NULL: Tanh */
  float step;             /* time from one row of u to the next, in the units of tau */
  int64_t substeps;       /* parts of it that a method of fixed steps takes */
  int linear;             /* non-zero: u goes in a line from row to row; else it is held */
  float tau, leak, gain;
  int learn_tau;
  float noise;     /* σ: after each substep h, σ·√h·N(0,1) is added to every x */
  uint64_t seed;   /* of the noise */
  float tolerance; /* of Dormand and Prince */
  /* NULL: R is dense; else it is sparse and begins with these values (gain is of no account): copied.
   * NAME.recurrent is [entries] then, in their order; what is not there never learns. */
  const atr_csr *sparse;
} atr_continuous_params;
#define ATR_CONTINUOUS_PARAMS_INIT                                                                           \
  { sizeof(atr_continuous_params), 0, 1, ATR_INTEGRATOR_RK4, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1e-4f, 0 }

/* The states x at the end of every interval, [t][n][hidden], of u [t][n][features]. initial: the state at the
 * beginning, [n][hidden], or the absent value for zeros. An operator of org.atrous (ContinuousRNN,
 * doc/operators.md): files with it are Atrous's own. Since 0.1. */
ATR_API atr_value atr_model_continuous_rnn(atr_model *model, const atr_continuous_params *params, atr_value u,
                                           atr_value initial);

#ifdef __cplusplus
}
#endif
#endif
