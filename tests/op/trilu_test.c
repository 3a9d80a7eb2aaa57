/* trilu_test.c: Trilu and EyeLike by hand, at diagonals near and far, of every size of word, gradient. */
#include "op_check.h"

START_TEST(trilu_keeps_a_triangle) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_F16, ATR_U8 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_case_add(&c, types[t], OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
    OP_CHECK(&c, "", "Trilu", 1);
    OP_NEAR(&c, 0, 0, 1, 2, 3, 0, 5, 6);
    op_check_int(&c, "upper", 0);
    OP_CHECK(&c, "", "Trilu", 1);
    OP_NEAR(&c, 0, 0, 1, 0, 0, 4, 5, 0);
    op_case_add(&c, ATR_I64, atr__shape_of(0, NULL), (double[]){ 1 });
    OP_CHECK(&c, "", "Trilu", 1);
    OP_NEAR(&c, 0, 0, 1, 2, 0, 4, 5, 6);
    op_check_int(&c, "upper", 1);
    OP_CHECK(&c, "", "Trilu", 1);
    OP_NEAR(&c, 0, 0, 0, 2, 3, 0, 0, 6);
    c.in[1].v[0] = -9e15;
    OP_CHECK(&c, "", "Trilu", 1);
    OP_NEAR(&c, 0, 0, 1, 2, 3, 4, 5, 6);
    c.in[1].v[0] = 9e15;
    OP_CHECK(&c, "", "Trilu", 1);
    OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(trilu_of_batches_and_its_gradient) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3, 5, 3), 1);
  op_case_add(&c, ATR_I64, OP_SHAPE(1), (double[]){ -1 });
  OP_CHECK(&c, "", "Trilu", 1);
  for (int i = 0; i < 90; i++) ck_assert_double_eq(c.out[0].v[i], i % 3 - i / 3 % 5 >= -1 ? c.in[0].v[i] : 0);
  op_plan_gradient(&c, "", "Trilu", 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 0), NULL);
  OP_CHECK(&c, "", "Trilu", 1);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "Trilu", 1, "rank");
  op_case_free(&c);
}
END_TEST

START_TEST(eye_like_has_ones_on_a_diagonal) {
  static const atr_type types[] = { ATR_F32, ATR_F64, ATR_F16, ATR_BF16, ATR_I64, ATR_I32, ATR_U8, ATR_BOOL };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_case_add(&c, ATR_I32, OP_SHAPE(2, 3), NULL);
    op_check_int(&c, "dtype", types[t]);
    OP_CHECK(&c, "", "EyeLike", 1);
    ck_assert_int_eq(c.out[0].type, types[t]);
    OP_NEAR(&c, 0, 0, 1, 0, 0, 0, 1, 0);
    op_check_int(&c, "k", -1);
    OP_CHECK(&c, "", "EyeLike", 1);
    OP_NEAR(&c, 0, 0, 0, 0, 0, 1, 0, 0);
    op_check_int(&c, "k", 3);
    OP_CHECK(&c, "", "EyeLike", 1);
    OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0, 0);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("trilu");
  TCase *tests = tcase_create("trilu");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, trilu_keeps_a_triangle);
  tcase_add_test(tests, trilu_of_batches_and_its_gradient);
  tcase_add_test(tests, eye_like_has_ones_on_a_diagonal);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
