/* scatter_nd_test.c: ScatterND: elements and slices put and added by hand, duplicates in their order, every
 * reduction, gradients, what does not fit. GatherNDGrad is tested with GatherND. */
#include "op_check.h"

static void reduction(op_case *c, const char *name) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "reduction", name), ATR_OK);
}

START_TEST(scatter_nd_puts_elements_and_slices) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(8), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8 });
  op_case_add(&c, ATR_I64, OP_SHAPE(4, 1), (double[]){ 4, 3, 1, -1 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 9, 10, 11, 12 });
  OP_CHECK(&c, "", "ScatterND", 1);
  OP_NEAR(&c, 0, 0, 1, 11, 3, 10, 9, 6, 7, 12);
  op_plan_gradient(&c, "", "ScatterND", 5, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 2, 3), NULL);
  op_case_add(&c, ATR_I32, OP_SHAPE(2, 2), (double[]){ 1, 0, 0, -1 });
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  OP_CHECK(&c, "", "ScatterND", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 4, 5, 6, 1, 2, 3, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(scatter_nd_applies_duplicates_in_order) {
  static const struct {
    const char *name;
    double want[6];
  } kinds[] = { { "none", { 5, 6, 3, 4, 7, 8 } },
                { "add", { 9, 12, 3, 4, 12, 14 } },
                { "mul", { 15, 48, 3, 4, 35, 48 } },
                { "max", { 5, 6, 3, 4, 7, 8 } },
                { "min", { 1, 2, 3, 4, 5, 6 } } };
  static const atr_type types[] = { ATR_F32, ATR_I32, ATR_I64, ATR_U8, ATR_U16, ATR_U32, ATR_U64 };
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
      op_case c = { 0 };
      op_case_add(&c, types[t], OP_SHAPE(3, 2), (double[]){ 1, 2, 3, 4, 5, 6 });
      op_case_add(&c, ATR_I64, OP_SHAPE(3, 1), (double[]){ 0, 2, -3 });
      op_case_add(&c, types[t], OP_SHAPE(3, 2), (double[]){ 3, 4, 7, 8, 5, 6 });
      reduction(&c, kinds[k].name);
      OP_CHECK(&c, "", "ScatterND", 1);
      op_case_near(&c, 0, kinds[k].want, 6, 0);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(scatter_nd_gradients_see_the_last_of_duplicates) {
  for (int add = 0; add < 2; add++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(3, 5, 2), 1);
    op_case_add(&c, ATR_I64, OP_SHAPE(2, 3, 2), (double[]){ 0, 4, 0, -1, 2, 4, 1, 2, 2, 1, 1, 2 });
    op_check_random(&c, OP_SHAPE(2, 3, 2), 2);
    reduction(&c, add ? "add" : "none");
    OP_CHECK(&c, "", "ScatterND", 1);
    if (!add) ck_assert_double_eq(c.out[0].v[8], c.in[2].v[2]); /* the second of two to [0, 4] */
    op_plan_gradient(&c, "", "ScatterND", 5, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(scatter_nd_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 1), (double[]){ 5 });
  op_case_real(&c, OP_SHAPE(1, 2), NULL);
  OP_CASE_REJECTS(&c, "", "ScatterND", 1, "index 5 at place 0 is outside [-3, 3)");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 1), NULL);
  op_case_real(&c, OP_SHAPE(1, 1), NULL);
  OP_CASE_REJECTS(&c, "", "ScatterND", 1, "input 2 has shape [1,1], must have [1,2]");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 1), NULL);
  op_case_add(&c, ATR_I32, OP_SHAPE(1, 2), NULL);
  ck_assert_int_ne(op_case_run(&c, "", "ScatterND", 1), ATR_OK);
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("scatter_nd");
  TCase *tests = tcase_create("scatter_nd");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, scatter_nd_puts_elements_and_slices);
  tcase_add_test(tests, scatter_nd_applies_duplicates_in_order);
  tcase_add_test(tests, scatter_nd_gradients_see_the_last_of_duplicates);
  tcase_add_test(tests, scatter_nd_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
