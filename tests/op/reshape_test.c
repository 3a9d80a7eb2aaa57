/* reshape_test.c: Reshape, Flatten, Squeeze, Unsqueeze, Identity: shapes worked by hand, order kept,
 * rejections. */
#include "op_check.h"

/* Runs `name`; the shape must be `want` and the elements as they were. */
static void keeps_order(op_case *c, const char *name, atr_shape want) {
  OP_CHECK(c, "", name, 1);
  op_check_shape(c, 0, want);
  for (int64_t i = 0; i < c->out[0].count; i++) ck_assert_double_eq(c->out[0].v[i], c->in[0].v[i]);
}

START_TEST(reshape_copies_zeros_and_fills_in_minus_one) {
  static const double list[4][3] = { { 4, 3, 2 }, { 0, -1, 1 }, { -1, 0, 3 }, { 2, 12, 1 } };
  const atr_shape want[4] = { OP_SHAPE(4, 3, 2), OP_SHAPE(2, 12, 1), OP_SHAPE(2, 4, 3), OP_SHAPE(2, 12, 1) };
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    op_check_random(&c, i == 2 ? OP_SHAPE(2, 4, 3) : OP_SHAPE(2, 3, 4), 1);
    op_check_list(&c, 3, list[i]);
    keeps_order(&c, "Reshape", want[i]);
    op_plan_gradient(&c, "", "Reshape", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reshape_takes_zero_as_an_extent_where_allowed) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 0), NULL);
  OP_LIST(&c, 0, 7);
  op_check_int(&c, "allowzero", 1);
  keeps_order(&c, "Reshape", OP_SHAPE(0, 7));
  op_case_free(&c);
}
END_TEST

START_TEST(reshape_moves_every_type) {
  const atr_type type[] = { ATR_I64, ATR_I32, ATR_BOOL };
  for (int i = 0; i < 3; i++) {
    op_case c = { 0 };
    op_case_add(&c, type[i], OP_SHAPE(2, 2), (double[]){ 1, 0, 1, 1 });
    OP_LIST(&c, 4);
    keeps_order(&c, "Reshape", OP_SHAPE(4));
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reshape_rejects_counts_that_differ) {
  static const double list[4][2] = { { 4, 5 }, { -1, -1 }, { -1, 7 }, { -2, 3 } };
  static const char *const words[4] = { "Reshape: [2,3] does not have the element count of [4,5]",
                                        "dimensions 0 and 1 of the new shape are both -1",
                                        "does not have the element count of [?,7]",
                                        "dimension 0 of the new shape is -2" };
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(2, 3), NULL);
    op_check_list(&c, 2, list[i]);
    OP_CASE_REJECTS(&c, "", "Reshape", 1, words[i]);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(reshape_family_flatten_squeeze_unsqueeze_identity) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 1, 3, 1), 3);
  keeps_order(&c, "Flatten", OP_SHAPE(2, 3));
  op_check_int(&c, "axis", -1);
  keeps_order(&c, "Flatten", OP_SHAPE(6, 1));
  op_check_int(&c, "axis", 0);
  keeps_order(&c, "Flatten", OP_SHAPE(1, 6));
  op_check_int(&c, "axis", 5);
  OP_CASE_REJECTS(&c, "", "Flatten", 1, "axis 5 is outside [-4, 4]");
  keeps_order(&c, "Squeeze", OP_SHAPE(2, 3));
  keeps_order(&c, "Identity", OP_SHAPE(2, 1, 3, 1));
  op_plan_gradient(&c, "", "Identity", 1, 0);
  OP_LIST(&c, -1);
  keeps_order(&c, "Squeeze", OP_SHAPE(2, 1, 3));
  op_plan_gradient(&c, "", "Squeeze", 1, 0);
  c.in[1].v[0] = 2;
  OP_CASE_REJECTS(&c, "", "Squeeze", 1, "dimension 2 is 3, only 1 can be dropped");
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(2, 3), 3);
  OP_LIST(&c, 0, -1);
  keeps_order(&c, "Unsqueeze", OP_SHAPE(1, 2, 3, 1));
  op_plan_gradient(&c, "", "Unsqueeze", 1, 0);
  c.in[1].v[1] = 0;
  OP_CASE_REJECTS(&c, "", "Unsqueeze", 1, "axis 0 is given twice");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reshape");
  TCase *tests = tcase_create("reshape");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, reshape_copies_zeros_and_fills_in_minus_one);
  tcase_add_test(tests, reshape_takes_zero_as_an_extent_where_allowed);
  tcase_add_test(tests, reshape_moves_every_type);
  tcase_add_test(tests, reshape_rejects_counts_that_differ);
  tcase_add_test(tests, reshape_family_flatten_squeeze_unsqueeze_identity);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
