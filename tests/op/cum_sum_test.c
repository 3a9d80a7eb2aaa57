/* cum_sum_test.c: CumSum by hand with every pair of options and over every axis, wrapping integers, gradient.
 */
#include "op_check.h"

START_TEST(cum_sum_with_its_options) {
  static const atr_type types[] = { ATR_F32, ATR_I32, ATR_I64, ATR_U8, ATR_U64 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_case_add(&c, types[t], OP_SHAPE(5), (double[]){ 1, 2, 3, 4, 5 });
    op_case_constant(&c, ATR_I32, atr__shape_of(0, NULL), (double[]){ 0 });
    OP_CHECK(&c, "", "CumSum", 1);
    OP_NEAR(&c, 0, 0, 1, 3, 6, 10, 15);
    op_check_int(&c, "exclusive", 1);
    OP_CHECK(&c, "", "CumSum", 1);
    OP_NEAR(&c, 0, 0, 0, 1, 3, 6, 10);
    op_check_int(&c, "reverse", 1);
    OP_CHECK(&c, "", "CumSum", 1);
    OP_NEAR(&c, 0, 0, 14, 12, 9, 5, 0);
    op_check_int(&c, "exclusive", 0);
    OP_CHECK(&c, "", "CumSum", 1);
    OP_NEAR(&c, 0, 0, 15, 14, 12, 9, 5);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(3), (double[]){ 200, 100, 1 });
  op_case_constant(&c, ATR_I64, OP_SHAPE(1), (double[]){ -1 });
  OP_CHECK(&c, "", "CumSum", 1);
  OP_NEAR(&c, 0, 0, 200, 44, 45);
  op_case_free(&c);
}
END_TEST

START_TEST(cum_sum_over_every_axis_and_its_gradient) {
  for (int axis = -3; axis < 3; axis++) {
    op_case c = { 0 };
    const int64_t dim[3] = { 3, 5, 2 };
    const int at = (axis + 3) % 3;
    op_check_random(&c, atr__shape_of(3, dim), 4);
    op_case_constant(&c, ATR_I64, atr__shape_of(0, NULL), (double[]){ axis });
    op_check_int(&c, "exclusive", axis & 1);
    op_check_int(&c, "reverse", axis > 0);
    OP_CHECK(&c, "", "CumSum", 1);
    const int step = at == 0 ? 10 : at == 1 ? 2 : 1, way = axis > 0 ? -1 : 1;
    for (int i = 0; i < 30; i++) { /* neighbours differ by one element */
      const int place = i / step % (int)dim[at], next = i + way * step;
      if (place + way < 0 || place + way >= dim[at]) continue;
      ck_assert_double_eq_tol(c.out[0].v[next] - c.out[0].v[i], c.in[0].v[axis & 1 ? i : next], 1e-12);
    }
    op_plan_gradient(&c, "", "CumSum", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(cum_sum_refuses_what_it_cannot) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_constant(&c, ATR_I64, atr__shape_of(0, NULL), (double[]){ 1 });
  OP_CASE_REJECTS(&c, "", "CumSum", 1, "axis 1 is outside");
  op_case_free(&c);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(3), NULL);
  op_case_constant(&c, ATR_I64, atr__shape_of(0, NULL), (double[]){ 0 });
  OP_CASE_REJECTS(&c, "", "CumSum", 1, "input 0 is bool");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cum_sum");
  TCase *tests = tcase_create("cum_sum");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, cum_sum_with_its_options);
  tcase_add_test(tests, cum_sum_over_every_axis_and_its_gradient);
  tcase_add_test(tests, cum_sum_refuses_what_it_cannot);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
