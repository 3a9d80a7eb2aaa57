/* conv_test.c: Conv and its gradients: hand-worked numbers, properties, awkward shapes on every row,
 * rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"

#include "op/conv.h"

enum { MOST = 5 };

/* What a case is made of; 0 in a list means 1 (0 for pads). */
typedef struct {
  int64_t n, c, oc, group;
  int spatial;
  int64_t in[3], filter[3], stride[3], dilation[3], pads[6];
  int bias;
} shape_case;

static void attributes(op_case *c, const shape_case *s) {
  int64_t stride[3], dilation[3];
  for (int i = 0; i < s->spatial; i++) {
    stride[i] = s->stride[i] ? s->stride[i] : 1;
    dilation[i] = s->dilation[i] ? s->dilation[i] : 1;
  }
  op_case_ints(c, "strides", (size_t)s->spatial, stride);
  op_case_ints(c, "dilations", (size_t)s->spatial, dilation);
  op_case_ints(c, "pads", 2 * (size_t)s->spatial, s->pads);
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, "group", s->group ? s->group : 1), ATR_OK);
}

static void make(op_case *c, const shape_case *s) {
  const int64_t group = s->group ? s->group : 1;
  int64_t x[MOST] = { s->n, s->c }, w[MOST] = { s->oc, s->c / group };
  for (int i = 0; i < s->spatial; i++) {
    x[2 + i] = s->in[i];
    w[2 + i] = s->filter[i];
  }
  /* Winograd's rounding grows as the sums of its points do. */
  const double terms = (double)(s->c / group * s->filter[0] * (s->spatial > 1 ? s->filter[1] : 1));
  *c = (op_case){ .tolerance = fmax(2e-5, 4e-6 * sqrt(terms)) };
  attributes(c, s);
  op_case_fill(op_case_real(c, atr__shape_of(2 + s->spatial, x), NULL), 1);
  op_case_fill(op_case_real(c, atr__shape_of(2 + s->spatial, w), NULL), 2);
  if (s->bias) op_case_fill(op_case_real(c, OP_SHAPE(s->oc), NULL), 3);
}

static void shape_constant(op_case *c, const atr_shape *shape) {
  double dim[ATR_RANK_MAX];
  for (int i = 0; i < shape->rank; i++) dim[i] = (double)shape->dim[i];
  op_case_constant(c, ATR_I64, OP_SHAPE(shape->rank), dim);
}

/* The three gradients of the forward case `c`, on every row, for the given dy. */
static void gradients(const op_case *c, const double *dy, op_case g[3]) {
  for (int i = 0; i < 3; i++) {
    g[i] = (op_case){ .tolerance = 1e-4 };
    ck_assert_int_eq(atr__attrs_copy(&g[i].attrs, &c->attrs), ATR_OK);
  }
  op_case_real(&g[0], c->out[0].shape, dy);
  op_case_real(&g[0], c->in[1].shape, c->in[1].v);
  shape_constant(&g[0], &c->in[0].shape);
  OP_CASE_GOOD(op_case_run(&g[0], "org.atrous", "ConvGradInput", 1), &g[0]);
  op_case_real(&g[1], c->in[0].shape, c->in[0].v);
  op_case_real(&g[1], c->out[0].shape, dy);
  shape_constant(&g[1], &c->in[1].shape);
  OP_CASE_GOOD(op_case_run(&g[1], "org.atrous", "ConvGradFilter", 1), &g[1]);
  op_case_real(&g[2], c->out[0].shape, dy);
  OP_CASE_GOOD(op_case_run(&g[2], "org.atrous", "ConvGradBias", 1), &g[2]);
}

static void series(op_case *c, int64_t length, const double *x, int64_t filter, const double *w) {
  *c = (op_case){ 0 };
  op_case_real(c, OP_SHAPE(1, 1, length), x);
  op_case_real(c, OP_SHAPE(1, 1, filter), w);
}

START_TEST(conv_dilation_reads_every_dth_point) {
  double x[17];
  for (int i = 0; i < 17; i++) x[i] = i + 1;
  /* Decimal places tell which points were read. */
  const double w[] = { 10000, 100, 1 };
  static const double first[] = { 10203, 10305, 10509, 10917 }; /* 1 2 3, 1 3 5, 1 5 9, 1 9 17 */
  for (int i = 0; i < 4; i++) {
    op_case c;
    series(&c, 17, x, 3, w);
    OP_INTS(&c, "dilations", 1 << i);
    OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
    ck_assert_int_eq(c.out[0].count, 17 - 2 * (1 << i));
    ck_assert_double_eq(c.out[0].v[0], first[i]);
    if (i < 3) ck_assert_double_eq(c.out[0].v[1], first[i] + 10101);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(conv_image_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 3, 3), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9 });
  op_case_real(&c, OP_SHAPE(2, 1, 2, 2), (double[]){ 1, 2, 3, 4, 0, -1, 1, 0 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 0.5, -1 });
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 37.5, 47.5, 67.5, 77.5, 1, 1, 1, 1);
  OP_INTS(&c, "strides", 2, 2);
  OP_INTS(&c, "pads", 1, 0, 0, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  /* rows -1,0 and 1,2; columns 0,1 and 2,3 */
  OP_NEAR(&c, 0, 0, 11.5, 9.5, 67.5, 33.5, 0, 2, 1, 8);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_groups_keep_apart) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 3), (double[]){ 1, 2, 3, 10, 20, 30 });
  op_case_real(&c, OP_SHAPE(4, 1, 1), (double[]){ 1, 2, 3, 4 });
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "group", 2), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 2, 3, 2, 4, 6, 30, 60, 90, 40, 80, 120);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_causal_padding_sees_no_future) {
  double x[12] = { 0 };
  const double w[] = { 4, 2, 1 };
  op_case c;
  x[5] = 1; /* an impulse: its echo comes at 5, 5 + d, 5 + 2d, newest tap first */
  series(&c, 12, x, 3, w);
  OP_INTS(&c, "dilations", 3);
  OP_INTS(&c, "pads", 6, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 4);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_same_padding_of_five_is_two_on_each_side) {
  double x[] = { 1, 2, 3, 4, 5, 6 };
  const double w[] = { 1, 1, 1, 1, 1 };
  op_case c;
  series(&c, 6, x, 5, w);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 6, 10, 15, 20, 18, 15);
  op_case_free(&c);
  /* An odd total: UPPER puts the extra one behind, LOWER before. */
  series(&c, 6, x, 2, w);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 3, 5, 7, 9, 11, 6);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_LOWER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 3, 5, 7, 9, 11);
  OP_INTS(&c, "strides", 4);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 3, 11); /* ceil(6 / 4) outputs, no padding needed */
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "VALID"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  OP_NEAR(&c, 0, 0, 3, 11);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_dilation_is_a_filter_stuffed_with_zeros) {
  for (int64_t d = 2; d <= 5; d++) {
    const shape_case dilated = { .n = 2,
                                 .c = 3,
                                 .oc = 9,
                                 .spatial = 2,
                                 .in = { 21, 19 },
                                 .filter = { 3, 2 },
                                 .dilation = { d, d },
                                 .pads = { 3, 1, 2, 4 } };
    shape_case plain = dilated;
    op_case a, b;
    make(&a, &dilated);
    plain.filter[0] = 2 * d + 1;
    plain.filter[1] = d + 1;
    plain.dilation[0] = plain.dilation[1] = 1;
    make(&b, &plain);
    memset(b.in[1].v, 0, (size_t)b.in[1].count * sizeof *b.in[1].v);
    for (int64_t p = 0; p < 9 * 3; p++)
      for (int64_t y = 0; y < 3; y++)
        for (int64_t x = 0; x < 2; x++)
          b.in[1].v[(p * plain.filter[0] + y * d) * plain.filter[1] + x * d] = a.in[1].v[(p * 3 + y) * 2 + x];
    OP_CASE_GOOD(op_case_run(&a, "", "Conv", 1), &a);
    OP_CASE_GOOD(op_case_run(&b, "", "Conv", 1), &b);
    op_case_near(&a, 0, b.out[0].v, b.out[0].count, 1e-12);
    op_case_free(&a);
    op_case_free(&b);
  }
}
END_TEST

START_TEST(conv_is_linear_in_its_input) {
  const shape_case s = {
    .n = 1, .c = 5, .oc = 4, .spatial = 1, .in = { 33 }, .filter = { 4 }, .dilation = { 3 }, .pads = { 2, 5 }
  };
  op_case a, b, both;
  make(&a, &s);
  make(&b, &s);
  make(&both, &s);
  op_case_fill(&b.in[0], 99);
  for (int64_t i = 0; i < a.in[0].count; i++) both.in[0].v[i] = 2 * a.in[0].v[i] - b.in[0].v[i];
  OP_CASE_GOOD(op_case_run(&a, "", "Conv", 1), &a);
  OP_CASE_GOOD(op_case_run(&b, "", "Conv", 1), &b);
  OP_CASE_GOOD(op_case_run(&both, "", "Conv", 1), &both);
  for (int64_t i = 0; i < a.out[0].count; i++) a.out[0].v[i] = 2 * a.out[0].v[i] - b.out[0].v[i];
  op_case_near(&both, 0, a.out[0].v, a.out[0].count, 1e-12);
  op_case_free(&a);
  op_case_free(&b);
  op_case_free(&both);
}
END_TEST

/* Forward and gradients on the host and on every row of the device, all against double. */
static void everywhere(const shape_case *s) {
  op_case c, g[3];
  make(&c, s);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  op_tensor dy = { .count = c.out[0].count, .v = calloc((size_t)c.out[0].count + 1, sizeof *dy.v) };
  ck_assert_ptr_nonnull(dy.v);
  op_case_fill(&dy, 7);
  gradients(&c, dy.v, g);
  /* The gradients are adjoint to the operator: <y, dy> without bias = <x, dx> = <w, dw>; db is dy's sum. */
  double forward = 0, by_x = 0, by_w = 0, db = 0, sum = 0;
  const int64_t plane = c.out[0].count ? c.out[0].count / s->n / s->oc : 1;
  for (int64_t i = 0; i < dy.count; i++) {
    const double bias = s->bias ? c.in[2].v[i / plane % s->oc] : 0;
    forward += (c.out[0].v[i] - bias) * dy.v[i];
    sum += dy.v[i];
  }
  for (int64_t i = 0; i < c.in[0].count; i++) by_x += c.in[0].v[i] * g[0].out[0].v[i];
  for (int64_t i = 0; i < c.in[1].count; i++) by_w += c.in[1].v[i] * g[1].out[0].v[i];
  for (int64_t i = 0; i < s->oc; i++) db += g[2].out[0].v[i];
  ck_assert_double_eq_tol(forward, by_x, 1e-9 * (1 + fabs(forward)));
  ck_assert_double_eq_tol(forward, by_w, 1e-9 * (1 + fabs(forward)));
  ck_assert_double_eq_tol(sum, db, 1e-9 * (1 + fabs(sum)));
  free(dy.v);
  for (int i = 0; i < 3; i++) op_case_free(&g[i]);
  op_case_free(&c);
}

START_TEST(conv_widths_one_to_forty) {
  for (int64_t w = 1; w <= 40; w += w < 20 ? 1 : 3) {
    const shape_case same = { .n = 1,
                              .c = 3,
                              .oc = 9,
                              .spatial = 2,
                              .in = { 3, w },
                              .filter = { 3, 3 },
                              .pads = { 1, 1, 1, 1 },
                              .bias = 1 };
    const shape_case valid = { .n = 1, .c = 2, .oc = 4, .spatial = 1, .in = { w + 2 }, .filter = { 3 } };
    everywhere(&same);
    everywhere(&valid);
  }
}
END_TEST

START_TEST(conv_awkward_shapes) {
  static const shape_case list[] = {
    /* planes below, at and above a tile, one pixel, seven wide */
    { .n = 1, .c = 1, .oc = 1, .spatial = 2, .in = { 1, 1 }, .filter = { 1, 1 } },
    { .n = 3, .c = 17, .oc = 10, .spatial = 2, .in = { 7, 7 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    { .n = 3, .c = 5, .oc = 8, .spatial = 2, .in = { 1, 47 }, .filter = { 1, 1 }, .bias = 1 },
    { .n = 2, .c = 5, .oc = 8, .spatial = 2, .in = { 7, 7 }, .filter = { 1, 1 } },
    { .n = 1, .c = 8, .oc = 16, .spatial = 2, .in = { 12, 49 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    /* channels around blocks of eight */
    { .n = 1, .c = 7, .oc = 7, .spatial = 2, .in = { 9, 16 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    { .n = 1, .c = 9, .oc = 3, .spatial = 2, .in = { 9, 16 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    { .n = 1, .c = 2, .oc = 2, .spatial = 2, .in = { 9, 16 }, .filter = { 5, 5 }, .pads = { 2, 2, 2, 2 } },
    /* padding unlike on each side, wider than the filter reaches */
    { .n = 2, .c = 3, .oc = 8, .spatial = 2, .in = { 6, 20 }, .filter = { 2, 3 }, .pads = { 0, 5, 3, 1 } },
    { .n = 1, .c = 3, .oc = 8, .spatial = 2, .in = { 4, 9 }, .filter = { 1, 1 }, .pads = { 1, 2, 3, 4 } },
    /* dilation beyond the input: only the middle tap meets it */
    { .n = 1,
      .c = 4,
      .oc = 9,
      .spatial = 2,
      .in = { 6, 18 },
      .filter = { 3, 3 },
      .dilation = { 7, 19 },
      .pads = { 7, 19, 7, 19 } },
    { .n = 2,
      .c = 4,
      .oc = 8,
      .spatial = 1,
      .in = { 21 },
      .filter = { 2 },
      .dilation = { 32 },
      .pads = { 32, 0 },
      .bias = 1 },
    /* strides */
    { .n = 3,
      .c = 3,
      .oc = 8,
      .spatial = 2,
      .in = { 17, 35 },
      .filter = { 3, 3 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 } },
    { .n = 1,
      .c = 3,
      .oc = 9,
      .spatial = 2,
      .in = { 20, 50 },
      .filter = { 3, 5 },
      .stride = { 3, 3 },
      .dilation = { 2, 1 },
      .pads = { 1, 2, 0, 1 } },
    { .n = 1,
      .c = 3,
      .oc = 8,
      .spatial = 2,
      .in = { 20, 40 },
      .filter = { 3, 3 },
      .stride = { 2, 1 },
      .pads = { 1, 1, 1, 1 } },
    { .n = 2,
      .c = 3,
      .oc = 4,
      .spatial = 1,
      .in = { 50 },
      .filter = { 7 },
      .stride = { 3 },
      .pads = { 3, 3 } },
    /* groups and depthwise */
    { .n = 2,
      .c = 6,
      .oc = 18,
      .group = 2,
      .spatial = 2,
      .in = { 8, 20 },
      .filter = { 3, 3 },
      .pads = { 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 2, .c = 6, .oc = 4, .group = 2, .spatial = 1, .in = { 30 }, .filter = { 3 }, .pads = { 2, 0 } },
    { .n = 2,
      .c = 5,
      .oc = 5,
      .group = 5,
      .spatial = 2,
      .in = { 11, 13 },
      .filter = { 3, 3 },
      .dilation = { 2, 2 },
      .pads = { 2, 2, 2, 2 } },
    { .n = 1, .c = 3, .oc = 6, .group = 3, .spatial = 1, .in = { 64 }, .filter = { 4 }, .pads = { 3, 0 } },
    /* a filter of many taps, and of more than the fast kernels have room for */
    { .n = 1, .c = 2, .oc = 8, .spatial = 2, .in = { 9, 33 }, .filter = { 9, 9 }, .pads = { 4, 4, 4, 4 } },
    { .n = 1, .c = 1, .oc = 8, .spatial = 2, .in = { 13, 33 }, .filter = { 12, 12 } },
    /* three dimensions */
    { .n = 2,
      .c = 2,
      .oc = 9,
      .spatial = 3,
      .in = { 4, 5, 6 },
      .filter = { 3, 3, 3 },
      .pads = { 1, 1, 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 2,
      .oc = 3,
      .spatial = 3,
      .in = { 7, 6, 17 },
      .filter = { 3, 2, 3 },
      .stride = { 2, 1, 1 },
      .dilation = { 1, 2, 3 },
      .pads = { 2, 0, 3, 0, 1, 3 } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) everywhere(&list[i]);
}
END_TEST

START_TEST(conv_gradients_of_many_channels) {
  static const shape_case list[] = {
    /* whole and broken blocks of sixteen, one output channel more or less than a tile's three */
    { .n = 1, .c = 16, .oc = 4, .spatial = 2, .in = { 5, 37 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    { .n = 5, .c = 40, .oc = 2, .spatial = 2, .in = { 3, 8 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    { .n = 3, .c = 31, .oc = 17, .spatial = 2, .in = { 1, 1 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
    /* rows too wide for one chunk, and taps apart from each other along both axes */
    { .n = 1, .c = 16, .oc = 3, .spatial = 2, .in = { 4, 701 }, .filter = { 3, 3 }, .pads = { 0, 1, 1, 1 } },
    { .n = 2,
      .c = 16,
      .oc = 4,
      .spatial = 2,
      .in = { 40, 33 },
      .filter = { 3, 3 },
      .dilation = { 19, 35 },
      .pads = { 19, 35, 19, 35 } },
    { .n = 2,
      .c = 17,
      .oc = 5,
      .spatial = 1,
      .in = { 1500 },
      .filter = { 3 },
      .dilation = { 512 },
      .pads = { 1024, 0 } },
    { .n = 3,
      .c = 24,
      .oc = 9,
      .spatial = 1,
      .in = { 97 },
      .filter = { 2 },
      .dilation = { 4 },
      .pads = { 4, 0 } },
    /* numbers of taps that tiles divide and do not */
    { .n = 1, .c = 12, .oc = 9, .spatial = 2, .in = { 19, 17 }, .filter = { 1, 1 } },
    { .n = 1, .c = 16, .oc = 8, .spatial = 2, .in = { 9, 18 }, .filter = { 5, 5 }, .pads = { 2, 2, 2, 2 } },
    { .n = 1, .c = 16, .oc = 5, .spatial = 1, .in = { 40 }, .filter = { 7 }, .pads = { 3, 3 } },
    { .n = 1, .c = 16, .oc = 4, .spatial = 1, .in = { 40 }, .filter = { 11 }, .pads = { 5, 5 } },
    { .n = 1, .c = 16, .oc = 4, .spatial = 2, .in = { 6, 20 }, .filter = { 2, 4 }, .pads = { 1, 2, 0, 1 } },
    /* strides, also larger than the filter */
    { .n = 2,
      .c = 16,
      .oc = 7,
      .spatial = 2,
      .in = { 17, 35 },
      .filter = { 3, 3 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 } },
    { .n = 1,
      .c = 16,
      .oc = 9,
      .spatial = 2,
      .in = { 20, 50 },
      .filter = { 3, 2 },
      .stride = { 3, 5 },
      .dilation = { 2, 9 },
      .pads = { 1, 2, 0, 1 } },
    /* strides in rows cut in two, with more channels than are copied at a time, in groups */
    { .n = 1,
      .c = 33,
      .oc = 3,
      .spatial = 2,
      .in = { 4, 601 },
      .filter = { 3, 3 },
      .stride = { 2, 2 },
      .pads = { 1, 1, 1, 1 } },
    { .n = 1,
      .c = 24,
      .oc = 300,
      .spatial = 2,
      .in = { 3, 131 },
      .filter = { 3, 3 },
      .stride = { 1, 2 },
      .pads = { 1, 1, 1, 1 } },
    { .n = 2,
      .c = 32,
      .oc = 6,
      .group = 2,
      .spatial = 2,
      .in = { 9, 7 },
      .filter = { 3, 4 },
      .stride = { 2, 3 },
      .dilation = { 3, 2 },
      .pads = { 4, 1, 2, 3 } },
    { .n = 2, .c = 20, .oc = 4, .spatial = 2, .in = { 8, 30 }, .filter = { 1, 1 }, .stride = { 2, 2 } },
    { .n = 1,
      .c = 16,
      .oc = 3,
      .spatial = 1,
      .in = { 77 },
      .filter = { 5 },
      .stride = { 4 },
      .pads = { 2, 2 } },
    { .n = 1,
      .c = 129,
      .oc = 130,
      .spatial = 2,
      .in = { 5, 9 },
      .filter = { 3, 3 },
      .dilation = { 2, 2 },
      .pads = { 2, 2, 2, 2 } },
    /* one tap: planes of a vector, of less than a tile and of several, channels around blocks of eight */
    { .n = 3, .c = 5, .oc = 12, .spatial = 1, .in = { 16 }, .filter = { 1 }, .bias = 1 },
    { .n = 1, .c = 16, .oc = 8, .spatial = 1, .in = { 47 }, .filter = { 1 } },
    { .n = 2, .c = 13, .oc = 23, .spatial = 2, .in = { 7, 14 }, .filter = { 1, 1 }, .bias = 1 },
    { .n = 1, .c = 4, .oc = 300, .spatial = 3, .in = { 2, 3, 9 }, .filter = { 1, 1, 1 } },
    /* gradients that read weights where they are: whole blocks of eight */
    { .n = 2, .c = 16, .oc = 13, .spatial = 2, .in = { 7, 14 }, .filter = { 1, 1 } },
    { .n = 3, .c = 8, .oc = 5, .spatial = 2, .in = { 1, 3 }, .filter = { 1, 1 } },
    { .n = 1, .c = 48, .oc = 6, .group = 2, .spatial = 2, .in = { 5, 11 }, .filter = { 1, 1 } },
    { .n = 1, .c = 14, .oc = 24, .group = 2, .spatial = 2, .in = { 5, 11 }, .filter = { 1, 1 }, .bias = 1 },
    /* groups, and a filter so large that output channels are shared out */
    { .n = 2,
      .c = 32,
      .oc = 10,
      .group = 2,
      .spatial = 2,
      .in = { 8, 20 },
      .filter = { 3, 3 },
      .pads = { 1, 1, 1, 1 } },
    { .n = 2, .c = 80, .oc = 101, .spatial = 2, .in = { 4, 5 }, .filter = { 3, 3 }, .pads = { 1, 1, 1, 1 } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) everywhere(&list[i]);
}
END_TEST

/* What the kernels in channel blocks are chosen and cut by: widths around tiles of 4, 6, 8, 13 and 14, far
 * taps, channels around blocks, strides, a first layer, a filter a channel. */
START_TEST(conv_in_channel_blocks) {
  static const int64_t width[] = { 1, 4, 7, 8, 13, 14, 15, 27, 28, 29, 43 };
  for (size_t i = 0; i < sizeof width / sizeof *width; i++) {
    const shape_case near = { .n = 2,
                              .c = 17,
                              .oc = 33,
                              .spatial = 2,
                              .in = { 3, width[i] },
                              .filter = { 3, 3 },
                              .pads = { 1, 1, 1, 1 },
                              .bias = 1 };
    const shape_case point = {
      .n = 1, .c = 33, .oc = 49, .spatial = 2, .in = { 2, width[i] }, .filter = { 1, 1 }
    };
    const shape_case stem = { .n = 2,
                              .c = 3,
                              .oc = 17,
                              .spatial = 2,
                              .in = { 9, 2 * width[i] + 1 },
                              .filter = { 7, 7 },
                              .stride = { 2, 2 },
                              .pads = { 3, 3, 3, 3 },
                              .bias = 1 };
    const shape_case each = { .n = 2,
                              .c = 19,
                              .oc = 19,
                              .group = 19,
                              .spatial = 2,
                              .in = { 4, width[i] },
                              .filter = { 3, 3 },
                              .pads = { 1, 1, 1, 1 },
                              .bias = 1 };
    everywhere(&near);
    everywhere(&point);
    everywhere(&stem);
    everywhere(&each);
  }
  static const shape_case list[] = {
    { .n = 1,
      .c = 16,
      .oc = 16,
      .spatial = 2,
      .in = { 26, 64 },
      .filter = { 3, 3 },
      .dilation = { 12, 12 },
      .pads = { 12, 12, 12, 12 } },
    { .n = 1,
      .c = 20,
      .oc = 16,
      .spatial = 2,
      .in = { 5, 40 },
      .filter = { 3, 3 },
      .dilation = { 2, 17 },
      .pads = { 2, 17, 2, 17 } },
    { .n = 2,
      .c = 32,
      .oc = 40,
      .spatial = 1,
      .in = { 61 },
      .filter = { 3 },
      .dilation = { 16 },
      .pads = { 32, 0 } },
    { .n = 1,
      .c = 16,
      .oc = 16,
      .spatial = 1,
      .in = { 33 },
      .filter = { 2 },
      .dilation = { 40 },
      .pads = { 40, 0 } },
    { .n = 2,
      .c = 16,
      .oc = 35,
      .spatial = 2,
      .in = { 11, 45 },
      .filter = { 5, 4 },
      .stride = { 2, 3 },
      .pads = { 2, 1, 2, 3 },
      .bias = 1 },
    { .n = 1, .c = 18, .oc = 16, .spatial = 2, .in = { 9, 33 }, .filter = { 1, 1 }, .stride = { 2, 2 } },
    { .n = 1, .c = 16, .oc = 24, .spatial = 2, .in = { 4, 9 }, .filter = { 1, 1 }, .pads = { 1, 2, 3, 4 } },
    { .n = 1,
      .c = 36,
      .oc = 36,
      .group = 36,
      .spatial = 2,
      .in = { 13, 37 },
      .filter = { 5, 3 },
      .stride = { 2, 2 },
      .dilation = { 1, 3 },
      .pads = { 2, 3, 2, 3 } },
    /* so many filters that a work-group has several rows, the second of them a part of the plane */
    { .n = 5,
      .c = 165,
      .oc = 165,
      .group = 165,
      .spatial = 2,
      .in = { 25, 37 },
      .filter = { 3, 3 },
      .pads = { 1, 1, 1, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 800,
      .oc = 800,
      .group = 800,
      .spatial = 2,
      .in = { 7, 7 },
      .filter = { 2, 5 },
      .pads = { 1, 2, 1, 2 } },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) everywhere(&list[i]);
}
END_TEST

START_TEST(conv_of_nothing_is_nothing) {
  const shape_case none = { .n = 0, .c = 3, .oc = 4, .spatial = 1, .in = { 8 }, .filter = { 3 }, .bias = 1 };
  op_case c;
  make(&c, &none);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  ck_assert_int_eq(c.out[0].count, 0);
  ck_assert_int_eq(c.out[0].shape.dim[2], 6);
  op_case_free(&c);
}
END_TEST

START_TEST(conv_gradients_agree_with_finite_differences) {
  static const shape_case list[] = {
    { .n = 2,
      .c = 3,
      .oc = 2,
      .spatial = 1,
      .in = { 9 },
      .filter = { 3 },
      .dilation = { 2 },
      .pads = { 4, 0 },
      .bias = 1 },
    { .n = 2,
      .c = 2,
      .oc = 4,
      .group = 2,
      .spatial = 2,
      .in = { 5, 6 },
      .filter = { 3, 2 },
      .stride = { 2, 1 },
      .pads = { 1, 0, 0, 1 },
      .bias = 1 },
    { .n = 1,
      .c = 1,
      .oc = 2,
      .spatial = 3,
      .in = { 3, 3, 4 },
      .filter = { 2, 2, 3 },
      .pads = { 0, 1, 1, 1, 0, 1 },
      .bias = 1 },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c;
    make(&c, &list[i]);
    OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
    op_plan_gradient(&c, "", "Conv", 7, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(conv_rejects_what_does_not_fit_with_a_sentence) {
  const shape_case good = {
    .n = 1, .c = 4, .oc = 6, .spatial = 2, .in = { 5, 6 }, .filter = { 3, 3 }, .bias = 1
  };
  static const struct {
    const char *name;
    int64_t values[5];
    size_t n;
    const char *words;
  } bad[] = {
    { "strides", { 0, 1 }, 2, "strides[0] is 0, must be at least 1" },
    { "strides", { 1 }, 1, "strides has 1 values, must have 2" },
    { "dilations", { 1, 0 }, 2, "dilations[1] is 0, must be at least 1" },
    { "dilations", { 1, 3 }, 2, "window of 7 (filter 3, dilation 3) is larger than the padded input of 6" },
    { "dilations", { INT64_C(1) << 40, 1 }, 2, "must be at most" },
    { "pads", { 0, 0, -1, 0 }, 4, "pads[2] is -1" },
    { "pads", { 1, 1 }, 2, "pads has 2 values, must have 4" },
    { "kernel_shape", { 3, 5 }, 2, "kernel_shape[1] is 5, but the filter has length 3" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    op_case c;
    make(&c, &good);
    op_case_ints(&c, bad[i].name, bad[i].n, bad[i].values);
    OP_CASE_REJECTS(&c, "", "Conv", 1, bad[i].words);
    op_case_free(&c);
  }
  static const struct {
    int64_t group, c, w_c, oc, b;
    const char *words;
  } channels[] = {
    { 0, 4, 4, 6, 6, "group is 0" },
    { 3, 4, 1, 6, 6, "4 input channels cannot be divided into 3 groups" },
    { 4, 4, 1, 6, 6, "6 output channels cannot be divided into 4 groups" },
    { 1, 4, 3, 6, 6, "the filter must take 4, but it takes 3" },
    { 2, 4, 4, 6, 6, "the filter must take 2, but it takes 4" },
    { 1, 4, 4, 6, 5, "the bias has shape [5], must be [6]" },
  };
  for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(1, channels[i].c, 5, 6), NULL);
    op_case_real(&c, OP_SHAPE(channels[i].oc, channels[i].w_c, 3, 3), NULL);
    op_case_real(&c, OP_SHAPE(channels[i].b), NULL);
    ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "group", channels[i].group), ATR_OK);
    OP_CASE_REJECTS(&c, "", "Conv", 1, channels[i].words);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 4, 5, 6), NULL);
  op_case_real(&c, OP_SHAPE(6, 4, 3), NULL);
  OP_CASE_REJECTS(&c, "", "Conv", 1, "must have the same rank");
  op_case_free(&c);
  make(&c, &good);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SOME"), ATR_OK);
  OP_CASE_REJECTS(&c, "", "Conv", 1, "auto_pad is \"SOME\"");
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *file, const char *op, int spatial) {
  json_t *root = golden_load(file), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, op, &i)); seen++) {
    op_case c = { .tolerance = 2e-5 }, g[3];
    const size_t rank = (size_t)spatial;
    int64_t list[6];
    atr_shape shape;
    double *x = golden_values(one, "inputs", "x", &shape);
    op_case_real(&c, shape, x);
    double *w = golden_values(one, "inputs", "w", &shape);
    op_case_real(&c, shape, w);
    double *b = NULL;
    if (json_object_get(json_object_get(one, "inputs"), "b")) {
      b = golden_values(one, "inputs", "b", &shape);
      op_case_real(&c, shape, b);
    }
    golden_ints(one, "stride", 1, rank, list);
    op_case_ints(&c, "strides", rank, list);
    golden_ints(one, "dilation", 1, rank, list);
    op_case_ints(&c, "dilations", rank, list);
    golden_ints(one, spatial == 1 ? "pad_left" : "pad", 0, rank, list);
    golden_ints(one, spatial == 1 ? "pad_right" : "pad", 0, rank, list + rank);
    op_case_ints(&c, "pads", 2 * rank, list);
    golden_ints(one, "group", 1, 1, list);
    ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "group", list[0]), ATR_OK);
    OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
    double *y = golden_values(one, "outputs", "y", &shape),
           *dy = golden_values(one, "grad_outputs", "y", NULL);
    ck_assert(atr__shape_equal(&shape, &c.out[0].shape));
    op_case_near(&c, 0, y, c.out[0].count, 1e-6);
    gradients(&c, dy, g);
    static const char *const name[] = { "x", "w", "b" };
    for (int k = 0; k < (b ? 3 : 2); k++) {
      double *want = golden_values(one, "grads", name[k], NULL);
      op_case_near(&g[k], 0, want, g[k].out[0].count, 1e-6);
      free(want);
    }
    for (int k = 0; k < 3; k++) op_case_free(&g[k]);
    free(x), free(w), free(b), free(y), free(dy);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(conv_agrees_with_pytorch_on_series) {
  torch_cases("conv1d.json", "conv1d", 1);
}
END_TEST

START_TEST(conv_agrees_with_pytorch_on_images) {
  torch_cases("conv2d.json", "conv2d", 2);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("conv");
  TCase *tests = tcase_create("conv");
  tcase_set_timeout(tests, 600);
  tcase_add_test(tests, conv_dilation_reads_every_dth_point);
  tcase_add_test(tests, conv_image_by_hand);
  tcase_add_test(tests, conv_groups_keep_apart);
  tcase_add_test(tests, conv_causal_padding_sees_no_future);
  tcase_add_test(tests, conv_same_padding_of_five_is_two_on_each_side);
  tcase_add_test(tests, conv_dilation_is_a_filter_stuffed_with_zeros);
  tcase_add_test(tests, conv_is_linear_in_its_input);
  tcase_add_test(tests, conv_widths_one_to_forty);
  tcase_add_test(tests, conv_awkward_shapes);
  tcase_add_test(tests, conv_in_channel_blocks);
  tcase_add_test(tests, conv_gradients_of_many_channels);
  tcase_add_test(tests, conv_of_nothing_is_nothing);
  tcase_add_test(tests, conv_gradients_agree_with_finite_differences);
  tcase_add_test(tests, conv_rejects_what_does_not_fit_with_a_sentence);
  tcase_add_test(tests, conv_agrees_with_pytorch_on_series);
  tcase_add_test(tests, conv_agrees_with_pytorch_on_images);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
