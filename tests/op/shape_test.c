/* shape_test.c: Shape and Size: all dimensions, some of them, clamped bounds. */
#include "op_check.h"

START_TEST(shape_gives_dimensions) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3, 5), 1);
  OP_CHECK(&c, "", "Shape", 1);
  OP_NEAR(&c, 0, 0, 2, 3, 5);
  op_check_int(&c, "start", -2);
  OP_CHECK(&c, "", "Shape", 1);
  OP_NEAR(&c, 0, 0, 3, 5);
  op_check_int(&c, "end", -1);
  OP_CHECK(&c, "", "Shape", 1);
  OP_NEAR(&c, 0, 0, 3);
  op_check_int(&c, "start", 9);
  OP_CHECK(&c, "", "Shape", 1);
  op_check_shape(&c, 0, OP_SHAPE(0));
  OP_CHECK(&c, "", "Size", 1);
  OP_NEAR(&c, 0, 0, 30);
  op_check_shape(&c, 0, (atr_shape){ 0 });
  op_case_free(&c);
}
END_TEST

/* As a kernel too, where a plan could not fold it. */
START_TEST(shape_has_a_kernel) {
  ck_assert(atr__op_find("", "Shape")->cl == NULL || atr__op_find("", "Shape")->cl[0].algorithm != NULL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("shape");
  TCase *tests = tcase_create("shape");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, shape_gives_dimensions);
  tcase_add_test(tests, shape_has_a_kernel);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
