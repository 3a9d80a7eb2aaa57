/* split_test.c: Split: stated sizes, equal parts, a smaller last one, gradients where only some outputs are
 * used, rejections. */
#include "op_check.h"

START_TEST(split_cuts_at_stated_sizes) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 4), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8 });
  OP_LIST(&c, 1, 0, 3);
  op_check_int(&c, "axis", -1);
  OP_CHECK(&c, "", "Split", 3);
  OP_NEAR(&c, 0, 0, 1, 5);
  op_check_shape(&c, 1, OP_SHAPE(2, 0));
  OP_NEAR(&c, 2, 0, 2, 3, 4, 6, 7, 8);
  op_plan_gradient(&c, "", "Split", 1, 0); /* of output 0 alone: the others' part is zero */
  op_case_free(&c);
}
END_TEST

START_TEST(split_makes_equal_parts_and_a_smaller_last_one) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(7), (double[]){ 1, 2, 3, 4, 5, 6, 7 });
  op_check_int(&c, "num_outputs", 3);
  OP_CHECK(&c, "", "Split", 3);
  OP_NEAR(&c, 0, 0, 1, 2, 3);
  OP_NEAR(&c, 1, 0, 4, 5, 6);
  OP_NEAR(&c, 2, 0, 7);
  OP_CASE_REJECTS(&c, "", "Split", 2, "num_outputs is 3 for 2 outputs");
  op_case_free(&c);
}
END_TEST

/* Whole blocks of channels, all but the last. */
START_TEST(split_of_channel_blocks) {
  const double sizes[][3] = { { 16, 32, 5 }, { 16, 0, 37 }, { 32, 16, 0 }, { 7, 16, 30 } };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const double *size = sizes[i];
    const int64_t c = (int64_t)(size[0] + size[1] + size[2]);
    op_case k = { 0 };
    const op_tensor *x = op_check_random(&k, OP_SHAPE(2, c, 3, 5), 1);
    op_check_list(&k, 3, size);
    op_check_int(&k, "axis", 1);
    OP_CHECK(&k, "", "Split", 3);
    for (int64_t n = 0, at = 0; n < 2; n++)
      for (int o = 0; o < 3; o++)
        for (int64_t j = 0; j < (int64_t)size[o] * 15; j++)
          ck_assert_double_eq(k.out[o].v[n * (int64_t)size[o] * 15 + j], x->v[at++]);
    op_case_free(&k);
  }
}
END_TEST

START_TEST(split_rejects_sizes_that_do_not_add_up) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), NULL);
  OP_LIST(&c, 1, 2);
  OP_CASE_REJECTS(&c, "", "Split", 2, "the sizes add up to 3, axis 0 has 4");
  OP_CASE_REJECTS(&c, "", "Split", 3, "2 sizes for 3 outputs");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("split");
  TCase *tests = tcase_create("split");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, split_cuts_at_stated_sizes);
  tcase_add_test(tests, split_makes_equal_parts_and_a_smaller_last_one);
  tcase_add_test(tests, split_of_channel_blocks);
  tcase_add_test(tests, split_rejects_sizes_that_do_not_add_up);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
