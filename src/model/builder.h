/* builder.h: what the files that build layers share. All of it is sticky: after the model's first failure
 * nothing is added, and values are absent. */
#ifndef ATR_MODEL_BUILDER_H
#define ATR_MODEL_BUILDER_H

#include "model/graph.h"

/* A node of one output, attributes given. */
atr_value atr__build_add(atr_model *model, const char *op, const char *name, const atr_value *in, size_t n_in,
                         const atr_attribute *attributes, size_t n);
atr_attribute atr__build_ints(const char *name, const int64_t *values, size_t n);
atr_attribute atr__build_int(const char *name, int64_t value);
atr_attribute atr__build_real(const char *name, float value);

/* A constant vector of integers. */
atr_value atr__build_vector(atr_model *model, const int64_t *values, size_t n);
/* A weight named NODE.part, drawn from N(0, scale²); scale 0: the given constant. */
atr_value atr__build_weight(atr_model *model, const char *node, const char *part, const atr_shape *shape,
                            double scale, float constant, int learns);
/* The name to derive weights' names from. */
const char *atr__build_name(atr_model *model, const char *given, const char *stem, char made_up[64]);
/* x's known shape, or NULL with the sticky error set. */
const atr_shape *atr__build_shape(atr_model *model, atr_value x, const char *what, int low, int high);

/* recurrent_cell_builder.c: ones of shape [a][samples of x][b], x [t][n][…], after dropout of this ratio: the
 * same at every step that it is multiplied with. */
atr_value atr__build_mask(atr_model *model, atr_value x, int64_t a, int64_t b, float ratio);
/* A recurrent layer as org.atrous's RecurrentCell. op: "RNN", "LSTM" or "GRU"; list: x [t][n][features], W,
 * R, B, none, the initial states; out: Y [t][directions][n][hidden] and the last states, as ONNX's operators
 * have them. */
void atr__build_cell(atr_model *model, const char *op, const char *name, int64_t gates,
                     const atr_recurrent_params *p, const atr_value list[7], atr_value out[3]);

#endif
