/* gradient_norm_test.c: GradientNorm and ClipFactor: hand-worked norms, non-finite elements, sizes that cross
 * the parts of the sum, PyTorch's clip_grad_norm. */
#include "golden.h"
#include "op/optimizer.h"
#include "op_case.h"
#include "op_plan.h"

#define ATROUS "org.atrous"

START_TEST(norms_are_sums_of_squares_and_counts_of_what_is_not_finite) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), (double[]){ 3, -4 });
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ NAN, 2, INFINITY, -INFINITY });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 0 });
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "GradientNorm", 1), &c);
  OP_NEAR(&c, 0, 0, 25, 0, 4, 3, 0, 0);
  op_plan_agree(&c, ATROUS, "GradientNorm");
  op_case_free(&c);
}
END_TEST

START_TEST(norms_agree_on_every_backend_at_awkward_sizes) {
  op_case c = { .tolerance = 2e-5 };
  static const int64_t sizes[] = { 1, 127, 129, 65537, 511, 512, 3 };
  for (size_t i = 0; i < 7; i++) op_case_fill(op_case_real(&c, OP_SHAPE(sizes[i]), NULL), (uint32_t)i);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "GradientNorm", 1), &c);
  op_plan_agree(&c, ATROUS, "GradientNorm");
  op_case_free(&c);
}
END_TEST

static void gate_of(op_case *c, double loss, double limit, const double *pairs, int64_t n) {
  double scalars[ATR__STEP_SCALARS] = { 0 };
  scalars[ATR__STEP_CLIP_NORM] = limit;
  op_case_real(c, (atr_shape){ 0 }, &loss);
  op_case_real(c, OP_SHAPE(ATR__STEP_SCALARS), scalars);
  op_case_real(c, OP_SHAPE(n, 2), pairs);
  OP_CASE_GOOD(op_case_run(c, ATROUS, "ClipFactor", 1), c);
  op_plan_agree(c, ATROUS, "ClipFactor");
}

START_TEST(the_gate_scales_large_gradients_and_closes_on_what_is_not_finite) {
  const struct {
    double loss, limit, pairs[4], want[4];
  } cases[] = { { 2, 0, { 9, 0, 16, 0 }, { 1, 1, 5, 2 } },
                { 2, 10, { 9, 0, 16, 0 }, { 1, 1, 5, 2 } },
                { 2, 1, { 9, 0, 16, 0 }, { 1 / (5 + 1e-6), 1, 5, 2 } },
                { NAN, 0, { 9, 0, 16, 0 }, { 1, 0, 5, NAN } },
                { 2, 0, { 9, 1, 16, 0 }, { 1, 0, NAN, 2 } },
                { 2, 0, { INFINITY, 0, 16, 0 }, { 1, 0, INFINITY, 2 } } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    op_case c = { 0 };
    gate_of(&c, cases[i].loss, cases[i].limit, cases[i].pairs, 2);
    op_case_near(&c, 0, cases[i].want, 4, 1e-12);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(clipping_agrees_with_pytorch) {
  json_t *root = golden_load("optim.json");
  if (!root) return;
  size_t at = 0;
  json_t *one = golden_next(root, "clip_grad_norm", &at);
  ck_assert_ptr_nonnull(one);
  atr_shape shape;
  double *g = golden_values(one, "inputs", "g", &shape), *want = golden_values(one, "outputs", "g", NULL);
  double *total = golden_values(one, "outputs", "total_norm", NULL);
  const double limit = json_number_value(json_object_get(json_object_get(one, "attrs"), "max_norm"));
  op_case c = { 0 }, d = { 0 };
  op_case_real(&c, shape, g);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "GradientNorm", 1), &c);
  gate_of(&d, 1, limit, c.out[0].v, 1);
  ck_assert(fabs(d.out[0].v[ATR__GATE_NORM] - total[0]) < 1e-6 * total[0]);
  for (int64_t i = 0; i < atr__shape_size(&shape); i++)
    ck_assert(fabs(g[i] * d.out[0].v[ATR__GATE_FACTOR] - want[i]) < 1e-6);
  op_case_free(&c);
  op_case_free(&d);
  free(g), free(want), free(total);
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gradient_norm");
  TCase *tests = tcase_create("gradient_norm");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, norms_are_sums_of_squares_and_counts_of_what_is_not_finite);
  tcase_add_test(tests, norms_agree_on_every_backend_at_awkward_sizes);
  tcase_add_test(tests, the_gate_scales_large_gradients_and_closes_on_what_is_not_finite);
  tcase_add_test(tests, clipping_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  const int result = op_test_main(suite);
  op_plan_close();
  return result;
}
