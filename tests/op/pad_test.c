/* pad_test.c: Pad: each mode worked by hand, cropping, many reflections, gradients by differences,
 * rejections. */
#include "op_check.h"

static void mode(op_case *c, const char *name) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "mode", name), ATR_OK);
}

START_TEST(pad_modes_worked_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), (double[]){ 1, 2, 3 });
  OP_LIST(&c, 2, 1);
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 1, 2, 3, 0);
  op_plan_gradient(&c, "", "Pad", 1, 0);
  mode(&c, "reflect");
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, 3, 2, 1, 2, 3, 2);
  op_plan_gradient(&c, "", "Pad", 1, 0);
  mode(&c, "edge");
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, 1, 1, 1, 2, 3, 3);
  op_plan_gradient(&c, "", "Pad", 1, 0);
  mode(&c, "wrap");
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, 2, 3, 1, 2, 3, 1);
  op_plan_gradient(&c, "", "Pad", 1, 0);
  mode(&c, "reflect");
  c.in[1].v[0] = 7, c.in[1].v[1] = 6;
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1);
  op_plan_gradient(&c, "", "Pad", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(pad_crops_where_pads_are_negative) {
  static const char *const name[4] = { "constant", "reflect", "edge", "wrap" };
  static const double want[4][6] = {
    { 2, 3, 9, 5, 6, 9 }, { 2, 3, 2, 5, 6, 5 }, { 2, 3, 3, 5, 6, 6 }, { 2, 3, 1, 5, 6, 4 }
  };
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
    OP_LIST(&c, 0, -1, 0, 1);
    op_case_constant(&c, ATR_F32, (atr_shape){ 0 }, (double[]){ 9 });
    mode(&c, name[i]);
    OP_CHECK(&c, "", "Pad", 1);
    op_case_near(&c, 0, want[i], 6, 0);
    op_plan_gradient(&c, "", "Pad", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(pad_of_planes_in_every_mode) {
  static const char *const name[4] = { "constant", "reflect", "edge", "wrap" };
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, 3, 4, 5), 1);
    OP_LIST(&c, 3, 1, 2, 2);
    op_case_absent(&c);
    OP_LIST(&c, 2, -1);
    mode(&c, name[i]);
    OP_CHECK(&c, "", "Pad", 1);
    op_check_shape(&c, 0, OP_SHAPE(2, 3, 9, 8));
    op_plan_gradient(&c, "", "Pad", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(pad_lays_whole_rows_and_sizes_of_words) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_I16, ATR_U8 };
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    op_tensor *x = op_case_add(&c, types[i], OP_SHAPE(2, 9), NULL);
    for (int64_t k = 0; k < 18; k++) x->v[k] = (double)(k + 1);
    OP_LIST(&c, 1, -3, 2, 5); /* rows outside in front and behind; the first three columns left out */
    op_case_constant(&c, types[i], (atr_shape){ 0 }, (double[]){ 77 });
    OP_CHECK(&c, "", "Pad", 1);
    op_check_shape(&c, 0, OP_SHAPE(5, 11));
    for (int64_t row = 0; row < 5; row++)
      for (int64_t column = 0; column < 11; column++)
        ck_assert_double_eq(c.out[0].v[row * 11 + column],
                            row < 1 || row > 2 || column > 5 ? 77 : (double)((row - 1) * 9 + column + 4));
    op_case_free(&c);
  }
}
END_TEST

START_TEST(pad_moves_integers) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 1, 2 });
  OP_LIST(&c, 1, 0);
  op_case_constant(&c, ATR_I64, (atr_shape){ 0 }, (double[]){ -5 });
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, -5, 1, 2);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(0), NULL);
  OP_LIST(&c, 1, 1);
  OP_CHECK(&c, "", "Pad", 1);
  OP_NEAR(&c, 0, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(pad_rejects_what_cannot_be) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), NULL);
  OP_LIST(&c, -2, -1);
  OP_CASE_REJECTS(&c, "", "Pad", 1, "axis 0 of 2 with pads -2 and -1");
  mode(&c, "mirror");
  OP_CASE_REJECTS(&c, "", "Pad", 1, "mode \"mirror\" is none of");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(0), NULL);
  OP_LIST(&c, 1, 1);
  mode(&c, "edge");
  OP_CASE_REJECTS(&c, "", "Pad", 1, "axis 0 is empty");
  op_case_free(&c);
}
END_TEST

START_TEST(center_crop_pad_leaves_the_middle) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 5), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 });
  OP_LIST(&c, 2, 2); /* one row and three columns too many: none and one before */
  OP_CHECK(&c, "", "CenterCropPad", 1);
  OP_NEAR(&c, 0, 0, 2, 3, 7, 8);
  op_plan_gradient(&c, "", "CenterCropPad", 1, 0);
  c.in[1].v[0] = 6; /* three rows too few */
  c.in[1].v[1] = 1;
  OP_CHECK(&c, "", "CenterCropPad", 1);
  OP_NEAR(&c, 0, 0, 0, 3, 8, 13, 0, 0);
  op_plan_gradient(&c, "", "CenterCropPad", 1, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_U8, OP_SHAPE(2, 1, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  OP_LIST(&c, 4, 3);
  OP_INTS(&c, "axes", -1, 1);
  OP_CHECK(&c, "", "CenterCropPad", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3, 4));
  OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0);
  OP_INTS(&c, "axes", 1);
  OP_CASE_REJECTS(&c, "", "CenterCropPad", 1, "a shape of 2 for 1 axes");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pad");
  TCase *tests = tcase_create("pad");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, pad_modes_worked_by_hand);
  tcase_add_test(tests, pad_crops_where_pads_are_negative);
  tcase_add_test(tests, pad_of_planes_in_every_mode);
  tcase_add_test(tests, pad_lays_whole_rows_and_sizes_of_words);
  tcase_add_test(tests, pad_moves_integers);
  tcase_add_test(tests, pad_rejects_what_cannot_be);
  tcase_add_test(tests, center_crop_pad_leaves_the_middle);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
