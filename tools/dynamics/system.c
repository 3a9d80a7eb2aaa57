/* system.c: making a system, and which kind does a step; see system.h. The cells are in cell.c, continuous
 * time in continuous.c. */
#include "dynamics/system.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/step.h"

const char *const system_kinds[] = { "rnn", "lstm", "gru", "continuous", "lorenz", "logistic", NULL };
const char *const method_names[] = { "euler", "heun", "rk4", "expeuler", "dopri5", NULL };

static size_t gates_of(enum system_kind kind) {
  switch (kind) {
  case SYSTEM_RNN:
  case SYSTEM_CONTINUOUS: return 1;
  case SYSTEM_LSTM: return 4;
  case SYSTEM_GRU: return 3;
  default: return 0;
  }
}

/* Numbers in each array, in the order of pieces(). */
enum { PIECES = 10 };

static void sizes(const struct system *s, size_t size[PIECES]) {
  const size_t n = s->neurons, rows = s->gates * n;
  size[0] = rows * s->inputs;
  size[1] = rows * n;
  size[2] = size[3] = rows;
  size[4] = s->kind == SYSTEM_LSTM ? 3 * n : 0;
  size[5] = s->outputs * n;
  size[6] = s->outputs;
  size[7] = s->gates == 1 ? n : 0;
  size[8] = s->states;
  size[9] = s->inputs;
}

static void pieces(struct system *s, double **piece[PIECES]) {
  double **const all[PIECES] = { &s->w_in,  &s->w_rec, &s->b,   &s->b_rec,   &s->peephole,
                                 &s->w_out, &s->b_out, &s->tau, &s->initial, &s->constant };
  memcpy(piece, all, sizeof all);
}

static bool allocate(struct system *s, struct fault *fault) {
  size_t size[PIECES];
  double **piece[PIECES];
  sizes(s, size);
  pieces(s, piece);
  for (int i = 0; i < PIECES; i++) *piece[i] = NULL;
  s->room = NULL;
  for (int i = 0; i < PIECES; i++)
    if (size[i] && !(*piece[i] = calloc(size[i], sizeof(double)))) {
      system_destroy(s);
      return fault_nomem(fault, size[i] * sizeof(double));
    }
  const size_t room = step_room(s);
  s->room = malloc(room * sizeof *s->room); /* what is never used is never touched */
  if (s->room) return true;
  system_destroy(s);
  return fault_nomem(fault, room * sizeof(double));
}

bool system_create(struct system *s, enum system_kind kind, size_t neurons, size_t inputs, size_t outputs,
                   struct fault *fault) {
  memset(s, 0, sizeof *s);
  if (!neurons) return fault_set(fault, FAULT_DATA, "a system needs at least one neuron");
  if (neurons > SYSTEM_STATES / (kind == SYSTEM_LSTM ? 2 : 1) || inputs > SYSTEM_STATES ||
      outputs > SYSTEM_STATES)
    return fault_set(
        fault, FAULT_LIMIT,
        "%zu neurons, %zu inputs, %zu outputs: at most %d states, as many inputs and outputs are studied",
        neurons, inputs, outputs, SYSTEM_STATES);
  s->kind = kind;
  s->continuous = kind == SYSTEM_CONTINUOUS || kind == SYSTEM_LORENZ;
  s->neurons = neurons;
  s->states = kind == SYSTEM_LSTM ? 2 * neurons : neurons;
  s->inputs = inputs;
  s->outputs = outputs;
  s->gates = gates_of(kind);
  s->leak = s->dt = 1;
  s->tolerance = 1e-6;
  s->max_steps = 1000;
  s->substeps = 1;
  s->method = METHOD_RK4;
  activation_of(kind == SYSTEM_LSTM || kind == SYSTEM_GRU ? "Sigmoid" : "Tanh", &s->f[0]);
  activation_of("Tanh", &s->f[1]);
  activation_of("Tanh", &s->f[2]);
  activation_of("Identity", &s->psi);
  if (!allocate(s, fault)) return false;
  for (size_t i = 0; s->tau && i < neurons; i++) s->tau[i] = 1;
  return true;
}

void system_destroy(struct system *s) {
  double **piece[PIECES];
  pieces(s, piece);
  for (int i = 0; i < PIECES; i++) {
    free(*piece[i]);
    *piece[i] = NULL;
  }
  free(s->room);
  s->room = NULL;
}

bool system_copy(const struct system *from, struct system *to, struct fault *fault) {
  size_t size[PIECES];
  double **source[PIECES], **piece[PIECES];
  struct system s = *from;
  *to = *from;
  if (!allocate(to, fault)) return false;
  sizes(&s, size);
  pieces(&s, source);
  pieces(to, piece);
  for (int i = 0; i < PIECES; i++)
    if (size[i]) memcpy(*piece[i], *source[i], size[i] * sizeof(double));
  return true;
}

void system_step(const struct system *s, const double *u, const double *x, double *next) {
  system_tangent(s, u, x, next, NULL, 0);
}

void system_tangent(const struct system *s, const double *u, const double *x, double *next, double *v,
                    size_t k) {
  if (!u) u = s->constant;
  if (s->continuous)
    flow_step(s, u, x, next, v, k);
  else
    cell_step(s, u, x, next, v, k);
}

static void identity(size_t n, double *a) {
  memset(a, 0, n * n * sizeof *a);
  for (size_t i = 0; i < n; i++) a[i * n + i] = 1;
}

void system_jacobian(const struct system *s, const double *u, const double *x, double *jacobian) {
  double *next = s->room; /* what a step needs lies behind */
  identity(s->states, jacobian);
  system_tangent(s, u, x, next, jacobian, s->states);
}

void system_field(const struct system *s, const double *u, const double *x, double *to) {
  if (!u) u = s->constant;
  if (s->continuous) {
    flow_field(s, u, x, to);
    return;
  }
  cell_step(s, u, x, to, NULL, 0);
  for (size_t i = 0; i < s->states; i++) to[i] -= x[i];
}

void system_field_jacobian(const struct system *s, const double *u, const double *x, double *jacobian) {
  const size_t n = s->states;
  if (s->continuous) {
    identity(n, jacobian);
    flow_slope(s, x, jacobian, n);
    return;
  }
  system_jacobian(s, u, x, jacobian);
  for (size_t i = 0; i < n; i++) jacobian[i * n + i] -= 1;
}

void system_output(const struct system *s, const double *x, double *y) {
  double largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < s->outputs; i++) {
    double z = s->b_out[i];
    for (size_t k = 0; k < s->neurons; k++) z += s->w_out[i * s->neurons + k] * x[k];
    y[i] = s->softmax ? z : activation_value(&s->psi, z);
    largest = fmax(largest, z);
  }
  for (size_t i = 0; s->softmax && i < s->outputs; i++) sum += y[i] = exp(y[i] - largest);
  for (size_t i = 0; s->softmax && i < s->outputs; i++) y[i] /= sum;
}

const char *system_unit(const struct system *s) {
  return s->continuous ? "s" : "step";
}

double system_dt(const struct system *s) {
  return s->continuous ? s->dt : 1;
}
