/* dynamics.h: what the commands of atrous-dynamics share: the options, the system that is studied, its input,
 * and where figures go.
 *
 * A command is one function in a file of its own: a number below, a row in each of main.c's two tables
 * (`commands`, `run`). It returns a new JSON object whose keys become keys of the result ("spectrum",
 * "lyapunov" …; doc/dynamics.md says what is in them), or NULL after a fault. FAULT_UNSUPPORTED means that
 * the system has no such thing (a memory without inputs): the command `all` then warns and goes on. Options
 * that only one command has are rows in main.c with its bit.
 *
 * Figures: job_figure says whether one is wanted and where it goes; draw it with common/plot.h and write it
 * with plot_write. The first figure of a command takes the file of --plot FILE.png; --plot DIR/ takes all. */
#ifndef DYNAMICS_DYNAMICS_H
#define DYNAMICS_DYNAMICS_H

#include <jansson.h>

#include "common/output.h"
#include "common/session.h"
#include "dynamics/system.h"

enum command_number {
  COMMAND_SIMULATE,
  COMMAND_SPECTRUM,
  COMMAND_FIXED_POINTS,
  COMMAND_LYAPUNOV,
  COMMAND_MEMORY,
  COMMAND_GRADIENT,
  COMMAND_ABLATE,
  COMMAND_INTEGRATION,
  COMMAND_ALL /* runs those before it */
};

struct settings {
  const char *input, *plot, *node, *plane;
  struct option_texts set; /* KEY=V[,V…] */
  int64_t steps;           /* 0: the command's own choice */
  double time, dt;         /* of continuous systems; 0: by --steps, by the system */
  int method;              /* METHODS: the system's own */
  int64_t exponents, starts;
  /* Of the measures: memory, gradient, ablate, integration. */
  double amplitude; /* of the random input */
  int64_t washout, delays, channel, shuffles, part;
  double ridge, vanishing, exploding, clip, observation;
  const char *block;
  int permute;
};

/* One run of the program. */
struct job {
  struct report *report;
  const struct common_options *common;
  const struct program *program;
  const struct settings *settings;
  const char *name;     /* SYSTEM as given */
  int command;          /* enum command_number as given: may be COMMAND_ALL */
  struct system system; /* loaded, with the options' changes */
  double *u;            /* of --input: [u_rows][system.inputs]; NULL: none was given */
  size_t u_rows;
  atr_context *context; /* by job_context */
};

typedef json_t *dynamics_command(struct job *job, struct fault *fault);
dynamics_command simulate_command, spectrum_command, fixed_points_command, lyapunov_command, memory_command,
    gradient_command, ablate_command, integration_command;

/* How many steps to take: --steps, --time over dt, the rows of --input, else `otherwise`. */
size_t job_steps(const struct job *job, size_t otherwise);

/* The input of step t: a row of --input, of which the last holds on, else the system's constant. */
const double *job_input(const struct job *job, size_t t);

/* The state before the first step. */
const double *job_initial(const struct job *job);

/* Whether figure `name` ("spectrum") is wanted; `path` [OUTPUT_PATH] then is its file. `first`: it is the
 * command's main figure. */
bool job_figure(const struct job *job, const char *name, bool first, char *path);

/* Whether a table is to be printed or written, and where it goes. NULL: none is wanted (--json on standard
 * output, or `all` without a folder). */
const char *job_table(const struct job *job, const char *name, char *path);

/* Opens the device once; later calls find it open. */
bool job_context(struct job *job, struct fault *fault) TOOLS_MUST;

/* For main.c: reads --input; checks that what is to be written could be; writes DIR/NAME.json. */
bool job_read_input(struct job *job, struct fault *fault) TOOLS_MUST;
bool job_check_outputs(const struct job *job, struct fault *fault) TOOLS_MUST;
bool job_keep(const struct job *job, const char *name, const json_t *part, struct fault *fault) TOOLS_MUST;

#endif
