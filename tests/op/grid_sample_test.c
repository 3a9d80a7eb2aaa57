/* grid_sample_test.c: GridSample: places worked by hand in every mode and padding, grids that give the input
 * back or turn it, volumes, gradients of the input and of the grid, places far outside, what is refused. */
#include "op_check.h"

static void options(op_case *c, const char *mode, const char *padding, int align) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "mode", mode), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "padding_mode", padding), ATR_OK);
  op_check_int(c, "align_corners", align);
}

/* One place of [[1,2],[3,4]]. */
static double at(double x, double y, const char *mode, const char *padding, int align) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 2, 2), (double[]){ 1, 2, 3, 4 });
  op_case_real(&c, OP_SHAPE(1, 1, 1, 2), (double[]){ x, y });
  options(&c, mode, padding, align);
  OP_CHECK(&c, "", "GridSample", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 1, 1, 1));
  const double value = c.out[0].v[0];
  op_case_free(&c);
  return value;
}

START_TEST(grid_sample_reads_places_by_hand) {
  for (int align = 0; align < 2; align++) {
    ck_assert_double_eq_tol(at(0, 0, "linear", "zeros", align), 2.5, 1e-12);
    ck_assert_double_eq_tol(at(0, 0, "cubic", "border", align), 2.5, 1e-12);
  }
  /* the corner of the image: half a pixel before the first, or the first itself */
  ck_assert_double_eq_tol(at(-1, -1, "linear", "zeros", 0), 0.25, 1e-12);
  ck_assert_double_eq_tol(at(-1, -1, "linear", "border", 0), 1, 1e-12);
  ck_assert_double_eq_tol(at(-1, -1, "linear", "reflection", 0), 1, 1e-12);
  ck_assert_double_eq_tol(at(-1, -1, "linear", "zeros", 1), 1, 1e-12);
  /* x = 1.25 with corners aligned: beyond by a quarter, so 0.75 when reflected */
  ck_assert_double_eq_tol(at(1.5, -1, "linear", "zeros", 1), 0.75 * 2, 1e-12);
  ck_assert_double_eq_tol(at(1.5, -1, "linear", "border", 1), 2, 1e-12);
  ck_assert_double_eq_tol(at(1.5, -1, "linear", "reflection", 1), 1.75, 1e-12);
  /* x = 2.5 is reflected at 1 and again at 0: it becomes 0.5 */
  ck_assert_double_eq_tol(at(4, -1, "linear", "reflection", 1), 1.5, 1e-12);
  ck_assert_double_eq_tol(at(-4, -1, "linear", "reflection", 1), 1.5, 1e-12);
  ck_assert_double_eq(at(0.2, 0.2, "nearest", "zeros", 1), 4);
  ck_assert_double_eq(at(0.2, -3, "nearest", "border", 1), 2);
  ck_assert_double_eq(at(0.2, -3, "nearest", "zeros", 1), 0);
}
END_TEST

START_TEST(grid_sample_far_outside_is_zero_or_the_border) {
  static const double far[] = { 1e30, -1e30, INFINITY };
  for (size_t i = 0; i < 3; i++) {
    ck_assert_double_eq(at(far[i], 0, "linear", "zeros", 0), 0);
    ck_assert_double_eq(at(far[i], 0, "nearest", "zeros", 0), 0);
    ck_assert_double_eq_tol(at(far[i], 0, "linear", "border", 0), far[i] > 0 ? 3 : 2, 1e-12);
  }
  ck_assert_double_eq(at(NAN, 0, "linear", "border", 0), 0);
  ck_assert_double_eq(at(NAN, 0, "cubic", "reflection", 0), 0);
}
END_TEST

START_TEST(grid_sample_gives_the_input_back_or_turned) {
  static const char *const modes[] = { "nearest", "linear", "cubic" };
  for (int m = 0; m < 3; m++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, 3, 5, 7), 9);
    op_tensor *grid = op_case_real(&c, OP_SHAPE(2, 7, 5, 2), NULL);
    for (int i = 0; i < 70; i++) { /* the transpose */
      grid->v[2 * i] = (i / 5 % 7) / 3.0 - 1;
      grid->v[2 * i + 1] = (i % 5) / 2.0 - 1;
    }
    options(&c, modes[m], "zeros", 1);
    OP_CHECK(&c, "", "GridSample", 1);
    op_check_shape(&c, 0, OP_SHAPE(2, 3, 7, 5));
    for (int i = 0; i < 210; i++)
      ck_assert_double_eq_tol(c.out[0].v[i], c.in[0].v[i / 35 * 35 + i % 5 * 7 + i / 5 % 7], 1e-6);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(grid_sample_reads_volumes) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 2, 2, 2), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8 });
  op_case_real(&c, OP_SHAPE(1, 1, 1, 3, 3), (double[]){ 0, 0, 0, 1, -1, -1, -1, -1, 1 });
  options(&c, "linear", "zeros", 1);
  OP_CHECK(&c, "", "GridSample", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 1, 1, 1, 3));
  OP_NEAR(&c, 0, 1e-12, 4.5, 2, 5);
  op_plan_gradient(&c, "", "GridSample", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(grid_sample_gradients) {
  static const char *const modes[] = { "nearest", "linear", "cubic" };
  static const char *const paddings[] = { "zeros", "border", "reflection" };
  for (int m = 0; m < 3; m++)
    for (int p = 0; p < 3; p++)
      for (int align = 0; align < 2; align++) {
        op_case c = { 0 };
        op_check_random(&c, OP_SHAPE(2, 3, 4, 5), 9);
        op_tensor *grid = op_check_random(&c, OP_SHAPE(2, 1, 7, 2), 4);
        for (int i = 0; i < grid->count; i++) grid->v[i] = (double)(float)(grid->v[i] * 1.73 + 0.0137);
        options(&c, modes[m], paddings[p], align);
        OP_CHECK(&c, "", "GridSample", 1);
        op_plan_gradient(&c, "", "GridSample", 3, 0);
        op_case_free(&c);
      }
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(1, 2, 3, 4, 5), 9);
  op_tensor *grid = op_check_random(&c, OP_SHAPE(1, 1, 2, 3, 3), 4);
  for (int i = 0; i < grid->count; i++) grid->v[i] = (double)(float)(grid->v[i] * 1.3 + 0.0137);
  OP_CHECK(&c, "", "GridSample", 1);
  op_plan_gradient(&c, "", "GridSample", 3, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(grid_sample_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 2, 2), NULL);
  op_case_real(&c, OP_SHAPE(1, 1, 1, 3), NULL);
  OP_CASE_REJECTS(&c, "", "GridSample", 1, "its last dimension must be 2");
  c.in[1].shape.dim[3] = 2;
  options(&c, "quadratic", "zeros", 0);
  OP_CASE_REJECTS(&c, "", "GridSample", 1, "mode \"quadratic\" is not supported");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("grid_sample");
  TCase *tests = tcase_create("grid_sample");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, grid_sample_reads_places_by_hand);
  tcase_add_test(tests, grid_sample_far_outside_is_zero_or_the_border);
  tcase_add_test(tests, grid_sample_gives_the_input_back_or_turned);
  tcase_add_test(tests, grid_sample_reads_volumes);
  tcase_add_test(tests, grid_sample_gradients);
  tcase_add_test(tests, grid_sample_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
