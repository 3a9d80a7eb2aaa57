/* config.c: a system from its configuration in JSON; see load.h. The keys are in doc/dynamics.md. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dynamics/load.h"

bool load_fault(struct fault *fault, const char *file, const char *format, ...) {
  char text[600];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  fault_set(fault, FAULT_DATA, "%s", text);
  return file ? fault_at(fault, file, 0, 0) : false;
}

/* For whom a key is: bits of enum system_kind; NETWORKS those with matrices. */
enum {
  RNN = 1 << SYSTEM_RNN,
  LSTM = 1 << SYSTEM_LSTM,
  GRU = 1 << SYSTEM_GRU,
  FLOW = 1 << SYSTEM_CONTINUOUS,
  LORENZ = 1 << SYSTEM_LORENZ,
  LOGISTIC = 1 << SYSTEM_LOGISTIC,
  NETWORKS = RNN | LSTM | GRU | FLOW,
  TIMED = FLOW | LORENZ,
  ALL = NETWORKS | LORENZ | LOGISTIC
};

/* The numbers: where they go, and what they may be. `changes`: a finished system takes it too. */
#define AT(member) offsetof(struct system, member)
static const struct number_key {
  const char *key;
  size_t at;
  int kinds;
  bool whole, changes;
  double low, high; /* low is excluded where `open` */
  bool open;
} numbers[] = {
  { "leak", AT(leak), FLOW, false, true, 0, 1e6, false },
  { "dt", AT(dt), TIMED, false, true, 0, 1e6, true },
  { "noise", AT(noise), FLOW, false, true, 0, 1e6, false },
  { "tolerance", AT(tolerance), TIMED, false, true, 0, 1, true },
  { "substeps", AT(substeps), TIMED, true, true, 1, 1 << 20, false },
  { "seed", AT(seed), FLOW, true, true, 0, 9e15, false },
  { "clip", AT(clip), RNN | LSTM | GRU, false, false, 0, 1e6, false },
  { "sigma", AT(parameter[0]), LORENZ, false, true, -1e6, 1e6, false },
  { "rho", AT(parameter[1]), LORENZ, false, true, -1e6, 1e6, false },
  { "beta", AT(parameter[2]), LORENZ, false, true, -1e6, 1e6, false },
  { "r", AT(parameter[0]), LOGISTIC, false, true, 0, 4, false },
};

/* Arrays: rows as multiples of … */
enum dimension { ONE, NEURONS, GATES, PEEPHOLES, INPUTS, OUTPUTS, STATES };
static const struct array_key {
  const char *key;
  size_t at;
  enum dimension rows, cols;
  int kinds;
  bool changes, needed;
} arrays[] = {
  { "w_rec", AT(w_rec), GATES, NEURONS, NETWORKS, false, true },
  { "w_in", AT(w_in), GATES, INPUTS, NETWORKS, false, false },
  { "b", AT(b), GATES, ONE, NETWORKS, false, false },
  { "b_rec", AT(b_rec), GATES, ONE, RNN | LSTM | GRU, false, false },
  { "peephole", AT(peephole), PEEPHOLES, ONE, LSTM, false, false },
  { "w_out", AT(w_out), OUTPUTS, NEURONS, NETWORKS, false, true },
  { "b_out", AT(b_out), OUTPUTS, ONE, NETWORKS, false, false },
  { "tau", AT(tau), NEURONS, ONE, FLOW, true, false },
  { "initial", AT(initial), STATES, ONE, ALL, true, false },
  { "input", AT(constant), INPUTS, ONE, NETWORKS, true, false },
};
enum { NUMBERS = sizeof numbers / sizeof *numbers, ARRAYS = sizeof arrays / sizeof *arrays };

/* Keys with readings of their own. */
static const struct {
  const char *key;
  int kinds;
  bool changes;
} words[] = {
  { "kind", ALL, false },
  { "about", ALL, true },
  { "neurons", NETWORKS, false },
  { "inputs", NETWORKS, false },
  { "outputs", NETWORKS, false },
  { "activation", NETWORKS, false },
  { "output_activation", NETWORKS, false },
  { "method", TIMED, true },
  { "input_forget", LSTM, false },
  { "linear_before_reset", GRU, false },
};
enum { WORDS = sizeof words / sizeof *words };

static size_t size_of(const struct system *s, enum dimension dimension) {
  switch (dimension) {
  case NEURONS: return s->neurons;
  case GATES: return s->gates * s->neurons;
  case PEEPHOLES: return 3 * s->neurons;
  case INPUTS: return s->inputs;
  case OUTPUTS: return s->outputs;
  case STATES: return s->states;
  default: return 1;
  }
}

/* Every key must be known to this kind of system; `changes`: and be one that can still be changed. */
static bool check_keys(const json_t *config, const char *file, enum system_kind kind, bool changes,
                       struct fault *fault) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)config, name, value) {
    const char *known[NUMBERS + ARRAYS + WORDS];
    size_t n = 0;
    bool found = false;
    for (size_t i = 0; i < NUMBERS; i++)
      if ((numbers[i].kinds >> kind & 1) && (!changes || numbers[i].changes)) known[n++] = numbers[i].key;
    for (size_t i = 0; i < ARRAYS; i++)
      if ((arrays[i].kinds >> kind & 1) && (!changes || arrays[i].changes)) known[n++] = arrays[i].key;
    for (size_t i = 0; i < WORDS; i++)
      if ((words[i].kinds >> kind & 1) && (!changes || words[i].changes)) known[n++] = words[i].key;
    for (size_t i = 0; i < n; i++) found |= !strcmp(name, known[i]);
    if (found) continue;
    load_fault(fault, file, "a system of kind %s has no \"%.60s\"%s", system_kinds[kind], name,
               changes ? " that could be changed" : "");
    const char *near = options_nearest(name, known, n);
    char list[400] = "";
    for (size_t i = 0; !near && i < n; i++)
      snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", known[i]);
    return near ? fault_remedy(fault, "did you mean \"%s\"?", near) : fault_remedy(fault, "it has %s", list);
  }
  return true;
}

static bool read_numbers(const json_t *config, const char *file, struct system *s, struct fault *fault) {
  for (size_t i = 0; i < NUMBERS; i++) {
    const struct number_key *k = &numbers[i];
    const json_t *value = json_object_get(config, k->key);
    if (!value || !(k->kinds >> s->kind & 1)) continue;
    const double number = json_number_value(value);
    if (!json_is_number(value) || number < k->low || number > k->high || (k->open && number <= k->low) ||
        (k->whole && floor(number) != number))
      return load_fault(fault, file, "\"%s\" must be a %snumber %s %g and at most %g", k->key,
                        k->whole ? "whole " : "", k->open ? "above" : "from", k->low, k->high);
    if (k->whole)
      *(int64_t *)((char *)s + k->at) = (int64_t)number;
    else
      *(double *)((char *)s + k->at) = number;
  }
  return true;
}

static bool read_arrays(const json_t *config, const char *file, uint64_t seed, bool whole, struct system *s,
                        struct fault *fault) {
  for (size_t i = 0; i < ARRAYS; i++) {
    const struct array_key *k = &arrays[i];
    const json_t *value = json_object_get(config, k->key);
    if (!(k->kinds >> s->kind & 1)) continue;
    const size_t rows = size_of(s, k->rows), cols = size_of(s, k->cols), n = rows * cols;
    if (!value && whole && k->needed && n) {
      load_fault(fault, file, "\"%s\" is missing", k->key);
      return fault_remedy(fault, "give it as rows of numbers, a .npy file, or {\"draw\": \"normal\"}");
    }
    if (value && !n && !json_array_size(value))
      return load_fault(fault, file, "there is a \"%s\", but no %s", k->key,
                        k->rows == OUTPUTS ? "\"outputs\"" : "\"inputs\"");
    if (value && n &&
        !spec_read(value, k->key, file, seed, rows, cols, *(double **)((char *)s + k->at), fault))
      return false;
  }
  for (size_t i = 0; s->tau && i < s->neurons; i++)
    if (!(s->tau[i] > 0)) return load_fault(fault, file, "\"tau\" %zu is %g, must be above 0", i, s->tau[i]);
  return true;
}

static bool read_activation(const json_t *value, const char *key, const char *file, struct activation *f,
                            struct fault *fault) {
  char list[256] = "";
  if (json_is_string(value) && activation_of(json_string_value(value), f)) return true;
  for (int i = 0; i < ACTIVATIONS; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", activation_names[i]);
  load_fault(fault, file, "\"%s\" names no function that is known", key);
  return fault_remedy(fault, "known are %s", list);
}

static bool read_words(const json_t *config, const char *file, struct system *s, struct fault *fault) {
  const json_t *f = json_object_get(config, "activation"),
               *psi = json_object_get(config, "output_activation");
  const size_t functions = s->kind == SYSTEM_LSTM ? 3 : s->kind == SYSTEM_GRU ? 2 : 1;
  if (f && functions > 1 && json_array_size(f) != functions)
    return load_fault(fault, file, "\"activation\" must be a list of %zu functions, ONNX's f, g%s", functions,
                      functions == 3 ? ", h" : "");
  for (size_t i = 0; f && i < functions; i++)
    if (!read_activation(functions > 1 ? json_array_get(f, i) : f, "activation", file, &s->f[i], fault))
      return false;
  if (s->kind == SYSTEM_CONTINUOUS && s->f[0].kind > ACTIVATION_SOFTPLUS)
    return load_fault(
        fault, file,
        "\"activation\" of a continuous system can be Tanh, Sigmoid, Relu, Identity or Softplus");
  s->softmax = psi && json_is_string(psi) && !strcmp(json_string_value(psi), "softmax");
  if (psi && !s->softmax && !read_activation(psi, "output_activation", file, &s->psi, fault)) return false;
  s->input_forget = json_is_true(json_object_get(config, "input_forget"));
  s->linear_before_reset = json_is_true(json_object_get(config, "linear_before_reset"));
  return true;
}

static bool read_method(const json_t *config, const char *file, struct system *s, struct fault *fault) {
  const json_t *value = json_object_get(config, "method");
  const char *word = json_string_value(value);
  if (!value) return true;
  for (int i = 0; word && method_names[i]; i++)
    if (!strcmp(word, method_names[i])) {
      s->method = (enum method)i;
      if (s->kind == SYSTEM_LORENZ && i == METHOD_EXPEULER)
        return load_fault(fault, file,
                          "\"method\" is expeuler, which is for a leak; the Lorenz system has none");
      return true;
    }
  load_fault(fault, file, "\"method\" is not known");
  return fault_remedy(fault, "it can be euler, heun, rk4, expeuler or dopri5");
}

static bool read_size(const json_t *config, const char *key, const char *file, bool needed, size_t *size,
                      struct fault *fault) {
  const json_t *value = json_object_get(config, key);
  *size = 0;
  if (!value && !needed) return true;
  const double number = json_number_value(value);
  if (!json_is_number(value) || number != floor(number) || number < (needed ? 1 : 0) ||
      number > SYSTEM_STATES)
    return load_fault(fault, file, "\"%s\" must be a whole number from %d to %d", key, needed, SYSTEM_STATES);
  *size = (size_t)number;
  return true;
}

static bool read_kind(const json_t *config, const char *file, enum system_kind *kind, struct fault *fault) {
  const char *word = json_string_value(json_object_get(config, "kind"));
  for (int i = 0; word && system_kinds[i]; i++)
    if (!strcmp(word, system_kinds[i])) {
      *kind = (enum system_kind)i;
      return true;
    }
  load_fault(fault, file, word ? "\"kind\" is \"%.60s\"" : "\"kind\" is missing", word);
  return fault_remedy(fault, "it can be rnn, lstm, gru, continuous, lorenz or logistic");
}

bool config_system(const json_t *config, const char *file, uint64_t seed, struct system *s,
                   struct fault *fault) {
  enum system_kind kind = SYSTEM_RNN;
  size_t neurons = 0, inputs = 0, outputs = 0;
  memset(s, 0, sizeof *s);
  if (!json_is_object(config)) {
    load_fault(fault, file, "the configuration is no JSON object");
    return fault_remedy(fault, "it begins with { and holds \"kind\"");
  }
  if (!read_kind(config, file, &kind, fault) || !check_keys(config, file, kind, false, fault)) return false;
  if (kind == SYSTEM_LORENZ)
    neurons = 3;
  else if (kind == SYSTEM_LOGISTIC)
    neurons = 1;
  else if (!read_size(config, "neurons", file, true, &neurons, fault) ||
           !read_size(config, "inputs", file, false, &inputs, fault) ||
           !read_size(config, "outputs", file, false, &outputs, fault))
    return false;
  if (!system_create(s, kind, neurons, inputs, outputs, fault)) return fault_at(fault, file, 0, 0);
  if (kind == SYSTEM_LORENZ) {
    s->parameter[0] = 10, s->parameter[1] = 28, s->parameter[2] = 8.0 / 3;
    s->dt = 0.01;
    for (size_t i = 0; i < 3; i++) s->initial[i] = 1;
  }
  if (kind == SYSTEM_LOGISTIC) s->parameter[0] = 4, s->initial[0] = 0.3;
  const bool ok = read_words(config, file, s, fault) && read_method(config, file, s, fault) &&
                  read_numbers(config, file, s, fault) && read_arrays(config, file, seed, true, s, fault);
  if (!ok) system_destroy(s);
  return ok;
}

bool config_change(const json_t *config, const char *file, uint64_t seed, struct system *s,
                   struct fault *fault) {
  return check_keys(config, file, s->kind, true, fault) && read_method(config, file, s, fault) &&
         read_numbers(config, file, s, fault) && read_arrays(config, file, seed, false, s, fault);
}
