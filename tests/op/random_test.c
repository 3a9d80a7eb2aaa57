/* random_test.c: RandomUniform, RandomNormal, Bernoulli: moments, ends, the same numbers again, other ones by
 * another seed. */
#include "op_check.h"

static void moments(const op_tensor *t, double *mean, double *deviation) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < t->count; i++) sum += t->v[i];
  *mean = sum / (double)t->count;
  for (int64_t i = 0; i < t->count; i++) squares += (t->v[i] - *mean) * (t->v[i] - *mean);
  *deviation = sqrt(squares / (double)t->count);
}

START_TEST(uniform_numbers_fill_their_range) {
  op_case c = { 0 };
  double mean, deviation, first;
  OP_INTS(&c, "shape", 3, 3333);
  op_check_float(&c, "low", -2);
  op_check_float(&c, "high", 4);
  op_check_float(&c, "seed", 7);
  OP_CHECK(&c, "", "RandomUniform", 1);
  op_check_shape(&c, 0, OP_SHAPE(3, 3333));
  moments(&c.out[0], &mean, &deviation);
  ck_assert_double_eq_tol(mean, 1, 0.06); /* four standard errors */
  ck_assert_double_eq_tol(deviation, 6 / sqrt(12), 0.04);
  for (int i = 0; i < 9999; i++) ck_assert(c.out[0].v[i] >= -2 && c.out[0].v[i] < 4);
  first = c.out[0].v[0];
  op_check_float(&c, "seed", 8);
  OP_CHECK(&c, "", "RandomUniform", 1);
  ck_assert(c.out[0].v[0] < first || c.out[0].v[0] > first);
  op_case_free(&c);
}
END_TEST

START_TEST(normal_numbers_have_their_moments) {
  op_case c = { 0 };
  double mean, deviation;
  int beyond = 0;
  op_case_real(&c, OP_SHAPE(9999), NULL);
  op_check_float(&c, "mean", 10);
  op_check_float(&c, "scale", 3);
  op_check_float(&c, "seed", 1);
  OP_CHECK(&c, "", "RandomNormalLike", 1);
  moments(&c.out[0], &mean, &deviation);
  ck_assert_double_eq_tol(mean, 10, 0.12);
  ck_assert_double_eq_tol(deviation, 3, 0.09);
  for (int i = 0; i < 9999; i++) beyond += fabs(c.out[0].v[i] - 10) > 6; /* 4.55 % */
  ck_assert_int_ge(beyond, 370);
  ck_assert_int_le(beyond, 540);
  op_case_free(&c);
}
END_TEST

START_TEST(bernoulli_is_one_as_often_as_asked) {
  static const atr_type types[] = { ATR_F32, ATR_BOOL, ATR_I64, ATR_F64 };
  for (int k = 0; k < 4; k++) {
    op_case c = { 0 };
    op_tensor *p = op_case_real(&c, OP_SHAPE(9000), NULL);
    int ones[3] = { 0, 0, 0 };
    for (int i = 0; i < 9000; i++) p->v[i] = i % 3 / 2.0; /* 0, 0.5, 1 */
    op_check_int(&c, "dtype", types[k]);
    op_check_float(&c, "seed", 3);
    OP_CHECK(&c, "", "Bernoulli", 1);
    ck_assert_int_eq(c.out[0].type, types[k]);
    for (int i = 0; i < 9000; i++) ones[i % 3] += c.out[0].v[i] > 0.5;
    ck_assert_int_eq(ones[0], 0);
    ck_assert_int_eq(ones[2], 3000);
    ck_assert_int_ge(ones[1], 1390);
    ck_assert_int_le(ones[1], 1610);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(random_types_are_float32) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I32, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "RandomUniformLike", 1, "dtype 6 is not supported");
  op_check_int(&c, "dtype", ATR_F32);
  OP_CHECK(&c, "", "RandomUniformLike", 1);
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("random");
  TCase *tests = tcase_create("random");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, uniform_numbers_fill_their_range);
  tcase_add_test(tests, normal_numbers_have_their_moments);
  tcase_add_test(tests, bernoulli_is_one_as_often_as_asked);
  tcase_add_test(tests, random_types_are_float32);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
