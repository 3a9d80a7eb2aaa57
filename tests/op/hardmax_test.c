/* hardmax_test.c: Hardmax: answers worked by hand, along every axis. */
#include "op_check.h"

START_TEST(hardmax_marks_the_first_greatest) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 4), (double[]){ 3, 0, 1, 2, 2, 5, 1, 5, -INFINITY, -INFINITY, NAN, 7 });
  OP_CHECK(&c, "", "Hardmax", 1);
  OP_NEAR(&c, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0);
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "Hardmax", 1);
  OP_NEAR(&c, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1);
  op_case_free(&c);
}
END_TEST

START_TEST(hardmax_of_awkward_shapes) {
  const atr_shape x[] = { OP_SHAPE(1), OP_SHAPE(2, 3, 37), OP_SHAPE(70, 1, 2), OP_SHAPE(3, 0) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    for (int axis = 0; axis < x[i].rank; axis++) {
      op_case c = { 0 };
      op_check_random(&c, x[i], 4);
      op_check_int(&c, "axis", axis);
      OP_CHECK(&c, "", "Hardmax", 1);
      double sum = 0;
      for (int64_t k = 0; k < c.out[0].count; k++) sum += c.out[0].v[k];
      ck_assert_double_eq(sum, x[i].dim[axis] ? (double)(c.out[0].count / x[i].dim[axis]) : 0);
      op_case_free(&c);
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hardmax");
  TCase *tests = tcase_create("hardmax");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, hardmax_marks_the_first_greatest);
  tcase_add_test(tests, hardmax_of_awkward_shapes);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
