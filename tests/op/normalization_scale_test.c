/* normalization_scale_test.c: NormalizationScale: by hand, and against the normalization that it stands for.
 */
#include "op_check.h"

START_TEST(normalization_scale_by_hand) {
  op_case c = { 0 };
  op_check_float(&c, "epsilon", 1);
  op_case_real(&c, OP_SHAPE(2), (double[]){ 6, -4 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, 2 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 5, 0.5 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 8, 0 });
  OP_CHECK(&c, "org.atrous", "NormalizationScale", 2);
  OP_NEAR(&c, 0, 1e-6, 2, -4);         /* 6 / sqrt(9), -4 / sqrt(1) */
  OP_NEAR(&c, 1, 1e-6, 1 - 10, 2 + 2); /* 1 - 5 · 2, 2 + 0.5 · 4 */
  op_case_real(&c, OP_SHAPE(2), (double[]){ 7, 0.25 });
  OP_CHECK(&c, "org.atrous", "NormalizationScale", 2);
  OP_NEAR(&c, 1, 1e-6, 5, 3); /* 1 + (7 - 5) · 2, 2 + (0.25 - 0.5) · -4 */
  op_case_free(&c);
}
END_TEST

START_TEST(normalization_scale_of_many_channels_and_none) {
  op_case c = { 0 };
  for (uint32_t i = 0; i < 4; i++) op_check_random(&c, OP_SHAPE(131), i);
  for (int i = 0; i < 131; i++) c.in[3].v[i] = fabs(c.in[3].v[i]) + 0.25;
  OP_CHECK(&c, "org.atrous", "NormalizationScale", 2);
  op_case_free(&c);
  for (int i = 0; i < 4; i++) op_case_real(&c, OP_SHAPE(0), NULL);
  OP_CHECK(&c, "org.atrous", "NormalizationScale", 2);
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "org.atrous", "NormalizationScale", 2, "input 4 has 3 channels, not 0");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("normalization_scale");
  TCase *tests = tcase_create("normalization_scale");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, normalization_scale_by_hand);
  tcase_add_test(tests, normalization_scale_of_many_channels_and_none);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
