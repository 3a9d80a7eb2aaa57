/* system.h: a recurrent dynamical system in double precision: its step, its output, and their derivatives.
 *
 * This is what the commands of atrous-dynamics study. The library runs the same networks in float32
 * (network.h); the double-precision step is needed where derivatives are multiplied many times over, and is
 * the oracle of the tests.
 *
 * State: the neurons' h; of an LSTM h and behind it the cells; of the Lorenz system x y z. A discrete system
 * maps a state to the next one. A continuous one has a field dx/dt, and its step is one interval `dt` by its
 * method. Inputs are held over a step. Noise belongs to simulations alone: here there is none. */
#ifndef DYNAMICS_SYSTEM_H
#define DYNAMICS_SYSTEM_H

#include "common/fault.h"

/* Commands work on Jacobians of states × states. */
enum { SYSTEM_STATES = 4096 };

enum system_kind { SYSTEM_RNN, SYSTEM_LSTM, SYSTEM_GRU, SYSTEM_CONTINUOUS, SYSTEM_LORENZ, SYSTEM_LOGISTIC };

/* The names in configurations and in JSON, in this order; NULL ends. */
extern const char *const system_kinds[];

/* ONNX's activations; Identity is ours, Threshold is ThresholdedRelu. */
enum activation_kind {
  ACTIVATION_TANH,
  ACTIVATION_SIGMOID,
  ACTIVATION_RELU,
  ACTIVATION_IDENTITY,
  ACTIVATION_SOFTPLUS,
  ACTIVATION_SOFTSIGN,
  ACTIVATION_AFFINE,
  ACTIVATION_ELU,
  ACTIVATION_LEAKY_RELU,
  ACTIVATION_HARD_SIGMOID,
  ACTIVATION_SCALED_TANH,
  ACTIVATION_THRESHOLDED_RELU,
  ACTIVATIONS
};
extern const char *const activation_names[ACTIVATIONS];

struct activation {
  enum activation_kind kind;
  double alpha, beta;
};

enum method { METHOD_EULER, METHOD_HEUN, METHOD_RK4, METHOD_EXPEULER, METHOD_DOPRI5, METHODS };
extern const char *const method_names[]; /* of the command line; NULL ends */

struct system {
  enum system_kind kind;
  bool continuous;
  size_t neurons, states, inputs, outputs; /* outputs 0: there is no output layer */
  /* Of networks. Blocks of `neurons` rows: 1 of rnn and continuous, 4 of lstm (ONNX's i o f c), 3 of gru (z r
   * h); 0 of the classics, which have none of these matrices. All row-major. */
  size_t gates;
  double *w_in;           /* [gates·neurons][inputs] */
  double *w_rec;          /* [gates·neurons][neurons] */
  double *b, *b_rec;      /* [gates·neurons], of the input's and of the state's side */
  double *peephole;       /* [3·neurons], i o f; NULL: none */
  double *w_out;          /* [outputs][neurons], with b_out [outputs]; NULL where outputs is 0 */
  double *b_out;          /* y = ψ(W_out·h + b_out) */
  struct activation f[3]; /* of ONNX's f, g, h; φ of rnn and continuous is f[0] */
  struct activation psi;
  bool softmax; /* ψ is the softmax, and not psi */
  double clip;  /* bounds what enters an activation; 0: none */
  bool input_forget, linear_before_reset;
  /* Of continuous systems. */
  double *tau; /* [neurons] */
  double leak, dt, noise, tolerance;
  int64_t substeps, seed, max_steps;
  enum method method;
  double parameter[3]; /* lorenz: σ ρ β; logistic: r */
  double *initial;     /* [states] */
  double *constant;    /* [inputs]: the input where no file gives one */
  double *room;        /* of the functions below: one thread at a time */
};

/* Sets the sizes, allocates and fills with zeros (tau, leak, dt, substeps: 1; φ tanh; gates sigmoid). A fault
 * where there are no neurons, or more states than SYSTEM_STATES. */
bool system_create(struct system *system, enum system_kind kind, size_t neurons, size_t inputs,
                   size_t outputs, struct fault *fault) TOOLS_MUST;
void system_destroy(struct system *system); /* zeroed: nothing */
bool system_copy(const struct system *from, struct system *to, struct fault *fault) TOOLS_MUST;

/* next = the state one step after x under input u [inputs] (NULL: `constant`). next may be x. */
void system_step(const struct system *system, const double *u, const double *x, double *next);

/* The same, and V ← J·V for the k columns of V [states][k] (k ≤ states), J the Jacobian of the step at x.
 * next may be x. */
void system_tangent(const struct system *system, const double *u, const double *x, double *next, double *v,
                    size_t k);

/* J [states][states] itself: d next[i] / d x[j]. */
void system_jacobian(const struct system *system, const double *u, const double *x, double *jacobian);

/* What is zero at a fixed point: dx/dt of a continuous system, step(x) - x of a discrete one; and its
 * Jacobian [states][states]. `to` must not be x. */
void system_field(const struct system *system, const double *u, const double *x, double *to);
void system_field_jacobian(const struct system *system, const double *u, const double *x, double *jacobian);

/* y [outputs] of a state. */
void system_output(const struct system *system, const double *x, double *y);

/* The unit of time of a step: "step" or "s", and how much of it one step is. */
const char *system_unit(const struct system *system);
double system_dt(const struct system *system);

double activation_value(const struct activation *f, double z);
double activation_slope(const struct activation *f, double z);
/* By ONNX's name, capitals aside, with ONNX's alpha and beta; false: none of that name. */
bool activation_of(const char *name, struct activation *f);
bool activation_has_alpha(enum activation_kind kind);
bool activation_has_beta(enum activation_kind kind);

#endif
