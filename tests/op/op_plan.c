/* op_plan.c: operators through plans; see op_plan.h. */
#include "config.h"

#include "op_plan.h"

#include "op_case.h"

#include <stdio.h>

#include "backend/backend.h"
#include "model/graph.h"
#include "plan/plan.h"

static atr_context *host, *device;

/* Tells where a kernel calls a function that kernels/builtins.clh does not declare: a load then takes longer.
 */
static void look_at_log(void *user, int level, const char *line) {
  (void)user, (void)level;
  if (getenv("ATROUS_LOG") || strstr(line, "needs the whole header")) fprintf(stderr, "atrous: %s\n", line);
}

static atr_context *open_context(const char *selector) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.hooks.log = look_at_log;
  if (atr_context_open(selector, &options, &error, &context)) ck_abort_msg("%s: %s", selector, error.text);
  return context;
}

atr_context *op_plan_host(void) {
  if (!host) host = open_context("host");
  return host;
}

atr_context *op_plan_device(void) {
#ifdef ATR_HAVE_OPENCL
  const char *none = getenv("ATROUS_TEST_NO_OPENCL"), *selector = getenv("ATROUS_TEST_DEVICE");
  if (none && !strcmp(none, "1")) return NULL;
  if (!device) device = open_context(selector ? selector : "cpu");
#endif
  return device;
}

uint64_t op_plan_cache(uint64_t bytes) {
  atr_context *context = op_plan_device();
  const uint64_t was = context ? context->device.cache_bytes : 0;
  if (context) context->device.cache_bytes = bytes;
  return was;
}

void op_plan_close(void) {
  atr_context_destroy(host);
  atr_context_destroy(device);
  host = device = NULL;
}

static struct {
  char name[48];
  int on_device;
  double error;
} noted[512];
static size_t n_noted;

static void write_noted(void) {
  FILE *file = fopen(getenv("ATROUS_TEST_ERRORS"), "a");
  for (size_t i = 0; file && i < n_noted; i++)
    fprintf(file, "%s\t%s\t%.3g\n", noted[i].name, noted[i].on_device ? "device" : "host", noted[i].error);
  if (file) fclose(file);
}

void op_plan_note(const char *name, int on_device, double error) {
  const char *path = getenv("ATROUS_TEST_ERRORS");
  size_t i = 0;
  if (!path || !*path) return;
  if (!n_noted) atexit(write_noted);
  while (i < n_noted && (strcmp(noted[i].name, name) || noted[i].on_device != on_device)) i++;
  if (i == sizeof noted / sizeof *noted) return;
  if (i == n_noted) {
    snprintf(noted[n_noted].name, sizeof noted->name, "%s", name);
    noted[n_noted++].on_device = on_device;
  }
  if (error > noted[i].error) noted[i].error = error;
}

/* For drivers a thousand times slower: ATROUS_TEST_WORK, see op_plan.h. */
static uint64_t most_work(void) {
  const char *text = getenv("ATROUS_TEST_WORK");
  return text ? strtoull(text, NULL, 10) : 0;
}

int op_plan_slow(void) {
  return most_work() > 0;
}

static struct {
  uint64_t *seen; /* what was run, in the order in which it came */
  size_t n_seen, room, large;
} few;

static void tell_few(void) {
  printf("# %zu cases on the device, %zu left out as larger than "
         "ATROUS_TEST_WORK\n",
         few.n_seen, few.large);
  free(few.seen);
}

static void mix(uint64_t *hash, const void *data, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) *hash = (*hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
}
static void mix_text(uint64_t *hash, const char *text) {
  mix(hash, text, strlen(text) + 1);
}

/* Whether a row has been at these attributes, shapes and constants as often as
 * is useful: twice, since values differ. */
static int seen(const op_case *c, const char *name, const char *algorithm) {
  uint64_t hash = 0xcbf29ce484222325u;
  mix_text(&hash, name);
  mix_text(&hash, algorithm);
  mix(&hash, &c->n_out, sizeof c->n_out);
  for (size_t i = 0; i < c->n_in; i++) {
    const op_tensor *t = &c->in[i];
    mix(&hash, &t->type, sizeof t->type);
    mix(&hash, &t->shape.rank, sizeof t->shape.rank);
    mix(&hash, t->shape.dim, (size_t)t->shape.rank * sizeof *t->shape.dim);
    if (t->constant) mix(&hash, t->v, (size_t)t->count * sizeof *t->v);
  }
  for (size_t i = 0; i < c->attrs.n; i++) {
    const atr__attr *a = &c->attrs.list[i];
    mix_text(&hash, a->name);
    mix(&hash, &a->f, sizeof a->f);
    mix(&hash, &a->i, sizeof a->i);
    if (a->s) mix_text(&hash, a->s);
    if (a->floats) mix(&hash, a->floats, a->n * sizeof *a->floats);
    if (a->ints) mix(&hash, a->ints, a->n * sizeof *a->ints);
    for (size_t k = 0; a->strings && k < a->n; k++) mix_text(&hash, a->strings[k]);
  }
  int times = 0;
  for (size_t i = 0; i < few.n_seen; i++) times += few.seen[i] == hash;
  if (times >= 2) return 1;
  if (few.n_seen == few.room) {
    few.room = few.room ? 2 * few.room : 256;
    few.seen = realloc(few.seen, few.room * sizeof *few.seen);
    ck_assert_ptr_nonnull(few.seen);
  }
  if (!few.n_seen && !few.large) atexit(tell_few);
  few.seen[few.n_seen++] = hash;
  return 0;
}

/* The kernels that were run, and how often; ATROUS_TEST_KERNELS names the file
 * for them. */
static struct kernel_count {
  char *name;
  size_t times;
} * kernels;
static size_t n_kernels;

static void close_kernels(void) {
  const char *path = getenv("ATROUS_TEST_KERNELS");
  FILE *file = path && *path ? fopen(path, "a") : NULL;
  for (size_t i = 0; i < n_kernels; i++) {
    if (file) fprintf(file, "%s\n", kernels[i].name);
    free(kernels[i].name);
  }
  free(kernels);
  if (file) fclose(file);
}

static size_t *times_of(const char *name) {
  size_t i = 0;
  while (i < n_kernels && strcmp(kernels[i].name, name)) i++;
  if (i < n_kernels) return &kernels[i].times;
  if (!n_kernels) atexit(close_kernels);
  kernels = realloc(kernels, (n_kernels + 1) * sizeof *kernels);
  ck_assert_ptr_nonnull(kernels);
  kernels[n_kernels] = (struct kernel_count){ strdup(name), 0 };
  ck_assert_ptr_nonnull(kernels[n_kernels].name);
  return &kernels[n_kernels++].times;
}

static void note_kernels(const atr_plan *plan) {
  for (size_t k = 0; k < plan->n_kernels; k++) ++*times_of(plan->kernels[k]);
}

/* Whether one of the plan's kernels has not been run twice. */
static int new_kernel(const atr_plan *plan) {
  int new = 0;
  for (size_t k = 0; k < plan->n_kernels; k++) new |= *times_of(plan->kernels[k]) < 2;
  return new;
}

typedef struct {
  atr_model *model;
  atr_shape shapes[OP_CASE_MAX];
  size_t n_inputs;
  int in[OP_CASE_MAX], out[OP_CASE_MAX];
} built;

static const char *in_name(size_t i) {
  static const char *const name[OP_CASE_MAX] = {
    "in0", "in1", "in2",  "in3",  "in4",  "in5",  "in6",  "in7",
    "in8", "in9", "in10", "in11", "in12", "in13", "in14", "in15"
  };
  return name[i];
}
static const char *out_name(size_t i) {
  static const char *const name[OP_CASE_MAX] = { "out0",  "out1",  "out2",  "out3", "out4",  "out5",
                                                 "out6",  "out7",  "out8",  "out9", "out10", "out11",
                                                 "out12", "out13", "out14", "out15" };
  return name[i];
}

/* A model of the one node. as_weights: bit i makes input i an initial tensor
 * too (for packed rows). */
static built build(const op_case *c, const char *domain, const char *name, unsigned as_weights) {
  built b;
  memset(&b, 0, sizeof b);
  atr_error error = ATR_ERROR_INIT;
  ck_assert_int_eq(atr_model_create(1, &error, &b.model), ATR_OK);
  for (size_t i = 0; i < c->n_in; i++) {
    const op_tensor *t = &c->in[i];
    if (t->type == ATR_TYPE_NONE) continue;
    if (t->constant || as_weights >> i & 1) {
      void *data = op_case_pack(t, 0);
      b.in[i] = atr_model_add_tensor(b.model, in_name(i), t->type, &t->shape, data, !t->constant).id;
      free(data);
    } else {
      b.in[i] = atr_model_add_input(b.model, in_name(i), t->type, &t->shape).id;
      b.shapes[b.n_inputs++] = t->shape;
    }
  }
  atr__attrs attrs = { 0 };
  ck_assert_int_eq(atr__attrs_copy(&attrs, &c->attrs), ATR_OK);
  const char *names[OP_CASE_MAX];
  for (size_t i = 0; i < OP_CASE_MAX; i++) names[i] = out_name(i);
  b.out[0] =
      atr__model_node(b.model, atr__op_find(domain, name), "node", b.in, c->n_in, &attrs, names, c->n_out);
  ck_assert_msg(b.out[0] != 0, "%s", b.model->error.text);
  for (size_t i = 0; i < c->n_out; i++) {
    b.out[i] = b.model->nodes[0].out[i];
    atr_model_add_output(b.model, NULL, (atr_value){ b.out[i] });
  }
  return b;
}

static void write_inputs(const op_case *c, const atr_model *model, atr_run *run) {
  for (size_t i = 0; i < c->n_in; i++) {
    const op_tensor *t = &c->in[i];
    if (t->type == ATR_TYPE_NONE) continue;
    const int id = atr__model_find(model, in_name(i));
    if (atr__model_at(model, id)->init) continue;
    void *data = op_case_pack(t, 0);
    if (atr_run_write(run, in_name(i), data, (size_t)t->count * atr_type_size(t->type)))
      ck_abort_msg("%s", atr_run_error(run));
    free(data);
  }
}

/* Whether this case is small enough and new. Kernels that take only large ones are run at the first that
 * come. */
enum { FIRST = 300000 };
static int few_enough(const op_case *c, const char *name, const atr_plan *plan, const char *algorithm,
                      uint64_t most) {
  uint64_t work = plan->work; /* a sum's is what it reads */
  for (size_t i = 0; i < c->n_in; i++) work += (uint64_t)c->in[i].count;
  if (work <= most || (work <= most + FIRST && new_kernel(plan))) return !seen(c, name, algorithm);
  if (!few.n_seen && !few.large) atexit(tell_few);
  few.large++;
  return 0;
}

static int takes(const atr_plan *plan, const struct atr__cl_row *row) {
  for (size_t i = 0; i < plan->n_steps; i++)
    if (plan->steps[i].row == row) return 1;
  return 0;
}

/* One plan on one context; not run where `row` is asked for and does not apply.
 */
static void agree_on(op_case *c, const char *domain, const char *name, atr_context *context,
                     const struct atr__cl_row *row, const char *who) {
  const unsigned as_weights = (row && row->packed_in ? 1u << (row->packed_in - 1) : 0) |
                              (row && row->also ? 1u << (row->also->in - 1) : 0);
  const uint64_t most = row ? most_work() : 0;
  atr_error error = ATR_ERROR_INIT;
  built b = build(c, domain, name, as_weights);
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  if (atr_plan_create(b.model, context, b.shapes, b.n_inputs, NULL, &error, &plan))
    ck_abort_msg("%s on %s: %s", name, who, error.text);
  if ((row && !takes(plan, row)) || (most && !few_enough(c, name, plan, row->algorithm, most))) {
    atr_plan_destroy(plan);
    atr_model_destroy(b.model);
    return;
  }
  if (atr_run_create(plan, &error, &run)) ck_abort_msg("%s on %s: %s", name, who, error.text);
  note_kernels(plan);
  write_inputs(c, b.model, run);
  op_tensor got[OP_CASE_MAX] = { 0 };
  for (int times = most ? 1 : 2; times > 0; times--) { /* the second time with what the first left behind */
    if (atr_run_execute(run)) ck_abort_msg("%s on %s: %s", name, who, atr_run_error(run));
    for (size_t i = 0; i < c->n_out; i++) {
      got[i] = (op_tensor){ .type = c->out[i].type, .shape = c->out[i].shape, .count = c->out[i].count };
      const size_t bytes = (size_t)got[i].count * atr_type_size(got[i].type);
      void *data = malloc(bytes + 64);
      ck_assert_ptr_nonnull(data);
      if (atr_run_read(run, out_name(i), data, bytes))
        ck_abort_msg("%s on %s: %s", name, who, atr_run_error(run));
      op_case_unpack(&got[i], data, 0);
      free(data);
    }
    op_case_agree(c, name, who, got);
    for (size_t i = 0; i < c->n_out; i++) free(got[i].v);
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(b.model);
}

void op_plan_agree_row(op_case *c, const char *domain, const char *name, const char *algorithm) {
  const struct atr__cl_row *row = atr__op_find(domain, name)->cl;
  atr_context *context = op_plan_device();
  char who[96];
  if (!context) return;
  while (row->algorithm && strcmp(row->algorithm, algorithm)) row++;
  ck_assert_msg(row->algorithm, "%s has no row %s", name, algorithm);
  snprintf(who, sizeof who, "device plan, %s", algorithm);
  context->prefer = algorithm;
  agree_on(c, domain, name, context, row, who);
  context->prefer = NULL;
}

void op_plan_agree(op_case *c, const char *domain, const char *name) {
  const struct atr__cl_row *rows = atr__op_find(domain, name)->cl;
  agree_on(c, domain, name, op_plan_host(), NULL, "host plan");
  for (const struct atr__cl_row *row = rows; op_plan_device() && row && row->algorithm; row++)
    op_plan_agree_row(c, domain, name, row->algorithm);
}

/* The numbers that weigh the outputs: in (-1, 1), never all alike. */
static float weigh(int64_t i) {
  return (float)((i * 37 + 11) % 64 - 31.5f) / 32.0f;
}

/* Appends loss = Σ r·y, y output `of`, and its gradients to the built model;
 * grad[i] is made an output "gradI". */
static void differentiate(built *b, const op_case *c, unsigned inputs, size_t of, atr__infer_state *state) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape y = c->out[of].shape;
  float *r = malloc(((size_t)c->out[of].count + 1) * sizeof *r);
  for (int64_t i = 0; i < c->out[of].count; i++) r[i] = weigh(i);
  const atr_value rv = atr_model_add_tensor(b->model, "r", ATR_F32, &y, r, 0);
  free(r);
  const atr_value product = atr_model_mul(b->model, (atr_value){ b->out[of] }, rv);
  const atr_attribute keep = { "keepdims", ATR_ATTRIBUTE_INT, 0, 0, NULL, NULL, NULL, 0, NULL };
  atr_value loss = atr_model_add(b->model, NULL, "ReduceSum", "loss", &product, 1, &keep, 1, NULL, 1);
  atr_model_add_output(b->model, "loss", loss);
  ck_assert_msg(atr_model_check(b->model, &error) == ATR_OK, "%s", error.text);
  ck_assert_msg(atr__infer_graph(b->model, b->shapes, b->n_inputs, state, &error) == ATR_OK, "%s",
                error.text);
  int wanted[OP_CASE_MAX], gradient[OP_CASE_MAX];
  size_t which[OP_CASE_MAX], n = 0;
  for (size_t i = 0; i < c->n_in; i++)
    if (inputs >> i & 1) {
      which[n] = i;
      wanted[n++] = b->in[i];
    }
  if (atr__differentiate(b->model, state, loss.id, wanted, n, gradient, NULL, &error))
    ck_abort_msg("%s", error.text);
  for (size_t i = 0; i < n; i++) {
    char label[32];
    ck_assert_msg(gradient[i] != 0, "input %zu got no gradient", which[i]);
    snprintf(label, sizeof label, "grad%zu", which[i]);
    atr_model_add_output(b->model, label, (atr_value){ gradient[i] });
  }
  ck_assert_msg(atr_model_check(b->model, &error) == ATR_OK, "%s", error.text);
}

static double loss_at(atr_run *run) {
  double loss;
  if (atr_run_execute(run) || atr__run_read_real(run, "loss", &loss, 1))
    ck_abort_msg("%s", atr_run_error(run));
  return loss;
}

void op_plan_gradient(op_case *c, const char *domain, const char *name, unsigned inputs, double step) {
  op_plan_gradient_of(c, domain, name, inputs, step, 0);
}

void op_plan_gradient_of(op_case *c, const char *domain, const char *name, unsigned inputs, double step,
                         size_t of) {
  atr_error error = ATR_ERROR_INIT;
  if (!(step > 0)) step = 1e-5;
  built b = build(c, domain, name, 0);
  atr__infer_state state;
  memset(&state, 0, sizeof state);
  differentiate(&b, c, inputs, of, &state);
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  if (atr__plan_create(b.model, op_plan_host(), b.shapes, b.n_inputs, NULL, 1, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    ck_abort_msg("%s: %s", name, error.text);
  write_inputs(c, b.model, run);
  loss_at(run);
  for (size_t i = 0; i < c->n_in; i++) {
    if (!(inputs >> i & 1)) continue;
    op_tensor *t = &c->in[i];
    char label[32];
    snprintf(label, sizeof label, "grad%zu", i);
    double *analytic = calloc((size_t)t->count + 1, sizeof *analytic),
           *x = calloc((size_t)t->count + 1, sizeof *x);
    write_inputs(c, b.model, run);
    loss_at(run);
    if (atr__run_read_real(run, label, analytic, (size_t)t->count)) ck_abort_msg("%s", atr_run_error(run));
    /* Every element of small tensors; of large ones a fixed spread. */
    const int64_t stride = t->count > 200 ? t->count / 150 : 1;
    for (int64_t k = 0; k < t->count; k += stride) {
      double side[2];
      for (int s = 0; s < 2; s++) {
        for (int64_t j = 0; j < t->count; j++)
          x[j] = (double)(float)t->v[j] + (j == k ? (s ? step : -step) : 0);
        if (atr__run_write_real(run, in_name(i), x, (size_t)t->count)) ck_abort_msg("%s", atr_run_error(run));
        side[s] = loss_at(run);
      }
      const double numeric = (side[1] - side[0]) / (2 * step);
      ck_assert_msg(fabs(numeric - analytic[k]) <= 1e-4 * fmax(1, fabs(numeric)),
                    "%s d input %zu [%lld]: differences %.9g, gradient %.9g", name, i, (long long)k, numeric,
                    analytic[k]);
    }
    /* Float, host and device, against double. */
    for (int d = 0; d < 2; d++) {
      atr_context *context = d ? op_plan_device() : op_plan_host();
      if (!context) continue;
      atr_plan *plan32 = NULL;
      atr_run *run32 = NULL;
      if (atr_plan_create(b.model, context, b.shapes, b.n_inputs, NULL, &error, &plan32) ||
          atr_run_create(plan32, &error, &run32))
        ck_abort_msg("%s: %s", name, error.text);
      write_inputs(c, b.model, run32);
      float *got = calloc((size_t)t->count + 1, sizeof *got);
      if (atr_run_execute(run32) || atr_run_read(run32, label, got, (size_t)t->count * sizeof *got))
        ck_abort_msg("%s", atr_run_error(run32));
      for (int64_t k = 0; k < t->count; k++)
        ck_assert_msg(fabs(got[k] - analytic[k]) <=
                          10 * (c->tolerance > 0 ? c->tolerance : 1e-5) * fmax(1, fabs(analytic[k])),
                      "%s d input %zu [%lld] on the %s: %.9g, double %.9g", name, i, (long long)k,
                      d ? "device" : "host", (double)got[k], analytic[k]);
      free(got);
      atr_run_destroy(run32);
      atr_plan_destroy(plan32);
    }
    free(analytic);
    free(x);
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr__infer_free(&state, b.model);
  atr_model_destroy(b.model);
}
