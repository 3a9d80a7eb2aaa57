/* conv_winograd_test.c: convolution by Winograd's F(m, 3) on a CPU-class device: every m and both widths of
 * vectors at awkward shapes against double, dilation as a filter stuffed with zeros, strips, how large its
 * error is, and where it is chosen and refused. */
#include "op_case.h"

#include <stdio.h>

#include "backend/backend.h"
#include "model/graph.h"
#include "op_check.h"
#include "plan/plan.h"

typedef struct {
  int64_t n, c, oc, h, w; /* h = 0: a series */
  int64_t dh, dw, pads[4];
  int64_t group, fh, fw, stride; /* 0: 1, 3, 3, 1 */
} shape;

static const char *const rows[] = { "winograd4_blocked",      "winograd3_blocked",
                                    "winograd2_blocked",      "winograd4_late_blocked",
                                    "winograd3_late_blocked", "winograd2_late_blocked" };
enum { ROWS = sizeof rows / sizeof *rows, LATE = 3 }; /* from LATE on filters are transformed late */

/* Whether a row takes the shape: fewer channels leave lanes idle; late are two axes, and two vectors of
 * outputs. */
static int takes(const shape *s, size_t row, int lanes) {
  return s->c >= 16 && s->oc >= 16 && (row < LATE || (s->h && s->fh != 1 && (s->oc > 16 || lanes < 16)));
}

static int64_t otherwise(int64_t value, int64_t standard) {
  return value ? value : standard;
}

static void make(op_case *c, const shape *s) {
  const int64_t fh = otherwise(s->fh, 3), fw = otherwise(s->fw, 3), stride = otherwise(s->stride, 1);
  const int64_t group = otherwise(s->group, 1);
  *c = (op_case){ .tolerance = fmax(2e-5, 6e-6 * sqrt((double)(s->c / group * 9))) };
  if (s->h) {
    op_check_random(c, OP_SHAPE(s->n, s->c, s->h, s->w), 1);
    op_check_random(c, OP_SHAPE(s->oc, s->c / group, fh, fw), 2);
    OP_INTS(c, "dilations", otherwise(s->dh, 1), otherwise(s->dw, 1));
    OP_INTS(c, "pads", s->pads[0], s->pads[1], s->pads[2], s->pads[3]);
    OP_INTS(c, "strides", stride, stride);
  } else {
    op_check_random(c, OP_SHAPE(s->n, s->c, s->w), 1);
    op_check_random(c, OP_SHAPE(s->oc, s->c / group, fw), 2);
    OP_INTS(c, "dilations", otherwise(s->dw, 1));
    OP_INTS(c, "pads", s->pads[0], s->pads[1]);
    OP_INTS(c, "strides", stride);
  }
  op_check_random(c, OP_SHAPE(s->oc), 3);
  op_check_int(c, "group", group);
}

/* The algorithm of the first of two such convolutions in a row, where the second one takes whatever it gets.
 */
static void algorithm(const shape *s, const char *prefer, atr_math math, char text[48]) {
  atr_context *context = op_plan_device();
  atr_error e = ATR_ERROR_INIT;
  atr_model *model;
  atr_plan *plan;
  op_case c;
  make(&c, s);
  ck_assert_int_eq(atr_model_create(1, &e, &model), ATR_OK);
  int in[3], out = 0;
  static const char *const name[] = { "x", "w", "b" };
  in[0] = atr_model_add_input(model, "x", ATR_F32, &c.in[0].shape).id;
  for (int i = 1; i < 3; i++) {
    void *data = op_case_pack(&c.in[i], 0);
    in[i] = atr_model_add_tensor(model, name[i], ATR_F32, &c.in[i].shape, data, 1).id;
    free(data);
  }
  const char *const y = "y";
  atr__attrs attrs = { 0 };
  ck_assert_int_eq(atr__attrs_copy(&attrs, &c.attrs), ATR_OK);
  out = atr__model_node(model, atr__op_find("", "Conv"), "first", in, 3, &attrs, &y, 1);
  atr_conv_params last = ATR_CONV_PARAMS_INIT;
  last.out_channels = 16;
  atr_model_add_output(model, NULL, atr_model_conv(model, &last, (atr_value){ out }));
  ck_assert_msg(!atr_model_check(model, &e), "%s", e.text);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.math = math;
  context->prefer = prefer;
  ck_assert_msg(!atr_plan_create(model, context, &c.in[0].shape, 1, &options, &e, &plan), "%s", e.text);
  context->prefer = NULL;
  *text = '\0';
  for (size_t k = 0; k < plan->n_steps; k++)
    if (!strcmp(plan->steps[k].node, "first") && atr__step_is(&plan->steps[k], "Conv") && plan->steps[k].row)
      snprintf(text, 48, "%s", plan->steps[k].row->algorithm);
  atr_plan_destroy(plan);
  atr_model_destroy(model);
  op_case_free(&c);
}

static int cpu_class(void) {
  const atr_context *context = op_plan_device();
  return context && context->device.device_class == ATR__CLASS_CPU;
}

/* Planes below, at and above a tile and a block of tiles; below the dilation; unlike in both directions;
 * padding on one side; channels 1, 17, and more than a vector of outputs. */
static const shape awkward[] = {
  { .n = 1, .c = 16, .oc = 16, .h = 1, .w = 1, .pads = { 1, 1, 1, 1 } },
  { .n = 2, .c = 17, .oc = 33, .h = 5, .w = 7, .pads = { 1, 1, 1, 1 } },
  { .n = 1, .c = 1, .oc = 17, .h = 9, .w = 4, .pads = { 1, 1, 1, 1 } },
  { .n = 1, .c = 33, .oc = 1, .h = 6, .w = 13, .pads = { 0, 2, 2, 0 } },
  { .n = 3, .c = 16, .oc = 48, .h = 3, .w = 3 },
  { .n = 1, .c = 20, .oc = 24, .h = 12, .w = 19, .pads = { 3, 0, 0, 4 } },
  { .n = 1, .c = 16, .oc = 16, .h = 21, .w = 23, .dh = 2, .dw = 2, .pads = { 2, 2, 2, 2 } },
  { .n = 2, .c = 17, .oc = 16, .h = 13, .w = 11, .dh = 5, .dw = 3, .pads = { 5, 3, 5, 3 } },
  { .n = 1, .c = 16, .oc = 31, .h = 7, .w = 5, .dh = 9, .dw = 12, .pads = { 9, 12, 9, 12 } },
  { .n = 1, .c = 16, .oc = 16, .h = 8, .w = 30, .dh = 1, .dw = 7, .pads = { 0, 14, 1, 0 } },
  { .n = 1, .c = 18, .oc = 20, .h = 4, .w = 17, .fh = 1, .dw = 2, .pads = { 0, 2, 0, 2 } },
  { .n = 2, .c = 17, .oc = 35, .w = 61, .dw = 16, .pads = { 32, 0 } },
  { .n = 1, .c = 16, .oc = 16, .w = 5, .dw = 8, .pads = { 16, 0 } },
  { .n = 1, .c = 1, .oc = 16, .w = 43, .pads = { 1, 1 } },
};

START_TEST(winograd_agrees_with_double_at_awkward_shapes) {
  const shape *s = &awkward[_i];
  atr_context *context = op_plan_device();
  op_case c;
  char text[48];
  make(&c, s);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  if (cpu_class()) {
    const int lanes = context->device.vector_floats;
    for (size_t i = 0; i < ROWS; i++) {
      algorithm(s, rows[i], ATR_MATH_FAST, text);
      ck_assert_int_eq(!strcmp(text, rows[i]), takes(s, i, lanes));
    }
    context->device.vector_floats = lanes == 8 ? 16 : 8;
    for (size_t i = 0; i < ROWS; i++) op_plan_agree_row(&c, "", "Conv", rows[i]);
    context->device.vector_floats = lanes;
  }
  op_case_free(&c);
}
END_TEST

START_TEST(winograd_dilation_is_a_filter_stuffed_with_zeros) {
  for (int64_t d = 2; d <= 5; d++) {
    const shape dilated = {
      .n = 1, .c = 16, .oc = 17, .h = 19, .w = 14, .dh = d, .dw = d, .pads = { 3, 1, 2, 4 }
    };
    const int64_t f = 2 * d + 1;
    shape plain = dilated;
    op_case a, b;
    plain.dh = plain.dw = 1;
    plain.fh = plain.fw = f;
    make(&a, &dilated);
    make(&b, &plain);
    memset(b.in[1].v, 0, (size_t)b.in[1].count * sizeof *b.in[1].v);
    for (int64_t p = 0; p < 16 * 17; p++)
      for (int64_t k = 0; k < 9; k++) b.in[1].v[(p * f + k / 3 * d) * f + k % 3 * d] = a.in[1].v[p * 9 + k];
    OP_CASE_GOOD(op_case_run(&a, "", "Conv", 1), &a);
    OP_CASE_GOOD(op_case_run(&b, "", "Conv", 1), &b);
    op_case_near(&a, 0, b.out[0].v, b.out[0].count, 1e-12);
    op_case_free(&a);
    op_case_free(&b);
  }
}
END_TEST

/* More points than are kept at a time: blocks, batches of them and work-groups of several batches that end
 * within a row, a phase, a sample; the last one in launches of their own, cut into strips, with a short batch
 * at the end. */
START_TEST(winograd_goes_in_strips_and_batches) {
  static const shape list[] = {
    { .n = 3, .c = 16, .oc = 16, .h = 151, .w = 149, .pads = { 1, 1, 1, 1 } },
    { .n = 1, .c = 130, .oc = 16, .h = 83, .w = 81, .dh = 3, .dw = 3, .pads = { 3, 3, 3, 3 } },
    { .n = 1, .c = 330, .oc = 130, .h = 83, .w = 39, .pads = { 1, 1, 1, 1 } },
    { .n = 1, .c = 70, .oc = 260, .h = 35, .w = 41, .pads = { 1, 1, 1, 1 } },
  };
  if (op_plan_slow()) return;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c;
    make(&c, &list[i]);
    OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
    op_case_free(&c);
  }
}
END_TEST

/* The largest and the usual error of sums of 9 · 256 products, over the root of their mean square;
 * doc/numbers.md tells them. Late is the same sums in the same order. */
START_TEST(winograd_error_stays_within_what_is_told) {
  static const struct {
    const char *row;
    double most, usual;
  } list[] = { { "direct_blocked", 1e-5, 1.5e-6 },
               { "winograd2_blocked", 1e-5, 1.5e-6 },
               { "winograd3_blocked", 2e-5, 3e-6 },
               { "winograd4_blocked", 2e-5, 3e-6 },
               { "winograd4_late_blocked", 2e-5, 3e-6 } };
  const shape s = { .n = 1, .c = 256, .oc = 32, .h = 24, .w = 24, .dh = 2, .dw = 2, .pads = { 2, 2, 2, 2 } };
  atr_context *context = op_plan_device();
  if (!cpu_class() || op_plan_slow()) return;
  op_case c;
  make(&c, &s);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  double square = 0;
  for (int64_t i = 0; i < c.out[0].count; i++) square += c.out[0].v[i] * c.out[0].v[i];
  const double size = sqrt(square / (double)c.out[0].count);
  float *y = malloc((size_t)c.out[0].count * sizeof *y), *last = malloc((size_t)c.out[0].count * sizeof *y);
  ck_assert_ptr_nonnull(y);
  ck_assert_ptr_nonnull(last);
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    atr_error e = ATR_ERROR_INIT;
    atr_model *model;
    atr_plan *plan;
    atr_run *run;
    ck_assert_int_eq(atr_model_create(1, &e, &model), ATR_OK);
    int in[3];
    static const char *const name[] = { "x", "w", "b" };
    void *data[3];
    for (int i = 0; i < 3; i++) data[i] = op_case_pack(&c.in[i], 0);
    in[0] = atr_model_add_input(model, "x", ATR_F32, &c.in[0].shape).id;
    for (int i = 1; i < 3; i++)
      in[i] = atr_model_add_tensor(model, name[i], ATR_F32, &c.in[i].shape, data[i], 1).id;
    const char *const out = "y";
    atr__attrs attrs = { 0 };
    ck_assert_int_eq(atr__attrs_copy(&attrs, &c.attrs), ATR_OK);
    atr_model_add_output(
        model, NULL,
        (atr_value){ atr__model_node(model, atr__op_find("", "Conv"), "conv", in, 3, &attrs, &out, 1) });
    context->prefer = list[k].row;
    ck_assert_msg(!atr_plan_create(model, context, &c.in[0].shape, 1, NULL, &e, &plan), "%s", e.text);
    context->prefer = NULL;
    ck_assert_msg(!atr_run_create(plan, &e, &run), "%s", e.text);
    const size_t bytes = (size_t)c.out[0].count * sizeof *y;
    if (atr_run_write(run, "x", data[0], (size_t)c.in[0].count * sizeof(float)) || atr_run_execute(run) ||
        atr_run_read(run, "y", y, bytes))
      ck_abort_msg("%s", atr_run_error(run));
    double most = 0, sum = 0;
    for (int64_t i = 0; i < c.out[0].count; i++) {
      const double error = ((double)y[i] - c.out[0].v[i]) / size;
      most = fmax(most, fabs(error));
      sum += error * error;
    }
    const double usual = sqrt(sum / (double)c.out[0].count);
    printf("# %s: most %.1e, usual %.1e\n", list[k].row, most, usual);
    ck_assert_msg(most <= list[k].most && usual <= list[k].usual, "%s: most %.2e, usual %.2e", list[k].row,
                  most, usual);
    if (strstr(list[k].row, "late")) ck_assert_mem_eq(y, last, bytes);
    memcpy(last, y, bytes);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_model_destroy(model);
    for (int i = 0; i < 3; i++) free(data[i]);
  }
  free(y);
  free(last);
  op_case_free(&c);
}
END_TEST

START_TEST(winograd_is_refused_where_it_computes_something_else) {
  static const struct {
    shape s;
    atr_math math;
  } list[] = {
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24, .group = 2 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24, .group = 32 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24, .stride = 2 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24, .fh = 3, .fw = 1 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24, .fh = 5, .fw = 3 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24, .fh = 5, .fw = 5 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .w = 24, .fw = 2 }, ATR_MATH_FAST },
    { { .n = 1, .c = 32, .oc = 32, .h = 24, .w = 24 }, ATR_MATH_EXACT },
  };
  if (!cpu_class()) return;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    for (size_t k = 0; k < ROWS; k++) {
      char text[48];
      algorithm(&list[i].s, rows[k], list[i].math, text);
      ck_assert_msg(strncmp(text, "winograd", 8), "case %zu: %s", i, text);
    }
}
END_TEST

START_TEST(winograd_is_chosen_where_it_pays) {
  static const struct {
    shape s;
    const char *row;
  } list[] = {
    { { .n = 1, .c = 64, .oc = 64, .h = 56, .w = 56, .pads = { 1, 1, 1, 1 } }, "winograd4_blocked" },
    { { .n = 1, .c = 256, .oc = 256, .h = 64, .w = 64, .dh = 4, .dw = 4, .pads = { 4, 4, 4, 4 } },
      "winograd4_blocked" },
    { { .n = 1, .c = 256, .oc = 256, .h = 64, .w = 64, .dh = 12, .dw = 12, .pads = { 12, 12, 12, 12 } },
      "winograd3_blocked" },
    { { .n = 1, .c = 128, .oc = 128, .w = 4096, .dw = 16, .pads = { 32, 0 } }, "winograd4_blocked" },
    { { .n = 1, .c = 128, .oc = 128, .h = 14, .w = 14, .pads = { 1, 1, 1, 1 } }, "winograd4_blocked" },
    { { .n = 1, .c = 512, .oc = 512, .h = 14, .w = 14, .pads = { 1, 1, 1, 1 } }, "winograd4_late_blocked" },
    { { .n = 1, .c = 512, .oc = 512, .h = 28, .w = 28, .pads = { 1, 1, 1, 1 } }, "winograd4_late_blocked" },
    { { .n = 1, .c = 512, .oc = 512, .h = 7, .w = 7, .pads = { 1, 1, 1, 1 } }, "winograd2_blocked" },
    { { .n = 1, .c = 512, .oc = 512, .h = 4, .w = 4, .pads = { 1, 1, 1, 1 } }, "direct_blocked" },
    { { .n = 1, .c = 8, .oc = 64, .h = 56, .w = 56, .pads = { 1, 1, 1, 1 } }, "stem_blocked" },
    { { .n = 1, .c = 32, .oc = 32, .h = 6, .w = 6, .pads = { 1, 1, 1, 1 } }, "direct_blocked" },
  };
  if (!cpu_class() || op_plan_device()->device.vector_floats < 16) return;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    char text[48];
    algorithm(&list[i].s, NULL, ATR_MATH_FAST, text);
    ck_assert_msg(!strcmp(text, list[i].row), "case %zu: %s, must be %s", i, text, list[i].row);
  }
}
END_TEST

/* Transformed, filters of 3x3 are four times as many numbers: large ones that few tiles share are not kept
 * so. */
START_TEST(winograd_keeps_large_filters_as_small_as_they_are) {
  static const int64_t side[] = { 14, 28 };
  if (!cpu_class() || op_plan_slow() || op_plan_device()->device.vector_floats < 16) return;
  for (size_t i = 0; i < sizeof side / sizeof *side; i++) {
    atr_context *context = op_plan_device();
    atr_error e = ATR_ERROR_INIT;
    atr_model *model;
    atr_plan *plan;
    atr_run *run;
    const atr_shape image = { 4, { 1, 512, side[i], side[i] } };
    ck_assert_int_eq(atr_model_create(1, &e, &model), ATR_OK);
    atr_value v = atr_model_add_input(model, "x", ATR_F32, &image);
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.out_channels = 512;
    p.filter[0] = p.filter[1] = 3;
    for (int k = 0; k < 4; k++) p.pads[k] = 1;
    for (int k = 0; k < 3; k++) v = atr_model_relu(model, atr_model_conv(model, &p, v));
    atr_model_add_output(model, "y", v);
    const uint64_t before = context->memory_used;
    ck_assert_msg(!atr_plan_create(model, context, &image, 1, NULL, &e, &plan), "%s", e.text);
    ck_assert_msg(!atr_run_create(plan, &e, &run), "%s", e.text);
    const uint64_t weights = 3 * 512 * 512 * 9 * sizeof(float);
    const uint64_t taken = context->memory_used - before - atr_plan_memory(plan);
    printf("# %llu bytes of weights take %llu\n", (unsigned long long)weights, (unsigned long long)taken);
    ck_assert_uint_le(taken, weights * 21 / 10); /* as given, and packed */
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_model_destroy(model);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("conv_winograd");
  TCase *tests = tcase_create("conv_winograd");
  tcase_set_timeout(tests, 600);
  tcase_add_loop_test(tests, winograd_agrees_with_double_at_awkward_shapes, 0,
                      (int)(sizeof awkward / sizeof *awkward));
  tcase_add_test(tests, winograd_dilation_is_a_filter_stuffed_with_zeros);
  tcase_add_test(tests, winograd_goes_in_strips_and_batches);
  tcase_add_test(tests, winograd_error_stays_within_what_is_told);
  tcase_add_test(tests, winograd_is_refused_where_it_computes_something_else);
  tcase_add_test(tests, winograd_is_chosen_where_it_pays);
  tcase_add_test(tests, winograd_keeps_large_filters_as_small_as_they_are);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
