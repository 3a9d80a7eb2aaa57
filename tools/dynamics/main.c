/* main.c: atrous-dynamics: the options of its commands, and which is called. What each does is in its own
 * file; users' words are in doc/dynamics.md. */
#include <stdlib.h>
#include <string.h>

#include "dynamics/dynamics.h"
#include "dynamics/load.h"

enum {
  PLANES = 1 << COMMAND_SIMULATE | 1 << COMMAND_FIXED_POINTS | 1 << COMMAND_ALL,
  FIXED_POINTS = 1 << COMMAND_FIXED_POINTS | 1 << COMMAND_ALL,
  LYAPUNOV = 1 << COMMAND_LYAPUNOV | 1 << COMMAND_ALL,
  MEMORY = 1 << COMMAND_MEMORY | 1 << COMMAND_ALL,
  GRADIENT = 1 << COMMAND_GRADIENT | 1 << COMMAND_ALL,
  ABLATE = 1 << COMMAND_ABLATE | 1 << COMMAND_ALL,
  INTEGRATION = 1 << COMMAND_INTEGRATION | 1 << COMMAND_ALL
};

static struct settings settings = { .method = METHODS,
                                    .exponents = 0,
                                    .starts = 0,
                                    .amplitude = 0.5,
                                    .washout = 200,
                                    .shuffles = 100,
                                    .part = 1,
                                    .ridge = 1e-9,
                                    .vanishing = 1e-3,
                                    .exploding = 1e3,
                                    .observation = 0.01 };

static const struct option_row rows[] = {
  { 'i', "input", "CSV", "the input: a row a step, a column an input (default: what the system says, else 0)",
    OPTION_TEXT, &settings.input, 0, 0, NULL, 0 },
  { 0, "steps", "N", "how many steps (default: the input's rows, else by command)", OPTION_INTEGER,
    &settings.steps, 1, 100000000, NULL, 0 },
  { 0, "time", "T", "the same of a continuous system, in seconds", OPTION_NUMBER, &settings.time, 0, 1e9,
    NULL, 0 },
  { 0, "dt", "H", "seconds a step of a continuous system (default: the system's)", OPTION_NUMBER,
    &settings.dt, 0, 1e6, NULL, 0 },
  { 0, "method", "NAME", "how it is integrated: euler, heun, rk4, expeuler or dopri5", OPTION_CHOICE,
    &settings.method, 0, 0, "euler|heun|rk4|expeuler|dopri5", 0 },
  { 0, "set", "KEY=V[,V]", "change a key of the system; may be repeated", OPTION_TEXTS, &settings.set, 0, 0,
    NULL, 0 },
  { 0, "node", "NAME", "of a model: the recurrent node to study (default: the only one)", OPTION_TEXT,
    &settings.node, 0, 0, NULL, 0 },
  { 0, "starts", "N", "how many searches for fixed points (default: 256, of large systems fewer)",
    OPTION_INTEGER, &settings.starts, 1, 100000, NULL, FIXED_POINTS },
  { 'k', "exponents", "K", "how many of the largest exponents (default: all, at most 8)", OPTION_INTEGER,
    &settings.exponents, 1, SYSTEM_STATES, NULL, LYAPUNOV },
  { 0, "plane", "I,J", "the neurons that span the phase portrait (default: principal components)",
    OPTION_TEXT, &settings.plane, 0, 0, NULL, PLANES },
  { 0, "amplitude", "A",
    "without --input, random numbers within ±A are added to the constant input (default: 0.5)", OPTION_NUMBER,
    &settings.amplitude, 0, 1e6, NULL, MEMORY | GRADIENT | ABLATE | INTEGRATION },
  { 0, "washout", "N", "steps left out at the beginning (default: 200)", OPTION_INTEGER, &settings.washout, 0,
    100000000, NULL, MEMORY | INTEGRATION },
  { 0, "delays", "K", "memory of 1 … K steps (default: 20 more than states, at most 200)", OPTION_INTEGER,
    &settings.delays, 1, 10000, NULL, MEMORY },
  { 0, "channel", "I", "the input that is to be remembered, from 0 (default: 0)", OPTION_INTEGER,
    &settings.channel, 0, SYSTEM_STATES, NULL, MEMORY },
  { 0, "ridge", "R", "of the readouts, relative to the states' variance (default: 1e-9)", OPTION_NUMBER,
    &settings.ridge, 0, 1, NULL, MEMORY },
  { 0, "vanishing", "X", "a norm below this has vanished (default: 1e-3)", OPTION_NUMBER, &settings.vanishing,
    1e-300, 1, NULL, GRADIENT },
  { 0, "exploding", "X", "a norm above this has exploded (default: 1e3)", OPTION_NUMBER, &settings.exploding,
    1, 1e300, NULL, GRADIENT },
  { 0, "clip", "B", "beside it, the gradient clamped to ±B after every step back (default: not)",
    OPTION_NUMBER, &settings.clip, 1e-300, 1e300, NULL, GRADIENT },
  { 0, "block", "SPEC", "cut blocks too: 4 (of equal size), or 0-15,16-31 (default: all connections only)",
    OPTION_TEXT, &settings.block, 0, 0, NULL, ABLATE },
  { 0, "part", "N", "neurons in the smaller part, at least (default: 1)", OPTION_INTEGER, &settings.part, 1,
    SYSTEM_STATES, NULL, INTEGRATION },
  { 0, "noise", "SHARE", "added to what is recorded of a neuron, of its deviation (default: 0.01)",
    OPTION_NUMBER, &settings.observation, 0, 10, NULL, INTEGRATION },
  { 0, "null", "HOW",
    "what chance is: neurons moved in time, shift, or in no order, permute (default: shift)", OPTION_CHOICE,
    &settings.permute, 0, 0, "shift|permute", INTEGRATION },
  { 0, "shuffles", "N", "how often chance is tried (default: 100)", OPTION_INTEGER, &settings.shuffles, 20,
    100000, NULL, INTEGRATION },
  { 'p', "plot", "FILE.png|DIR/", "draw: the first figure, or all of them into a folder", OPTION_TEXT,
    &settings.plot, 0, 0, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};

/* In the order of enum command_number. */
static const struct command commands[] = {
  { "simulate", "SYSTEM", "run it: the trajectory as a table, over time and in the plane" },
  { "spectrum", "SYSTEM", "eigenvalues of the recurrent weights, spectral radius" },
  { "fixed-points", "SYSTEM", "where it rests, and whether it stays there" },
  { "lyapunov", "SYSTEM", "how fast neighbouring states part: is it chaotic?" },
  { "memory", "SYSTEM", "how many steps of a random input can be read from its state" },
  { "gradient", "SYSTEM", "how a gradient vanishes or explodes on its way back in time" },
  { "ablate", "SYSTEM", "what its recurrent connections do: the same input without them" },
  { "integration", "SYSTEM", "the information that neurons share, and where it comes apart" },
  { "all", "SYSTEM --plot DIR/", "each of these that the system has, with figures and JSON in a folder" },
  { NULL, NULL, NULL },
};
static dynamics_command *const run[] = { simulate_command, spectrum_command,   fixed_points_command,
                                         lyapunov_command, memory_command,     gradient_command,
                                         ablate_command,   integration_command };

static const struct program program = {
  "atrous-dynamics",
  "Studies recurrent systems: what they do, where they rest, whether they are chaotic, what they remember.\n"
  "SYSTEM is FILE.json, MODEL.onnx, lorenz, logistic or random:N.",
  commands,
  NULL,
  rows,
  "  atrous-dynamics simulate lorenz --time 40 --plot lorenz.png -o lorenz.csv\n"
  "  atrous-dynamics spectrum random:200 --set w_rec.radius=1.2 --plot disc.png\n"
  "  atrous-dynamics fixed-points flip-flop.json --json\n"
  "  atrous-dynamics lyapunov logistic --set r=3.9 --steps 100000\n"
  "  atrous-dynamics memory random:100 --delays 150 --plot memory.png\n"
  "  atrous-dynamics gradient random:64 --set w_rec.radius=0.8 --plot gradient.png\n"
  "  atrous-dynamics ablate random:64 --block 4 --plot ablate.png\n"
  "  atrous-dynamics integration random:24 --plot integration.png\n"
  "  atrous-dynamics all model.onnx --node lstm --input drive.csv --plot figures/\n"
};

static bool check_options(const struct invocation *call, struct fault *fault) {
  if (call->count != 1) return options_usage(&program, fault, "one SYSTEM is needed");
  if (settings.steps && settings.time > 0)
    return options_usage(&program, fault, "--steps and --time say the same; give one");
  if (call->command == COMMAND_ALL && !settings.plot)
    return options_usage(&program, fault, "all needs --plot DIR/");
  return true;
}

static bool prepare(struct job *job, struct fault *fault) {
  const struct load load = { .name = job->name,
                             .node = settings.node,
                             .set = &settings.set,
                             .seed = (uint64_t)job->common->seed,
                             .dt = settings.dt,
                             .method = settings.method };
  if (!load_system(&load, &job->system, fault)) return false;
  if (settings.time > 0 && !job->system.continuous)
    return options_usage(&program, fault, "--time is for continuous systems; this one has --steps");
  return job_read_input(job, fault) && job_check_outputs(job, fault);
}

/* What every result says of the system. */
static json_t *describe(const struct system *s) {
  json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:b}", "kind", system_kinds[s->kind], "neurons",
                        (json_int_t)s->neurons, "inputs", (json_int_t)s->inputs, "outputs",
                        (json_int_t)s->outputs, "continuous", s->continuous);
  const size_t n = s->gates * s->neurons * s->neurons;
  size_t there = 0;
  for (size_t i = 0; i < n; i++) there += s->w_rec[i] != 0;
  json_object_set_new(o, "density", n ? json_real((double)there / (double)n) : json_null());
  json_object_set_new(o, "dt_s", s->continuous ? json_real(s->dt) : json_null());
  json_object_set_new(o, "method", s->continuous ? json_string(method_names[s->method]) : json_null());
  return o;
}

/* Runs one command, and keeps its part of the result as DIR/COMMAND.json where `all` runs it. */
static bool run_one(struct job *job, int command, bool all, json_t *result, struct fault *fault) {
  json_t *part = run[command](job, fault);
  if (!part) return false;
  const bool ok = !all || job->common->dry_run || job_keep(job, commands[command].name, part, fault);
  json_object_update(result, part);
  json_decref(part);
  return ok;
}

int main(int argc, char **argv) {
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  int exit_code;
  if (!report_start(&report, &program, argc, argv, &common, &call, &exit_code)) return exit_code;
  struct job job = {
    .report = &report, .common = &common, .program = &program, .settings = &settings, .command = call.command
  };
  json_t *result = json_object();
  bool ok = check_options(&call, &fault);
  if (ok) job.name = call.operands[0];
  ok = ok && prepare(&job, &fault);
  if (ok) json_object_set_new(result, "system", describe(&job.system));
  if (ok && call.command != COMMAND_ALL) ok = run_one(&job, call.command, false, result, &fault);
  for (int i = 0; ok && call.command == COMMAND_ALL && i < COMMAND_ALL && !signals_pending(); i++) {
    report_say(&report, "%s", commands[i].name);
    ok = run_one(&job, i, true, result, &fault);
    if (!ok && (fault.code == FAULT_UNSUPPORTED || fault.code == FAULT_DATA)) {
      report_warn(&report, "left_out", "%s: %s", commands[i].name, fault.text);
      fault = (struct fault)FAULT_INIT;
      ok = true;
    }
  }
  if (!ok) report_fault(&report, &fault);
  exit_code = report_leave(&report, result);
  system_destroy(&job.system);
  free(job.u);
  atr_context_destroy(job.context);
  return exit_code;
}
