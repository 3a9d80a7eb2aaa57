/* constant_of_shape_test.c: ConstantOfShape: zeros unless told otherwise, every type, rejections. */
#include "op_check.h"

START_TEST(constant_of_shape_is_zero_unless_told_otherwise) {
  op_case c = { 0 };
  OP_LIST(&c, 2, 3);
  OP_CHECK(&c, "", "ConstantOfShape", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3));
  ck_assert_int_eq(c.out[0].type, ATR_F32);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(constant_of_shape_has_the_value_and_type_it_is_given) {
  const atr_type type[4] = { ATR_F32, ATR_I64, ATR_I32, ATR_BOOL };
  const int64_t wide = -7;
  const int32_t narrow = -7;
  const float real = -7;
  const uint8_t byte = 1;
  const void *data[4] = { &real, &wide, &narrow, &byte };
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    const int64_t one = 1;
    const atr_shape shape = atr__shape_of(1, &one);
    atr__blob *blob;
    ck_assert_int_eq(atr__blob_create(type[i], &shape, data[i], NULL, &blob), ATR_OK);
    ck_assert_int_eq(atr__attrs_set_tensor(&c.attrs, "value", blob), ATR_OK);
    atr__blob_release(blob);
    OP_LIST(&c, 200, 200); /* too large to be folded */
    OP_CHECK(&c, "", "ConstantOfShape", 1);
    ck_assert_int_eq(c.out[0].type, type[i]);
    for (int k = 0; k < 40000; k++) ck_assert_double_eq(c.out[0].v[k], i == 3 ? 1 : -7);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(constant_of_shape_rejects_negative_dimensions) {
  op_case c = { 0 };
  OP_LIST(&c, 2, -3);
  OP_CASE_REJECTS(&c, "", "ConstantOfShape", 1, "dimension 1 is -3");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("constant_of_shape");
  TCase *tests = tcase_create("constant_of_shape");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, constant_of_shape_is_zero_unless_told_otherwise);
  tcase_add_test(tests, constant_of_shape_has_the_value_and_type_it_is_given);
  tcase_add_test(tests, constant_of_shape_rejects_negative_dimensions);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
