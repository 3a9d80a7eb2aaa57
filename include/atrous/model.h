/* model.h: a network: operators, attributes and initial weights, without device memory.
 *
 * One thread builds or loads a model; from the first plan, trainer or weights made of it on it is never
 * changed and may be shared by threads. Plans and trainers keep what they need: a model may be destroyed
 * before them. */
#ifndef ATROUS_MODEL_H
#define ATROUS_MODEL_H

#include <atrous/limits.h>
#include <atrous/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An input or output of a model. The name belongs to the model. A free dimension is -1. */
typedef struct atr_port {
  const char *name;
  atr_type type;
  atr_shape shape;
} atr_port;

typedef struct atr_model atr_model;

/* Loads an ONNX file. What is read, and how, is in doc/formats.md. Functions are replaced by their nodes; If,
 * Loop and Scan keep their graphs. An output whose shape follows from data has the shape that the file says,
 * or rank -1. path: UTF-8; tensors that the file keeps in others are read from its folder (relative paths,
 * regular files, no links). limits: copied; NULL: the defaults. Returns in *model what atr_model_destroy
 * frees, NULL on failure. Any thread. ATR_E_IO: the file, or one it refers to, cannot be read or is too
 * short. ATR_E_FORMAT: not ONNX, or not consistent (a name given twice or never, a cycle, a function that
 * calls itself, a tensor whose bytes are not its shape × type, a path out of the folder). ATR_E_LIMIT: more
 * than the limits allow, or nested deeper than 64. ATR_E_UNSUPPORTED: an operator, attribute, element type or
 * opset that Atrous does not know; the sentence names the node. ATR_E_SHAPE, ATR_E_PARAM: an operator's
 * shapes or attributes do not fit; likewise. ATR_E_NOMEM. Since 0.1.
 */
ATR_TRY atr_model_load(const char *path, const atr_limits *limits, atr_error *error, atr_model **model);

/* The same from memory: `size` bytes, borrowed for the call. Tensors in other files are ATR_E_UNSUPPORTED. */
ATR_TRY atr_model_load_memory(const void *bytes, size_t size, const atr_limits *limits, atr_error *error,
                              atr_model **model);

/* What was read from a file and is doubted, a sentence, or NULL: GRUs with linear_before_reset 0 from
 * exporters that are known to write it where 1 is meant (torch.onnx.export(dynamo=True) of 2025 and 2026;
 * keras2onnx of 2019 and before). The model's string. Since 0.1. */
ATR_API const char *atr_model_warning(const atr_model *model);
/* The caller's word on that: sets linear_before_reset of the GRU node of this name (NULL: of every GRU, also
 * in graphs within nodes) and takes the warning back. The building thread, before the first plan. ATR_E_PARAM
 * (no such node), ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_model_set_linear_before_reset(atr_model *model, const char *node, int value, atr_error *error);

/* Writes the model with its initial weights and metadata as an ONNX file, at the lowest opset from 17 on that
 * has every operator used. The same model gives the same bytes. The file appears whole or not at all: a kill
 * at any instant leaves the old one or the new one. path: UTF-8. Any thread, while nobody changes the model.
 * ATR_E_IO: the file cannot be written. ATR_E_LIMIT: more than the 2 GiB that the format can hold.
 * ATR_E_PARAM: the model has no output; or whatever atr_model_check says of it. ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_model_save(const atr_model *model, const char *path, atr_error *error);

/* The model's inputs (weights are none) and outputs, in order; past the end name is NULL. Any thread. Since
 * 0.1. */
ATR_API atr_port atr_model_input(const atr_model *model, size_t i);
ATR_API atr_port atr_model_output(const atr_model *model, size_t i);

/* Metadata (ONNX metadata_props): the value, or NULL; i-th key or NULL. Borrowed from the model. Since 0.1.
 */
ATR_API const char *atr_model_metadata(const atr_model *model, const char *key);
ATR_API const char *atr_model_metadata_key(const atr_model *model, size_t i);
/* Sets (copies) or, with value NULL, removes. The building thread. ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_model_set_metadata(atr_model *model, const char *key, const char *value);

/* How many input positions along `axis` (2 is the first spatial or time axis of [n][c][…]) one output
 * position of the first output can depend on: 1 + Σ (k-1)·d·(product of the strides before) for a stack of
 * convolutions and poolings, the widest of all paths. -1: the whole axis (a reduction, a dense layer or a
 * recurrence along it); 0: no such axis. Source: e.g. Araujo, Norris, Sim, "Computing Receptive Fields of
 * Convolutional Neural Networks", Distill 2019. Any thread. Since 0.1. */
ATR_API int64_t atr_model_receptive_field(const atr_model *model, int axis);

/* What one node of the model trains. Strings belong to the model. */
typedef struct atr_layer_info {
  const char *name;    /* the node's */
  const char *op;      /* "Conv" */
  int64_t parameters;  /* elements of its weights, trained or not */
  int64_t trainable;   /* of them, those that gradient descent changes */
  int passes_gradient; /* shapes the gradient on its way (MaxPool, Relu) or stops it (ArgMax: 0) */
  const char
      *note; /* in words, for instance "running mean and variance are updated without gradient"; never NULL */
} atr_layer_info;

/* The number of nodes, and the i-th. Past the end name is NULL. Any thread. Since 0.1. */
ATR_API size_t atr_model_layers(const atr_model *model);
ATR_API atr_layer_info atr_model_layer(const atr_model *model, size_t i);

/* An attribute of a node. */
typedef enum atr_attribute_kind {
  ATR_ATTRIBUTE_INT,
  ATR_ATTRIBUTE_FLOAT,
  ATR_ATTRIBUTE_STRING,
  ATR_ATTRIBUTE_INTS,
  ATR_ATTRIBUTE_FLOATS,
  ATR_ATTRIBUTE_STRINGS
} atr_attribute_kind;
typedef struct atr_attribute {
  const char *name;
  atr_attribute_kind kind;
  int64_t i;
  float f;
  const char *s;
  const int64_t *ints;
  const float *floats;
  size_t n; /* of ints, floats or strings */
  const char *const *strings;
} atr_attribute;

/* The name of a node's i-th input or output, "" where that is left out; NULL past the end. Any thread. Since
 * 0.1. */
ATR_API const char *atr_model_layer_input(const atr_model *model, size_t layer, size_t i);
ATR_API const char *atr_model_layer_output(const atr_model *model, size_t layer, size_t i);

/* Non-zero, and *attribute, whose pointers belong to the model, where the node has such an attribute; 0 where
 * ONNX's default holds, or it is a tensor or a graph. Any thread. Since 0.1. */
ATR_API int atr_model_layer_attribute(const atr_model *model, size_t layer, const char *name,
                                      atr_attribute *attribute);

/* The values of an initial weight or a constant, also of what follows from constants alone: row-major, the
 * model's, which must not change meanwhile. *port: its name, type and shape. NULL: no value is called so, or
 * it is known only while running. Any thread. Since 0.1. */
ATR_API const void *atr_model_tensor(const atr_model *model, const char *name, atr_port *port);

typedef struct atr_gradient_options {
  size_t size;
  const char *output; /* the output whose sum L is; NULL: L is the sum of all float32 outputs */
  int target; /* non-zero: L is instead the mean of (y - t)² over that output (NULL: the first float32 one), t
                 being a new input of its shape, OUTPUT.target */
  float clip_through_time; /* as atr_train_params' of that name; 0: gradients are exact */
} atr_gradient_options;
#define ATR_GRADIENT_OPTIONS_INIT                                                                            \
  { sizeof(atr_gradient_options), 0, 0, 0 }

/* A model that computes, beside the outputs of the given one, the scalar L as the output "atrous.loss", and
 * for every float32 tensor X on a way to L its gradient dL/dX as the output "X.grad", of X's shape: of
 * inputs, of weights that learn, and of all that nodes compute from them. The model is taken as it is used
 * for prediction: batch normalization by its running statistics, no dropout. Holds for these input shapes
 * only (one for each input of the given model); the tensors are shared, the models otherwise independent.
 * options: NULL: the defaults. *gradient is freed by atr_model_destroy. Any thread, while nobody changes the
 * model. ATR_E_PARAM (no such output, no float32 output, a name ending in ".grad" that is taken),
 * ATR_E_SHAPE, ATR_E_UNSUPPORTED (a node without gradient), ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_model_gradient(const atr_model *model, const atr_shape *inputs, size_t n,
                           const atr_gradient_options *options, atr_error *error, atr_model **gradient);

/* NULL: nothing. Since 0.1. */
ATR_API void atr_model_destroy(atr_model *model);

#ifdef __cplusplus
}
#endif
#endif
