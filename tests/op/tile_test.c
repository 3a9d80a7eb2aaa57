/* tile_test.c: Tile and its gradient: numbers worked by hand, every type, more axes than a walk has,
 * rejections. */
#include "op_check.h"

START_TEST(tile_repeats_every_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 4 });
  OP_LIST(&c, 2, 3);
  OP_CHECK(&c, "", "Tile", 1);
  op_check_shape(&c, 0, OP_SHAPE(4, 6));
  OP_NEAR(&c, 0, 0, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4);
  op_plan_gradient(&c, "", "Tile", 1, 0);
  op_case_free(&c);
}
END_TEST

/* Element (i, j, …) is the input's at (i mod, j mod, …). */
static void check(op_case *c, const atr_shape *in) {
  const atr_shape *out = &c->out[0].shape;
  int64_t stride[ATR_RANK_MAX];
  atr__shape_strides(in, stride);
  for (int64_t k = 0; k < c->out[0].count; k++) {
    int64_t rest = k, from = 0;
    for (int d = out->rank - 1; d >= 0; d--) {
      from += rest % out->dim[d] % in->dim[d] * stride[d];
      rest /= out->dim[d];
    }
    ck_assert_double_eq(c->out[0].v[k], c->in[0].v[from]);
  }
}

START_TEST(tile_of_awkward_shapes_and_its_gradient) {
  static const struct {
    atr_shape x;
    double repeats[8];
  } row[] = {
    { { 1, { 5 } }, { 3 } },
    { { 3, { 2, 1, 3 } }, { 1, 4, 1 } },
    { { 3, { 3, 5, 7 } }, { 2, 1, 3 } },
    { { 4, { 1, 2, 1, 3 } }, { 5, 1, 1, 2 } },
    { { 2, { 3, 70 } }, { 2, 2 } },
    { { 5, { 2, 2, 2, 2, 2 } }, { 2, 3, 2, 1, 2 } },
    { { 2, { 3, 4 } }, { 1, 1 } },
    { { 0, { 0 } }, { 0 } },
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    op_check_random(&c, row[i].x, 7);
    op_check_list(&c, (size_t)row[i].x.rank, row[i].repeats);
    OP_CHECK(&c, "", "Tile", 1);
    check(&c, &row[i].x);
    op_plan_gradient(&c, "", "Tile", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(tile_of_more_axes_than_a_walk_has) {
  op_case c = { 0 };
  const atr_shape x = OP_SHAPE(2, 2, 2, 2, 2, 2);
  op_check_random(&c, x, 7);
  OP_LIST(&c, 2, 3, 2, 2, 3, 2);
  OP_CHECK(&c, "", "Tile", 1);
  check(&c, &x);
  op_case_free(&c);
}
END_TEST

START_TEST(tile_of_every_type_and_of_nothing) {
  static const atr_type type[] = { ATR_I64, ATR_I32, ATR_U8, ATR_BOOL };
  for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
    op_case c = { 0 };
    op_case_add(&c, type[i], OP_SHAPE(2, 1), (double[]){ 0, 1 });
    OP_LIST(&c, 1, 2);
    OP_CHECK(&c, "", "Tile", 1);
    OP_NEAR(&c, 0, 0, 0, 0, 1, 1);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  OP_LIST(&c, 0, 2);
  OP_CHECK(&c, "", "Tile", 1);
  op_check_shape(&c, 0, OP_SHAPE(0, 6));
  op_plan_gradient(&c, "", "Tile", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(tile_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  OP_LIST(&c, 2);
  OP_CASE_REJECTS(&c, "", "Tile", 1, "1 repeats for an input of rank 2");
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  OP_LIST(&c, 2, -1);
  OP_CASE_REJECTS(&c, "", "Tile", 1, "axis 1 of 3 is to be repeated -1 times");
  c.in[1].constant = 0;
  OP_CASE_REJECTS(&c, "", "Tile", 1, "computed while running");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("tile");
  TCase *tests = tcase_create("tile");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, tile_repeats_every_axis);
  tcase_add_test(tests, tile_of_awkward_shapes_and_its_gradient);
  tcase_add_test(tests, tile_of_more_axes_than_a_walk_has);
  tcase_add_test(tests, tile_of_every_type_and_of_nothing);
  tcase_add_test(tests, tile_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
