/* slice_test.c: Slice: the examples of the ONNX text, negative steps and clamping against Python-like
 * arithmetic, gradients, rejections. */
#include "op_check.h"

START_TEST(slice_follows_the_examples_of_its_specification) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 4), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8 });
  OP_LIST(&c, 1, 0);
  OP_LIST(&c, 2, 3);
  OP_LIST(&c, 0, 1);
  OP_LIST(&c, 1, 2);
  OP_CHECK(&c, "", "Slice", 1);
  OP_NEAR(&c, 0, 0, 5, 7);
  op_plan_gradient(&c, "", "Slice", 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 4), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8 });
  OP_LIST(&c, 0, 1);
  OP_LIST(&c, -1, 1000);
  OP_CHECK(&c, "", "Slice", 1);
  OP_NEAR(&c, 0, 0, 2, 3, 4);
  op_case_free(&c);
}
END_TEST

/* One axis of ten; what Python's range(start, end, step) would take after clamping. */
START_TEST(slice_clamps_and_walks_backwards) {
  static const double row[][3] = { { 0, 10, 3 },
                                   { 9, -100, -1 },
                                   { -1, -11, -4 },
                                   { 20, -11, -3 },
                                   { 5, 5, 1 },
                                   { 7, 2, 1 },
                                   { 2, 7, -1 },
                                   { -3, 9223372036854774784., 1 },
                                   { 9, -9223372036854774784., -2 },
                                   { 0, 10, 9223372036854774784. },
                                   { 9, -100, -9223372036854774784. } };
  static const int want[][11] = { { 4, 0, 3, 6, 9 },
                                  { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 },
                                  { 3, 9, 5, 1 },
                                  { 4, 9, 6, 3, 0 },
                                  { 0 },
                                  { 0 },
                                  { 0 },
                                  { 3, 7, 8, 9 },
                                  { 5, 9, 7, 5, 3, 1 },
                                  { 1, 0 },
                                  { 1, 9 } };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    op_tensor *x = op_case_real(&c, OP_SHAPE(3, 10), NULL);
    for (int k = 0; k < 30; k++) x->v[k] = k;
    for (int k = 0; k < 4; k++)
      if (k == 2)
        OP_LIST(&c, 1);
      else
        OP_LIST(&c, row[i][k == 3 ? 2 : k]);
    OP_CHECK(&c, "", "Slice", 1);
    ck_assert_int_eq(c.out[0].shape.dim[1], want[i][0]);
    for (int k = 0; k < 3 * want[i][0]; k++)
      ck_assert_double_eq(c.out[0].v[k], k / want[i][0] * 10 + want[i][1 + k % want[i][0]]);
    if (want[i][0]) op_plan_gradient(&c, "", "Slice", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(slice_rejects_a_step_of_zero_and_lists_that_differ) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_LIST(&c, 0);
  OP_LIST(&c, 2);
  OP_LIST(&c, 0);
  OP_LIST(&c, 0);
  OP_CASE_REJECTS(&c, "", "Slice", 1, "the step of axis 0 is 0");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 3), NULL);
  OP_LIST(&c, 0, 1);
  OP_LIST(&c, 2);
  OP_CASE_REJECTS(&c, "", "Slice", 1, "2 starts, 1 ends");
  op_case_free(&c);
}
END_TEST

START_TEST(slice_grad_rejects_a_slice_outside_the_whole) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_INTS(&c, "shape", 5);
  OP_INTS(&c, "starts", 3);
  OP_INTS(&c, "steps", 1);
  OP_CASE_REJECTS(&c, "org.atrous", "SliceGrad", 1, "3 elements from 3 by 1 are outside 0 to 4");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("slice");
  TCase *tests = tcase_create("slice");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, slice_follows_the_examples_of_its_specification);
  tcase_add_test(tests, slice_clamps_and_walks_backwards);
  tcase_add_test(tests, slice_rejects_a_step_of_zero_and_lists_that_differ);
  tcase_add_test(tests, slice_grad_rejects_a_slice_outside_the_whole);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
