/* non_max_suppression_test.c: NonMaxSuppression: six boxes in three heaps by hand, in both forms, thresholds,
 * equal scores, classes and samples, what is refused. */
#include "op_check.h"

static const double corners[24] = { 0, 0,  1, 1,  0, 0.1,  1, 1.1,  0, -0.1, 1, 0.9,
                                    0, 10, 1, 11, 0, 10.1, 1, 11.1, 0, 100,  1, 101 };
static const double scores[6] = { 0.9, 0.75, 0.6, 0.95, 0.5, 0.3 };

static void boxes(op_case *c, int n, int classes, const double *corner, double most, double overlap) {
  op_tensor *b = op_case_constant(c, ATR_F32, OP_SHAPE(n, 6, 4), NULL);
  op_tensor *s = op_case_constant(c, ATR_F32, OP_SHAPE(n, classes, 6), NULL);
  for (int64_t i = 0; i < b->count; i++) b->v[i] = (double)(float)corner[i % 24];
  for (int64_t i = 0; i < s->count; i++) s->v[i] = (double)(float)scores[i % 6];
  op_case_constant(c, ATR_I64, OP_SHAPE(1), &most);
  op_case_constant(c, ATR_F32, OP_SHAPE(1), &overlap);
}

START_TEST(non_max_suppression_keeps_one_of_each_heap) {
  op_case c = { 0 };
  boxes(&c, 1, 1, corners, 3, 0.5);
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 5);
  c.in[2].v[0] = 2;
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 3, 0, 0, 0);
  c.in[2].v[0] = 30;
  op_case_constant(&c, ATR_F32, OP_SHAPE(1), (double[]){ 0.5 }); /* box 4 has just that, but must have more */
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 3, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(non_max_suppression_takes_both_forms_of_boxes) {
  double center[24], flipped[24];
  for (int i = 0; i < 24; i += 4) {
    for (int d = 0; d < 2; d++) {
      center[i + d] = (corners[i + d] + corners[i + 2 + d]) / 2;
      center[i + 2 + d] = corners[i + 2 + d] - corners[i + d];
      flipped[i + d] = corners[i + (i % 8 ? 2 : 0) + d];
      flipped[i + 2 + d] = corners[i + (i % 8 ? 0 : 2) + d];
    }
  }
  op_case c = { 0 };
  boxes(&c, 1, 1, center, 3, 0.5);
  op_check_int(&c, "center_point_box", 1);
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 5);
  op_case_free(&c);
  boxes(&c, 1, 1, flipped, 3, 0.5);
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 5);
  op_case_free(&c);
}
END_TEST

START_TEST(non_max_suppression_treats_samples_and_classes_alone) {
  op_case c = { 0 };
  boxes(&c, 2, 2, corners, 2, 0.5);
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 3, 0, 1, 0, 1, 0, 3, 1, 0, 0, 1, 1, 3, 1, 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(non_max_suppression_takes_the_first_of_equals_and_none_where_none_is_asked) {
  op_case c = { 0 };
  boxes(&c, 1, 1, corners, 6, 1);
  for (int i = 0; i < 6; i++) c.in[1].v[i] = 0.5;
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0, 5);
  c.in[2].v[0] = 0;
  OP_CHECK(&c, "", "NonMaxSuppression", 1);
  op_check_shape(&c, 0, OP_SHAPE(0, 3));
  op_case_free(&c);
}
END_TEST

START_TEST(non_max_suppression_refuses_what_does_not_fit) {
  op_case c = { 0 };
  boxes(&c, 1, 1, corners, 1, 1.5);
  OP_CASE_REJECTS(&c, "", "NonMaxSuppression", 1, "iou_threshold is 1.5, must be 0 to 1");
  c.in[3].v[0] = 0.5;
  c.in[0].constant = 0;
  OP_CASE_REJECTS(&c, "", "NonMaxSuppression", 1, "boxes is computed while running");
  c.in[0].shape.dim[2] = 3;
  OP_CASE_REJECTS(&c, "", "NonMaxSuppression", 1, "boxes [1,6,3] and scores [1,1,6] must be");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("non_max_suppression");
  TCase *tests = tcase_create("non_max_suppression");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, non_max_suppression_keeps_one_of_each_heap);
  tcase_add_test(tests, non_max_suppression_takes_both_forms_of_boxes);
  tcase_add_test(tests, non_max_suppression_treats_samples_and_classes_alone);
  tcase_add_test(tests, non_max_suppression_takes_the_first_of_equals_and_none_where_none_is_asked);
  tcase_add_test(tests, non_max_suppression_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
