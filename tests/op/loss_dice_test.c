/* loss_dice_test.c: Dice: hand-worked channels, masks, finite differences, every backend, PyTorch's case. */
#include "golden.h"
#include "op_case.h"
#include "op_plan.h"

#define DICE "org.atrous", "Dice"

static void smooth(op_case *c, float value) {
  ck_assert_int_eq(atr__attrs_set_float(&c->attrs, "smooth", value), ATR_OK);
}

START_TEST(dice_is_one_minus_twice_the_overlap_over_the_whole) {
  op_case c = { 0 };
  /* Two samples, two channels, two positions. Channel 0: I = 0.5 + 0.25, S = (0.5 + 0.5 + 0.25) + 3; channel
   * 1 matches: I = 2, S = 4. */
  op_case_real(&c, OP_SHAPE(2, 2, 2), (double[]){ 0.5, 0, 1, 0, 0.5, 0.25, 0, 1 });
  op_case_real(&c, OP_SHAPE(2, 2, 2), (double[]){ 1, 1, 1, 0, 0, 1, 0, 1 });
  smooth(&c, 0);
  OP_CASE_GOOD(op_case_run(&c, DICE, 2), &c);
  OP_NEAR(&c, 0, 1e-12, (1 - 1.5 / 4.25) / 2);
  OP_NEAR(&c, 1, 1e-12, 0.75, 4.25, 2, 4);
  smooth(&c, 1);
  OP_CASE_GOOD(op_case_run(&c, DICE, 1), &c);
  OP_NEAR(&c, 0, 1e-12, (1 - 2.5 / 5.25) / 2);
  op_case_free(&c);
}
END_TEST

START_TEST(dice_of_nothing_is_nothing) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 1, 3), NULL);
  op_case_real(&c, OP_SHAPE(2, 1, 3), NULL);
  OP_CASE_GOOD(op_case_run(&c, DICE, 1), &c);
  OP_NEAR(&c, 0, 0, 0);
  smooth(&c, 0);
  OP_CASE_GOOD(op_case_run(&c, DICE, 1), &c);
  OP_NEAR(&c, 0, 0, 0);
  op_plan_gradient(&c, DICE, 0, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(0, 2), NULL); /* no samples */
  op_case_real(&c, OP_SHAPE(0, 2), NULL);
  OP_CASE_GOOD(op_case_run(&c, DICE, 1), &c);
  OP_NEAR(&c, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(dice_leaves_masked_elements_out_even_where_they_are_nan) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ 0.5, NAN, 1, 0.25 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 1, NAN, 0 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 0, 0, 2 });
  OP_CASE_GOOD(op_case_run(&c, DICE, 2), &c);
  OP_NEAR(&c, 0, 1e-12, 1 - 2 / 3.0); /* I = 0.5, S = 1.5 + 0.5 */
  op_case g = { 0 };
  op_case_real(&g, (atr_shape){ 0 }, (double[]){ 3 });
  op_case_real(&g, OP_SHAPE(1, 2), c.out[1].v);
  for (int i = 0; i < 3; i++) op_case_real(&g, OP_SHAPE(4), c.in[i].v);
  OP_CASE_GOOD(op_case_run(&g, "org.atrous", "DiceGrad", 1), &g);
  /* ((2 I + 1) / (S + 1) - 2 t) / (S + 1) = (2/3 - 2)/3 and (2/3)/3, times 3 and the weight */
  OP_NEAR(&g, 0, 1e-12, -4 / 3.0, 0, 0, 4 / 3.0);
  op_case_free(&g);
  op_case_free(&c);
}
END_TEST

START_TEST(dice_gradients_agree_with_differences_at_awkward_sizes) {
  const atr_shape shapes[] = { OP_SHAPE(1), OP_SHAPE(13), OP_SHAPE(1, 1), OP_SHAPE(5, 3),
                               OP_SHAPE(2, 3, 7, 5) };
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int weighted = 0; weighted < 2; weighted++) {
      op_case c = { 0 };
      for (uint32_t i = 0; i < 2 + (uint32_t)weighted; i++) {
        op_tensor *t = op_case_real(&c, shapes[s], NULL);
        op_case_fill(t, i + 3);
        for (int64_t k = 0; k < t->count; k++) t->v[k] = fabs(t->v[k]);
      }
      smooth(&c, 0.5f);
      OP_CASE_GOOD(op_case_run(&c, DICE, 1), &c);
      op_plan_gradient(&c, DICE, 1, 0);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(dice_agrees_on_every_backend_over_many_parts) {
  op_case c = { .tolerance = 2e-5 };
  for (uint32_t i = 0; i < 2; i++) {
    op_tensor *t = op_case_real(&c, OP_SHAPE(3, 5, 41, 43), NULL);
    op_case_fill(t, i + 3);
    for (int64_t k = 0; k < t->count; k++) t->v[k] = fabs(t->v[k]);
  }
  OP_CASE_GOOD(op_case_run(&c, DICE, 2), &c);
  op_case_free(&c);
}
END_TEST

START_TEST(dice_rejects_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_real(&c, OP_SHAPE(2, 2), NULL);
  OP_CASE_REJECTS(&c, "org.atrous", "Dice", 1, "the shares have shape [2,3], their target [2,2]");
  c.in[1].shape.dim[1] = 3;
  smooth(&c, -1);
  OP_CASE_REJECTS(&c, "org.atrous", "Dice", 1, "smooth is -1");
  op_case_free(&c);
}
END_TEST

START_TEST(dice_agrees_with_pytorch) {
  json_t *root = golden_load("loss.json");
  if (!root) return;
  size_t at = 0;
  int seen = 0;
  for (json_t *one; (one = golden_next(root, "soft_dice", &at)); seen++) {
    atr_shape shape;
    op_case c = { 0 }, g = { 0 };
    double *x = golden_values(one, "inputs", "x", &shape), *t = golden_values(one, "inputs", "target", NULL);
    double *y = golden_values(one, "outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
    double *dy = golden_values(one, "grad_outputs", "y", NULL);
    const int64_t n = atr__shape_size(&shape);
    for (int64_t i = 0; i < n; i++) x[i] = 1 / (1 + exp(-x[i]));
    op_case_real(&c, shape, x);
    op_case_real(&c, shape, t);
    OP_CASE_GOOD(op_case_run(&c, DICE, 2), &c);
    OP_NEAR(&c, 0, 1e-6, y[0]);
    op_case_real(&g, (atr_shape){ 0 }, dy);
    op_case_real(&g, OP_SHAPE(1, 2), c.out[1].v);
    op_case_real(&g, shape, x);
    op_case_real(&g, shape, t);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "DiceGrad", 1), &g);
    for (int64_t i = 0; i < n; i++) /* through the sigmoid, by hand */
      ck_assert_double_eq_tol(g.out[0].v[i] * x[i] * (1 - x[i]), dx[i], 1e-6);
    free(x), free(t), free(y), free(dx), free(dy);
    op_case_free(&c);
    op_case_free(&g);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("loss_dice");
  TCase *tests = tcase_create("loss_dice");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, dice_is_one_minus_twice_the_overlap_over_the_whole);
  tcase_add_test(tests, dice_of_nothing_is_nothing);
  tcase_add_test(tests, dice_leaves_masked_elements_out_even_where_they_are_nan);
  tcase_add_test(tests, dice_gradients_agree_with_differences_at_awkward_sizes);
  tcase_add_test(tests, dice_agrees_on_every_backend_over_many_parts);
  tcase_add_test(tests, dice_rejects_what_does_not_fit);
  tcase_add_test(tests, dice_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
