/* where_test.c: Where: choosing by hand, broadcasting of all three, gradients that reach only what was
 * chosen. */
#include "op_check.h"

START_TEST(where_chooses_and_broadcasts) {
  op_case c = { 0 };
  op_case_add(&c, ATR_BOOL, OP_SHAPE(2, 1), (double[]){ 1, 0 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 1, 2, 3 });
  op_case_real(&c, (atr_shape){ 0 }, (double[]){ -1 });
  OP_CHECK(&c, "", "Where", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 3, -1, -1, -1);
  op_plan_gradient(&c, "", "Where", 6, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(where_of_long_runs) {
  op_case c = { 0 };
  op_tensor *condition = op_case_add(&c, ATR_BOOL, OP_SHAPE(2, 70), NULL);
  for (int i = 0; i < 140; i++) condition->v[i] = i % 3 == 0;
  op_check_random(&c, OP_SHAPE(2, 1), 1);
  op_check_random(&c, OP_SHAPE(70), 2);
  OP_CHECK(&c, "", "Where", 1);
  for (int i = 0; i < 140; i++)
    ck_assert_double_eq(c.out[0].v[i], i % 3 ? c.in[2].v[i % 70] : c.in[1].v[i / 70]);
  op_case_free(&c);
}
END_TEST

START_TEST(where_moves_every_type_and_never_touches_what_it_drops) {
  op_case c = { 0 };
  op_case_add(&c, ATR_BOOL, OP_SHAPE(2), (double[]){ 1, 0 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 5, NAN });
  op_case_real(&c, OP_SHAPE(2), (double[]){ INFINITY, 6 });
  OP_CHECK(&c, "", "Where", 1);
  OP_NEAR(&c, 0, 0, 5, 6);
  op_case_free(&c);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(2), (double[]){ 1, 0 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 5, 7 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 1, -6 });
  OP_CHECK(&c, "", "Where", 1);
  OP_NEAR(&c, 0, 0, 5, -6);
  c.in[2].type = ATR_I32;
  OP_CASE_REJECTS(&c, "", "Where", 1, "input 1 is int64 and input 2 is int32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("where");
  TCase *tests = tcase_create("where");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, where_chooses_and_broadcasts);
  tcase_add_test(tests, where_of_long_runs);
  tcase_add_test(tests, where_moves_every_type_and_never_touches_what_it_drops);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
