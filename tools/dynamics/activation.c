/* activation.c: ONNX's activations of recurrent layers and their slopes; see system.h. Source: ONNX RNN-14.
 */
#include <math.h>
#include <strings.h>

#include "dynamics/system.h"

const char *const activation_names[ACTIVATIONS] = { "Tanh",        "Sigmoid",    "Relu",
                                                    "Identity",    "Softplus",   "Softsign",
                                                    "Affine",      "Elu",        "LeakyRelu",
                                                    "HardSigmoid", "ScaledTanh", "ThresholdedRelu" };

bool activation_of(const char *name, struct activation *f) {
  static const double alpha[ACTIVATIONS] = {
    [ACTIVATION_AFFINE] = 1,         [ACTIVATION_ELU] = 1,         [ACTIVATION_LEAKY_RELU] = 0.01,
    [ACTIVATION_HARD_SIGMOID] = 0.2, [ACTIVATION_SCALED_TANH] = 1, [ACTIVATION_THRESHOLDED_RELU] = 1
  };
  static const double beta[ACTIVATIONS] = { [ACTIVATION_HARD_SIGMOID] = 0.5, [ACTIVATION_SCALED_TANH] = 1 };
  for (int i = 0; i < ACTIVATIONS; i++)
    if (!strcasecmp(name, activation_names[i])) {
      *f = (struct activation){ (enum activation_kind)i, alpha[i], beta[i] };
      return true;
    }
  return false;
}

bool activation_has_alpha(enum activation_kind kind) {
  return kind >= ACTIVATION_AFFINE;
}

bool activation_has_beta(enum activation_kind kind) {
  return kind == ACTIVATION_AFFINE || kind == ACTIVATION_HARD_SIGMOID || kind == ACTIVATION_SCALED_TANH;
}

static double sigmoid(double z) {
  return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

double activation_value(const struct activation *f, double z) {
  const double a = f->alpha, b = f->beta;
  switch (f->kind) {
  case ACTIVATION_TANH: return tanh(z);
  case ACTIVATION_SIGMOID: return sigmoid(z);
  case ACTIVATION_RELU: return z < 0 ? 0 : z;
  case ACTIVATION_SOFTPLUS: return fmax(z, 0) + log1p(exp(-fabs(z)));
  case ACTIVATION_SOFTSIGN: return z / (1 + fabs(z));
  case ACTIVATION_AFFINE: return a * z + b;
  case ACTIVATION_ELU: return z < 0 ? a * expm1(z) : z;
  case ACTIVATION_LEAKY_RELU: return z < 0 ? a * z : z;
  case ACTIVATION_HARD_SIGMOID: return fmin(fmax(a * z + b, 0), 1);
  case ACTIVATION_SCALED_TANH: return a * tanh(b * z);
  case ACTIVATION_THRESHOLDED_RELU: return z < a ? 0 : z;
  default: return z;
  }
}

double activation_slope(const struct activation *f, double z) {
  const double a = f->alpha, b = f->beta;
  double y;
  switch (f->kind) {
  case ACTIVATION_TANH: y = tanh(z); return 1 - y * y;
  case ACTIVATION_SIGMOID: y = sigmoid(z); return y * (1 - y);
  case ACTIVATION_RELU: return z > 0;
  case ACTIVATION_SOFTPLUS: return sigmoid(z);
  case ACTIVATION_SOFTSIGN: y = 1 + fabs(z); return 1 / (y * y);
  case ACTIVATION_AFFINE: return a;
  case ACTIVATION_ELU: return z < 0 ? a * exp(z) : 1;
  case ACTIVATION_LEAKY_RELU: return z < 0 ? a : 1;
  case ACTIVATION_HARD_SIGMOID: return a * z + b > 0 && a * z + b < 1 ? a : 0;
  case ACTIVATION_SCALED_TANH: y = tanh(b * z); return a * b * (1 - y * y);
  case ACTIVATION_THRESHOLDED_RELU: return z >= a;
  default: return 1;
  }
}
