/* arg_test.c: ArgMax and ArgMin: ties, NaN, each axis against a plain loop, rejections. */
#include "op_check.h"

START_TEST(arg_finds_the_first_or_last_extreme) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 4), (double[]){ 1, 3, 3, 0, -1, -5, -1, -5 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "ArgMax", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 1));
  ck_assert_int_eq(c.out[0].type, ATR_I64);
  OP_NEAR(&c, 0, 0, 1, 0);
  OP_CHECK(&c, "", "ArgMin", 1);
  OP_NEAR(&c, 0, 0, 3, 1);
  op_check_int(&c, "select_last_index", 1);
  op_check_int(&c, "keepdims", 0);
  OP_CHECK(&c, "", "ArgMax", 1);
  op_check_shape(&c, 0, OP_SHAPE(2));
  OP_NEAR(&c, 0, 0, 2, 2);
  OP_CHECK(&c, "", "ArgMin", 1);
  OP_NEAR(&c, 0, 0, 3, 3);
  op_case_free(&c);
}
END_TEST

START_TEST(arg_takes_nan_for_the_extreme) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, NAN, INFINITY, NAN });
  for (int least = 0; least < 2; least++)
    for (int last = 0; last < 2; last++) {
      op_check_int(&c, "select_last_index", last);
      OP_CHECK(&c, "", least ? "ArgMin" : "ArgMax", 1);
      OP_NEAR(&c, 0, 0, last ? 3 : 1);
    }
  op_case_free(&c);
}
END_TEST

/* The same choices in whole vectors of columns and in what is left over. */
START_TEST(arg_of_columns_chooses_alike) {
  static const double column[6][4] = { { 1, 3, 3, 0 },
                                       { -1, -5, -1, -5 },
                                       { 1, NAN, INFINITY, NAN },
                                       { NAN, 1, 2, NAN },
                                       { -INFINITY, -INFINITY, -INFINITY, -INFINITY },
                                       { 0, -0.0, 2, 2 } };
  static const double want[2][2][6] = { { { 1, 0, 1, 0, 0, 2 }, { 2, 2, 3, 3, 3, 3 } },
                                        { { 3, 1, 1, 0, 0, 0 }, { 3, 3, 3, 3, 3, 1 } } };
  op_case c = { 0 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(2, 4, 21), NULL);
  for (int n = 0; n < 2; n++)
    for (int k = 0; k < 4; k++)
      for (int i = 0; i < 21; i++) x->v[(n * 4 + k) * 21 + i] = column[(i + n) % 6][k];
  op_check_int(&c, "axis", 1);
  for (int least = 0; least < 2; least++)
    for (int last = 0; last < 2; last++) {
      op_check_int(&c, "select_last_index", last);
      OP_CHECK(&c, "", least ? "ArgMin" : "ArgMax", 1);
      for (int i = 0; i < 42; i++)
        ck_assert_double_eq(c.out[0].v[i], want[least][last][(i % 21 + i / 21) % 6]);
    }
  op_case_free(&c);
}
END_TEST

START_TEST(arg_walks_every_axis_and_type) {
  const atr_type type[3] = { ATR_F32, ATR_I32, ATR_I64 };
  for (int axis = 0; axis < 3; axis++) {
    const int64_t dim[3] = { 3, 21, 7 }, inner = axis == 0 ? 147 : axis == 1 ? 7 : 1;
    op_case c = { 0 };
    op_tensor *x = op_case_add(&c, type[axis], atr__shape_of(3, dim), NULL);
    op_case_fill(x, (uint32_t)axis);
    for (int64_t i = 0; i < x->count; i++) x->v[i] = floor(x->v[i] * 512);
    op_check_int(&c, "axis", axis - 3);
    OP_CHECK(&c, "", "ArgMax", 1);
    for (int64_t i = 0; i < c.out[0].count; i++) {
      const double *from = c.in[0].v + i / inner * dim[axis] * inner + i % inner;
      int64_t best = 0;
      for (int64_t k = 0; k < dim[axis]; k++)
        if (from[k * inner] > from[best * inner]) best = k;
      ck_assert_double_eq(c.out[0].v[i], (double)best);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(arg_rejects_an_empty_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 0), NULL);
  op_check_int(&c, "axis", 1);
  OP_CASE_REJECTS(&c, "", "ArgMax", 1, "axis 1 is empty");
  op_case_free(&c);
}
END_TEST

START_TEST(arg_of_every_integer_type) {
  static const atr_type types[] = { ATR_I8, ATR_I16, ATR_I32, ATR_I64, ATR_U8, ATR_U16, ATR_U32, ATR_U64 };
  for (int t = 0; t < 8; t++) {
    op_case c = { 0 };
    const double high = types[t] == ATR_U64 ? 0x1.fffffffffffffp63 : 100;
    op_case_add(&c, types[t], OP_SHAPE(4, 2),
                (double[]){ 5, 2, high, t < 4 ? -1 : 0, high, t < 4 ? -1 : 0, 1, 9 });
    op_check_int(&c, "keepdims", 0);
    OP_CHECK(&c, "", "ArgMax", 1);
    OP_NEAR(&c, 0, 0, 1, 3);
    OP_CHECK(&c, "", "ArgMin", 1);
    OP_NEAR(&c, 0, 0, 3, 1);
    op_check_int(&c, "select_last_index", 1);
    OP_CHECK(&c, "", "ArgMax", 1);
    OP_NEAR(&c, 0, 0, 2, 3);
    OP_CHECK(&c, "", "ArgMin", 1);
    OP_NEAR(&c, 0, 0, 3, 2);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("arg");
  TCase *tests = tcase_create("arg");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, arg_finds_the_first_or_last_extreme);
  tcase_add_test(tests, arg_takes_nan_for_the_extreme);
  tcase_add_test(tests, arg_of_columns_chooses_alike);
  tcase_add_test(tests, arg_walks_every_axis_and_type);
  tcase_add_test(tests, arg_rejects_an_empty_axis);
  tcase_add_test(tests, arg_of_every_integer_type);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
