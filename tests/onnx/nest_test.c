/* nest_test.c: functions and graphs within nodes, and derivatives that a file asks for: what they compute
 * (worked by hand), what they see of the names around them, that they are written again, and that broken ones
 * are refused. Everything runs on the host and, where there is one, on the OpenCL device. */
#include "onnx_test.h"

#include <atrous/plan.h>

#include "base/random.h"

/* Messages and texts live until `finish`. */
static void *kept[4096];
static size_t n_kept;

static void *keep(size_t bytes) {
  ck_assert_uint_lt(n_kept, sizeof kept / sizeof *kept);
  void *block = kept[n_kept++] = calloc(1, bytes ? bytes : 1);
  ck_assert_ptr_nonnull(block);
  return block;
}

static void finish(void) {
  while (n_kept) free(kept[--n_kept]);
}

/* "a b c" as a list; "_" is an absent name. */
static size_t words(const char *text, char ***list) {
  char *copy = keep(strlen(text) + 1);
  size_t n = 0;
  memcpy(copy, text, strlen(text));
  *list = keep(32 * sizeof **list);
  for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
    (*list)[n++] = strcmp(at, "_") ? at : (char *)"";
  return n;
}

static void *grown(void *list, size_t n, void *item) {
  void **larger = keep((n + 1) * sizeof *larger);
  if (list) memcpy(larger, list, n * sizeof *larger);
  larger[n] = item;
  return larger;
}

static Atr__GraphProto *graph(void) {
  Atr__GraphProto *g = keep(sizeof *g);
  atr__graph_proto__init(g);
  g->name = (char *)"g";
  return g;
}

/* rank -1: no type is said. */
static void port(Atr__GraphProto *g, int output, const char *name, int type, int rank, const int64_t *dims) {
  Atr__ValueInfoProto *v = keep(sizeof *v);
  atr__value_info_proto__init(v);
  v->name = (char *)(uintptr_t)name;
  if (rank >= 0) {
    v->type = keep(sizeof *v->type);
    atr__type_proto__init(v->type);
    Atr__TypeProto__Tensor *t = v->type->tensor_type = keep(sizeof *t);
    atr__type_proto__tensor__init(t);
    t->has_elem_type = 1;
    t->elem_type = type;
    t->shape = keep(sizeof *t->shape);
    atr__tensor_shape_proto__init(t->shape);
    for (int i = 0; i < rank; i++) {
      Atr__TensorShapeProto__Dimension *d = keep(sizeof *d);
      atr__tensor_shape_proto__dimension__init(d);
      d->has_dim_value = dims[i] >= 0;
      d->dim_value = dims[i];
      t->shape->dim = grown(t->shape->dim, t->shape->n_dim++, d);
    }
  }
  if (output)
    g->output = grown(g->output, g->n_output++, v);
  else
    g->input = grown(g->input, g->n_input++, v);
}

static Atr__NodeProto *bare_node(const char *op, const char *in, const char *out) {
  Atr__NodeProto *n = keep(sizeof *n);
  atr__node_proto__init(n);
  n->op_type = (char *)(uintptr_t)op;
  n->n_input = words(in, &n->input);
  n->n_output = words(out, &n->output);
  return n;
}

static Atr__NodeProto *node(Atr__GraphProto *g, const char *op, const char *in, const char *out) {
  Atr__NodeProto *n = bare_node(op, in, out);
  g->node = grown(g->node, g->n_node++, n);
  return n;
}

static Atr__AttributeProto *attribute(Atr__NodeProto *n, const char *name, int kind) {
  Atr__AttributeProto *a = keep(sizeof *a);
  atr__attribute_proto__init(a);
  a->name = (char *)(uintptr_t)name;
  a->has_type = 1;
  a->type = kind;
  n->attribute = grown(n->attribute, n->n_attribute++, a);
  return a;
}

static void with_graph(Atr__NodeProto *n, const char *name, Atr__GraphProto *g) {
  attribute(n, name, 5)->g = g;
}

static void with_int(Atr__NodeProto *n, const char *name, int64_t i) {
  Atr__AttributeProto *a = attribute(n, name, 2);
  a->has_i = 1;
  a->i = i;
}

static void with_ints(Atr__NodeProto *n, const char *name, size_t count, const int64_t *list) {
  Atr__AttributeProto *a = attribute(n, name, 7);
  a->n_ints = count;
  a->ints = keep(count * sizeof *list);
  memcpy(a->ints, list, count * sizeof *list);
}

/* A Constant of float32, int64 or bool. */
static void constant(Atr__GraphProto *g, const char *name, int type, int rank, int64_t n, const void *data) {
  Atr__NodeProto *c = node(g, "Constant", "", name);
  Atr__TensorProto *t = attribute(c, "value", 4)->t = keep(sizeof *t);
  const size_t bytes = (size_t)n * atr_type_size((atr_type)type);
  atr__tensor_proto__init(t);
  t->has_data_type = 1;
  t->data_type = type;
  t->n_dims = (size_t)rank;
  t->dims = keep(sizeof *t->dims);
  t->dims[0] = n;
  t->has_raw_data = 1;
  t->raw_data.len = bytes;
  t->raw_data.data = keep(bytes);
  memcpy(t->raw_data.data, data, bytes);
}

static Atr__ModelProto *model_of(Atr__GraphProto *g) {
  Atr__ModelProto *m = keep(sizeof *m);
  atr__model_proto__init(m);
  m->has_ir_version = 1;
  m->ir_version = 8;
  m->graph = g;
  Atr__OperatorSetIdProto *o = keep(sizeof *o);
  atr__operator_set_id_proto__init(o);
  o->has_version = 1;
  o->version = 17;
  m->opset_import = grown(NULL, m->n_opset_import++, o);
  return m;
}

static file packed(const Atr__ModelProto *m) {
  file f;
  f.size = atr__model_proto__get_packed_size(m);
  f.bytes = keep(f.size);
  atr__model_proto__pack(m, f.bytes);
  return f;
}

static void refused(const Atr__ModelProto *m, atr_status status, const char *said) {
  const file f = packed(m);
  load_bad(f.bytes, f.size, NULL, status, said);
  finish();
}

/* What goes in and must come out of one run. */
typedef struct value {
  const char *name;
  atr_type type;
  atr_shape shape;
  const void *data;
} value;

static size_t bytes_of(const value *v) {
  size_t n = atr_type_size(v->type);
  for (int i = 0; i < v->shape.rank; i++) n *= (size_t)v->shape.dim[i];
  return n;
}

static void run_once(atr_run *run, const value *in, size_t n_in, const value *out, size_t n_out) {
  for (size_t i = 0; i < n_in; i++)
    ck_assert_msg(!atr_run_write(run, in[i].name, in[i].data, bytes_of(&in[i])), "%s", atr_run_error(run));
  ck_assert_msg(!atr_run_execute(run), "%s", atr_run_error(run));
  for (size_t i = 0; i < n_out; i++) {
    atr_port p;
    ck_assert_msg(!atr_run_output(run, out[i].name, &p), "%s", atr_run_error(run));
    ck_assert_int_eq(p.type, out[i].type);
    ck_assert_int_eq(p.shape.rank, out[i].shape.rank);
    for (int k = 0; k < p.shape.rank; k++) ck_assert_int_eq(p.shape.dim[k], out[i].shape.dim[k]);
    char *got = malloc(bytes_of(&out[i]) + 1);
    ck_assert_msg(!atr_run_read(run, out[i].name, got, bytes_of(&out[i])), "%s", atr_run_error(run));
    for (size_t k = 0; out[i].type == ATR_F32 && k < bytes_of(&out[i]) / sizeof(float); k++)
      ck_assert_msg(((float *)(void *)got)[k] == ((const float *)out[i].data)[k], "%s[%zu] is %g, must be %g",
                    out[i].name, k, (double)((float *)(void *)got)[k],
                    (double)((const float *)out[i].data)[k]);
    if (out[i].type != ATR_F32) ck_assert_int_eq(memcmp(got, out[i].data, bytes_of(&out[i])), 0);
    free(got);
  }
}

static atr_context *open_context(int device) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  const char *selector = getenv("ATROUS_TEST_DEVICE");
  const atr_status status =
      atr_context_open(device ? selector ? selector : "cpu" : "host", NULL, &error, &context);
  ck_assert_msg(!status, "%s", error.text);
  return context;
}

static int devices(void) {
#ifdef ATR_HAVE_OPENCL
  const char *none = getenv("ATROUS_TEST_NO_OPENCL");
  if (!none || strcmp(none, "1")) return 2;
#endif
  return 1;
}

/* Reads, writes and reads again (the bytes must be the same), and runs every set of values twice on one plan.
 */
static void computes(const Atr__ModelProto *proto, const value *in, size_t n_in, const value *out,
                     size_t n_out, size_t sets) {
  const file f = packed(proto);
  atr_model *m = load_good(f.bytes, f.size);
  finish();
  const file first = write_model(m);
  atr_model *read = load_good(first.bytes, first.size);
  const file second = write_model(read);
  ck_assert_uint_eq(first.size, second.size);
  ck_assert_int_eq(memcmp(first.bytes, second.bytes, first.size), 0);
  atr__free(first.bytes);
  atr__free(second.bytes);
  for (int d = 0; d < devices(); d++) {
    atr_context *context = open_context(d);
    for (int again = 0; again < 2; again++) {
      atr_error error = ATR_ERROR_INIT;
      atr_plan *plan;
      atr_run *run;
      atr_shape shapes[8];
      for (size_t i = 0; i < n_in; i++) shapes[i] = in[i].shape;
      ck_assert_msg(!atr_plan_create(again ? read : m, context, shapes, n_in, NULL, &error, &plan), "%s",
                    error.text);
      ck_assert_msg(!atr_run_create(plan, &error, &run), "%s", error.text);
      for (size_t s = 0; s < 2 * sets; s++)
        run_once(run, in + s % sets * n_in, n_in, out + s % sets * n_out, n_out);
      atr_run_destroy(run);
      atr_plan_destroy(plan);
    }
    atr_context_destroy(context);
  }
  atr_model_destroy(read);
  atr_model_destroy(m);
}

static const float ONE[1] = { 1 };
static const uint8_t YES[1] = { 1 }, NO[1] = { 0 };

/* y = c ? (d ? x + x : x · x) : -x, the inner If within the outer's branch; both read x from around them. */
static Atr__ModelProto *choice(void) {
  Atr__GraphProto *g = graph(), *then = graph(), *otherwise = graph(), *sum = graph(), *product = graph();
  port(g, 0, "x", ATR_F32, 1, (int64_t[]){ 3 });
  port(g, 0, "c", ATR_BOOL, 0, NULL);
  port(g, 0, "d", ATR_BOOL, 0, NULL);
  port(g, 1, "y", ATR_F32, 1, (int64_t[]){ 3 });
  node(sum, "Add", "x x", "s");
  port(sum, 1, "s", 0, -1, NULL);
  node(product, "Mul", "x x", "s"); /* the same name as in the other branch */
  port(product, 1, "s", 0, -1, NULL);
  Atr__NodeProto *inner = node(then, "If", "d", "r");
  with_graph(inner, "then_branch", sum);
  with_graph(inner, "else_branch", product);
  port(then, 1, "r", 0, -1, NULL);
  node(otherwise, "Neg", "x", "y"); /* a name of the graph around */
  port(otherwise, 1, "y", 0, -1, NULL);
  Atr__NodeProto *outer = node(g, "If", "c", "y");
  with_graph(outer, "else_branch", otherwise);
  with_graph(outer, "then_branch", then);
  return model_of(g);
}

START_TEST(an_if_within_an_if_takes_its_branch_and_reads_around_it) {
  static const float x[3] = { 1, -2, 3 }, sum[3] = { 2, -4, 6 }, product[3] = { 1, 4, 9 },
                     negative[3] = { -1, 2, -3 };
  const atr_shape three = { 1, { 3 } }, scalar = { 0, { 0 } };
  const value in[9] = { { "x", ATR_F32, three, x },     { "c", ATR_BOOL, scalar, YES },
                        { "d", ATR_BOOL, scalar, YES }, { "x", ATR_F32, three, x },
                        { "c", ATR_BOOL, scalar, YES }, { "d", ATR_BOOL, scalar, NO },
                        { "x", ATR_F32, three, x },     { "c", ATR_BOOL, scalar, NO },
                        { "d", ATR_BOOL, scalar, NO } },
              out[3] = { { "y", ATR_F32, three, sum },
                         { "y", ATR_F32, three, product },
                         { "y", ATR_F32, three, negative } };
  computes(choice(), in, 3, out, 1, 3);
}
END_TEST

/* for i < m while sum < 10: sum += x; collects the sum. `m` and the sum are the node's; x is captured. */
static Atr__ModelProto *summing(void) {
  static const float ten[1] = { 10 };
  Atr__GraphProto *g = graph(), *body = graph();
  port(g, 0, "x", ATR_F32, 1, (int64_t[]){ 1 });
  port(g, 0, "m", ATR_I64, 0, NULL);
  port(g, 1, "last", ATR_F32, 1, (int64_t[]){ 1 });
  port(g, 1, "all", ATR_F32, 2, (int64_t[]){ -1, 1 });
  port(body, 0, "i", ATR_I64, 0, NULL);
  port(body, 0, "go", ATR_BOOL, 0, NULL);
  port(body, 0, "sum", ATR_F32, 1, (int64_t[]){ 1 });
  constant(body, "ten", ATR_F32, 1, 1, ten);
  node(body, "Add", "sum x", "next");
  node(body, "Less", "next ten", "less");
  node(body, "Squeeze", "less", "on");
  node(body, "Identity", "next", "copy");
  port(body, 1, "on", ATR_BOOL, 0, NULL);
  port(body, 1, "next", ATR_F32, 1, (int64_t[]){ 1 });
  port(body, 1, "copy", ATR_F32, 1, (int64_t[]){ 1 });
  constant(g, "zero", ATR_F32, 1, 1, (const float[]){ 0 });
  Atr__NodeProto *loop = node(g, "Loop", "m _ zero", "last all");
  with_graph(loop, "body", body);
  return model_of(g);
}

START_TEST(a_loop_ends_by_its_count_or_its_condition_and_collects) {
  static const float three[1] = { 3 }, twelve[1] = { 12 }, six[1] = { 6 }, zero[1] = { 0 },
                     all[4] = { 3, 6, 9, 12 };
  static const int64_t many[1] = { 100 }, two[1] = { 2 }, none[1] = { 0 };
  const atr_shape one = { 1, { 1 } }, scalar = { 0, { 0 } };
  const value in[6] = { { "x", ATR_F32, one, three }, { "m", ATR_I64, scalar, many },
                        { "x", ATR_F32, one, three }, { "m", ATR_I64, scalar, two },
                        { "x", ATR_F32, one, three }, { "m", ATR_I64, scalar, none } },
              out[6] = { { "last", ATR_F32, one, twelve }, { "all", ATR_F32, { 2, { 4, 1 } }, all },
                         { "last", ATR_F32, one, six },    { "all", ATR_F32, { 2, { 2, 1 } }, all },
                         { "last", ATR_F32, one, zero },   { "all", ATR_F32, { 2, { 0, 1 } }, all } };
  computes(summing(), in, 2, out, 2, 3);
}
END_TEST

/* A carried value that grows by one element each turn: another shape, another plan. */
START_TEST(a_carried_value_may_change_its_shape) {
  static const float grown_to[4] = { 1, 1, 1, 1 };
  static const int64_t m[1] = { 3 };
  Atr__GraphProto *g = graph(), *body = graph();
  port(g, 0, "m", ATR_I64, 0, NULL);
  port(g, 1, "y", ATR_F32, 1, (int64_t[]){ -1 });
  port(body, 0, "i", ATR_I64, 0, NULL);
  port(body, 0, "go", ATR_BOOL, 0, NULL);
  port(body, 0, "v", ATR_F32, 1, (int64_t[]){ -1 });
  with_int(node(body, "Concat", "v one", "w"), "axis", 0);
  node(body, "Identity", "go", "on");
  port(body, 1, "on", ATR_BOOL, 0, NULL);
  port(body, 1, "w", ATR_F32, 1, (int64_t[]){ -1 });
  constant(g, "one", ATR_F32, 1, 1, ONE);
  with_graph(node(g, "Loop", "m _ one", "y"), "body", body);
  const value in = { "m", ATR_I64, { 0, { 0 } }, m }, out = { "y", ATR_F32, { 1, { 4 } }, grown_to };
  computes(model_of(g), &in, 1, &out, 1, 1);
}
END_TEST

/* A Scan from the right over axis 1 of x [2][t]: running sums s += slice, stacked from the right along
 * axis 1. */
static Atr__ModelProto *scanning(void) {
  Atr__GraphProto *g = graph(), *body = graph();
  port(g, 0, "x", ATR_F32, 2, (int64_t[]){ 2, -1 });
  port(g, 1, "s", ATR_F32, 1, (int64_t[]){ 2 });
  port(g, 1, "y", ATR_F32, 2, (int64_t[]){ 2, -1 });
  port(body, 0, "sum", ATR_F32, 1, (int64_t[]){ 2 });
  port(body, 0, "slice", ATR_F32, 1, (int64_t[]){ 2 });
  node(body, "Add", "sum slice", "next");
  node(body, "Identity", "next", "copy");
  port(body, 1, "next", ATR_F32, 1, (int64_t[]){ 2 });
  port(body, 1, "copy", ATR_F32, 1, (int64_t[]){ 2 });
  constant(g, "zero", ATR_F32, 1, 2, (const float[]){ 0, 0 });
  Atr__NodeProto *scan = node(g, "Scan", "zero x", "s y");
  with_graph(scan, "body", body);
  with_int(scan, "num_scan_inputs", 1);
  with_ints(scan, "scan_input_axes", 1, (int64_t[]){ 1 });
  with_ints(scan, "scan_input_directions", 1, (int64_t[]){ 1 });
  with_ints(scan, "scan_output_axes", 1, (int64_t[]){ -1 });
  with_ints(scan, "scan_output_directions", 1, (int64_t[]){ 1 });
  return model_of(g);
}

/* Few turns are laid out, many are driven by the host: the same numbers. */
START_TEST(a_scan_has_axes_and_directions) {
  enum { MOST = 20 };
  for (int t = 1; t <= MOST; t += t < 3 ? 2 : 17) {
    float x[2 * MOST], sums[2 * MOST], last[2];
    for (int r = 0; r < 2; r++) {
      float sum = 0;
      for (int i = t - 1; i >= 0; i--) sums[r * t + i] = sum += x[r * t + i] = (float)(r * 10 + i);
      last[r] = sum;
    }
    const value in = { "x", ATR_F32, { 2, { 2, t } }, x },
                out[2] = { { "s", ATR_F32, { 1, { 2 } }, last }, { "y", ATR_F32, { 2, { 2, t } }, sums } };
    computes(scanning(), &in, 1, out, 2, 1);
  }
}
END_TEST

static void placed(const Atr__ModelProto *proto, const atr_shape *shapes, size_t n, const char *with,
                   const char *without) {
  atr_error error = ATR_ERROR_INIT;
  const file f = packed(proto);
  atr_model *m = load_good(f.bytes, f.size);
  atr_context *context = open_context(0);
  atr_plan *plan;
  finish();
  ck_assert_msg(!atr_plan_create(m, context, shapes, n, NULL, &error, &plan), "%s", error.text);
  if (with) ck_assert_ptr_nonnull(strstr(atr_plan_placement(plan), with));
  if (without) ck_assert_ptr_null(strstr(atr_plan_placement(plan), without));
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr_model_destroy(m);
}

/* y = x has 4 elements or more ? x + x : x, in a Loop of two turns: all of it known with the shape. */
START_TEST(control_that_shapes_decide_is_one_plan) {
  static const float x[4] = { 1, 2, 3, 4 }, four[4] = { 4, 8, 12, 16 };
  static const int64_t two[1] = { 2 }, three[1] = { 3 };
  for (int n = 3; n <= 4; n++) {
    Atr__ModelProto *m = NULL;
    for (int pass = 0; pass < 2; pass++) {
      Atr__GraphProto *g = graph(), *body = graph(), *then = graph(), *otherwise = graph();
      port(g, 0, "x", ATR_F32, 1, (int64_t[]){ -1 });
      port(g, 1, "y", ATR_F32, 1, (int64_t[]){ -1 });
      constant(g, "m", ATR_I64, 0, 1, two);
      constant(g, "three", ATR_I64, 0, 1, three);
      node(g, "Size", "x", "size");
      node(g, "Greater", "size three", "large");
      port(body, 0, "i", ATR_I64, 0, NULL);
      port(body, 0, "go", ATR_BOOL, 0, NULL);
      port(body, 0, "v", ATR_F32, 1, (int64_t[]){ -1 });
      node(then, "Add", "v v", "w");
      node(otherwise, "Identity", "v", "w");
      port(then, 1, "w", ATR_F32, 1, (int64_t[]){ -1 });
      port(otherwise, 1, "w", ATR_F32, 1, (int64_t[]){ -1 });
      Atr__NodeProto *choose = node(body, "If", "large", "w");
      with_graph(choose, "then_branch", then);
      with_graph(choose, "else_branch", otherwise);
      port(body, 1, "go", ATR_BOOL, 0, NULL);
      port(body, 1, "w", ATR_F32, 1, (int64_t[]){ -1 });
      with_graph(node(g, "Loop", "m _ x", "y"), "body", body);
      m = model_of(g);
      const atr_shape shape = { 1, { n } };
      const value in = { "x", ATR_F32, shape, x }, out = { "y", ATR_F32, shape, n == 4 ? four : x };
      if (pass)
        placed(m, &shape, 1, NULL, "control");
      else
        computes(m, &in, 1, &out, 1, 1);
    }
  }
  const atr_shape few = { 2, { 2, 3 } }, many = { 2, { 2, 20 } };
  placed(scanning(), &few, 1, "Add", "control");
  placed(scanning(), &many, 1, "control", NULL);
}
END_TEST

/* x [n] reshaped to [2][2] fits no size that is tried on reading. */
START_TEST(a_file_that_fits_one_size_only_is_read) {
  static const int64_t square[2] = { 2, 2 };
  static const float x[4] = { 1, -2, 3, -4 }, y[4] = { 1, 0, 3, 0 };
  Atr__GraphProto *g = graph();
  port(g, 0, "x", ATR_F32, 1, (int64_t[]){ -1 });
  port(g, 1, "y", ATR_F32, 2, (int64_t[]){ -1, -1 });
  constant(g, "square", ATR_I64, 1, 2, square);
  node(g, "Reshape", "x square", "r");
  node(g, "Relu", "r", "y");
  const value in = { "x", ATR_F32, { 1, { 4 } }, x }, out = { "y", ATR_F32, { 2, { 2, 2 } }, y };
  computes(model_of(g), &in, 1, &out, 1, 1);
}
END_TEST

static void with_words(Atr__NodeProto *n, const char *name, const char *text) {
  char **list;
  const size_t count = words(text, &list);
  Atr__AttributeProto *a = attribute(n, name, 8);
  a->strings = keep(count * sizeof *a->strings);
  for (a->n_strings = 0; a->n_strings < count; a->n_strings++)
    a->strings[a->n_strings] =
        (ProtobufCBinaryData){ strlen(list[a->n_strings]), (uint8_t *)list[a->n_strings] };
}

/* y = a·b + a·a of three numbers; the derivatives of their sum by xs, at the place `in`. */
static Atr__ModelProto *derivatives(const char *xs, const char *in, int64_t dim) {
  Atr__GraphProto *g = graph();
  for (int i = 0; i < 3; i++) port(g, 0, (const char *[]){ "a", "b", "c" }[i], ATR_F32, 1, &dim);
  for (int i = 0; i < 3; i++) port(g, 1, (const char *[]){ "da", "db", "dc" }[i], ATR_F32, 1, &dim);
  node(g, "Mul", "a b", "p");
  node(g, "Mul", "a a", "q");
  node(g, "Add", "p q", "y");
  Atr__NodeProto *n = node(g, "Gradient", in, "da db dc");
  n->domain = (char *)"ai.onnx.preview.training";
  with_words(n, "xs", xs);
  Atr__AttributeProto *y = attribute(n, "y", 3);
  y->has_s = 1;
  y->s = (ProtobufCBinaryData){ 1, (uint8_t *)"y" };
  Atr__ModelProto *m = model_of(g);
  Atr__OperatorSetIdProto *o = keep(sizeof *o);
  atr__operator_set_id_proto__init(o);
  o->domain = (char *)"ai.onnx.preview.training";
  o->has_version = 1;
  o->version = 1;
  m->opset_import = grown(m->opset_import, m->n_opset_import++, o);
  return m;
}

START_TEST(derivatives_that_a_file_asks_for_are_written_out) {
  static const float a[3] = { 1, 2, -3 }, b[3] = { 4, -5, 6 }, c[3] = { 7, 8, 9 };
  static const float da[3] = { 6, -1, 0 }, dc[3] = { 0 }; /* b + 2a; a; 0 */
  const atr_shape three = { 1, { 3 } };
  const value in[3] = { { "a", ATR_F32, three, a }, { "b", ATR_F32, three, b }, { "c", ATR_F32, three, c } },
              out[3] = { { "da", ATR_F32, three, da },
                         { "db", ATR_F32, three, a },
                         { "dc", ATR_F32, three, dc } };
  computes(derivatives("a b c", "a b c", 3), in, 3, out, 3, 1);
  refused(derivatives("a b c", "b a c", 3), ATR_E_UNSUPPORTED, "at another place than \"a\"");
  refused(derivatives("a b nothing", "a b c", 3), ATR_E_FORMAT, "nothing");
  refused(derivatives("a b", "a b", 3), ATR_E_PARAM, "3 outputs for 2 tensors in xs");
  refused(derivatives("a b c", "a b c", -1), ATR_E_UNSUPPORTED, "free dimension");
}
END_TEST

static Atr__FunctionProto *function(Atr__ModelProto *m, const char *name, const char *in, const char *out) {
  Atr__FunctionProto *f = keep(sizeof *f);
  atr__function_proto__init(f);
  f->name = (char *)(uintptr_t)name;
  f->domain = (char *)"local";
  f->n_input = words(in, &f->input);
  f->n_output = words(out, &f->output);
  m->functions = grown(m->functions, m->n_functions++, f);
  return f;
}

static Atr__NodeProto *within(Atr__FunctionProto *f, const char *op, const char *domain, const char *in,
                              const char *out) {
  Atr__NodeProto *n = bare_node(op, in, out);
  n->domain = (char *)(uintptr_t)domain;
  f->node = grown(f->node, f->n_node++, n);
  return n;
}

/* twice(x) = leaky(x) + leaky(x); leaky(x) = LeakyRelu with alpha of the call, 0.5 without. The second output
 * of twice is its input. */
static Atr__ModelProto *calling(float alpha) {
  Atr__GraphProto *g = graph();
  port(g, 0, "x", ATR_F32, 1, (int64_t[]){ -1 });
  port(g, 1, "y", ATR_F32, 1, (int64_t[]){ -1 });
  port(g, 1, "z", ATR_F32, 1, (int64_t[]){ -1 });
  Atr__ModelProto *m = model_of(g);
  Atr__FunctionProto *leaky = function(m, "leaky", "x", "y"), *twice = function(m, "twice", "x", "y x");
  Atr__AttributeProto *refers = attribute(within(leaky, "LeakyRelu", "", "x", "y"), "alpha", 1);
  refers->ref_attr_name = (char *)"slope";
  Atr__NodeProto holder = ATR__NODE_PROTO__INIT;
  Atr__AttributeProto *otherwise = attribute(&holder, "slope", 1);
  otherwise->has_f = 1;
  otherwise->f = 0.5f;
  leaky->attribute_proto = grown(NULL, leaky->n_attribute_proto++, otherwise);
  Atr__NodeProto *call = within(twice, "leaky", "local", "x", "a");
  attribute(call, "slope", 1)->ref_attr_name = (char *)"slope";
  within(twice, "Add", "", "a a", "y");
  Atr__NodeProto *outer = node(g, "twice", "x", "y z");
  outer->domain = (char *)"local";
  if (alpha != 0) {
    Atr__AttributeProto *a = attribute(outer, "slope", 1);
    a->has_f = 1;
    a->f = alpha;
  }
  return m;
}

START_TEST(functions_take_attributes_and_call_functions) {
  static const float x[2] = { -4, 3 }, half[2] = { -4, 6 }, quarter[2] = { -2, 6 };
  const atr_shape two = { 1, { 2 } };
  const value in = { "x", ATR_F32, two, x },
              first[2] = { { "y", ATR_F32, two, half }, { "z", ATR_F32, two, x } },
              second[2] = { { "y", ATR_F32, two, quarter }, { "z", ATR_F32, two, x } };
  computes(calling(0), &in, 1, first, 2, 1);
  computes(calling(0.25f), &in, 1, second, 2, 1);
}
END_TEST

START_TEST(a_function_that_calls_itself_is_refused) {
  Atr__ModelProto *m = calling(0);
  within(m->functions[0], "twice", "local", "x", "u v");
  refused(m, ATR_E_FORMAT, "the function calls itself");
}
END_TEST

START_TEST(calls_that_double_forty_times_are_refused) {
  Atr__GraphProto *g = graph();
  port(g, 0, "x", ATR_F32, 1, (int64_t[]){ 1 });
  port(g, 1, "y", ATR_F32, 1, (int64_t[]){ 1 });
  Atr__ModelProto *m = model_of(g);
  char *name[41];
  for (int i = 0; i < 41; i++) {
    name[i] = keep(8);
    snprintf(name[i], 8, "f%d", i);
    Atr__FunctionProto *f = function(m, name[i], "x", "y");
    within(f, i ? name[i - 1] : "Relu", i ? "local" : "", "x", "a");
    within(f, i ? name[i - 1] : "Relu", i ? "local" : "", "a", "y");
  }
  node(g, name[40], "x", "y")->domain = (char *)"local";
  refused(m, ATR_E_LIMIT, "calls of functions");
}
END_TEST

START_TEST(broken_graphs_within_are_refused) {
  Atr__ModelProto *m = choice();
  m->graph->node[0]->n_attribute = 1;
  refused(m, ATR_E_FORMAT, "1 graphs, must have 2");
  m = choice();
  m->graph->node[0]->attribute[0]->name = (char *)"body";
  refused(m, ATR_E_FORMAT, "no graph \"else_branch\"");
  m = choice();
  m->graph->node[0]->attribute[0]->g->node[0]->input[0] = (char *)"nowhere";
  refused(m, ATR_E_FORMAT, "nothing gives");
  m = choice();
  m->graph->node[0]->attribute[0]->g->n_output = 0;
  refused(m, ATR_E_FORMAT, "outputs");
  m = choice(); /* the branch reads what the node itself gives */
  m->graph->node[0]->attribute[1]->g->node[0]->attribute[0]->g->node[0]->input[0] = (char *)"y";
  refused(m, ATR_E_FORMAT, "cycle");
  m = choice();
  port(m->graph->node[0]->attribute[0]->g, 0, "extra", ATR_F32, 0, NULL);
  refused(m, ATR_E_FORMAT, "1 inputs");
  m = summing();
  m->graph->node[1]->n_input = 1;
  refused(m, ATR_E_FORMAT, "fewer than 2");
  m = summing();
  m->graph->node[1]->op_type = (char *)"Scan";
  refused(m, ATR_E_FORMAT, "num_scan_inputs is 0");
  m = summing();
  m->graph->node[1]->op_type = (char *)"Relu";
  refused(m, ATR_E_UNSUPPORTED, "graph");
}
END_TEST

START_TEST(graphs_within_graphs_end_at_the_limit) {
  Atr__GraphProto *g = graph(), *deepest = g;
  port(g, 0, "x", ATR_F32, 0, NULL);
  port(g, 0, "c", ATR_BOOL, 0, NULL);
  port(g, 1, "y0", ATR_F32, 0, NULL);
  for (int i = 0; i < 30; i++) {
    char *name = keep(8);
    snprintf(name, 8, "y%d", i);
    Atr__GraphProto *then = graph(), *otherwise = graph();
    char *inner = keep(8);
    snprintf(inner, 8, "y%d", i + 1);
    Atr__NodeProto *n = node(deepest, "If", "c", name);
    node(otherwise, "Relu", "x", inner);
    port(otherwise, 1, inner, 0, -1, NULL);
    port(then, 1, inner, 0, -1, NULL);
    with_graph(n, "then_branch", then);
    with_graph(n, "else_branch", otherwise);
    deepest = then;
  }
  node(deepest, "Relu", "x", "y30");
  refused(model_of(g), ATR_E_LIMIT, "nest");
}
END_TEST

/* Flipped bits, and every allocation failing in turn: errors, no crash, no leak. */
static Atr__ModelProto *everything(int which) {
  return which == 0 ? choice() : which == 1 ? summing() : calling(0.25f);
}

START_TEST(flipped_bits_never_crash_or_leak) {
  atr__random random;
  atr__random_seed(&random, 3, 0);
  atr_context *context = open_context(0);
  for (int i = 0; i < 6000; i++) {
    const file f = packed(everything(i % 3));
    for (uint32_t k = 1 + atr__random_below(&random, 3); k; k--)
      ((uint8_t *)f.bytes)[atr__random_below(&random, (uint32_t)f.size)] ^=
          (uint8_t)(1u << atr__random_below(&random, 8));
    atr_error error = ATR_ERROR_INIT;
    atr_model *m;
    const int64_t live = atr__alloc_live();
    if (!atr_model_load_memory(f.bytes, f.size, NULL, &error, &m)) {
      atr_shape shapes[8] = { { 0, { 0 } } };
      atr_plan *plan = NULL;
      atr_run *run = NULL;
      size_t n = 0;
      for (atr_port p; (p = atr_model_input(m, n)).name && n < 8; n++) {
        shapes[n] = p.shape;
        for (int k = 0; k < p.shape.rank; k++)
          if (shapes[n].dim[k] < 0 || shapes[n].dim[k] > 64) shapes[n].dim[k] = 2;
      }
      if (!atr_plan_create(m, context, shapes, n, NULL, &error, &plan) && !atr_run_create(plan, &error, &run))
        (void)!atr_run_execute(run); /* inputs are 0: no loop is long */
      atr_run_destroy(run);
      atr_plan_destroy(plan);
      atr_model_destroy(m);
    } else
      ck_assert_msg(error.text[0], "no sentence");
    ck_assert_int_eq(atr__alloc_live(), live);
    finish();
  }
  atr_context_destroy(context);
}
END_TEST

static atr_status whole(const file *f, atr_context *context) {
  static const int64_t m_value[1] = { 3 };
  const atr_shape one = { 1, { 1 } }, scalar = { 0, { 0 } }, shapes[2] = { one, scalar };
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  atr_status status = atr_model_load_memory(f->bytes, f->size, NULL, &error, &m);
  if (!status) status = atr_plan_create(m, context, shapes, 2, NULL, &error, &plan);
  if (!status) status = atr_run_create(plan, &error, &run);
  if (!status) status = atr_run_write(run, "x", ONE, sizeof ONE);
  if (!status) status = atr_run_write(run, "m", m_value, sizeof m_value);
  if (!status) status = atr_run_execute(run);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  return status;
}

START_TEST(every_allocation_may_fail) {
  const file f = packed(summing());
  atr_context *context = open_context(0);
  ck_assert_int_eq(whole(&f, context), ATR_OK);
  const int64_t live = atr__alloc_live();
  atr_status status = ATR_E_NOMEM;
  for (int64_t n = 0; status; n++) {
    atr__alloc_fail(n, 0);
    status = whole(&f, context);
    atr__alloc_fail(-1, 0);
    ck_assert_msg(status == ATR_OK || status == ATR_E_NOMEM, "%s at %d", atr_status_name(status), (int)n);
    ck_assert_int_eq(atr__alloc_live(), live);
  }
  atr_context_destroy(context);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("nest");
  TCase *tests = tcase_create("nest");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, an_if_within_an_if_takes_its_branch_and_reads_around_it);
  tcase_add_test(tests, a_loop_ends_by_its_count_or_its_condition_and_collects);
  tcase_add_test(tests, a_carried_value_may_change_its_shape);
  tcase_add_test(tests, a_scan_has_axes_and_directions);
  tcase_add_test(tests, control_that_shapes_decide_is_one_plan);
  tcase_add_test(tests, a_file_that_fits_one_size_only_is_read);
  tcase_add_test(tests, derivatives_that_a_file_asks_for_are_written_out);
  tcase_add_test(tests, functions_take_attributes_and_call_functions);
  tcase_add_test(tests, a_function_that_calls_itself_is_refused);
  tcase_add_test(tests, calls_that_double_forty_times_are_refused);
  tcase_add_test(tests, broken_graphs_within_are_refused);
  tcase_add_test(tests, graphs_within_graphs_end_at_the_limit);
  tcase_add_test(tests, flipped_bits_never_crash_or_leak);
  tcase_add_test(tests, every_allocation_may_fail);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
