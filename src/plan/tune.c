/* tune.c: measures which row runs each step of a model quickest; see <atrous/tune.h> for what is promised and
 * tuning.h for where the answer is kept. Trials are whole plans: one by the rules, one for each algorithm, in
 * which every step that can have it does, one with the best of each step. */
#include "config.h"

#include <atrous/tune.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "plan/run.h"
#include "plan/tuning.h"
#include "tensor/shape.h"

enum { RUNS_MIN = 3, RUNS_MAX = 200, ROWS = 16, TRIALS = 24 };
/* A step changes for a gain of this part and of these seconds: less is noise. */
#define GAIN 0.05
#define GAIN_S 2e-6
/* Of the largest element: what rounding may do, Winograd's included, and what a wrong kernel does not keep
 * to. */
#define DIFFERENCE 1e-3

typedef struct {
  const atr__op *op;
  char *node;
  const atr__cl_row *rows[ROWS]; /* that can run it */
  size_t n_rows;
  const atr__cl_row *rule, *best;
  double rule_s, best_s;
  char digest[ATR__DIGEST];
} turn;

typedef struct {
  atr_plan *plan;
  atr_run *run;
  double *least; /* seconds by turn */
} trial;

struct atr_tuning {
  turn *turns;
  size_t n_turns, room_turns;
  int failed; /* memory ran out while turns were listed */
  atr_tuning_sum sum;
  /* While it is made. */
  const atr_model *model;
  atr_context *context;
  const atr_shape *inputs;
  size_t n_inputs;
  const atr_plan_options *options;
  atr_error *error;
  void **expected; /* outputs by the rules */
  double seconds;  /* for each trial */
};

/* ---- plans */
static void list_turn(void *user, const atr_plan *plan, const atr__step *step, const atr__cl_query *query) {
  atr_tuning *t = user;
  if (atr__grow(&t->turns, &t->room_turns, step->chosen + 1, sizeof *t->turns)) {
    t->failed = 1;
    return;
  }
  turn *u = &t->turns[step->chosen];
  memset(u, 0, sizeof *u);
  t->n_turns = step->chosen + 1;
  u->op = step->op;
  u->node = atr__strdup(step->node);
  if (!u->node) t->failed = 1;
  for (const atr__cl_row *row = step->op->cl; row && row->algorithm && u->n_rows < ROWS; row++)
    if (atr__plan_row_can(plan, row, query)) u->rows[u->n_rows++] = row;
}

static void note_digest(void *user, const atr_plan *plan, const atr__step *step, const atr__cl_query *query) {
  (void)plan;
  atr_tuning *t = user;
  if (step->chosen < t->n_turns) atr__tuning_digest(step, query, t->turns[step->chosen].digest);
}

static void close_trial(trial *s) {
  atr_run_destroy(s->run);
  atr_plan_destroy(s->plan);
  atr__free(s->least);
  memset(s, 0, sizeof *s);
}

static atr_status of_run(const trial *s, atr_status status, atr_error *error) {
  return status ? atr__fail(error, status, "%s", atr_run_error(s->run)) : ATR_OK;
}

static atr_status fill_input(trial *s, const atr_port *port, atr_error *error) {
  const size_t n = (size_t)atr__shape_size(&port->shape), bytes = n * atr_type_size(port->type);
  void *data = atr__calloc(bytes, 1);
  if (!data) return atr__nomem(error, bytes);
  atr__random random;
  atr__random_seed(&random, 1, 0);
  for (size_t i = 0; port->type == ATR_F32 && i < n; i++)
    ((float *)data)[i] = 2 * atr__random_uniform(&random) - 1;
  const atr_status status = of_run(s, atr_run_write(s->run, port->name, data, bytes), error);
  atr__free(data);
  return status;
}

static atr_status open_trial(atr_tuning *t, const struct atr__wishes *wishes, trial *s) {
  memset(s, 0, sizeof *s);
  atr_status status = atr__plan_create_wished(t->model, t->context, t->inputs, t->n_inputs, t->options, 0,
                                              wishes, t->error, &s->plan);
  if (status) return status;
  if (s->plan->script)
    return atr__fail(t->error, ATR_E_UNSUPPORTED,
                     "shapes of this model follow from data: its steps cannot be measured one by one");
  if (s->plan->n_written)
    return atr__fail(t->error, ATR_E_UNSUPPORTED,
                     "a run of this model changes its weights: trials would train it");
  if (t->failed || !(s->least = atr__calloc(t->n_turns, sizeof *s->least)))
    return atr__nomem(t->error, t->n_turns * sizeof *s->least);
  if ((status = atr_run_create(s->plan, t->error, &s->run))) return status;
  for (size_t i = 0; !status && i < s->plan->n_inputs; i++) {
    const atr_port port = atr_plan_input(s->plan, i);
    status = fill_input(s, &port, t->error);
  }
  return status;
}

/* ---- what comes out */
static size_t output_bytes(const atr_port *port) {
  return (size_t)atr__shape_size(&port->shape) * atr_type_size(port->type);
}

static atr_status read_output(atr_tuning *t, const trial *s, const atr_port *port, void **data) {
  const size_t bytes = output_bytes(port);
  if (!(*data = atr__calloc(bytes, 1))) return atr__nomem(t->error, bytes);
  return of_run(s, atr_run_read(s->run, port->name, *data, bytes), t->error);
}

static int same_floats(const float *a, const float *b, size_t n) {
  double most = 0, apart = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(b[i])) continue; /* the rules' own */
    if (!isfinite(a[i])) return 0;
    most = fmax(most, fabs((double)b[i]));
    apart = fmax(apart, fabs((double)a[i] - (double)b[i]));
  }
  return apart <= DIFFERENCE * most;
}

/* Integers come from comparisons (ArgMax), which rounding turns over where two are next to equal. */
static int same_bytes(const unsigned char *a, const unsigned char *b, size_t n, size_t element) {
  size_t apart = 0;
  for (size_t i = 0; i + element <= n * element; i += element) apart += memcmp(a + i, b + i, element) != 0;
  return apart <= n / 50;
}

static atr_status as_expected(atr_tuning *t, const trial *s, int *good) {
  atr_status status = ATR_OK;
  *good = 1;
  for (size_t i = 0; !status && *good && i < s->plan->n_outputs; i++) {
    const atr_port port = atr_plan_output(s->plan, i);
    const size_t n = (size_t)atr__shape_size(&port.shape);
    void *data = NULL;
    status = read_output(t, s, &port, &data);
    if (!status)
      *good = port.type == ATR_F32 ? same_floats(data, t->expected[i], n)
                                   : same_bytes(data, t->expected[i], n, atr_type_size(port.type));
    atr__free(data);
  }
  return status;
}

/* ---- times */
static atr_status execute(atr_tuning *t, trial *s, double *seconds) {
  const double began = atr__clock();
  atr_status status = atr_run_execute(s->run);
  if (!status) status = atr__run_check(s->run);
  *seconds = atr__clock() - began;
  return of_run(s, status, t->error);
}

/* The least time of each turn, packing and what runs once apart. */
static atr_status measure(atr_tuning *t, trial *s) {
  const double began = atr__clock();
  double seconds, *now = atr__calloc(t->n_turns, sizeof *now);
  if (!now) return atr__nomem(t->error, t->n_turns * sizeof *now);
  for (size_t k = 0; k < t->n_turns; k++) s->least[k] = DBL_MAX;
  atr_status status = of_run(s, atr_run_profile(s->run, 1), t->error);
  for (int i = 0; !status && i < RUNS_MAX && (i < RUNS_MIN || atr__clock() - began < t->seconds); i++) {
    if ((status = execute(t, s, &seconds))) break;
    memset(now, 0, t->n_turns * sizeof *now);
    for (size_t k = 0;; k++) {
      const atr_profile_step step = atr_run_profile_step(s->run, k);
      if (!step.node) break;
      if (step.once || step.index >= s->plan->n_steps) continue;
      const size_t at = s->plan->steps[step.index].chosen;
      if (at < t->n_turns) now[at] += step.time_s;
    }
    for (size_t k = 0; k < t->n_turns; k++)
      if (now[k] < s->least[k]) s->least[k] = now[k];
  }
  if (!status) status = of_run(s, atr_run_profile(s->run, 0), t->error);
  atr__free(now);
  return status;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Medians of whole runs of two plans, in turns. */
static atr_status compare(atr_tuning *t, trial *a, trial *b) {
  const double began = atr__clock();
  double times[2][RUNS_MAX];
  int n = 0;
  atr_status status = ATR_OK;
  for (; !status && n < RUNS_MAX && (n < 2 * RUNS_MIN + 1 || atr__clock() - began < 2 * t->seconds); n++) {
    status = execute(t, n % 2 ? a : b, &times[n % 2 ? 0 : 1][n]);
    if (!status) status = execute(t, n % 2 ? b : a, &times[n % 2 ? 1 : 0][n]);
  }
  if (status) return status;
  for (int i = 0; i < 2; i++) qsort(times[i], (size_t)n, sizeof times[i][0], ascending);
  t->sum.rule_s = times[0][n / 2];
  t->sum.tuned_s = times[1][n / 2];
  return ATR_OK;
}

/* ---- candidates */
static atr_status by_rules(atr_tuning *t, trial *s) {
  const struct atr__wishes wishes = { .turn = list_turn, .user = t };
  atr_status status = open_trial(t, &wishes, s);
  double seconds;
  if (status) return status;
  for (size_t k = 0; k < s->plan->n_steps; k++) {
    const atr__step *step = &s->plan->steps[k];
    if (step->chosen >= t->n_turns || step->op != t->turns[step->chosen].op || !step->row) continue;
    t->turns[step->chosen].rule = t->turns[step->chosen].best = step->row;
  }
  if ((status = execute(t, s, &seconds))) return status;
  if (!(t->expected = atr__calloc(s->plan->n_outputs, sizeof *t->expected)))
    return atr__nomem(t->error, s->plan->n_outputs * sizeof *t->expected);
  for (size_t i = 0; !status && i < s->plan->n_outputs; i++) {
    const atr_port port = atr_plan_output(s->plan, i);
    status = read_output(t, s, &port, &t->expected[i]);
  }
  if (!status) status = measure(t, s);
  for (size_t k = 0; !status && k < t->n_turns; k++) {
    t->turns[k].rule_s = t->turns[k].best_s = s->least[k];
    t->sum.choices += t->turns[k].rule && t->turns[k].n_rows > 1;
  }
  return status;
}

/* Algorithms that a step could have and has not. */
static size_t list_names(const atr_tuning *t, const char *names[TRIALS]) {
  size_t n = 0;
  for (size_t k = 0; k < t->n_turns; k++)
    for (size_t r = 0; t->turns[k].rule && r < t->turns[k].n_rows; r++) {
      const char *name = t->turns[k].rows[r]->algorithm;
      size_t i = 0;
      while (i < n && strcmp(names[i], name) != 0) i++;
      if (i == n && n < TRIALS && t->turns[k].rows[r] != t->turns[k].rule) names[n++] = name;
    }
  return n;
}

static const atr__cl_row *row_named(const turn *u, const char *name) {
  for (size_t r = 0; u->rule && r < u->n_rows; r++)
    if (!strcmp(u->rows[r]->algorithm, name)) return u->rows[r];
  return NULL;
}

/* Every step that can have the algorithm has it. */
static atr_status try_algorithm(atr_tuning *t, const char *name, const atr__cl_row **rows) {
  const struct atr__wishes wishes = { .row = rows, .n = t->n_turns };
  trial s;
  double seconds;
  int good = 0;
  for (size_t k = 0; k < t->n_turns; k++) rows[k] = row_named(&t->turns[k], name);
  atr_status status = open_trial(t, &wishes, &s);
  if (!status) status = execute(t, &s, &seconds);
  if (!status) status = as_expected(t, &s, &good);
  if (!status && good) status = measure(t, &s);
  t->sum.candidates++;
  t->sum.rejected += !status && !good;
  for (size_t k = 0; !status && good && k < t->n_turns; k++) {
    turn *u = &t->turns[k];
    if (!rows[k] || rows[k] == u->rule || s.least[k] >= u->best_s) continue;
    if (s.least[k] > u->rule_s * (1 - GAIN) || s.least[k] > u->rule_s - GAIN_S) continue;
    u->best = rows[k];
    u->best_s = s.least[k];
  }
  close_trial(&s);
  return status;
}

/* The best of each step together, beside the rules; what is not quicker as a whole is given up. */
static atr_status try_best(atr_tuning *t, trial *rules, const atr__cl_row **rows) {
  const struct atr__wishes wishes = { rows, t->n_turns, note_digest, t };
  trial s;
  double seconds;
  int good = 0;
  for (size_t k = 0; k < t->n_turns; k++) {
    const turn *u = &t->turns[k];
    rows[k] = u->best != u->rule ? u->best : NULL;
    t->sum.changed += rows[k] != NULL;
  }
  atr_status status = open_trial(t, &wishes, &s);
  if (!status) status = execute(t, &s, &seconds);
  if (!status) status = as_expected(t, &s, &good);
  if (!status) status = compare(t, rules, &s);
  if (!status && t->sum.changed && (!good || t->sum.tuned_s >= t->sum.rule_s)) {
    t->sum.rejected += !good;
    t->sum.changed = 0;
    t->sum.tuned_s = t->sum.rule_s;
    for (size_t k = 0; k < t->n_turns; k++) t->turns[k].best = t->turns[k].rule;
  }
  close_trial(&s);
  return status;
}

static atr_status keep(atr_tuning *t) {
  atr__tuned *list = atr__calloc(t->n_turns, sizeof *list);
  size_t n = 0;
  if (!list) return atr__nomem(t->error, t->n_turns * sizeof *list);
  for (size_t k = 0; k < t->n_turns; k++) {
    const turn *u = &t->turns[k];
    if (!u->rule || u->n_rows < 2) continue;
    list[n].op = u->op;
    memcpy(list[n].digest, u->digest, sizeof u->digest);
    list[n++].row = u->best != u->rule ? u->best : NULL;
  }
  const atr_status status = atr__tuning_store(t->context, list, n, t->error);
  atr__free(list);
  return status;
}

static atr_status tune(atr_tuning *t, double seconds) {
  const char *names[TRIALS];
  trial rules;
  atr_status status;
  t->seconds = seconds / 4;
  ATR__CHECK(by_rules(t, &rules));
  const size_t n = list_names(t, names);
  const atr__cl_row **rows = atr__calloc(t->n_turns, sizeof *rows);
  if (!rows) {
    status = atr__nomem(t->error, t->n_turns * sizeof *rows);
    goto fail;
  }
  t->seconds = seconds / (double)(2 * n + 4);
  for (size_t i = 0; !status && i < n; i++) {
    status = atr__context_progress(t->context, "tune", i, n + 1, t->error);
    if (!status) status = try_algorithm(t, names[i], rows);
  }
  if (!status) status = try_best(t, &rules, rows);
  atr__free(rows);
  if (!status) status = keep(t);
  if (!status) status = atr__context_progress(t->context, "tune", n + 1, n + 1, t->error);
fail:
  for (size_t i = 0; t->expected && i < rules.plan->n_outputs; i++) atr__free(t->expected[i]);
  atr__free(t->expected);
  t->expected = NULL;
  close_trial(&rules);
  return status;
}

atr_status atr_tune(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                    const atr_plan_options *options, double seconds, atr_error *error, atr_tuning **tuning) {
  if (!tuning) return atr__fail(error, ATR_E_PARAM, "atr_tune: a pointer is NULL");
  *tuning = NULL;
  if (!model || !context || (n && !inputs) || !(seconds >= 0))
    return atr__fail(error, ATR_E_PARAM, "atr_tune: a pointer is NULL, or %g seconds", seconds);
  if (options && options->float64)
    return atr__fail(error, ATR_E_PARAM, "atr_tune: plans with float64 have no choice of algorithms");
  if (!context->cache_dir)
    return atr__fail(error, ATR_E_IO,
                     "there is no folder to keep choices in: HOME or ATROUS_CACHE_DIR would name one");
  atr_tuning *t = atr__calloc(1, sizeof *t);
  if (!t) return atr__nomem(error, sizeof *t);
  t->model = model;
  t->context = context;
  t->inputs = inputs;
  t->n_inputs = n;
  t->options = options;
  t->error = error;
  const atr_status status = tune(t, seconds);
  if (status)
    atr_tuning_destroy(t);
  else
    *tuning = t;
  return status;
}

void atr_tuning_destroy(atr_tuning *t) {
  if (!t) return;
  for (size_t k = 0; k < t->n_turns; k++) atr__free(t->turns[k].node);
  atr__free(t->turns);
  atr__free(t);
}

atr_tuning_sum atr_tuning_summary(const atr_tuning *t) {
  return t->sum;
}

atr_tuning_change atr_tuning_changed(const atr_tuning *t, size_t i) {
  atr_tuning_change change;
  memset(&change, 0, sizeof change);
  for (size_t k = 0; k < t->n_turns; k++) {
    const turn *u = &t->turns[k];
    if (u->best == u->rule || i-- > 0) continue;
    change = (atr_tuning_change){ u->node,   u->op->name, u->rule->algorithm, u->best->algorithm,
                                  u->rule_s, u->best_s };
    break;
  }
  return change;
}
