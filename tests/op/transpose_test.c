/* transpose_test.c: Transpose: every order of four axes against index arithmetic, gradients, rejections. */
#include "op_check.h"

START_TEST(transpose_puts_axes_in_any_order) {
  const int64_t dim[4] = { 2, 3, 5, 40 };
  for (int code = 0; code < 256; code++) {
    const int64_t perm[4] = { code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3 };
    if ((1 << perm[0] | 1 << perm[1] | 1 << perm[2] | 1 << perm[3]) != 15) continue;
    op_case c = { 0 };
    op_check_random(&c, atr__shape_of(4, dim), 1);
    op_case_ints(&c, "perm", 4, perm);
    OP_CASE_GOOD(op_case_run(&c, "", "Transpose", 1), &c);
    if (code % 5 == 0) op_plan_agree(&c, "", "Transpose");
    for (int64_t i = 0; i < 1200; i++) {
      int64_t at[4], rest = i, from = 0;
      for (int d = 3; d >= 0; d--) {
        at[perm[d]] = rest % dim[perm[d]];
        rest /= dim[perm[d]];
      }
      for (int d = 0; d < 4; d++) from = from * dim[d] + at[d];
      ck_assert_double_eq(c.out[0].v[i], c.in[0].v[from]);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(transpose_turns_matrices_of_any_size_over) {
  static const int64_t sizes[][3] = { { 1, 2, 300 }, { 2, 17, 33 },  { 1, 70, 15 },
                                      { 3, 16, 64 }, { 1, 65, 257 }, { 1, 300, 3 } };
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    const int64_t rows = sizes[k][1], columns = sizes[k][2];
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(sizes[k][0], rows, columns), 2);
    OP_INTS(&c, "perm", 0, 2, 1);
    OP_CASE_GOOD(op_case_run(&c, "", "Transpose", 1), &c);
    for (int64_t i = 0; i < c.in[0].count; i++) {
      const int64_t row = i % (rows * columns) / columns, column = i % columns;
      ck_assert_double_eq(c.out[0].v[i / (rows * columns) * (rows * columns) + column * rows + row],
                          c.in[0].v[i]);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(transpose_reverses_where_no_order_is_given) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  OP_CHECK(&c, "", "Transpose", 1);
  op_check_shape(&c, 0, OP_SHAPE(3, 2));
  OP_NEAR(&c, 0, 0, 1, 4, 2, 5, 3, 6);
  op_case_free(&c);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(2, 2), (double[]){ 1, 0, 1, 1 });
  OP_CHECK(&c, "", "Transpose", 1);
  OP_NEAR(&c, 0, 0, 1, 1, 0, 1);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 0, 3), NULL);
  OP_CHECK(&c, "", "Transpose", 1);
  op_check_shape(&c, 0, OP_SHAPE(3, 0, 2));
  op_case_free(&c);
}
END_TEST

START_TEST(transpose_gradient_goes_back) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3, 4), 1);
  OP_INTS(&c, "perm", 1, 2, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "Transpose", 1), &c);
  op_plan_gradient(&c, "", "Transpose", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(transpose_rejects_an_order_that_is_none) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  OP_INTS(&c, "perm", 0, 0);
  OP_CASE_REJECTS(&c, "", "Transpose", 1, "perm[1] is 0; perm must name each of 0 to 1 once");
  OP_INTS(&c, "perm", 0, 1, 2);
  OP_CASE_REJECTS(&c, "", "Transpose", 1, "perm has 3 entries for rank 2");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("transpose");
  TCase *tests = tcase_create("transpose");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, transpose_puts_axes_in_any_order);
  tcase_add_test(tests, transpose_turns_matrices_of_any_size_over);
  tcase_add_test(tests, transpose_reverses_where_no_order_is_given);
  tcase_add_test(tests, transpose_gradient_goes_back);
  tcase_add_test(tests, transpose_rejects_an_order_that_is_none);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
