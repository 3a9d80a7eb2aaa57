/* reverse_sequence_test.c: ReverseSequence by hand over either axis, twice is nothing, gradient, lengths
 * outside. */
#include "op_check.h"

START_TEST(reverse_sequence_turns_the_first_steps) {
  op_case c = { 0 };
  const double x[16] = { 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 };
  op_case_real(&c, OP_SHAPE(4, 4), x);
  op_case_add(&c, ATR_I64, OP_SHAPE(4), (double[]){ 4, 3, 2, 1 });
  OP_CHECK(&c, "", "ReverseSequence", 1);
  OP_NEAR(&c, 0, 0, 3, 6, 9, 12, 2, 5, 8, 13, 1, 4, 10, 14, 0, 7, 11, 15);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 2, 0 });
  op_check_int(&c, "time_axis", 1);
  op_check_int(&c, "batch_axis", 0);
  OP_CHECK(&c, "", "ReverseSequence", 1);
  OP_NEAR(&c, 0, 0, 2, 1, 3, 4, 5, 6);
  op_plan_gradient(&c, "", "ReverseSequence", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(reverse_sequence_twice_is_nothing) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_U8, ATR_I16 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_tensor *x = op_case_add(&c, types[t], OP_SHAPE(5, 3, 2, 3), NULL);
    for (int i = 0; i < 90; i++) x->v[i] = i;
    op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ 5, 1, 4 });
    OP_CHECK(&c, "", "ReverseSequence", 1);
    ck_assert_double_eq(c.out[0].v[0], 72);
    memcpy(x->v, c.out[0].v, 90 * sizeof *x->v);
    OP_CHECK(&c, "", "ReverseSequence", 1);
    for (int i = 0; i < 90; i++) ck_assert_double_eq(c.out[0].v[i], i);
    if (!t) op_plan_gradient(&c, "", "ReverseSequence", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reverse_sequence_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 1, 4 });
  OP_CASE_REJECTS(&c, "", "ReverseSequence", 1, "length 4 at place 1 is outside [0, 3]");
  op_check_int(&c, "time_axis", 1);
  OP_CASE_REJECTS(&c, "", "ReverseSequence", 1, "must be 0 and 1, or 1 and 0");
  op_check_int(&c, "batch_axis", 0);
  OP_CASE_REJECTS(&c, "", "ReverseSequence", 1, "the lengths have shape [2], must have [3]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reverse_sequence");
  TCase *tests = tcase_create("reverse_sequence");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, reverse_sequence_turns_the_first_steps);
  tcase_add_test(tests, reverse_sequence_twice_is_nothing);
  tcase_add_test(tests, reverse_sequence_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
