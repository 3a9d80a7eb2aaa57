/* col2im_test.c: Col2Im: blocks by hand, with overlap, strides, dilations and padding, three axes, against
 * counts, gradient, what does not fit. */
#include "op_check.h"

START_TEST(col2im_puts_blocks_side_by_side) {
  op_case c = { 0 };
  double x[25], want[25];
  for (int e = 0; e < 5; e++) /* blocks of 1 x 5: column s is row s of the image */
    for (int s = 0; s < 5; s++) {
      x[e * 5 + s] = e * 5 + s + 1;
      want[s * 5 + e] = e * 5 + s + 1;
    }
  op_case_real(&c, OP_SHAPE(1, 5, 5), x);
  OP_LIST(&c, 5, 5);
  OP_LIST(&c, 1, 5);
  OP_CHECK(&c, "", "Col2Im", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 1, 5, 5));
  op_case_near(&c, 0, want, 25, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(col2im_adds_where_blocks_overlap) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 3), (double[]){ 1, 2, 3, 10, 20, 30 }); /* blocks of two at 0, 1, 2 */
  OP_LIST(&c, 4);
  OP_LIST(&c, 2);
  OP_CHECK(&c, "", "Col2Im", 1);
  OP_NEAR(&c, 0, 0, 1, 12, 23, 30);
  op_plan_gradient(&c, "", "Col2Im", 1, 0);
  OP_INTS(&c, "dilations", 2); /* elements two apart, the first block begins in the padding */
  OP_INTS(&c, "pads", 1, 0);
  OP_CHECK(&c, "", "Col2Im", 1);
  OP_NEAR(&c, 0, 0, 2, 13, 20, 30);
  op_plan_gradient(&c, "", "Col2Im", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(col2im_of_ones_counts_blocks) {
  op_case c = { 0 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(2, 3 * 9, 6), NULL);
  for (int i = 0; i < x->count; i++) x->v[i] = 1;
  OP_LIST(&c, 5, 7);
  OP_LIST(&c, 3, 3);
  OP_INTS(&c, "strides", 2, 3);
  OP_INTS(&c, "pads", 0, 1, 0, 1);
  OP_CHECK(&c, "", "Col2Im", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3, 5, 7));
  for (int i = 0; i < 210; i++) { /* rows: blocks at 0 and 2; columns at -1, 2, 5, which do not overlap */
    const int row = i / 7 % 5;
    ck_assert_double_eq(c.out[0].v[i], row == 2 ? 2 : 1);
  }
  op_plan_gradient(&c, "", "Col2Im", 1, 0);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(1, 2 * 4, 12), 3); /* three axes */
  OP_LIST(&c, 3, 4, 2);
  OP_LIST(&c, 2, 1, 2);
  OP_INTS(&c, "dilations", 1, 2, 1);
  OP_INTS(&c, "pads", 0, 0, 1, 1, 0, 0);
  OP_CASE_REJECTS(&c, "", "Col2Im", 1, "must be a multiple of 4 rows and 24 columns");
  OP_INTS(&c, "strides", 2, 1, 1);
  OP_CASE_REJECTS(&c, "", "Col2Im", 1, "must be a multiple of 4 rows and 16 columns");
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(1, 2 * 4, 16), 3);
  OP_LIST(&c, 3, 4, 2);
  OP_LIST(&c, 2, 1, 2);
  OP_INTS(&c, "strides", 2, 1, 1);
  OP_INTS(&c, "pads", 0, 0, 1, 1, 0, 0);
  OP_CHECK(&c, "", "Col2Im", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 3, 4, 2));
  op_plan_gradient(&c, "", "Col2Im", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(col2im_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(1, 4, 1), 3);
  OP_LIST(&c, 2);
  OP_LIST(&c, 4);
  OP_CASE_REJECTS(&c, "", "Col2Im", 1, "blocks of 4 do not fit into an image of 2");
  OP_INTS(&c, "strides", 0);
  OP_CASE_REJECTS(&c, "", "Col2Im", 1, "strides has the entry 0");
  OP_INTS(&c, "strides", 1, 1);
  OP_CASE_REJECTS(&c, "", "Col2Im", 1, "strides has 2 entries, must have 1");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("col2im");
  TCase *tests = tcase_create("col2im");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, col2im_puts_blocks_side_by_side);
  tcase_add_test(tests, col2im_adds_where_blocks_overlap);
  tcase_add_test(tests, col2im_of_ones_counts_blocks);
  tcase_add_test(tests, col2im_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
