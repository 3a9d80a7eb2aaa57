/* load.h: SYSTEM of the command line: what is studied.
 *
 *   FILE.json   a configuration (doc/dynamics.md), weights in it, in .npy files beside it, or drawn
 *   M.onnx      a recurrent node of a trained model
 *   lorenz, logistic, random:N   made here
 *
 * Changes (KEY=V) are made to the configuration before it is read, so that they are checked like the rest. */
#ifndef DYNAMICS_LOAD_H
#define DYNAMICS_LOAD_H

#include <jansson.h>

#include "common/options.h"
#include "dynamics/system.h"

struct load {
  const char *name, *node; /* SYSTEM; the node of a model, NULL: the only one */
  const struct option_texts *set;
  uint64_t seed; /* of what is drawn without a seed of its own */
  double dt;     /* 0: the system's */
  int method;    /* METHODS: the system's */
};
bool load_system(const struct load *load, struct system *system, struct fault *fault) TOOLS_MUST;

/* config.c. Makes the system that `config` describes; `file` is for faults and for the files it names, and
 * may be no file. */
bool config_system(const json_t *config, const char *file, uint64_t seed, struct system *system,
                   struct fault *fault) TOOLS_MUST;
/* The keys that a finished system can still take: initial state, input, time. Others are refused. */
bool config_change(const json_t *config, const char *file, uint64_t seed, struct system *system,
                   struct fault *fault) TOOLS_MUST;

/* array_spec.c. A matrix or vector [rows][cols] (cols 1) as the configuration gives it: a number, rows of
 * numbers, the name of a .npy file beside `file`, or an object that says how to draw it. `key` is for faults;
 * blocks of a square matrix are drawn apart. */
bool spec_read(const json_t *spec, const char *key, const char *file, uint64_t seed, size_t rows, size_t cols,
               double *to, struct fault *fault) TOOLS_MUST;

/* onnx.c */
bool onnx_system(const char *path, const char *node, struct system *system, struct fault *fault) TOOLS_MUST;

/* The place of element i of what key gives: false. */
bool load_fault(struct fault *fault, const char *file, const char *format, ...) TOOLS_PRINTF(3, 4);

#endif
