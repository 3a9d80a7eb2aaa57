/* scatter_elements_test.c: ScatterElements: updates put and added by hand, duplicates in their order, every
 * reduction, types, gradients, what does not fit. */
#include "op_check.h"

static void reduction(op_case *c, const char *name) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "reduction", name), ATR_OK);
}

START_TEST(scatter_elements_puts_along_each_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3), (double[]){ 1, 0, 2, 0, -1, 1 });
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 1.25, 1.5, 2, 2.25, 2.5 });
  OP_CHECK(&c, "", "ScatterElements", 1);
  OP_NEAR(&c, 0, 0, 2, 1.25, 0, 1, 0, 2.5, 0, 2.25, 1.5);
  op_plan_gradient(&c, "", "ScatterElements", 5, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 5), (double[]){ 1, 2, 3, 4, 5 });
  op_case_add(&c, ATR_I32, OP_SHAPE(1, 2), (double[]){ 1, -2 });
  op_case_real(&c, OP_SHAPE(1, 2), (double[]){ 1.5, 2.5 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "ScatterElements", 1);
  OP_NEAR(&c, 0, 0, 1, 1.5, 3, 2.5, 5);
  op_case_free(&c);
}
END_TEST

START_TEST(scatter_elements_applies_duplicates_in_order) {
  static const struct {
    const char *name;
    double want[4];
  } kinds[] = { { "none", { 5, -3, 7, 2 } },
                { "add", { 14, -3, 9, 4 } },
                { "mul", { 60, -3, 14, 4 } },
                { "max", { 5, -3, 7, 2 } },
                { "min", { 3, -3, 2, 2 } } };
  static const atr_type types[] = { ATR_F32, ATR_I32, ATR_I64, ATR_I8, ATR_I16 };
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
      op_case c = { 0 };
      op_case_add(&c, types[t], OP_SHAPE(4), (double[]){ 3, -3, 2, 2 });
      op_case_add(&c, ATR_I64, OP_SHAPE(4), (double[]){ 0, 2, 3, 0 });
      op_case_add(&c, types[t], OP_SHAPE(4), (double[]){ 4, 7, 2, 5 });
      if (k == 1) c.in[2].v[3] = 7; /* 3 + 4 + 7 */
      reduction(&c, kinds[k].name);
      OP_CHECK(&c, "", "ScatterElements", 1);
      op_case_near(&c, 0, kinds[k].want, 4, 0);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(scatter_elements_gradients_see_the_last_of_duplicates) {
  for (int add = 0; add < 2; add++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(3, 5, 2), 1);
    op_case_add(&c, ATR_I64, OP_SHAPE(2, 3, 2), (double[]){ 0, 4, 0, -1, 3, 4, 1, 2, -4, 2, 1, 2 });
    op_check_random(&c, OP_SHAPE(2, 3, 2), 2);
    op_check_int(&c, "axis", 1);
    reduction(&c, add ? "add" : "none");
    OP_CHECK(&c, "", "ScatterElements", 1);
    if (!add) ck_assert_double_eq(c.out[0].v[0], c.in[2].v[2]); /* the second of two to place 0 */
    op_plan_gradient(&c, "", "ScatterElements", 5, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(scatter_elements_of_nothing_copies) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(3, 2), 1);
  op_case_add(&c, ATR_I64, OP_SHAPE(0, 2), NULL);
  op_case_real(&c, OP_SHAPE(0, 2), NULL);
  OP_CHECK(&c, "", "ScatterElements", 1);
  op_case_near(&c, 0, c.in[0].v, 6, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(scatter_elements_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 0, 3 });
  op_case_real(&c, OP_SHAPE(2), NULL);
  OP_CASE_REJECTS(&c, "", "ScatterElements", 1, "index 3 at place 1 is outside [-3, 3)");
  reduction(&c, "xor");
  OP_CASE_REJECTS(&c, "", "ScatterElements", 1, "reduction \"xor\" is not supported");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2), NULL);
  op_case_real(&c, OP_SHAPE(1), NULL);
  OP_CASE_REJECTS(&c, "", "ScatterElements", 1, "indices [2] and updates [1] differ");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 1), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 2), NULL);
  op_case_real(&c, OP_SHAPE(2, 2), NULL);
  OP_CASE_REJECTS(&c, "", "ScatterElements", 1, "updates [2,2] do not fit into [3,1] (axis 0)");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("scatter_elements");
  TCase *tests = tcase_create("scatter_elements");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, scatter_elements_puts_along_each_axis);
  tcase_add_test(tests, scatter_elements_applies_duplicates_in_order);
  tcase_add_test(tests, scatter_elements_gradients_see_the_last_of_duplicates);
  tcase_add_test(tests, scatter_elements_of_nothing_copies);
  tcase_add_test(tests, scatter_elements_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
