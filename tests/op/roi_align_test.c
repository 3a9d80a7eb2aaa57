/* roi_align_test.c: RoiAlign: regions by hand in both coordinate modes, mean and greatest, regions that leave
 * the image, gradient, what is refused. */
#include "op_check.h"

static void text(op_case *c, const char *name, const char *value) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, name, value), ATR_OK);
}

/* x[i][j] = 10 i + j is linear: the mean of a bin inside the image is the value at its center. */
static void plane(op_case *c, int64_t n, const double *rois) {
  op_tensor *x = op_case_real(c, OP_SHAPE(1, 1, 6, 8), NULL);
  for (int i = 0; i < 48; i++) x->v[i] = i / 8 * 10 + i % 8;
  op_case_real(c, OP_SHAPE(n, 4), rois);
  op_case_add(c, ATR_I64, OP_SHAPE(n), NULL);
}

START_TEST(roi_align_reads_the_middle_of_bins) {
  op_case c = { 0 };
  plane(&c, 2, (double[]){ 1, 1, 5, 3, 2, 0.5, 3, 4.5 });
  op_check_int(&c, "output_height", 2);
  op_check_int(&c, "output_width", 2);
  text(&c, "coordinate_transformation_mode", "output_half_pixel");
  OP_CHECK(&c, "", "RoiAlign", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 1, 2, 2));
  /* region 0: x 1…5, y 1…3: bins of 2 x 1 about (2, 1.5), (4, 1.5) … */
  OP_NEAR(&c, 0, 1e-12, 17, 19, 27, 29, 17.25, 17.75, 37.25, 37.75);
  text(&c, "coordinate_transformation_mode", "half_pixel"); /* half a pixel up and to the left: less 5.5 */
  OP_CHECK(&c, "", "RoiAlign", 1);
  OP_NEAR(&c, 0, 1e-12, 11.5, 13.5, 21.5, 23.5, 11.75, 12.25, 31.75, 32.25);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "spatial_scale", 0.5f), ATR_OK);
  op_check_int(&c, "sampling_ratio", 3);
  for (int i = 0; i < 8; i++) c.in[1].v[i] *= 2;
  OP_CHECK(&c, "", "RoiAlign", 1);
  OP_NEAR(&c, 0, 1e-6, 11.5, 13.5, 21.5, 23.5, 11.75, 12.25, 31.75, 32.25);
  op_case_free(&c);
}
END_TEST

START_TEST(roi_align_takes_the_greatest_of_weighted_neighbours) {
  op_case c = { 0 };
  plane(&c, 1, (double[]){ 2, 3, 3, 4 });
  text(&c, "coordinate_transformation_mode", "output_half_pixel");
  text(&c, "mode", "max");
  op_check_int(&c, "sampling_ratio", 1); /* one sample, at (2.5, 3.5): a quarter of 32, 33, 42, 43 */
  OP_CHECK(&c, "", "RoiAlign", 1);
  OP_NEAR(&c, 0, 1e-12, 10.75);
  op_case_free(&c);
}
END_TEST

START_TEST(roi_align_outside_the_image_is_zero) {
  op_case c = { 0 };
  plane(&c, 4, (double[]){ 20, 20, 22, 22, -1, 0, 1, 1, 3, 3, 3, 3, 5, 5, 2, 2 });
  text(&c, "coordinate_transformation_mode", "output_half_pixel");
  op_check_int(&c, "sampling_ratio", 1);
  OP_CHECK(&c, "", "RoiAlign", 1);
  /* 0 at the border: (0, 0.5); an empty region counts as 1 x 1 */
  OP_NEAR(&c, 0, 1e-12, 0, 5, 38.5, 55.5);
  op_case_free(&c);
}
END_TEST

START_TEST(roi_align_gradient) {
  for (int half = 0; half < 2; half++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, 3, 5, 7), 8);
    op_case_real(&c, OP_SHAPE(4, 4),
                 (double[]){ 0.3, 0.4, 5.1, 3.3, 1, 1, 2.7, 4.2, -0.4, 1.1, 6.9, 4.1, 0.3, 0.4, 5.1, 3.3 });
    op_case_add(&c, half ? ATR_I64 : ATR_I32, OP_SHAPE(4), (double[]){ 0, 1, 1, 0 });
    op_check_int(&c, "output_height", 3);
    op_check_int(&c, "output_width", 2);
    text(&c, "coordinate_transformation_mode", half ? "half_pixel" : "output_half_pixel");
    OP_CHECK(&c, "", "RoiAlign", 1);
    op_plan_gradient(&c, "", "RoiAlign", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(roi_align_refuses_what_does_not_fit) {
  op_case c = { 0 };
  plane(&c, 1, (double[]){ 0, 0, 1, 1 });
  c.in[2].v[0] = 1;
  OP_CASE_REJECTS(&c, "", "RoiAlign", 1, "index 1 at place 0 is outside [-1, 1)");
  c.in[2].v[0] = 0;
  c.in[1].v[2] = 1e9;
  OP_CASE_REJECTS(&c, "", "RoiAlign", 1, "region 0 has bins of 1e+09");
  c.in[1].v[2] = NAN;
  OP_CASE_REJECTS(&c, "", "RoiAlign", 1, "region 0 has bins of ");
  text(&c, "mode", "median");
  OP_CASE_REJECTS(&c, "", "RoiAlign", 1, "mode \"median\" is not supported");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("roi_align");
  TCase *tests = tcase_create("roi_align");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, roi_align_reads_the_middle_of_bins);
  tcase_add_test(tests, roi_align_takes_the_greatest_of_weighted_neighbours);
  tcase_add_test(tests, roi_align_outside_the_image_is_zero);
  tcase_add_test(tests, roi_align_gradient);
  tcase_add_test(tests, roi_align_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
