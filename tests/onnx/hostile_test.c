/* hostile_test.c: small files that ask for much: memory, time, depth. Each ends with a sentence or a model,
 * within an address space that has little room beyond what is taken already (where a sanitizer needs its own,
 * without that limit); and broken models that still load are planned and run on the host. Uses POSIX itself,
 * for the limit. */
#include "onnx_test.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atrous/plan.h>

#include "base/random.h"

enum { ROOM = 192 << 20 }; /* bytes that a hostile file may take, with the allocator's own arenas */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_SPACE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_SPACE 1
#endif
#endif

/* From here on the address space may grow by ROOM; returns what it was allowed before. */
static struct rlimit bound(void) {
  struct rlimit old = { RLIM_INFINITY, RLIM_INFINITY };
  ck_assert_int_eq(getrlimit(RLIMIT_AS, &old), 0);
#ifndef OWN_SPACE
  FILE *f = fopen("/proc/self/statm", "r");
  unsigned long long pages = 0;
  if (f && fscanf(f, "%llu", &pages) == 1) {
    struct rlimit now = old;
    now.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ROOM;
    if (now.rlim_cur < old.rlim_max) ck_assert_int_eq(setrlimit(RLIMIT_AS, &now), 0);
  }
  if (f) fclose(f);
#endif
  return old;
}

static void unbound(struct rlimit old) {
  ck_assert_int_eq(setrlimit(RLIMIT_AS, &old), 0);
}

/* Loads; NULL where the file was refused, which must have a sentence and not be for want of memory. */
static atr_model *try_load(const void *bytes, size_t size, const char *what) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  const int64_t live = atr__alloc_live();
  const atr_status status = atr_model_load_memory(bytes, size, NULL, &error, &m);
  if (!status) return m;
  ck_assert_msg(status != ATR_E_NOMEM, "%s: %s", what, error.text);
  ck_assert_msg(error.text[0] && !m, "%s: no sentence", what);
  ck_assert_msg(atr__alloc_live() == live, "%s: a block is left", what);
  return NULL;
}

/* Plans and runs what was loaded, inputs full of zeros; free dimensions are 3. Whatever happens is a status.
 */
static void try_run(const atr_model *m, atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_shape shapes[8];
  size_t n = 0;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  for (atr_port port; n < 8 && (port = atr_model_input(m, n)).name; n++) {
    shapes[n] = port.shape;
    for (int k = 0; k < shapes[n].rank; k++)
      if (shapes[n].dim[k] < 0) shapes[n].dim[k] = 3;
  }
  if (atr_plan_create(m, context, shapes, n, NULL, &error, &plan) == ATR_OK &&
      atr_run_create(plan, &error, &run) == ATR_OK)
    (void)!atr_run_execute(run);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
}

static atr_context *open_host(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.memory_limit = 32 << 20;
  options.threads = 1;
  ck_assert_msg(atr_context_open("host", &options, &error, &context) == ATR_OK, "%s", error.text);
  return context;
}

/* The draft, loaded and, where that succeeds, run, within bounds. */
static void survives(draft *d, const char *what) {
  const file f = draft_pack(d);
  free(d);
  atr_context *context = open_host();
  const int64_t live = atr__alloc_live();
  const struct rlimit old = bound();
  atr_model *m = try_load(f.bytes, f.size, what);
  if (m) try_run(m, context);
  atr_model_destroy(m);
  unbound(old);
  ck_assert_msg(atr__alloc_live() == live, "%s: a block is left", what);
  atr_context_destroy(context);
  free(f.bytes);
}

static draft *one_input(int rank, const int64_t *dims) {
  draft *d = draft_new(18);
  draft_port(d, 0, "x", rank, dims);
  draft_port(d, 1, "y", 0, NULL);
  return d;
}

static Atr__AttributeProto *ints(draft *d, Atr__NodeProto *node, const char *name, size_t n,
                                 int64_t *values) {
  Atr__AttributeProto *a = draft_attribute(d, node, name, 7);
  a->n_ints = n;
  a->ints = values;
  return a;
}

START_TEST(shapes_may_be_as_large_as_they_like) {
  static const int64_t sizes[] = {
    INT64_MAX, INT64_MAX / 2, INT32_MAX, INT32_MAX - 1, 1 << 30, 1 << 16, 46341
  };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const int64_t s = sizes[i];
    draft *d = one_input(4, (int64_t[]){ s, s, s, s });
    DRAFT_NODE(d, "Relu", "relu", "x", NULL, "y");
    survives(d, "an input of huge shape");
    d = one_input(2, (int64_t[]){ s, 1 });
    draft_tensor(d, "w", ATR_F32, 2, (int64_t[]){ 1, 2 }, "12345678", 8);
    DRAFT_NODE(d, "MatMul", "product", "x", "w", NULL, "y");
    survives(d, "a product that is larger than its operands");
    d = one_input(1, (int64_t[]){ 1 });
    draft_tensor(d, "shape", ATR_I64, 1, (int64_t[]){ 2 }, (const int64_t[]){ s, 2 }, 16);
    DRAFT_NODE(d, "ConstantOfShape", "fill", "shape", NULL, "z");
    DRAFT_NODE(d, "Add", "sum", "x", "z", NULL, "y");
    survives(d, "ConstantOfShape");
    d = one_input(1, (int64_t[]){ 1 });
    draft_tensor(d, "shape", ATR_I64, 1, (int64_t[]){ 2 }, (const int64_t[]){ s, s }, 16);
    DRAFT_NODE(d, "Expand", "spread", "x", "shape", NULL, "y");
    survives(d, "Expand");
    d = one_input(1, (int64_t[]){ 3 });
    draft_tensor(d, "times", ATR_I64, 1, (int64_t[]){ 1 }, (const int64_t[]){ s }, 8);
    DRAFT_NODE(d, "Tile", "tile", "x", "times", NULL, "y");
    survives(d, "Tile");
    d = one_input(1, (int64_t[]){ 3 });
    draft_tensor(d, "pads", ATR_I64, 1, (int64_t[]){ 2 }, (const int64_t[]){ s, s }, 16);
    DRAFT_NODE(d, "Pad", "pad", "x", "pads", NULL, "y");
    survives(d, "Pad");
    d = one_input(1, (int64_t[]){ 3 });
    draft_tensor(d, "start", ATR_I64, 0, NULL, (const int64_t[]){ -s }, 8);
    draft_tensor(d, "limit", ATR_I64, 0, NULL, (const int64_t[]){ s }, 8);
    draft_tensor(d, "delta", ATR_I64, 0, NULL, (const int64_t[]){ 1 }, 8);
    DRAFT_NODE(d, "Range", "range", "start", "limit", "delta", NULL, "y");
    survives(d, "Range");
    d = one_input(1, (int64_t[]){ 3 });
    draft_tensor(d, "depth", ATR_I64, 0, NULL, (const int64_t[]){ s }, 8);
    draft_tensor(d, "values", ATR_F32, 1, (int64_t[]){ 2 }, "12345678", 8);
    DRAFT_NODE(d, "OneHot", "hot", "x", "depth", "values", NULL, "y");
    survives(d, "OneHot");
    d = one_input(3, (int64_t[]){ 1, 1, 4 });
    draft_tensor(d, "sizes", ATR_I64, 1, (int64_t[]){ 3 }, (const int64_t[]){ 1, 1, s }, 24);
    DRAFT_NODE(d, "Resize", "size", "x", "", "", "sizes", NULL, "y");
    survives(d, "Resize");
  }
}
END_TEST

START_TEST(all_dimensions_may_be_free) {
  draft *d = one_input(8, (int64_t[]){ -1, -1, -1, -1, -1, -1, -1, -1 });
  DRAFT_NODE(d, "Relu", "relu", "x", NULL, "y");
  survives(d, "eight free dimensions");
}
END_TEST

START_TEST(windows_may_be_as_large_as_they_like) {
  static const int64_t sizes[] = { INT64_MAX, INT64_MIN, INT32_MAX, -1, 0, 1 << 30, 65536 };
  static const char *const ops[] = { "MaxPool", "AveragePool", "LpPool" };
  static const char *const names[] = { "kernel_shape", "strides", "dilations", "pads" };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t which = 0; which < sizeof names / sizeof *names; which++) {
      int64_t window[2] = { 2, 2 }, bad[4] = { sizes[i], sizes[i], sizes[i], sizes[i] };
      for (size_t k = 0; k <= sizeof ops / sizeof *ops; k++) {
        draft *d = one_input(4, (int64_t[]){ 1, 2, 9, 9 });
        Atr__NodeProto *n;
        if (k < sizeof ops / sizeof *ops) {
          n = DRAFT_NODE(d, ops[k], "pool", "x", NULL, "y");
          if (which) ints(d, n, "kernel_shape", 2, window);
        } else {
          draft_tensor(d, "w", ATR_F32, 4, (int64_t[]){ 2, 1, 1, 1 }, "12345678", 8);
          n = DRAFT_NODE(d, i & 1 ? "ConvTranspose" : "Conv", "conv", "x", "w", NULL, "y");
        }
        ints(d, n, names[which], which == 3 ? 4 : 2, bad);
        survives(d, names[which]);
      }
    }
}
END_TEST

START_TEST(axes_may_be_anything) {
  static const int64_t axes[] = { INT64_MAX, INT64_MIN, INT32_MIN, 2, -3, 64, 1 << 20 };
  static const char *const ops[] = { "Softmax",       "Concat",  "Gather",
                                     "Flatten",       "ArgMax",  "LogSoftmax",
                                     "Split",         "Hardmax", "LayerNormalization",
                                     "OneHot",        "CumSum",  "TopK",
                                     "GatherElements" };
  for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
    int64_t list[3] = { axes[i], axes[i], 0 };
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
      draft *d = one_input(2, (int64_t[]){ 2, 3 });
      draft_tensor(d, "i", ATR_I64, 1, (int64_t[]){ 1 }, (const int64_t[]){ 0 }, 8);
      Atr__NodeProto *n = k == 1 || k == 2 || k > 7 ? DRAFT_NODE(d, ops[k], "node", "x", "i", NULL, "y")
                                                    : DRAFT_NODE(d, ops[k], "node", "x", NULL, "y");
      Atr__AttributeProto *a = draft_attribute(d, n, "axis", 2);
      a->has_i = 1;
      a->i = axes[i];
      survives(d, ops[k]);
    }
    draft *d = one_input(2, (int64_t[]){ 2, 3 });
    ints(d, DRAFT_NODE(d, "Transpose", "node", "x", NULL, "y"), "perm", 2, list);
    survives(d, "Transpose");
    static const char *const by_input[] = { "Squeeze",   "Unsqueeze", "ReduceSum",
                                            "ReduceMax", "Reshape",   "Expand" };
    for (size_t k = 0; k < sizeof by_input / sizeof *by_input; k++) {
      d = one_input(2, (int64_t[]){ 2, 3 });
      draft_tensor(d, "axes", ATR_I64, 1, (int64_t[]){ 2 }, list, 16);
      DRAFT_NODE(d, by_input[k], "node", "x", "axes", NULL, "y");
      survives(d, by_input[k]);
    }
    d = one_input(2, (int64_t[]){ 2, 3 });
    draft_tensor(d, "i", ATR_I64, 1, (int64_t[]){ 1 }, list, 8);
    DRAFT_NODE(d, "Slice", "node", "x", "i", "i", "i", "i", NULL, "y");
    survives(d, "Slice");
  }
}
END_TEST

/* Every node doubles what it is given. */
START_TEST(values_that_double_do_not_take_memory) {
  enum { TURNS = 14 };
  static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h",
                                       "i", "j", "k", "l", "m", "n", "y" };
  for (int known = 0; known < 2; known++) {
    draft *d = one_input(1, (int64_t[]){ 4096 });
    static const float values[4096];
    draft_tensor(d, "a", ATR_F32, 1, (int64_t[]){ 4096 }, values, sizeof values);
    for (int i = 0; i < TURNS; i++) {
      Atr__NodeProto *n = i || known ? DRAFT_NODE(d, "Concat", NULL, names[i], names[i], names[i], names[i],
                                                  NULL, names[i + 1])
                                     : DRAFT_NODE(d, "Concat", NULL, "x", "x", "x", "x", NULL, names[i + 1]);
      Atr__AttributeProto *a = draft_attribute(d, n, "axis", 2);
      a->has_i = 1;
    }
    survives(d, "four times as much, fourteen times");
  }
}
END_TEST

START_TEST(lists_may_be_as_long_as_the_file) {
  enum { MANY = 1 << 20 };
  int64_t *many = calloc(MANY, sizeof *many);
  ck_assert_ptr_nonnull(many);
  static const struct {
    const char *op, *attribute;
  } lists[] = { { "Transpose", "perm" }, { "MaxPool", "kernel_shape" }, { "MaxPool", "pads" } };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    draft *d = one_input(4, (int64_t[]){ 1, 2, 9, 9 });
    ints(d, DRAFT_NODE(d, lists[i].op, "node", "x", NULL, "y"), lists[i].attribute, MANY, many);
    survives(d, lists[i].attribute);
  }
  draft *d = one_input(1, (int64_t[]){ 4 });
  Atr__TensorProto *t = draft_tensor(d, "w", ATR_I64, 1, (int64_t[]){ 4 }, NULL, 0);
  t->n_int64_data = MANY;
  t->int64_data = many;
  DRAFT_NODE(d, "Relu", "relu", "x", NULL, "y");
  survives(d, "a tensor of more elements than its shape");
  d = one_input(1, (int64_t[]){ 4 });
  draft_tensor(d, "axes", ATR_I64, 1, (int64_t[]){ MANY }, many, MANY * sizeof *many);
  DRAFT_NODE(d, "Unsqueeze", "node", "x", "axes", NULL, "y");
  survives(d, "a million axes");
  /* A node of a million inputs, all the same. */
  char **names = calloc(MANY, sizeof *names);
  for (size_t i = 0; i < MANY; i++) names[i] = (char *)(uintptr_t) "x";
  d = one_input(1, (int64_t[]){ 4 });
  Atr__NodeProto *n = DRAFT_NODE(d, "Sum", "sum", "x", NULL, "y");
  n->n_input = 100000;
  n->input = names;
  survives(d, "a hundred thousand inputs");
  free(names);
  free(many);
}
END_TEST

START_TEST(missing_and_additional_inputs_are_refused) {
  draft *d = draft_relu();
  d->nodes[0]->n_input = 0;
  draft_bad(d, ATR_E_PARAM, "node \"relu\" (Relu): 0 inputs");
  d = draft_relu();
  d->nodes[0]->input[0] = (char *)(uintptr_t) "";
  draft_bad(d, ATR_E_PARAM, "node \"relu\" (Relu): input 0 is missing");
  d = draft_relu();
  DRAFT_NODE(d, "Relu", "two", "x", "x", NULL, "z");
  draft_bad(d, ATR_E_PARAM, "node \"two\" (Relu): 2 inputs");
  d = draft_relu();
  d->nodes[0]->n_output = 0;
  draft_bad(d, ATR_E_PARAM, "0 outputs");
  d = draft_relu();
  DRAFT_NODE(d, "Relu", "two", "x", NULL, "z", "u");
  draft_bad(d, ATR_E_PARAM, "2 outputs");
  d = draft_relu();
  d->nodes[0]->op_type = NULL;
  draft_bad(d, ATR_E_UNSUPPORTED, "node \"relu\" (, opset 17)");
}
END_TEST

/* Flips bits in a copy of the file, again and again; what still loads is run. Returns how many did. */
static int flip(const file *f, uint64_t seed, int times, atr_context *context, const char *what) {
  unsigned char *bytes = malloc(f->size);
  atr__random random;
  int loaded = 0;
  ck_assert_ptr_nonnull(bytes);
  atr__random_seed(&random, seed, 0);
  for (int i = 0; i < times; i++) {
    memcpy(bytes, f->bytes, f->size);
    for (uint32_t k = 1 + atr__random_below(&random, 3); k; k--)
      bytes[atr__random_below(&random, (uint32_t)f->size)] ^=
          (unsigned char)(1u << atr__random_below(&random, 8));
    const int64_t live = atr__alloc_live();
    atr_model *m = try_load(bytes, f->size, what);
    if (m) {
      loaded++;
      try_run(m, context);
    }
    atr_model_destroy(m);
    ck_assert_msg(atr__alloc_live() == live, "%s, turn %d: a block is left", what, i);
  }
  free(bytes);
  return loaded;
}

START_TEST(broken_models_that_load_can_be_run) {
  atr_model *m = build_model();
  const file f = write_model(m);
  atr_context *context = open_host();
  const struct rlimit old = bound();
  ck_assert_int_gt(flip(&f, 2, 3000, context, "the small model"), 100);
  unbound(old);
  atr_context_destroy(context);
  atr__free(f.bytes);
  atr_model_destroy(m);
}
END_TEST

/* Every operator that a published case has, with broken attributes, shapes and tensors. */
START_TEST(broken_cases_of_every_operator_can_be_run) {
  const char *given = getenv("ATROUS_ONNX_TESTDATA");
  char folder[900], path[1200];
  snprintf(folder, sizeof folder, "%s/node", given && *given ? given : "/usr/share/libonnx-testdata/data");
  struct dirent **list;
  const int n = scandir(folder, &list, NULL, alphasort);
  if (n < 0) {
    printf("# skipped: %s is not there (Debian's package libonnx-testdata)\n", folder);
    return;
  }
  atr_context *context = open_host();
  const struct rlimit old = bound();
  int loaded = 0;
  for (int i = 0; i < n; i++) {
    atr_error error = ATR_ERROR_INIT;
    file f;
    snprintf(path, sizeof path, "%s/%s/model.onnx", folder, list[i]->d_name);
    if (*list[i]->d_name != '.' && atr__file_read(path, 1 << 16, &error, &f.bytes, &f.size) == ATR_OK) {
      loaded += flip(&f, (uint64_t)i, 100, context, list[i]->d_name);
      atr__free(f.bytes);
    }
    free(list[i]);
  }
  free(list);
  unbound(old);
  atr_context_destroy(context);
  printf("# %d broken models loaded and ran\n", loaded);
  ck_assert_int_gt(loaded, 5000);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hostile");
  TCase *tests = tcase_create("hostile");
  tcase_set_timeout(tests, 600);
  tcase_add_test(tests, shapes_may_be_as_large_as_they_like);
  tcase_add_test(tests, all_dimensions_may_be_free);
  tcase_add_test(tests, windows_may_be_as_large_as_they_like);
  tcase_add_test(tests, axes_may_be_anything);
  tcase_add_test(tests, values_that_double_do_not_take_memory);
  tcase_add_test(tests, lists_may_be_as_long_as_the_file);
  tcase_add_test(tests, missing_and_additional_inputs_are_refused);
  tcase_add_test(tests, broken_models_that_load_can_be_run);
  tcase_add_test(tests, broken_cases_of_every_operator_can_be_run);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
