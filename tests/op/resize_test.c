/* resize_test.c: Resize and its gradient: hand-worked rows in every mode, ramps and constants, the gradient
 * as the transpose, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"

static const char *const modes[] = { "nearest", "linear", "cubic" };
static const char *const coordinates[] = { "half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                           "align_corners", "asymmetric",           "tf_crop_and_resize" };

static void string(op_case *c, const char *name, const char *value) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, name, value), ATR_OK);
}

/* The inputs after x: no roi, and scales or sizes. */
static void by_scales(op_case *c, size_t n, const double *scales) {
  op_case_absent(c);
  op_case_constant(c, ATR_F32, OP_SHAPE((int64_t)n), scales);
}
static void by_sizes(op_case *c, size_t n, const double *sizes) {
  op_case_absent(c);
  op_case_absent(c);
  op_case_constant(c, ATR_I64, OP_SHAPE((int64_t)n), sizes);
}

static void shape_is(const op_case *c, atr_shape want) {
  ck_assert(atr__shape_equal(&c->out[0].shape, &want));
}

/* Resizes the row 10, 20, 30, 40 and expects `want`. */
static void row(const char *mode, const char *coordinate, const char *nearest, int64_t n,
                const double *want) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 10, 20, 30, 40 });
  by_sizes(&c, 3, (double[]){ 1, 1, (double)n });
  string(&c, "mode", mode);
  string(&c, "coordinate_transformation_mode", coordinate);
  if (nearest) string(&c, "nearest_mode", nearest);
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  op_case_near(&c, 0, want, n, 1e-6);
  op_case_free(&c);
}
#define ROW(mode, coordinate, nearest, ...)                                                                  \
  row(mode, coordinate, nearest, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double),                         \
      (double[]){ __VA_ARGS__ })

START_TEST(resize_interpolates_between_pixel_centres) {
  ROW("linear", "half_pixel", NULL, 10, 12.5, 17.5, 22.5, 27.5, 32.5, 37.5, 40);
  ROW("linear", "half_pixel_symmetric", NULL, 10, 12.5, 17.5, 22.5, 27.5, 32.5, 37.5, 40);
  ROW("linear", "half_pixel", NULL, 15, 35);
  ROW("linear", "half_pixel", NULL, 25);
  ROW("linear", "pytorch_half_pixel", NULL, 10);
  ROW("linear", "align_corners", NULL, 10, 15, 20, 25, 30, 35, 40);
  ROW("linear", "align_corners", NULL, 10);
  ROW("linear", "asymmetric", NULL, 10, 15, 20, 25, 30, 35, 40, 40);
}
END_TEST

START_TEST(resize_takes_the_nearest_pixel_as_asked) {
  ROW("nearest", "half_pixel", "round_prefer_floor", 10, 10, 20, 20, 30, 30, 40, 40);
  ROW("nearest", "asymmetric", "floor", 10, 10, 20, 20, 30, 30, 40, 40);
  ROW("nearest", "asymmetric", "ceil", 10, 20, 20, 30, 30, 40, 40, 40);
  ROW("nearest", "asymmetric", "round_prefer_floor", 10, 10, 20, 20, 30, 30, 40, 40); /* x.5 goes down */
  ROW("nearest", "asymmetric", "round_prefer_ceil", 10, 20, 20, 30, 30, 40, 40, 40);  /* x.5 goes up */
  ROW("nearest", "half_pixel", "floor", 10, 30);
  ROW("nearest", "align_corners", "round_prefer_floor", 10, 20, 40);
}
END_TEST

START_TEST(resize_cubic_keeps_a_ramp_and_may_exclude_the_outside) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 8), (double[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
  by_scales(&c, 3, (double[]){ 1, 1, 2 });
  string(&c, "mode", "cubic");
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "cubic_coeff_a", -0.5f), ATR_OK); /* exact for a ramp */
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  for (int o = 4; o < 12; o++) ck_assert_double_eq_tol(c.out[0].v[o], (o + 0.5) / 2 - 0.5, 1e-12);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "exclude_outside", 1), ATR_OK);
  for (int k = 0; k < 8; k++) c.in[0].v[k] = 3;
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  for (int o = 0; o < 16; o++) ck_assert_double_eq_tol(c.out[0].v[o], 3, 1e-12);
  op_case_free(&c);
}
END_TEST

START_TEST(resize_linear_keeps_a_ramp_inside_whatever_the_width) {
  static const int64_t widths[] = { 1, 2, 5, 15, 16, 17, 31, 32, 33, 70 };
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
    for (int up = 1; up <= 3; up++) {
      const int64_t h = 3, w = widths[i];
      op_case c = { 0 };
      op_case_real(&c, OP_SHAPE(2, 1, h, w), NULL);
      for (int64_t k = 0; k < 2 * h * w; k++)
        c.in[0].v[k] = (double)(k / (h * w)) + 2 * (double)(k / w % h) + (double)(k % w) / 8;
      by_scales(&c, 4, (double[]){ 1, 1, up, 2 });
      string(&c, "mode", "linear");
      OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
      for (int64_t k = 0; k < c.out[0].count; k++) {
        const int64_t n = k / (h * up * w * 2), oh = k / (w * 2) % (h * up), ow = k % (w * 2);
        double y = ((double)oh + 0.5) / up - 0.5, x = ((double)ow + 0.5) / 2 - 0.5;
        y = fmin(fmax(y, 0), (double)(h - 1));
        x = fmin(fmax(x, 0), (double)(w - 1));
        ck_assert_double_eq_tol(c.out[0].v[k], (double)n + 2 * y + x / 8, 1e-12);
      }
      op_case_free(&c);
    }
}
END_TEST

/* Resizes the row 10, 20, 30, 40 cropped to [start, end]. */
static void cropped(const char *mode, double start, double end, int64_t n, const double *want) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 10, 20, 30, 40 });
  op_case_constant(&c, ATR_F32, OP_SHAPE(2), (double[]){ start, end });
  op_case_absent(&c);
  op_case_constant(&c, ATR_I64, OP_SHAPE(1), (double[]){ (double)n });
  OP_INTS(&c, "axes", 2);
  string(&c, "mode", mode);
  string(&c, "coordinate_transformation_mode", "tf_crop_and_resize");
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "extrapolation_value", -7), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  op_case_near(&c, 0, want, n, 1e-6);
  op_case_free(&c);
}
#define CROPPED(mode, start, end, ...)                                                                       \
  cropped(mode, start, end, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double), (double[]){ __VA_ARGS__ })

/* More columns than go together, doubled and not; filters of more taps than there are places for rows. */
START_TEST(resize_of_long_rows_is_their_weighted_sum) {
  static const int64_t sizes[][2] = { { 400, 800 }, { 601, 1202 }, { 300, 1100 }, { 1300, 700 } };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const int64_t in = sizes[i][0], out = sizes[i][1];
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(1, 2, 5, in), NULL), 3);
    by_sizes(&c, 4, (double[]){ 1, 2, 9, (double)out });
    string(&c, "mode", "linear");
    OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
    for (int64_t k = 0; k < c.out[0].count; k++) {
      const double *plane = c.in[0].v + k / (9 * out) * 5 * in;
      const double y = fmin(fmax(((double)(k / out % 9) + 0.5) * 5 / 9 - 0.5, 0), 4),
                   x = fmin(fmax(((double)(k % out) + 0.5) * (double)in / (double)out - 0.5, 0),
                            (double)(in - 1));
      const int64_t top = (int64_t)fmin(y, 3), left = (int64_t)fmin(x, (double)(in - 2));
      const double v = y - (double)top, u = x - (double)left, *at = plane + top * in + left;
      ck_assert_double_eq_tol(
          c.out[0].v[k], (1 - v) * ((1 - u) * at[0] + u * at[1]) + v * ((1 - u) * at[in] + u * at[in + 1]),
          1e-9);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(resize_crops_and_fills_what_lies_outside) {
  CROPPED("linear", 0, 1, 10, 20, 30, 40);
  CROPPED("linear", 1, 0, 40, 30, 20, 10); /* mirrored */
  CROPPED("linear", 0.5, 1, 25, 32.5, 40);
  CROPPED("linear", 0.25, 0.5, 21.25); /* one position: the middle of the crop, 1.125 */
  CROPPED("linear", -0.5, 1.5, -7, 25, -7);
  CROPPED("linear", 2, 3, -7, -7);
  CROPPED("nearest", -0.25, 0.75, -7, 10, 20, 20, 30); /* at -0.75, 0, 0.75, 1.5, 2.25 */
  CROPPED("cubic", 0, 1, 10, 20, 30, 40);
}
END_TEST

/* Halving: outputs lie at 0.5 and 2.5; a linear filter twice as wide weighs -1 … 2 by 1/8, 3/8, 3/8, 1/8. */
START_TEST(resize_antialias_widens_the_filter) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 10, 20, 30, 40 });
  by_scales(&c, 3, (double[]){ 1, 1, 0.5 });
  string(&c, "mode", "linear");
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "antialias", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  OP_NEAR(&c, 0, 1e-7, 16.25, 33.75);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "exclude_outside", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  OP_NEAR(&c, 0, 1e-7, 120 / 7.0, 230 / 7.0); /* (3·10 + 3·20 + 30) / 7 */
  string(&c, "mode", "nearest");              /* has no filter to widen */
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  OP_NEAR(&c, 0, 0, 10, 30);
  op_case_free(&c);
}
END_TEST

START_TEST(resize_keeps_constants_in_every_mode_and_rank) {
  static const double sizes[] = { 2, 5, 1, 4, 9 };
  for (int rank = 1; rank <= 5; rank += 2)
    for (int m = 0; m < 12; m++)
      for (int k = 0; k < 6; k++) {
        op_case c = { 0 };
        op_tensor *x = op_case_real(&c, OP_SHAPE(3, 2, 7, 1, 5), NULL);
        x->shape.rank = rank;
        x->count = atr__shape_size(&x->shape);
        for (int64_t i = 0; i < x->count; i++) x->v[i] = 3;
        op_case_constant(&c, ATR_F32, OP_SHAPE(2 * rank), NULL);
        for (int i = 0; i < rank; i++) {
          c.in[1].v[i] = i & 1 ? 0.9 : 0.1;
          c.in[1].v[rank + i] = 0.5;
        }
        op_case_absent(&c);
        op_case_constant(&c, ATR_I64, OP_SHAPE(rank), sizes);
        string(&c, "mode", modes[m % 3]);
        string(&c, "coordinate_transformation_mode", coordinates[k]);
        ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "exclude_outside", m / 3 % 2), ATR_OK);
        ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "antialias", m / 6 % 2), ATR_OK);
        OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
        for (int64_t i = 0; i < c.out[0].count; i++) ck_assert_double_eq_tol(c.out[0].v[i], 3, 1e-12);
        op_case_free(&c);
      }
}
END_TEST

/* A reduction by a whole number has a symmetric filter, which keeps a ramp where it lies inside. */
START_TEST(resize_antialias_keeps_a_ramp_inside) {
  static const int64_t widths[] = { 20, 10, 8, 5, 4, 2 };
  for (int m = 0; m < 2; m++)
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
      const double n = (double)widths[i];
      op_case c = { 0 };
      op_case_real(&c, OP_SHAPE(40), NULL);
      for (int k = 0; k < 40; k++) c.in[0].v[k] = k;
      by_sizes(&c, 1, &n);
      string(&c, "mode", m ? "cubic" : "linear");
      ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "antialias", 1), ATR_OK);
      OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
      for (int64_t o = 0; o < widths[i]; o++) {
        const double at = ((double)o + 0.5) * 40 / n - 0.5, reach = 40 * (m + 1) / n;
        if (at - reach > -1 && at + reach < 40) ck_assert_double_eq_tol(c.out[0].v[o], at, 1e-11);
      }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(resize_takes_axes_policies_and_scales_that_do_not_divide) {
  op_case c = { 0 };
  op_case_fill(op_case_real(&c, OP_SHAPE(2, 6, 4, 3), NULL), 1); /* n h w c */
  by_sizes(&c, 2, (double[]){ 12, 12 });
  OP_INTS(&c, "axes", 1, -2);
  string(&c, "keep_aspect_ratio_policy", "not_larger");
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  shape_is(&c, OP_SHAPE(2, 12, 8, 3));
  for (int64_t k = 0; k < c.out[0].count; k++)
    ck_assert_double_eq(c.out[0].v[k],
                        c.in[0].v[((k / 288 * 6 + k / 24 % 12 / 2) * 4 + k / 3 % 8 / 2) * 3 + k % 3]);
  string(&c, "keep_aspect_ratio_policy", "not_smaller");
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  shape_is(&c, OP_SHAPE(2, 18, 12, 3));
  op_case_free(&c);
  op_case_fill(op_case_real(&c, OP_SHAPE(1, 2, 2, 5, 3), NULL), 1); /* a volume */
  by_scales(&c, 5, (double[]){ 1, 1, 1.5, 1.4f, 0.7f });
  string(&c, "mode", "linear");
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  shape_is(&c, OP_SHAPE(1, 2, 3, 7, 2));
  op_case_free(&c);
}
END_TEST

/* Σ dy · resize(x) must be Σ x · grad(dy) for every x: the gradient is the transpose. */
static void transposed(const char *mode, const char *coordinate, int antialias, int outside, atr_shape x,
                       const double *sizes, const double *roi) {
  op_case c = { 0 }, g = { 0 };
  double dims[8];
  const atr_shape list = OP_SHAPE(x.rank), parts = OP_SHAPE(2 * x.rank);
  for (int k = 0; k < x.rank; k++) dims[k] = (double)x.dim[k];
  op_case_fill(op_case_real(&c, x, NULL), 6);
  op_case_constant(&c, ATR_F32, parts, roi);
  op_case_absent(&c);
  op_case_constant(&c, ATR_I64, list, sizes);
  string(&c, "mode", mode);
  string(&c, "coordinate_transformation_mode", coordinate);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "antialias", antialias), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "exclude_outside", outside), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
  ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
  op_case_fill(op_case_real(&g, c.out[0].shape, NULL), 7);
  op_case_constant(&g, ATR_I64, list, dims);
  op_case_absent(&g);
  op_case_constant(&g, ATR_I64, list, sizes);
  op_case_constant(&g, ATR_F32, parts, roi);
  OP_CASE_GOOD(op_case_run(&g, "org.atrous", "ResizeGrad", 1), &g);
  double there = 0, back = 0;
  for (int64_t i = 0; i < c.out[0].count; i++) there += g.in[0].v[i] * c.out[0].v[i];
  for (int64_t i = 0; i < g.out[0].count; i++) back += c.in[0].v[i] * g.out[0].v[i];
  ck_assert_double_eq_tol(there, back, 1e-9);
  op_case_free(&g);
  op_case_free(&c);
}

START_TEST(resize_gradient_is_the_transpose) {
  static const double sizes[][4] = {
    { 2, 3, 10, 34 }, { 2, 3, 5, 34 }, { 2, 3, 1, 1 }, { 2, 3, 3, 40 }, { 2, 3, 11, 5 }
  };
  static const double roi[] = { 0, 0, 0.1, 1.2, 1, 1, 1.1, -0.1 }; /* rows ascend, columns are mirrored */
  for (size_t m = 0; m < 3; m++)
    for (size_t k = 0; k < 6; k++)
      for (size_t s = 0; s < 5; s++)
        transposed(modes[m], coordinates[k], 0, 0, OP_SHAPE(2, 3, 5, 17), sizes[s], roi);
}
END_TEST

START_TEST(resize_gradient_is_the_transpose_in_every_rank) {
  static const double sizes[] = { 2, 5, 3, 4, 9 }, roi[5][10] = { { 0.2, 0.9 },
                                                                  { 0, 1, 1, 0 },
                                                                  { 0, 0.5, 0.6, 1, 0.5, -1 },
                                                                  { 0, 0, 0, 0, 1, 1, 1, 1 },
                                                                  { 0, 0, 0, 1, 0.5, 1, 1, 2, -1, 0.9 } };
  for (int rank = 1; rank <= 5; rank++)
    for (size_t m = 1; m < 3; m++)
      for (size_t k = 0; k < 6; k++)
        for (int i = 0; i < 4; i++) {
          atr_shape x = OP_SHAPE(3, 2, 7, 1, 5);
          x.rank = rank;
          transposed(modes[m], coordinates[k], i & 1, i >> 1, x, sizes, roi[rank - 1]);
        }
}
END_TEST

START_TEST(resize_gradient_of_doubling_agrees_at_every_width) {
  for (int64_t w = 1; w <= 50; w += 7) {
    op_case g = { 0 };
    op_case_fill(op_case_real(&g, OP_SHAPE(1, 3, 8, 2 * w), NULL), 7);
    op_case_constant(&g, ATR_I64, OP_SHAPE(4), (double[]){ 1, 3, 4, (double)w });
    op_case_constant(&g, ATR_F32, OP_SHAPE(4), (double[]){ 1, 1, 2, 2 });
    string(&g, "mode", "linear");
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "ResizeGrad", 1), &g);
    double given = 0, kept = 0; /* weights of every output sum to 1 */
    for (int64_t i = 0; i < g.in[0].count; i++) given += g.in[0].v[i];
    for (int64_t i = 0; i < g.out[0].count; i++) kept += g.out[0].v[i];
    ck_assert_double_eq_tol(given, kept, 1e-10);
    op_case_free(&g);
  }
}
END_TEST

START_TEST(resize_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), NULL);
  OP_CASE_REJECTS(&c, "", "Resize", 1, "either scales or sizes");
  by_scales(&c, 3, (double[]){ 1, 1, 2 });
  string(&c, "mode", "lanczos");
  OP_CASE_REJECTS(&c, "", "Resize", 1, "mode \"lanczos\" is not supported");
  string(&c, "mode", "linear");
  string(&c, "coordinate_transformation_mode", "tf_crop_and_resize");
  OP_CASE_REJECTS(&c, "", "Resize", 1, "tf_crop_and_resize needs roi");
  string(&c, "coordinate_transformation_mode", "half_pixel");
  c.in[2].v[2] = -1;
  OP_CASE_REJECTS(&c, "", "Resize", 1, "a scale of -1 for dimension 2 of 4");
  c.in[2].v[2] = 1e30;
  OP_CASE_REJECTS(&c, "", "Resize", 1, "a scale of 1e+30");
  c.in[2].constant = 0;
  OP_CASE_REJECTS(&c, "", "Resize", 1, "computed while running");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 1, 1, 2, 1, 2), NULL);
  by_scales(&c, 6, (double[]){ 2, 2, 2, 2, 2, 2 });
  OP_CASE_REJECTS(&c, "", "Resize", 1, "too many pieces (6 of at most 5)");
  OP_INTS(&c, "axes", 1, 1);
  OP_CASE_REJECTS(&c, "", "Resize", 1, "twice");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(4), NULL);
  op_case_constant(&c, ATR_F32, OP_SHAPE(2), (double[]){ 0, NAN });
  op_case_absent(&c);
  op_case_constant(&c, ATR_I64, OP_SHAPE(1), (double[]){ 4 });
  string(&c, "coordinate_transformation_mode", "tf_crop_and_resize");
  OP_CASE_REJECTS(&c, "", "Resize", 1, "roi of dimension 0");
  c.in[1].shape.dim[0] = c.in[1].count = 1;
  OP_CASE_REJECTS(&c, "", "Resize", 1, "roi must be 2 float32 numbers");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 0), NULL);
  by_sizes(&c, 2, (double[]){ 1, 4 });
  OP_CASE_REJECTS(&c, "", "Resize", 1, "dimension 1 of 0 cannot become 4");
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *op, size_t rank) {
  json_t *root = golden_load("resize.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, op, &i)); seen++) {
    op_case c = { 0 }, g = { 0 };
    atr_shape shape;
    json_t *attrs = json_object_get(one, "attrs");
    const char *mode = json_string_value(json_object_get(attrs, "mode"));
    double *x = golden_values(one, "inputs", "x", &shape),
           *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL),
           sizes[4], dims[4];
    for (int k = 0; k < shape.rank; k++) dims[k] = (double)shape.dim[k];
    op_case_real(&c, shape, x);
    atr_shape out;
    double *y = golden_values(one, "outputs", "y", &out);
    for (size_t k = 0; k < rank; k++) sizes[k] = (double)out.dim[k];
    by_sizes(&c, rank, sizes);
    string(&c, "mode", !strcmp(mode, "bicubic") ? "cubic" : !strcmp(mode, "nearest") ? "nearest" : "linear");
    string(&c, "nearest_mode", "floor");
    string(&c, "coordinate_transformation_mode",
           !strcmp(mode, "nearest")                                ? "asymmetric"
           : json_is_true(json_object_get(attrs, "align_corners")) ? "align_corners"
                                                                   : "pytorch_half_pixel");
    OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
    op_case_near(&c, 0, y, c.out[0].count, 1e-6);
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    op_case_real(&g, out, dy);
    op_case_constant(&g, ATR_I64, OP_SHAPE((int64_t)rank), dims);
    op_case_absent(&g);
    op_case_constant(&g, ATR_I64, OP_SHAPE((int64_t)rank), sizes);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "ResizeGrad", 1), &g);
    op_case_near(&g, 0, dx, g.out[0].count, 1e-6);
    free(x), free(y), free(dy), free(dx);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(resize_agrees_with_pytorch_on_images) {
  torch_cases("resize2d", 4);
}
END_TEST

START_TEST(resize_agrees_with_pytorch_on_series) {
  torch_cases("resize1d", 3);
}
END_TEST

START_TEST(resize_is_differentiated_in_a_model) {
  for (int i = 0; i < 4; i++) {
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(1, 2, 4, 5), NULL), 2);
    string(&c, "mode", i ? "cubic" : "linear");
    if (i == 3) { /* a crop, part of it outside */
      op_case_constant(&c, ATR_F32, OP_SHAPE(8), (double[]){ 0, 0, 0.2, 1, 1, 1, 1.2, -0.3 });
      op_case_absent(&c);
      op_case_constant(&c, ATR_I64, OP_SHAPE(4), (double[]){ 1, 2, 6, 7 });
      string(&c, "coordinate_transformation_mode", "tf_crop_and_resize");
    } else if (i)
      by_sizes(&c, 4, (double[]){ 1, 2, 7, 3 });
    else
      by_scales(&c, 4, (double[]){ 1, 1, 2, 2 });
    ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "antialias", i == 2), ATR_OK);
    OP_CASE_GOOD(op_case_run(&c, "", "Resize", 1), &c);
    op_plan_gradient(&c, "", "Resize", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("resize");
  TCase *tests = tcase_create("resize");
  tcase_set_timeout(tests, 600);
  tcase_add_test(tests, resize_interpolates_between_pixel_centres);
  tcase_add_test(tests, resize_takes_the_nearest_pixel_as_asked);
  tcase_add_test(tests, resize_cubic_keeps_a_ramp_and_may_exclude_the_outside);
  tcase_add_test(tests, resize_linear_keeps_a_ramp_inside_whatever_the_width);
  tcase_add_test(tests, resize_takes_axes_policies_and_scales_that_do_not_divide);
  tcase_add_test(tests, resize_gradient_is_the_transpose);
  tcase_add_test(tests, resize_gradient_of_doubling_agrees_at_every_width);
  tcase_add_test(tests, resize_of_long_rows_is_their_weighted_sum);
  tcase_add_test(tests, resize_crops_and_fills_what_lies_outside);
  tcase_add_test(tests, resize_antialias_widens_the_filter);
  tcase_add_test(tests, resize_keeps_constants_in_every_mode_and_rank);
  tcase_add_test(tests, resize_antialias_keeps_a_ramp_inside);
  tcase_add_test(tests, resize_gradient_is_the_transpose_in_every_rank);
  tcase_add_test(tests, resize_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, resize_agrees_with_pytorch_on_images);
  tcase_add_test(tests, resize_agrees_with_pytorch_on_series);
  tcase_add_test(tests, resize_is_differentiated_in_a_model);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
