/* train.h: training a model: a loss on its outputs, gradients, an optimizer, checkpoints, and a guard that
 * says what goes wrong.
 *
 * A trainer is one plan of a longer model: the network in its training form (batch normalization by the
 * batch's statistics, dropout on), the loss, its gradient, and one step of the optimizer, which changes the
 * weights in place on the device. Where the loss or any gradient is not finite the step changes nothing,
 * neither weights nor moments nor running statistics. The same model, parameters, seed and data give the same
 * bits on the same device, whatever the number of threads; a trainer resumed from a checkpoint goes on bit
 * for bit.
 *
 * One thread at a time uses a trainer. A method's sentence is atr_trainer_error. */
#ifndef ATROUS_TRAIN_H
#define ATROUS_TRAIN_H

#include <atrous/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Losses of a prediction y against a target t. Means are over all elements (positions for those of
 * classes). With weights w (`weighted`), which have the target's shape, they are Σ w·l / Σ w: an element of
 * weight 0 counts for nothing, whatever its target. */
typedef enum atr_loss {
  ATR_LOSS_MSE,   /* l = (y - t)²; t float32 of y's shape */
  ATR_LOSS_HUBER, /* l = (y - t)²/2 where |y - t| ≤ delta, else delta·(|y - t| - delta/2) (Huber, 1964) */
  ATR_LOSS_CROSS_ENTROPY, /* y scores [n][c][…], t int32 class indices [n][…]: l = -v[t]·log softmax(y)[t], Σ
                             l / Σ v[t] with class weights v; positions with t = ignore_index count for
                             nothing; any other t outside 0 … c-1 is ATR_E_SHAPE */
  ATR_LOSS_BINARY,        /* y logits, t float32 in 0 … 1 of y's shape:
                             l = positive_weight·t·log(1 + e^-y) + (1 - t)·log(1 + e^y) */
  ATR_LOSS_PROBABILITY, /* cross-entropy against distributions (one-hot or soft), t float32 of y's shape:
                           l = -Σ_c v[c]·t[c]·log softmax(y)[c], mean over the positions */
  ATR_LOSS_L1,          /* l = |y - t|; t float32 of y's shape */
  ATR_LOSS_NLL, /* as ATR_LOSS_CROSS_ENTROPY, but y holds logarithms of shares already (a model that ends in
                   LogSoftmax): l = -v[t]·y[t] */
  ATR_LOSS_DICE /* y logits [n][c][…], t float32 in 0 … 1 of y's shape: the mean over the channels of
                   1 - (2·Σ p·t + dice_smooth) / (Σ (p + t) + dice_smooth), p = sigmoid(y), sums over all
                   samples and positions of the batch, each term times its weight (Milletari et al., 2016) */
} atr_loss;
/* Where the output is a Softmax over axis 1 (cross-entropies) or a Sigmoid (binary), the loss is taken of
 * what goes into it, which is the same and does not overflow: a model may end in either and needs no other
 * form to train. Where it is either, Dice takes it as p. */

typedef enum atr_optimizer {
  ATR_SGD,   /* v = momentum·v + g; p -= lr·v, or with nesterov p -= lr·(g + momentum·v); g includes
                weight_decay·p */
  ATR_ADAM,  /* Kingma and Ba, 2015; g includes weight_decay·p */
  ATR_ADAMW, /* Loshchilov and Hutter, 2019: p is first multiplied by 1 - lr·weight_decay */
  ATR_RMSPROP, /* s = alpha·s + (1 - alpha)·g², d = g / (sqrt(s) + epsilon); with momentum u = momentum·u + d
                  and d = u; p -= lr·d. centered: m = alpha·m + (1 - alpha)·g, and the root is of s - m²
                  (Hinton, 2012, as PyTorch has it; momentum is 0.9 unless set). g includes weight_decay·p */
  ATR_ADAGRAD /* s += g², from initial_accumulator on; p -= lr / (1 + step·lr_decay)·g / (sqrt(s) + epsilon),
                 step from 0 (Duchi, Hazan and Singer, 2011). g includes weight_decay·p */
} atr_optimizer;

/* The learning rate of step s = 0, 1, …: for s < warmup_steps it is learning_rate·(s + 1)/warmup_steps; then,
 * with u = s - warmup_steps: */
typedef enum atr_schedule {
  ATR_SCHEDULE_CONSTANT, /* learning_rate */
  ATR_SCHEDULE_STEP,     /* learning_rate·factor^floor(u / schedule_steps) */
  ATR_SCHEDULE_COSINE    /* from learning_rate to learning_rate·factor along half a cosine of schedule_steps
                            steps, and    there it stays (Loshchilov and Hutter, "SGDR", 2017) */
} atr_schedule;

/* One output's share in the loss of a model with several. */
typedef struct atr_head {
  size_t size;
  const char *output; /* NULL: the first */
  atr_loss loss;
  float share; /* the loss of the model is Σ share·loss */
  float huber_delta;
  const float *class_weights; /* n_classes numbers, NULL: 1 each */
  size_t n_classes;
  int64_t ignore_index;
  int weighted; /* non-zero: there is an input OUTPUT.weight; not for losses of classes */
  float positive_weight, dice_smooth;
} atr_head;
#define ATR_HEAD_INIT                                                                                        \
  { sizeof(atr_head), 0, ATR_LOSS_MSE, 1, 1, 0, 0, -1, 0, 1, 1 }

/* Truncated backpropagation through time: a long series is trained in windows of k steps, one call of
 * atr_trainer_step each. The state at the end of a window, an output of the model (a recurrent layer's last
 * state), is what the next begins with, an input (its initial state). Gradients end at the border, where the
 * state is a number like any that is given (Williams and Peng, 1990): with windows as long as the series it
 * is backpropagation through the whole of it. States begin as zeros; atr_trainer_restart makes them so again
 * where a series ends, and atr_trainer_write sets one. Evaluations carry states of their own. A step that
 * fails, and so changes no weight, changes no state either. */
typedef struct atr_carry {
  size_t size;
  const char *output, *input; /* of one type and shape */
  int axis;                   /* of the samples; 1 for [directions][n][hidden] */
} atr_carry;
#define ATR_CARRY_INIT                                                                                       \
  { sizeof(atr_carry), 0, 0, 1 }

typedef struct atr_train_params {
  size_t size;
  atr_loss loss; /* of the model's first output, unless heads are given */
  atr_optimizer optimizer;
  float learning_rate, momentum, beta1, beta2, epsilon, weight_decay;
  float clip_norm;      /* gradients are scaled so that their norm over all weights is at most this; 0: not */
  int64_t ignore_index; /* of the first output's cross-entropy */
  uint64_t seed;        /* of dropout */
  int nesterov;
  float clip_value;  /* then every element is clamped to ± this; 0: not */
  float huber_delta; /* of the first output */
  atr_schedule schedule;
  int64_t warmup_steps, schedule_steps; /* schedule_steps ≥ 1 unless constant */
  float schedule_factor;
  const float *class_weights; /* of the first output */
  size_t n_classes;
  int weighted;          /* of the first output */
  const atr_head *heads; /* NULL: one head, from the fields above */
  size_t n_heads;
  /* Patterns (`*` any run of characters, `?` any one) of names of weights that stay as they are: no gradient,
   * no step. A batch normalization whose running mean or variance is among them keeps both, and normalizes by
   * them in training too. Names: atr_model_layer, or as the ONNX file has them. */
  const char *const *freeze;
  size_t n_freeze;
  float positive_weight, dice_smooth;         /* of the first output */
  float alpha, lr_decay, initial_accumulator; /* RMSprop's; Adagrad's two */
  int centered;                               /* RMSprop's */
  const atr_carry *carry;                     /* states that go from window to window; NULL: none */
  size_t n_carry;
  /* Of recurrent layers (RNN, LSTM, GRU, RecurrentCell): on its way back through time every element of the
   * gradient that a step gives to the states before it is clamped to ± this, before what that step's output
   * adds: dh(t-1) = clamp(what comes through step t) + dY(t-1), and of an LSTM's cell state likewise
   * (Mikolov, "Statistical language models based on neural networks", 2012). clip_norm and clip_value act on
   * the weights' gradients at the end; this acts within. 0: not */
  float clip_through_time;
} atr_train_params;
#define ATR_TRAIN_PARAMS_INIT                                                                                \
  {                                                                                                          \
    sizeof(atr_train_params), ATR_LOSS_MSE, ATR_ADAM, 1e-3f, .9f, .9f, .999f, 1e-8f, 0, 1, -1, 0, 0, 0, 1,   \
        ATR_SCHEDULE_CONSTANT, 0, 0, .1f, 0, 0, 0, 0, 0, 0, 0, 1, 1, .99f, 0, 0, 0, 0, 0, 0                  \
  }

typedef struct atr_trainer atr_trainer;

/* Makes a trainer for these input shapes (as atr_plan_create). The model is copied: what a trainer learns
 * goes back by atr_trainer_export or atr_params_store(atr_trainer_params(…)). params: copied with what they
 * point to; NULL: the defaults. context: borrowed, must outlive the trainer. *trainer is freed by
 * atr_trainer_destroy. Any thread. ATR_E_PARAM (parameters, nothing to train, or a pattern that freezes
 * nothing), ATR_E_SHAPE, ATR_E_UNSUPPORTED (a node without gradient), and what atr_plan_create returns. Since
 * 0.1. */
ATR_TRY atr_trainer_create(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                           const atr_train_params *params, atr_error *error, atr_trainer **trainer);

/* Copies the values of an input: one of the model's, OUTPUT.target, or OUTPUT.weight; exactly `bytes` bytes,
 * row-major. They stay for all later steps and evaluations until written again; weights are 1 until written.
 * ATR_E_PARAM (no such input, or another size), ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_trainer_write(atr_trainer *trainer, const char *name, const void *data, size_t bytes);

/* One step. x: the values of the model's first input; target: of the first head's target; borrowed for the
 * call; NULL: as written. Blocks. *loss (may be NULL) is the loss before the step. Calls the context's
 * progress hook with stage "train" and the last step's loss before it begins; a cancelled step has changed
 * nothing. ATR_E_NONFINITE: the loss or a gradient became NaN or infinite; nothing was changed, and the
 * sentence names the tensor and the node where it began, the likely cause, and what to do (also
 * atr_trainer_diagnose). ATR_E_PARAM (an input was never written), ATR_E_SHAPE (a class index outside the
 * classes; nothing was changed), ATR_E_CANCELLED, ATR_E_DEVICE, ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_trainer_step(atr_trainer *trainer, const void *x, const void *target, float *loss);

/* Where a series ends: the carried states of this sample of the batch (negative: of all) are zeros again, for
 * the next step, or where `evaluations` is not 0 for the next evaluation. ATR_E_PARAM (no such sample). Since
 * 0.1. */
ATR_TRY atr_trainer_restart(atr_trainer *trainer, int evaluations, int64_t sample);

/* The loss of the model as it is used for prediction (running statistics, no dropout) with the weights as
 * they are; nothing learns. Calls with no step between them count as one evaluation of several batches for
 * the guard. Afterwards atr_trainer_read gives the model's outputs. Statuses as atr_trainer_step. Since 0.1.
 */
ATR_TRY atr_trainer_evaluate(atr_trainer *trainer, const void *x, const void *target, float *loss);

/* Copies out, as float32 and exactly `bytes` bytes: "w", a weight or running statistic; "w.grad", its
 * gradient in the last step, before clipping; "w.velocity", "w.adam_m", "w.adam_v", "w.rms_square",
 * "w.rms_velocity", "w.rms_mean", "w.adagrad_sum", the optimizer's states; or an output of the model as of
 * the last evaluation. Blocks. ATR_E_PARAM (no such tensor, another size, or not computed yet), ATR_E_DEVICE.
 * Since 0.1. */
ATR_TRY atr_trainer_read(atr_trainer *trainer, const char *tensor, void *data, size_t bytes);

/* Steps taken, and the learning rate of the next. Since 0.1. */
ATR_API int64_t atr_trainer_steps(const atr_trainer *trainer);
ATR_API double atr_trainer_learning_rate(const atr_trainer *trainer);

/* The weights being trained, for plans of the model on the same context (atr_plan_options.params), at any
 * size. The trainer's; to be used from its thread, between its calls. Since 0.1. */
ATR_API atr_params *atr_trainer_params(atr_trainer *trainer);

/* The plan of a step, to be asked for its memory (atr_plan_memory) and for what runs where
 * (atr_plan_placement). The trainer's. Since 0.1. */
ATR_API const atr_plan *atr_trainer_plan(const atr_trainer *trainer);

/* What the guard found. */
typedef enum atr_trouble {
  ATR_TROUBLE_INPUT = 1,     /* an input or target is not finite */
  ATR_TROUBLE_NONFINITE,     /* a node makes NaN or infinity of ordinary numbers (a logarithm of 0, say) */
  ATR_TROUBLE_EXPLODING,     /* gradients or activations grow without bound */
  ATR_TROUBLE_ZERO_VARIANCE, /* a normalization is given a constant */
  ATR_TROUBLE_VANISHING,     /* gradients die on their way to the first layers */
  ATR_TROUBLE_OVERFITTING    /* the training loss falls, the evaluations' rises */
} atr_trouble;

typedef struct atr_diagnosis {
  size_t size; /* set by the caller in each element of the list */
  atr_trouble trouble;
  char tensor[128], node[128]; /* where; empty for overfitting */
  double value;                /* the number that gave it away: a norm, a ratio, a variance, a loss */
  char text[512];              /* one sentence, with what to do */
} atr_diagnosis;

/* What the guard makes of the last step and of the history of steps and evaluations: fills up to `room`
 * elements, gravest first; *count: how many there are, also where that is more. Costs a few small reads.
 * ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_trainer_diagnose(atr_trainer *trainer, atr_diagnosis *list, size_t room, size_t *count);

/* Bytes of the caller's own (the order of the data, a random number's state) that checkpoints carry. Copied.
 * ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_trainer_set_data(atr_trainer *trainer, const void *bytes, size_t size);
/* The trainer's, until the next set or load; NULL and 0 where there are none. Since 0.1. */
ATR_API const void *atr_trainer_data(const atr_trainer *trainer, size_t *size);

/* Writes weights, running statistics, optimizer states, step, seed and the caller's bytes to one file
 * (safetensors; doc/formats.md). A kill at any instant leaves the old file or the new one. ATR_E_IO,
 * ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_trainer_save(atr_trainer *trainer, const char *path_utf8);
/* Reads one back. It must be of the same network and optimizer (a hash of nodes, attributes and shapes is
 * compared); learning rate, schedule and batch size may differ. The file is not trusted. A failed call leaves
 * the trainer as it was. ATR_E_IO, ATR_E_FORMAT, ATR_E_LIMIT, ATR_E_PARAM (of another network or optimizer),
 * ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_trainer_load(atr_trainer *trainer, const char *path_utf8);

/* The model as it was given, with the weights and running statistics as they are now: for atr_model_save and
 * for prediction. *model is freed by atr_model_destroy. ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_trainer_export(atr_trainer *trainer, atr_error *error, atr_model **model);

/* The sentence of the last failed call; "" if none. The trainer's string. Since 0.1. */
ATR_API const char *atr_trainer_error(const atr_trainer *trainer);

/* NULL: nothing. Since 0.1. */
ATR_API void atr_trainer_destroy(atr_trainer *trainer);

#ifdef __cplusplus
}
#endif
#endif
