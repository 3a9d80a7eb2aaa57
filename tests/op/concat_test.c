/* concat_test.c: Concat: hand-worked joins along each axis, every type, empty parts, gradients, rejections.
 */
#include "op_check.h"

START_TEST(concat_joins_along_each_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 4 });
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 5, 6, 7, 8 });
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "Concat", 1);
  op_check_shape(&c, 0, OP_SHAPE(4, 2));
  OP_NEAR(&c, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
  op_check_int(&c, "axis", -1);
  OP_CHECK(&c, "", "Concat", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 5, 6, 3, 4, 7, 8);
  op_plan_gradient(&c, "", "Concat", 3, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(concat_joins_parts_of_different_and_of_no_length) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3, 50), 1);
  op_check_random(&c, OP_SHAPE(2, 0, 50), 2);
  op_check_random(&c, OP_SHAPE(2, 1, 50), 3);
  op_check_random(&c, OP_SHAPE(2, 5, 50), 4);
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "Concat", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 9, 50));
  for (int64_t i = 0; i < 900; i++) {
    const int64_t n = i / 450, at = i / 50 % 9, w = i % 50;
    const int part = at < 3 ? 0 : at < 4 ? 2 : 3;
    const int64_t own = at - (part == 0 ? 0 : part == 2 ? 3 : 4), extent = part == 0 ? 3 : part == 2 ? 1 : 5;
    ck_assert_double_eq(c.out[0].v[i], c.in[part].v[(n * extent + own) * 50 + w]);
  }
  op_plan_gradient(&c, "", "Concat", 13, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(concat_of_channel_blocks) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 16, 3, 5), 1);
  op_check_random(&c, OP_SHAPE(2, 32, 3, 5), 2);
  op_check_random(&c, OP_SHAPE(2, 19, 3, 5), 3);
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "Concat", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 67, 3, 5));
  op_case_free(&c);
}
END_TEST

START_TEST(concat_moves_integers) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 1, 9007199254740991. });
  op_case_add(&c, ATR_I64, OP_SHAPE(1), (double[]){ -3 });
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "Concat", 1);
  OP_NEAR(&c, 0, 0, 1, 9007199254740991., -3);
  op_case_free(&c);
}
END_TEST

START_TEST(concat_rejects_parts_that_do_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_real(&c, OP_SHAPE(3, 3), NULL);
  OP_CASE_REJECTS(&c, "", "Concat", 1, "axis is missing");
  op_check_int(&c, "axis", 1);
  OP_CASE_REJECTS(&c, "", "Concat", 1,
                  "input 1 of shape [3,3] does not fit input 0 of shape [2,3] along axis 1");
  op_check_int(&c, "axis", 2);
  OP_CASE_REJECTS(&c, "", "Concat", 1, "axis 2 is outside [-2, 2)");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("concat");
  TCase *tests = tcase_create("concat");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, concat_joins_along_each_axis);
  tcase_add_test(tests, concat_joins_parts_of_different_and_of_no_length);
  tcase_add_test(tests, concat_of_channel_blocks);
  tcase_add_test(tests, concat_moves_integers);
  tcase_add_test(tests, concat_rejects_parts_that_do_not_fit);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
