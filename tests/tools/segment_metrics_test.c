/* segment_metrics_test.c: figures and objects of atrous-segment against small masks worked out by hand. */
#include <math.h>

#include "segment/data.h"
#include "segment/engine.h"
#include "segment/metrics.h"
#include "segment/objects.h"
#include "tools_test.h"

static struct confusion confusion;
static struct agreement agreement;

START_TEST(metrics_agree_with_a_mask_worked_out_by_hand) {
  /* Class 1: truth 4 pixels, predicted 3, 2 in common; one pixel of the truth is ignored. */
  static const uint8_t truth[] = { 0, 0, 0, 255, 1, 1, 1, 1 }, predicted[] = { 0, 0, 1, 1, 1, 1, 0, 0 };
  memset(&confusion, 0, sizeof confusion);
  confusion.classes = 3; /* of which the third does not occur */
  confusion_add(&confusion, truth, predicted, 8);
  ck_assert_double_eq_tol(confusion_iou(&confusion, 1), 2.0 / 5, 1e-12);
  ck_assert_double_eq_tol(confusion_iou(&confusion, 0), 2.0 / 5, 1e-12);
  ck_assert_double_eq_tol(confusion_dice(&confusion, 1), 4.0 / 7, 1e-12);
  ck_assert_double_eq_tol(confusion_precision(&confusion, 1), 2.0 / 3, 1e-12);
  ck_assert_double_eq_tol(confusion_recall(&confusion, 1), 2.0 / 4, 1e-12);
  ck_assert_double_eq_tol(confusion_accuracy(&confusion), 4.0 / 7, 1e-12);
  ck_assert_double_eq_tol(confusion_mean_iou(&confusion), 2.0 / 5, 1e-12);
  ck_assert(isnan(confusion_iou(&confusion, 2)));
}
END_TEST

START_TEST(boundary_f_is_one_for_the_same_and_low_for_far_edges) {
  uint8_t a[20 * 20] = { 0 }, b[20 * 20] = { 0 };
  for (int y = 2; y < 8; y++)
    for (int x = 2; x < 8; x++) a[20 * y + x] = 1;
  ck_assert_double_eq_tol(metrics_boundary_f(a, a, 20, 20, 2), 1, 1e-12);
  ck_assert_double_eq_tol(metrics_boundary_f(a, b, 20, 20, 2), 0, 1e-12);
  for (int y = 3; y < 9; y++)
    for (int x = 2; x < 8; x++) b[20 * y + x] = 1; /* one row lower: within 1.5 pixels */
  ck_assert_double_eq_tol(metrics_boundary_f(a, b, 20, 20, 2), 1, 1e-12);
}
END_TEST

START_TEST(objects_are_joined_by_corners_but_not_across_classes) {
  struct fault fault = FAULT_INIT;
  struct objects o;
  static const uint8_t label[] = {
    1, 0, 0, 2, /* */
    0, 1, 0, 2, /* */
    0, 0, 0, 1, /* */
  };
  static const uint8_t score[] = { 255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 51 };
  ck_assert_good(objects_find(label, score, 4, 3, &o, &fault), &fault);
  ck_assert_uint_eq(o.count, 3);
  ck_assert_uint_eq(o.item[0].area, 2);
  ck_assert_int_eq(o.item[1].class, 2);
  ck_assert_double_eq_tol(o.item[0].score, 0.5, 1e-12);
  ck_assert_double_eq_tol(o.item[2].score, 0.2, 1e-12);
  ck_assert_double_eq_tol(o.item[0].x, 0.5, 1e-12);
  ck_assert_double_eq_tol(o.item[1].y, 0.5, 1e-12);
  ck_assert_uint_eq(o.item[1].left, 3);
  ck_assert_uint_eq(o.item[1].bottom, 1);
  ck_assert_uint_eq(o.id[5], 1);
  objects_destroy(&o);
}
END_TEST

START_TEST(panoptic_quality_and_ap_count_matches_above_thresholds) {
  struct fault fault = FAULT_INIT;
  struct objects t, p;
  double sq, rq;
  /* Two true objects of 4 pixels; the first is predicted with 3 of them (IoU 3/4), the second missed, and
   * there is one that is none: tp 1, fp 1, fn 1. */
  static const uint8_t truth[] = { 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0 };
  static const uint8_t guess[] = { 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
  memset(&agreement, 0, sizeof agreement);
  ck_assert_good(objects_find(truth, NULL, 13, 1, &t, &fault), &fault);
  ck_assert_good(objects_find(guess, NULL, 13, 1, &p, &fault), &fault);
  ck_assert_good(agreement_add(&agreement, &t, &p, 13, &fault), &fault);
  ck_assert_double_eq_tol(agreement_pq(&agreement, &sq, &rq), 0.375, 1e-12);
  ck_assert_double_eq_tol(sq, 0.75, 1e-12);
  ck_assert_double_eq_tol(rq, 0.5, 1e-12);
  /* Above 0.50 … 0.70 one of three; 0.75 is not above 0.75. */
  ck_assert_double_eq_tol(agreement_ap(&agreement), 5.0 / 3 / 10, 1e-12);
  objects_destroy(&t);
  objects_destroy(&p);
}
END_TEST

START_TEST(class_weights_follow_the_median_frequency_within_the_cap) {
  static const int64_t count[] = { 1000, 100, 1, 0 };
  float weight[4];
  data_weights(count, 4, 1, 5, weight);
  ck_assert_float_eq_tol(weight[0], 0.2f, 1e-6f); /* 0.1, capped */
  ck_assert_float_eq_tol(weight[1], 1, 1e-6f);
  ck_assert_float_eq_tol(weight[2], 5, 1e-6f);
  ck_assert_float_eq(weight[3], 0);
  data_weights(count, 4, 0.5, 5, weight); /* roots: of 0.1, 1, 100; the last capped */
  ck_assert_float_eq_tol(weight[0], 0.316227766f, 1e-6f);
  ck_assert_float_eq_tol(weight[1], 1, 1e-6f);
  ck_assert_float_eq_tol(weight[2], 5, 1e-6f);
  data_weights(count, 4, 0, 5, weight);
  ck_assert_float_eq(weight[0], 1);
  ck_assert_float_eq(weight[3], 0);
}
END_TEST

START_TEST(pixels_are_read_as_written_and_refused_in_one_line) {
  struct fault fault = FAULT_INIT;
  struct pixels p, q;
  char text[256];
  ck_assert_good(pixels_parse(&p, "layout=nchw,scale=1/255,mean=0.5:0.25:0.125,std=0.5", &fault), &fault);
  ck_assert_double_eq_tol(p.scale * 255, 1, 1e-12);
  ck_assert_double_eq(p.mean[2], 0.125);
  ck_assert_double_eq(p.std[1], 0.5);
  pixels_text(&p, text, sizeof text);
  ck_assert_good(pixels_parse(&q, text, &fault), &fault);
  ck_assert_double_eq(p.mean[1], q.mean[1]);
  static const char *const wrong[] = { "mean=a", "std=0", "scale=1/0",  "mean=1:2",
                                       "x=1",    "scale", "layout=hwc", "resize=max" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fault = (struct fault)FAULT_INIT;
    ck_assert(!pixels_parse(&q, wrong[i], &fault));
    ck_assert_fault(&fault, "is no part of how pixels become numbers");
  }
}
END_TEST

START_TEST(scaling_a_picture_averages_what_each_pixel_covers) {
  struct fault fault = FAULT_INIT;
  struct image image;
  struct picture p;
  ck_assert_good(image_create(&image, 4, 2, 1, 8, &fault), &fault);
  static const uint8_t values[] = { 0, 2, 10, 20, 4, 6, 30, 40 };
  memcpy(image.data, values, sizeof values);
  ck_assert_good(picture_from_image(&image, &p, &fault), &fault);
  ck_assert_good(picture_scale(&p, 0.5, &fault), &fault);
  ck_assert_uint_eq(p.width, 2);
  ck_assert_uint_eq(p.height, 1);
  ck_assert_uint_eq(p.plane[0], 3 * 257);
  ck_assert_uint_eq(p.plane[1], 25 * 257);
  picture_destroy(&p);
  image_destroy(&image);
}
END_TEST

/* One row 0 100 200 60 (× 257), as two equal rows. */
static void resized(const char *spec, size_t w, size_t h, const int *expected) {
  static const uint8_t values[] = { 0, 100, 200, 60, 0, 100, 200, 60 };
  struct fault fault = FAULT_INIT;
  struct image image;
  struct picture p;
  struct pixels how;
  ck_assert_good(pixels_parse(&how, spec, &fault), &fault);
  ck_assert_good(image_create(&image, 4, 2, 1, 8, &fault), &fault);
  memcpy(image.data, values, sizeof values);
  ck_assert_good(picture_from_image(&image, &p, &fault), &fault);
  ck_assert_good(picture_resize(&p, &how, w, h, &fault), &fault);
  ck_assert_uint_eq(p.width, w);
  ck_assert_uint_eq(p.height, h);
  for (size_t i = 0; i < w * h; i++)
    ck_assert_msg(abs((int)p.plane[i] - expected[i] * 257) <= 1, "%s: pixel %zu is %.3f, by hand %d", spec, i,
                  p.plane[i] / 257.0, expected[i]);
  picture_destroy(&p);
  image_destroy(&image);
}

START_TEST(resizing_a_picture_stretches_fits_or_crops) {
  resized("resize=stretch", 2, 1, (const int[]){ 50, 130 });
  /* 8 wide: the outer ones are the edge's, the others 1/4 and 3/4 between neighbours. */
  resized("resize=stretch", 8, 1, (const int[]){ 0, 25, 75, 125, 175, 165, 95, 60 });
  resized("resize=crop", 2, 2, (const int[]){ 100, 200, 100, 200 });
  resized("resize=fit,mean=0.2", 2, 3, (const int[]){ 51, 51, 50, 130, 51, 51 });
}
END_TEST

int main(void) {
  Suite *suite = suite_create("segment_metrics");
  TCase *test = tcase_create("segment");
  tcase_add_test(test, metrics_agree_with_a_mask_worked_out_by_hand);
  tcase_add_test(test, boundary_f_is_one_for_the_same_and_low_for_far_edges);
  tcase_add_test(test, objects_are_joined_by_corners_but_not_across_classes);
  tcase_add_test(test, panoptic_quality_and_ap_count_matches_above_thresholds);
  tcase_add_test(test, class_weights_follow_the_median_frequency_within_the_cap);
  tcase_add_test(test, resizing_a_picture_stretches_fits_or_crops);
  tcase_add_test(test, pixels_are_read_as_written_and_refused_in_one_line);
  tcase_add_test(test, scaling_a_picture_averages_what_each_pixel_covers);
  suite_add_tcase(suite, test);
  return test_run(suite);
}
