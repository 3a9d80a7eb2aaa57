/* Crops of pictures for training: every symmetry, views larger and smaller than their pixels, beyond the
 * edge. Numbers worked by hand on a picture of 3 x 2 pixels. */
#include "segment/crop.h"
#include "tools_test.h"

/* 0 1 2
 * 3 4 5, times 257 so that scale 1 gives them back; the other colours 10 and 20 more. */
static uint16_t plane[3 * 6];
static uint8_t label[6] = { 0, 1, 2, 3, CLASS_IGNORED, 5 };
static struct sample sample;
static const struct pixels pixels = { .scale = 1, .mean = { 0, 10, 20 }, .std = { 1, 1, 1 } };

static void lay(void) {
  for (int i = 0; i < 18; i++) plane[i] = (uint16_t)(257 * (i % 6 + 10 * (i / 6)));
  memset(&sample, 0, sizeof sample);
  sample.picture.width = 3;
  sample.picture.height = 2;
  sample.picture.plane = plane;
  sample.label = label;
}

START_TEST(crop_sees_the_eight_symmetries) {
  static const float seen[8][4] = { { 0, 1, 3, 4 }, { 1, 0, 4, 3 }, { 3, 4, 0, 1 }, { 4, 3, 1, 0 },
                                    { 0, 3, 1, 4 }, { 1, 4, 0, 3 }, { 3, 0, 4, 1 }, { 4, 1, 3, 0 } };
  float x[12];
  int32_t target[4];
  lay();
  for (int symmetry = 0; symmetry < 8; symmetry++) {
    const struct crop crop = { 0, 0, 1, symmetry, 2 };
    crop_picture(&crop, &sample.picture, &pixels, x);
    ck_assert(crop_labels(&crop, &sample, target));
    for (int i = 0; i < 4; i++) {
      ck_assert_float_eq_tol(x[i], seen[symmetry][i], 1e-5f);
      ck_assert_float_eq_tol(x[4 + i], seen[symmetry][i], 1e-5f);
      ck_assert_float_eq_tol(x[8 + i], seen[symmetry][i], 1e-5f);
      ck_assert_int_eq(target[i], seen[symmetry][i] == 4 ? -1 : (int)seen[symmetry][i]);
    }
  }
}
END_TEST

START_TEST(crop_interpolates_where_its_pixels_are_smaller) {
  /* Two pixels a pixel, from 0.5: middles at 0.25, 0.75 in x and in y, value x + 3 y. */
  static const float want[4] = { 1.0f, 1.5f, 2.5f, 3.0f };
  const struct crop crop = { 0.5, 0.5, 0.5, 0, 2 };
  float x[12];
  int32_t target[4];
  lay();
  crop_picture(&crop, &sample.picture, &pixels, x);
  for (int i = 0; i < 4; i++) ck_assert_float_eq_tol(x[i], want[i], 1e-5f);
  ck_assert(crop_labels(&crop, &sample, target));
  ck_assert_int_eq(target[0], 0);
  ck_assert_int_eq(target[1], 1);
  ck_assert_int_eq(target[2], 3);
  ck_assert_int_eq(target[3], -1);
}
END_TEST

START_TEST(crop_beyond_the_picture_repeats_its_edge_and_has_no_label) {
  const struct crop crop = { -2, -1, 1, 0, 3 };
  static const float want[9] = { 0, 0, 0, 0, 0, 0, 3, 3, 3 };
  static const int32_t labels[9] = { -1, -1, -1, -1, -1, 0, -1, -1, 3 };
  const struct crop nothing = { 3, 0, 1, 0, 2 };
  float x[27];
  int32_t target[9];
  lay();
  crop_picture(&crop, &sample.picture, &pixels, x);
  ck_assert(crop_labels(&crop, &sample, target));
  for (int i = 0; i < 9; i++) {
    ck_assert_float_eq_tol(x[i], want[i], 1e-5f);
    ck_assert_int_eq(target[i], labels[i]);
  }
  ck_assert(!crop_labels(&nothing, &sample, target));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("segment_crop");
  TCase *test = tcase_create("crop");
  tcase_add_test(test, crop_sees_the_eight_symmetries);
  tcase_add_test(test, crop_interpolates_where_its_pixels_are_smaller);
  tcase_add_test(test, crop_beyond_the_picture_repeats_its_edge_and_has_no_label);
  suite_add_tcase(suite, test);
  return test_run(suite);
}
