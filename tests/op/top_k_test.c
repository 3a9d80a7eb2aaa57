/* top_k_test.c: TopK by hand along each axis, largest and smallest, equals and NaN, all of a column sorted,
 * gradients of the values, k outside. */
#include "op_check.h"

START_TEST(top_k_finds_the_largest_and_the_smallest) {
  const double x[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 4), x);
  OP_LIST(&c, 3);
  OP_CHECK(&c, "", "TopK", 2);
  op_check_shape(&c, 1, OP_SHAPE(3, 3));
  OP_NEAR(&c, 0, 0, 3, 2, 1, 7, 6, 5, 11, 10, 9);
  OP_NEAR(&c, 1, 0, 3, 2, 1, 3, 2, 1, 3, 2, 1);
  op_check_int(&c, "largest", 0);
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "TopK", 2);
  OP_NEAR(&c, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  OP_NEAR(&c, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2);
  op_case_free(&c);
}
END_TEST

START_TEST(top_k_takes_the_first_of_equals) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_I32, ATR_I8, ATR_U8,
                                    ATR_I16, ATR_U16, ATR_U32, ATR_U64 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_case_add(&c, types[t], OP_SHAPE(7), (double[]){ 2, 7, 2, 7, 0, 7, 2 });
    OP_LIST(&c, 5);
    OP_CHECK(&c, "", "TopK", 2);
    OP_NEAR(&c, 0, 0, 7, 7, 7, 2, 2);
    OP_NEAR(&c, 1, 0, 1, 3, 5, 0, 2);
    op_check_int(&c, "largest", 0);
    op_check_int(&c, "sorted", 0);
    OP_CHECK(&c, "", "TopK", 2);
    OP_NEAR(&c, 1, 0, 4, 0, 2, 6, 1);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, NAN, INFINITY, NAN });
  OP_LIST(&c, 4);
  OP_CHECK(&c, "", "TopK", 2);
  OP_NEAR(&c, 1, 0, 1, 3, 2, 0);
  op_check_int(&c, "largest", 0);
  OP_CHECK(&c, "", "TopK", 2);
  OP_NEAR(&c, 1, 0, 0, 2, 1, 3);
  op_case_free(&c);
}
END_TEST

START_TEST(top_k_of_all_is_a_sort) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 67, 3), 5);
  OP_LIST(&c, 67);
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "TopK", 2);
  for (int o = 0; o < 2; o++)
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 67; k++) {
        const int at = (o * 67 + k) * 3 + i, from = (o * 67 + (int)c.out[1].v[at]) * 3 + i;
        ck_assert_double_eq(c.out[0].v[at], c.in[0].v[from]);
        if (k) ck_assert_double_ge(c.out[0].v[at - 3], c.out[0].v[at]);
      }
  op_case_free(&c);
}
END_TEST

START_TEST(top_k_gradient_goes_where_the_values_came_from) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 5), (double[]){ 0.5, -1, 3, 2, 1, -2, 4, 0, 5, 1.5 });
  OP_LIST(&c, 3);
  OP_CHECK(&c, "", "TopK", 1);
  OP_NEAR(&c, 0, 0, 3, 2, 1, 5, 4, 1.5);
  op_plan_gradient(&c, "", "TopK", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(top_k_takes_none_and_not_more_than_there_are) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  OP_LIST(&c, 0);
  OP_CHECK(&c, "", "TopK", 2);
  op_check_shape(&c, 0, OP_SHAPE(2, 0));
  c.in[1].v[0] = 4;
  OP_CASE_REJECTS(&c, "", "TopK", 2, "k is 4, axis 1 has 3 elements");
  c.in[1].constant = 0;
  OP_CASE_REJECTS(&c, "", "TopK", 2, "input 1 is computed while running");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("top_k");
  TCase *tests = tcase_create("top_k");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, top_k_finds_the_largest_and_the_smallest);
  tcase_add_test(tests, top_k_takes_the_first_of_equals);
  tcase_add_test(tests, top_k_of_all_is_a_sort);
  tcase_add_test(tests, top_k_gradient_goes_where_the_values_came_from);
  tcase_add_test(tests, top_k_takes_none_and_not_more_than_there_are);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
