/* affine_grid_test.c: AffineGrid: the identity in both modes, turns and shifts by hand, volumes, gradient,
 * with GridSample. */
#include "op_check.h"

START_TEST(affine_grid_of_the_identity) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 3), (double[]){ 1, 0, 0, 0, 1, 0 });
  OP_LIST(&c, 1, 9, 2, 4);
  OP_CHECK(&c, "", "AffineGrid", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 4, 2));
  OP_NEAR(&c, 0, 1e-12, -0.75, -0.5, -0.25, -0.5, 0.25, -0.5, 0.75, -0.5, -0.75, 0.5, -0.25, 0.5, 0.25, 0.5,
          0.75, 0.5);
  op_check_int(&c, "align_corners", 1);
  c.in[1].v[2] = 1; /* one row: its coordinate is 0 */
  c.in[1].v[3] = 3;
  OP_CHECK(&c, "", "AffineGrid", 1);
  OP_NEAR(&c, 0, 1e-12, -1, 0, 0, 0, 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(affine_grid_turns_and_shifts) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2, 3), (double[]){ 0, -1, 0.5, 1, 0, 0, 2, 0, 0, 0, 3, 1 });
  OP_LIST(&c, 2, 1, 2, 2);
  op_check_int(&c, "align_corners", 1);
  OP_CHECK(&c, "", "AffineGrid", 1);
  OP_NEAR(&c, 0, 1e-12, 1.5, -1, 1.5, 1, -0.5, -1, -0.5, 1, -2, -2, 2, -2, -2, 4, 2, 4);
  op_plan_gradient(&c, "", "AffineGrid", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(affine_grid_of_volumes) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 3, 4), (double[]){ 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0.5 });
  OP_LIST(&c, 1, 1, 2, 1, 3);
  OP_CHECK(&c, "", "AffineGrid", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 1, 3, 3));
  const double t = 2.0 / 3;
  OP_NEAR(&c, 0, 1e-12, -t, 0, 0, 0, 0, 0, t, 0, 0, -t, 0, 1, 0, 0, 1, t, 0, 1);
  op_plan_gradient(&c, "", "AffineGrid", 1, 0);
  op_check_int(&c, "align_corners", 1);
  op_plan_gradient(&c, "", "AffineGrid", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(affine_grid_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 3), NULL);
  OP_LIST(&c, 1, 1, 2, 1, 3);
  OP_CASE_REJECTS(&c, "", "AffineGrid", 1, "a size of 5 numbers and maps of shape [1,2,3]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("affine_grid");
  TCase *tests = tcase_create("affine_grid");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, affine_grid_of_the_identity);
  tcase_add_test(tests, affine_grid_turns_and_shifts);
  tcase_add_test(tests, affine_grid_of_volumes);
  tcase_add_test(tests, affine_grid_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
