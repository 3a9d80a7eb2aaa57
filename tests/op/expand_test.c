/* expand_test.c: Expand: broadcasting written out, gradients, rejections. */
#include "op_check.h"

START_TEST(expand_repeats_along_broadcast_axes) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 1, 2 });
  OP_LIST(&c, 2, 1, 3);
  OP_CHECK(&c, "", "Expand", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 2, 3));
  OP_NEAR(&c, 0, 0, 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
  op_plan_gradient(&c, "", "Expand", 1, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(1), (double[]){ 1 });
  OP_LIST(&c, 70);
  OP_CHECK(&c, "", "Expand", 1);
  for (int i = 0; i < 70; i++) ck_assert_double_eq(c.out[0].v[i], 1);
  op_case_free(&c);
}
END_TEST

START_TEST(expand_keeps_what_the_shape_leaves_out) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(3, 4), 1);
  OP_LIST(&c, 1);
  OP_CHECK(&c, "", "Expand", 1);
  op_check_shape(&c, 0, OP_SHAPE(3, 4));
  c.in[1].v[0] = 3;
  OP_CASE_REJECTS(&c, "", "Expand", 1, "[3,4] and [3] cannot be broadcast");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("expand");
  TCase *tests = tcase_create("expand");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, expand_repeats_along_broadcast_axes);
  tcase_add_test(tests, expand_keeps_what_the_shape_leaves_out);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
