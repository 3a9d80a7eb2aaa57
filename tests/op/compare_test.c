/* compare_test.c: Equal, Less, Greater and their kin, logic, IsNaN, IsInf: answers worked by hand for each
 * type. */
#include "op_check.h"

static const struct {
  const char *name;
  double want[4];
} table[] = {
  { "Equal", { 0, 1, 0, 0 } },   { "Less", { 1, 0, 0, 0 } },           { "LessOrEqual", { 1, 1, 0, 0 } },
  { "Greater", { 0, 0, 1, 0 } }, { "GreaterOrEqual", { 0, 1, 1, 0 } },
};

START_TEST(compare_answers_for_each_type) {
  const atr_type type[3] = { ATR_F32, ATR_I64, ATR_I32 };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    for (int t = 0; t < 3; t++) {
      op_case c = { 0 };
      op_case_add(&c, type[t], OP_SHAPE(t ? 3 : 4), (double[]){ -1, 2, 3, NAN });
      op_case_add(&c, type[t], OP_SHAPE(t ? 3 : 4), (double[]){ 1, 2, -3, NAN });
      OP_CHECK(&c, "", table[i].name, 1);
      ck_assert_int_eq(c.out[0].type, ATR_BOOL);
      op_case_near(&c, 0, table[i].want, t ? 3 : 4, 0);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(compare_broadcasts) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 1, 2 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 0, 1, 2 });
  OP_CHECK(&c, "", "Greater", 1);
  OP_NEAR(&c, 0, 0, 1, 0, 0, 1, 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(compare_of_long_runs) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(3, 70), 1);
  op_check_random(&c, OP_SHAPE(3, 1), 2);
  OP_CHECK(&c, "", "Less", 1);
  for (int i = 0; i < 210; i++) ck_assert_double_eq(c.out[0].v[i], c.in[0].v[i] < c.in[1].v[i / 70]);
  op_case_free(&c);
}
END_TEST

START_TEST(compare_logic_of_bools) {
  static const char *const name[3] = { "And", "Or", "Xor" };
  static const double want[3][4] = { { 0, 0, 0, 1 }, { 0, 1, 1, 1 }, { 0, 1, 1, 0 } };
  for (int i = 0; i < 3; i++) {
    op_case c = { 0 };
    op_case_add(&c, ATR_BOOL, OP_SHAPE(4), (double[]){ 0, 0, 1, 1 });
    op_case_add(&c, ATR_BOOL, OP_SHAPE(4), (double[]){ 0, 1, 0, 1 });
    OP_CHECK(&c, "", name[i], 1);
    op_case_near(&c, 0, want[i], 4, 0);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_add(&c, ATR_BOOL, OP_SHAPE(2), (double[]){ 0, 1 });
  OP_CHECK(&c, "", "Not", 1);
  OP_NEAR(&c, 0, 0, 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), (double[]){ 0, NAN, INFINITY });
  OP_CHECK(&c, "", "IsNaN", 1);
  OP_NEAR(&c, 0, 0, 0, 1, 0);
  OP_CASE_REJECTS(&c, "", "Not", 1, "input 0 is float32");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(5), (double[]){ 0, NAN, INFINITY, -INFINITY, 3e38 });
  OP_CHECK(&c, "", "IsInf", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 1, 1, 0);
  op_check_int(&c, "detect_negative", 0);
  OP_CHECK(&c, "", "IsInf", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 1, 0, 0);
  op_check_int(&c, "detect_positive", 0);
  OP_CHECK(&c, "", "IsInf", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0);
  op_check_int(&c, "detect_negative", 1);
  OP_CHECK(&c, "", "IsInf", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(comparisons_of_every_number_type) {
  static const atr_type types[] = { ATR_F32, ATR_I8,  ATR_I16, ATR_I32, ATR_I64,
                                    ATR_U8,  ATR_U16, ATR_U32, ATR_U64 };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    op_case c = { 0 };
    const double most = types[i] == ATR_U64 ? 0x1.fffffffffffffp63 : types[i] == ATR_U32 ? 4294967295. : 127;
    op_case_add(&c, types[i], OP_SHAPE(3), (double[]){ most, 3, 3 });
    op_case_add(&c, types[i], OP_SHAPE(3), (double[]){ 1, 4, 3 });
    OP_CHECK(&c, "", "Less", 1);
    OP_NEAR(&c, 0, 0, 0, 1, 0);
    OP_CHECK(&c, "", "GreaterOrEqual", 1);
    OP_NEAR(&c, 0, 0, 1, 0, 1);
    OP_CHECK(&c, "", "Equal", 1);
    OP_NEAR(&c, 0, 0, 0, 0, 1);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("compare");
  TCase *tests = tcase_create("compare");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, compare_answers_for_each_type);
  tcase_add_test(tests, compare_broadcasts);
  tcase_add_test(tests, compare_of_long_runs);
  tcase_add_test(tests, compare_logic_of_bools);
  tcase_add_test(tests, comparisons_of_every_number_type);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
