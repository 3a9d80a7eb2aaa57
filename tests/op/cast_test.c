/* cast_test.c: Cast: between every pair of types, clamping and truncation worked by hand, the gradient from
 * float to float. */
#include "op_check.h"

static void to(op_case *c, int64_t type) {
  op_check_int(c, "to", type);
  OP_CHECK(c, "", "Cast", 1);
  ck_assert_int_eq(c->out[0].type, type);
}

START_TEST(cast_truncates_floats_and_clamps_them) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(6), (double[]){ 2.75, -2.75, 0, 1e20, -1e20, NAN });
  to(&c, ATR_I32);
  OP_NEAR(&c, 0, 0, 2, -2, 0, 2147483647, -2147483648., 0);
  to(&c, ATR_U8);
  OP_NEAR(&c, 0, 0, 2, 0, 0, 255, 0, 0);
  to(&c, ATR_BOOL);
  OP_NEAR(&c, 0, 0, 1, 1, 0, 1, 1, 1);
  c.in[0].v[3] = 16777216, c.in[0].v[4] = -4294967296.;
  to(&c, ATR_I64);
  OP_NEAR(&c, 0, 0, 2, -2, 0, 16777216, -4294967296., 0);
  c.in[0].v[5] = 1;
  to(&c, ATR_F32);
  op_plan_gradient(&c, "", "Cast", 1, 0.01);
  op_case_free(&c);
}
END_TEST

START_TEST(cast_between_integers_and_bools) {
  const atr_type type[3] = { ATR_I64, ATR_I32, ATR_BOOL };
  for (int i = 0; i < 3; i++) {
    op_case c = { 0 };
    op_case_add(&c, type[i], OP_SHAPE(3), (double[]){ 0, 1, i < 2 ? 300 : 1 });
    to(&c, ATR_F32);
    OP_NEAR(&c, 0, 0, 0, 1, i < 2 ? 300 : 1);
    to(&c, ATR_BOOL);
    OP_NEAR(&c, 0, 0, 0, 1, 1);
    to(&c, ATR_U8);
    OP_NEAR(&c, 0, 0, 0, 1, i < 2 ? 44 : 1);
    to(&c, ATR_I64);
    OP_NEAR(&c, 0, 0, 0, 1, i < 2 ? 300 : 1);
    op_case_free(&c);
  }
}
END_TEST

/* Between every pair of types, 0, 1 and 2 (to bool: 1) are what they were. */
START_TEST(cast_between_every_pair_of_types) {
  static const atr_type type[] = { ATR_F32, ATR_F64, ATR_F16, ATR_BF16, ATR_I64, ATR_I32, ATR_I16,
                                   ATR_I8,  ATR_U64, ATR_U32, ATR_U16,  ATR_U8,  ATR_BOOL };
  enum { TYPES = sizeof type / sizeof *type };
  for (int i = 0; i < TYPES * TYPES; i++) {
    op_case c = { 0 };
    const atr_type from = type[i / TYPES], target = type[i % TYPES];
    op_case_add(&c, from, OP_SHAPE(3), (double[]){ 0, 1, from == ATR_BOOL ? 1 : 2 });
    to(&c, target);
    OP_NEAR(&c, 0, 0, 0, 1, from == ATR_BOOL || target == ATR_BOOL ? 1 : 2);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(cast_from_double_clamps_and_rounds) {
  op_case c = { 0 };
  op_case_add(&c, ATR_F64, OP_SHAPE(4), (double[]){ 1e300, -300.75, 1.0 + 0x1p-30, NAN });
  to(&c, ATR_I64);
  OP_NEAR(&c, 0, 0, 9223372036854775807., -300, 1, 0);
  to(&c, ATR_I8);
  OP_NEAR(&c, 0, 0, 127, -128, 1, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_I8, OP_SHAPE(3), (double[]){ -1, -128, 127 });
  to(&c, ATR_U8);
  OP_NEAR(&c, 0, 0, 255, 128, 127);
  to(&c, ATR_I64);
  OP_NEAR(&c, 0, 0, -1, -128, 127);
  op_case_free(&c);
}
END_TEST

/* Half-way values go to the even neighbour; the last place of float16 is 2^-10 at 1, of bfloat16 2^-7. */
START_TEST(cast_rounds_to_the_small_floats) {
  const atr_type from[2] = { ATR_F64, ATR_F32 };
  for (int i = 0; i < 2; i++) {
    op_case c = { 0 };
    op_case_add(
        &c, from[i], OP_SHAPE(9),
        (double[]){ 1 + 0x1p-11, 1 + 0x3p-11, -65519, 65520, 0x1p-24, 0x1p-25, 0x1.8p-25, -INFINITY, NAN });
    to(&c, ATR_F16);
    OP_NEAR(&c, 0, 0, 1, 1 + 0x1p-9, -65504, INFINITY, 0x1p-24, 0, 0x1p-24, -INFINITY, NAN);
    op_case_free(&c);
    op_case_add(&c, from[i], OP_SHAPE(5), (double[]){ 1 + 0x1p-8, 1 + 0x3p-8, 257, -INFINITY, NAN });
    to(&c, ATR_BF16);
    OP_NEAR(&c, 0, 0, 1, 1 + 0x1p-6, 256, -INFINITY, NAN);
    op_case_free(&c);
  }
}
END_TEST

/* float32 is held as double by the oracle, so that what it rounds is seen in cast_rounds_to_the_small_floats.
 */
START_TEST(cast_between_double_and_integers_is_exact) {
  op_case c = { 0 };
  op_case_add(&c, ATR_F64, OP_SHAPE(4), (double[]){ 16777217, -4503599627370497., 0.999, -0.999 });
  to(&c, ATR_I64);
  OP_NEAR(&c, 0, 0, 16777217, -4503599627370497., 0, 0);
  to(&c, ATR_F32);
  OP_NEAR(&c, 0, 1e-6, 16777217, -4503599627370497., 0.999, -0.999);
  to(&c, ATR_U16);
  OP_NEAR(&c, 0, 0, 65535, 0, 0, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ 9007199254740991., -16777217, 65520 });
  to(&c, ATR_F64);
  OP_NEAR(&c, 0, 0, 9007199254740991., -16777217, 65520);
  to(&c, ATR_F16);
  OP_NEAR(&c, 0, 0, INFINITY, -INFINITY, INFINITY);
  to(&c, ATR_U32);
  OP_NEAR(&c, 0, 0, 4294967295., 4278190079., 65520);
  op_case_free(&c);
  op_case_add(&c, ATR_U64, OP_SHAPE(2), (double[]){ 0x1.fffffffffffffp63, 3 });
  to(&c, ATR_F64);
  OP_NEAR(&c, 0, 0, 0x1.fffffffffffffp63, 3);
  to(&c, ATR_F32);
  OP_NEAR(&c, 0, 1e-6, 0x1p64, 3);
  to(&c, ATR_I64);
  OP_NEAR(&c, 0, 0, -2048, 3);
  op_case_free(&c);
}
END_TEST

START_TEST(cast_rejects_types_it_does_not_know) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1), NULL);
  op_check_int(&c, "to", 8);
  OP_CASE_REJECTS(&c, "", "Cast", 1, "(8) is not supported");
  op_case_add(&c, ATR_I64, OP_SHAPE(3), NULL);
  OP_CHECK(&c, "", "CastLike", 1);
  ck_assert_int_eq(c.out[0].type, ATR_I64);
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cast");
  TCase *tests = tcase_create("cast");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, cast_truncates_floats_and_clamps_them);
  tcase_add_test(tests, cast_between_integers_and_bools);
  tcase_add_test(tests, cast_between_every_pair_of_types);
  tcase_add_test(tests, cast_from_double_clamps_and_rounds);
  tcase_add_test(tests, cast_rounds_to_the_small_floats);
  tcase_add_test(tests, cast_between_double_and_integers_is_exact);
  tcase_add_test(tests, cast_rejects_types_it_does_not_know);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
