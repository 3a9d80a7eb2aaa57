/* reduce_test.c: reductions: hand-worked numbers, every set of axes of a small tensor against a plain loop,
 * long ones cut in parts, empty ones, the order of accumulation, gradients by differences, rejections. */
#include "op_check.h"

static const char *const name[] = { "ReduceSum",    "ReduceMean",     "ReduceMax", "ReduceMin",
                                    "ReduceProd",   "ReduceL1",       "ReduceL2",  "ReduceSumSquare",
                                    "ReduceLogSum", "ReduceLogSumExp" };
enum { KINDS = sizeof name / sizeof *name };

START_TEST(reduce_does_what_it_is_named_after) {
  const double want[KINDS][2] = { { 7, 12 },
                                  { 7. / 3, 4 },
                                  { 4, 6 },
                                  { 1, 2 },
                                  { 8, 48 },
                                  { 7, 12 },
                                  { sqrt(21), sqrt(56) },
                                  { 21, 56 },
                                  { log(7), log(12) },
                                  { log(exp(1) + exp(2) + exp(4)), log(exp(2) + exp(4) + exp(6)) } };
  for (int k = 0; k < KINDS; k++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 4, 2, 4, 6 });
    OP_LIST(&c, -1);
    op_check_int(&c, "keepdims", 0);
    OP_CHECK(&c, "", name[k], 1);
    op_check_shape(&c, 0, OP_SHAPE(2));
    op_case_near(&c, 0, want[k], 2, 1e-12);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reduce_takes_every_set_of_axes) {
  for (unsigned mask = 1; mask < 16; mask++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, 3, 4, 5), mask);
    int64_t axes[4];
    size_t n = 0;
    for (int d = 0; d < 4; d++)
      if (mask >> d & 1) axes[n++] = d - (d % 2 ? 4 : 0);
    op_case_ints(&c, "axes", n, axes);
    op_check_int(&c, "keepdims", mask % 2);
    if (mask % 5 == 0)
      OP_CHECK(&c, "", "ReduceSum", 1);
    else
      OP_CASE_GOOD(op_case_run(&c, "", "ReduceSum", 1), &c);
    double want[120] = { 0 };
    for (int i = 0; i < 120; i++) {
      const int at[4] = { i / 60, i / 20 % 3, i / 5 % 4, i % 5 }, dim[4] = { 2, 3, 4, 5 };
      int to = 0;
      for (int d = 0; d < 4; d++)
        if (!(mask >> d & 1)) to = to * dim[d] + at[d];
      want[to] += c.in[0].v[i];
    }
    ck_assert_int_eq(c.out[0].shape.rank, mask % 2 ? 4 : 4 - (int)n);
    op_case_near(&c, 0, want, c.out[0].count, 1e-12);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reduce_of_a_million_elements_is_cut_in_parts) {
  static const char *const some[] = { "ReduceSum", "ReduceMax", "ReduceL2", "ReduceMean" };
  for (int k = 0; k < 4; k++) {
    op_case c = { .tolerance = 1e-4 };
    op_check_random(&c, OP_SHAPE(1000003), 7);
    OP_CHECK(&c, "", some[k], 1);
    op_check_shape(&c, 0, OP_SHAPE(1));
    double sum = 0, most = -2, squares = 0;
    for (int64_t i = 0; i < c.in[0].count; i++) {
      sum += c.in[0].v[i];
      most = fmax(most, c.in[0].v[i]);
      squares += c.in[0].v[i] * c.in[0].v[i];
    }
    const double want[4] = { sum, most, sqrt(squares), sum / 1000003 };
    op_case_near(&c, 0, &want[k], 1, 1e-9);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reduce_of_outer_and_inner_axes_of_a_batch) {
  for (int k = 0; k < 2; k++) {
    op_case c = { .tolerance = 1e-4 };
    op_check_random(&c, k ? OP_SHAPE(2, 3, 33, 37) : OP_SHAPE(1500, 7), 9);
    if (k)
      OP_LIST(&c, 0, 2, 3);
    else
      OP_LIST(&c, 0);
    OP_CHECK(&c, "", "ReduceSum", 1);
    double want[7] = { 0 };
    for (int64_t i = 0; i < c.in[0].count; i++) want[k ? i / (33 * 37) % 3 : i % 7] += c.in[0].v[i];
    op_case_near(&c, 0, want, c.out[0].count, 1e-9);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reduce_of_columns_in_every_kind) {
  for (int k = 0; k < KINDS; k++) {
    op_case c = { .tolerance = 1e-4 };
    op_tensor *x = op_check_random(&c, OP_SHAPE(2, k == 4 ? 37 : 1100, 37), 11);
    for (int64_t i = 0; i < x->count; i++) x->v[i] = fabs(x->v[i]) + (k == 4 ? 0.5 : 0.0625);
    OP_LIST(&c, 1);
    OP_CHECK(&c, "", name[k], 1);
    op_case_free(&c);
  }
}
END_TEST

/* Sixteen lanes: 1 cancels -1 of the same lane only after 2^25 has swallowed what shares its lane. */
/* Outputs side by side, more than go together; rows that do not begin at the first lane. */
START_TEST(reduce_of_wide_columns_and_of_rows_across_lanes) {
  static const struct {
    int64_t dim[3];
    int axes[2];
  } list[] = { { { 3, 1030, 137 }, { 1, 1 } },
               { { 70, 5, 19 }, { 0, 2 } },
               { { 2, 33, 300 }, { 1, 1 } },
               { { 17, 3, 9 }, { 0, 0 } },
               { { 4, 3, 2050 }, { 0, 2 } } };
  static const char *const kinds[] = { "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceSumSquare" };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    for (int k = 0; k < 5; k++) {
      op_case c = { .tolerance = 1e-4 };
      const int64_t *d = list[i].dim, two = list[i].axes[0] != list[i].axes[1];
      op_check_random(&c, OP_SHAPE(d[0], d[1], d[2]), 5);
      if (two)
        OP_LIST(&c, list[i].axes[0], list[i].axes[1]);
      else
        OP_LIST(&c, list[i].axes[0]);
      OP_CHECK(&c, "", kinds[k], 1);
      double *want = calloc((size_t)c.out[0].count, sizeof *want);
      for (int64_t o = 0; o < c.out[0].count; o++) want[o] = k == 1 ? -INFINITY : k == 2 ? INFINITY : 0;
      for (int64_t e = 0; e < c.in[0].count; e++) {
        int64_t at[3] = { e / d[2] / d[1], e / d[2] % d[1], e % d[2] }, o = 0;
        for (int a = 0; a < 3; a++)
          if (a != list[i].axes[0] && a != list[i].axes[1]) o = o * d[a] + at[a];
        const double x = c.in[0].v[e];
        want[o] = k == 0   ? want[o] + x
                  : k == 1 ? fmax(want[o], x)
                  : k == 2 ? fmin(want[o], x)
                  : k == 3 ? want[o] + fabs(x)
                           : want[o] + x * x;
      }
      op_case_near(&c, 0, want, c.out[0].count, 1e-9);
      free(want);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(reduce_adds_in_the_stated_order) {
  op_case c = { .tolerance = 1 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(48), NULL);
  x->v[3] = 33554432, x->v[19] = 1, x->v[35] = -33554432; /* lane 3: 2^25 + 1 - 2^25 is 0 in float */
  x->v[4] = 1;
  OP_CASE_GOOD(op_case_run(&c, "", "ReduceSum", 1), &c);
  OP_NEAR(&c, 0, 0, 2);
  const atr__op *op = atr__op_find("", "ReduceSum");
  float in[48], out = 0;
  for (int i = 0; i < 48; i++) in[i] = (float)x->v[i];
  struct {
    int kind;
    unsigned mask;
    int keepdims;
  } params = { 0, 1, 1 };
  const atr__view vin = { in, ATR_F32, OP_SHAPE(48), 48 }, vout = { &out, ATR_F32, OP_SHAPE(1), 1 };
  const atr__call call = { &params, 1, 1, &vin, &vout, NULL, NULL, 0 };
  ck_assert_int_eq(op->host_f32(&call), ATR_OK);
  ck_assert(out == 1);
  op_case_free(&c);
}
END_TEST

START_TEST(reduce_of_nothing_is_neutral) {
  const double want[KINDS] = { 0, NAN, -INFINITY, INFINITY, 1, 0, 0, 0, -INFINITY, -INFINITY };
  for (int k = 0; k < KINDS; k++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(2, 0), NULL);
    OP_LIST(&c, 1);
    OP_CHECK(&c, "", name[k], 1);
    op_case_near(&c, 0, (double[]){ want[k], want[k] }, 2, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reduce_without_axes_takes_all_or_none) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, 2, 3, -4 });
  OP_CHECK(&c, "", "ReduceMean", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 1));
  OP_NEAR(&c, 0, 0, 0.5);
  op_check_int(&c, "noop_with_empty_axes", 1);
  OP_CHECK(&c, "", "ReduceSumSquare", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 3, -4);
  op_case_free(&c);
}
END_TEST

START_TEST(reduce_extremes_spread_nan_and_infinity) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 3), (double[]){ 1, NAN, 2, -INFINITY, -INFINITY, -INFINITY, 3, INFINITY, 1 });
  OP_LIST(&c, 1);
  OP_CHECK(&c, "", "ReduceMax", 1);
  OP_NEAR(&c, 0, 0, NAN, -INFINITY, INFINITY);
  OP_CHECK(&c, "", "ReduceLogSumExp", 1);
  OP_NEAR(&c, 0, 0, NAN, -INFINITY, INFINITY);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1000, 1000 });
  OP_CHECK(&c, "", "ReduceLogSumExp", 1);
  OP_NEAR(&c, 0, 1e-12, 1000 + log(2));
  op_case_free(&c);
}
END_TEST

START_TEST(reduce_of_integers_is_exact) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3), (double[]){ 2, 3, 1 << 30, -1, 5, 7 });
  OP_LIST(&c, 1);
  OP_CHECK(&c, "", "ReduceProd", 1);
  OP_NEAR(&c, 0, 0, 6442450944., -35);
  OP_CHECK(&c, "", "ReduceMax", 1);
  OP_NEAR(&c, 0, 0, 1 << 30, 7);
  OP_CHECK(&c, "", "ReduceMin", 1);
  OP_NEAR(&c, 0, 0, 2, -1);
  op_case_free(&c);
}
END_TEST

START_TEST(reduce_gradients_agree_with_differences) {
  for (int k = 0; k < KINDS; k++) {
    if (!strcmp(name[k], "ReduceProd")) continue;
    for (int keep = 0; keep < 2; keep++) {
      op_case c = { 0 };
      op_tensor *x = op_check_random(&c, OP_SHAPE(2, 3, 4), 3);
      if (!strcmp(name[k], "ReduceLogSum"))
        for (int64_t i = 0; i < x->count; i++) x->v[i] = fabs(x->v[i]) + 0.5;
      if (keep)
        OP_LIST(&c, 1);
      else
        OP_LIST(&c, 0, 2);
      op_check_int(&c, "keepdims", keep);
      OP_CASE_GOOD(op_case_run(&c, "", name[k], 1), &c);
      op_plan_gradient(&c, "", name[k], 1, 0);
      op_case_free(&c);
    }
  }
}
END_TEST

/* The product of the others, where one, two or no element is 0. */
START_TEST(reduce_gradient_of_a_product_bears_zeros) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4, 1), (double[]){ 10, 1, 1, 2 });
  op_case_real(&c, OP_SHAPE(4, 3), (double[]){ 2, 3, 5, 2, 0, 5, 0, 0, 7, -1, 1, 4 });
  OP_INTS(&c, "axes", 1);
  OP_CHECK(&c, "org.atrous", "ReduceProdGrad", 1);
  OP_NEAR(&c, 0, 0, 150, 100, 60, 0, 10, 0, 0, 0, 0, 8, -8, -2);
  op_case_free(&c);
  const atr_shape x[] = { OP_SHAPE(3, 4, 5), OP_SHAPE(2, 37), OP_SHAPE(7), OP_SHAPE(2, 3, 1, 2) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    for (unsigned mask = 0; mask < 1u << x[i].rank; mask++)
      for (int keep = 0; keep < 2; keep++) {
        double axes[4];
        size_t n = 0;
        for (int d = 0; d < x[i].rank; d++)
          if (mask >> d & 1) axes[n++] = d;
        op_check_random(&c, x[i], 3);
        for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] = k % 7 == 3 ? 0 : 1.5 * c.in[0].v[k];
        op_check_list(&c, n, axes);
        op_check_int(&c, "keepdims", keep);
        OP_CASE_GOOD(op_case_run(&c, "", "ReduceProd", 1), &c);
        op_plan_gradient(&c, "", "ReduceProd", 1, 0);
        op_case_free(&c);
      }
}
END_TEST

/* Reshapes on the way back take 0 for an extent. */
START_TEST(reduce_gradients_of_empty_tensors) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 0, 2), NULL);
  OP_LIST(&c, 0);
  op_check_int(&c, "keepdims", 0);
  OP_CASE_GOOD(op_case_run(&c, "", "ReduceSum", 1), &c);
  op_plan_gradient(&c, "", "ReduceSum", 1, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "ReduceProd", 1), &c);
  op_plan_gradient(&c, "", "ReduceProd", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(reduce_extremes_of_small_types) {
  op_case c = { 0 };
  op_case_add(&c, ATR_BOOL, OP_SHAPE(3, 2), (double[]){ 0, 0, 1, 0, 1, 1 });
  OP_LIST(&c, 1);
  OP_CHECK(&c, "", "ReduceMax", 1);
  OP_NEAR(&c, 0, 0, 0, 1, 1);
  OP_CHECK(&c, "", "ReduceMin", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 1);
  OP_CASE_REJECTS(&c, "", "ReduceSum", 1, "input 0 is bool");
  op_case_free(&c);
  op_case_add(&c, ATR_I8, OP_SHAPE(3), (double[]){ -128, -3, -5 });
  OP_CHECK(&c, "", "ReduceMax", 1);
  OP_NEAR(&c, 0, 0, -3);
  op_case_free(&c);
  op_case_add(&c, ATR_U8, OP_SHAPE(3), (double[]){ 200, 255, 190 });
  OP_CHECK(&c, "", "ReduceMin", 1);
  OP_NEAR(&c, 0, 0, 190);
  op_case_free(&c);
}
END_TEST

START_TEST(reduce_rejects_bad_axes_and_types) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  OP_LIST(&c, 2);
  OP_CASE_REJECTS(&c, "", "ReduceSum", 1, "ReduceSum: axis 2 is outside [-2, 2)");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  OP_LIST(&c, 1, -1);
  OP_CASE_REJECTS(&c, "", "ReduceMax", 1, "axis 1 is given twice");
  op_case_free(&c);
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3), NULL);
  OP_CASE_REJECTS(&c, "", "ReduceL2", 1, "input 0 is int64");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1), NULL);
  OP_CASE_REJECTS(&c, "", "ReduceSum", 1, "must be known when the plan is made");
  op_case_free(&c);
}
END_TEST

START_TEST(reductions_of_every_integer_type) {
  static const atr_type types[] = { ATR_I8, ATR_I16, ATR_I32, ATR_I64, ATR_U8, ATR_U16, ATR_U32, ATR_U64 };
  for (int t = 0; t < 8; t++) {
    op_case c = { 0 };
    const double low = t < 4 ? -3 : 3, first = types[t] == ATR_U64 ? 0x1.fffffffffffffp63 : 100;
    op_case_add(&c, types[t], OP_SHAPE(2, 3), (double[]){ 5, low, 2, 7, 0, 4 });
    OP_LIST(&c, 1);
    op_check_int(&c, "keepdims", 0);
    OP_CHECK(&c, "", "ReduceSum", 1);
    OP_NEAR(&c, 0, 0, 7 + low, 11);
    OP_CHECK(&c, "", "ReduceProd", 1);
    OP_NEAR(&c, 0, 0, 10 * low, 0);
    OP_CHECK(&c, "", "ReduceMean", 1);
    OP_NEAR(&c, 0, 0, trunc((7 + low) / 3), 3);
    OP_CHECK(&c, "", "ReduceL1", 1);
    OP_NEAR(&c, 0, 0, 10, 11);
    OP_CHECK(&c, "", "ReduceSumSquare", 1);
    OP_NEAR(&c, 0, 0, 38, 65);
    c.in[0].v[0] = first;
    OP_CHECK(&c, "", "ReduceMax", 1);
    OP_NEAR(&c, 0, 0, first, 7);
    OP_CHECK(&c, "", "ReduceMin", 1);
    OP_NEAR(&c, 0, 0, t < 4 ? low : 2, 0);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_add(&c, ATR_BOOL, OP_SHAPE(2, 2), (double[]){ 0, 1, 1, 1 });
  OP_LIST(&c, 1);
  OP_CHECK(&c, "", "ReduceMin", 1);
  OP_NEAR(&c, 0, 0, 0, 1);
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reduce");
  TCase *tests = tcase_create("reduce");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, reduce_does_what_it_is_named_after);
  tcase_add_test(tests, reduce_takes_every_set_of_axes);
  tcase_add_test(tests, reduce_of_a_million_elements_is_cut_in_parts);
  tcase_add_test(tests, reduce_of_outer_and_inner_axes_of_a_batch);
  tcase_add_test(tests, reduce_of_columns_in_every_kind);
  tcase_add_test(tests, reduce_of_wide_columns_and_of_rows_across_lanes);
  tcase_add_test(tests, reduce_adds_in_the_stated_order);
  tcase_add_test(tests, reduce_of_nothing_is_neutral);
  tcase_add_test(tests, reduce_without_axes_takes_all_or_none);
  tcase_add_test(tests, reduce_extremes_spread_nan_and_infinity);
  tcase_add_test(tests, reduce_of_integers_is_exact);
  tcase_add_test(tests, reduce_gradients_agree_with_differences);
  tcase_add_test(tests, reduce_gradient_of_a_product_bears_zeros);
  tcase_add_test(tests, reduce_gradients_of_empty_tensors);
  tcase_add_test(tests, reduce_extremes_of_small_types);
  tcase_add_test(tests, reduce_rejects_bad_axes_and_types);
  tcase_add_test(tests, reductions_of_every_integer_type);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
