/* depth_to_space_test.c: DepthToSpace and SpaceToDepth: numbers worked by hand, one undoes the other,
 * gradients, rejections. */
#include "op_check.h"

static void mode(op_case *c, const char *name) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "mode", name), ATR_OK);
}

START_TEST(depth_to_space_puts_channels_side_by_side) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 8, 1, 1), (double[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
  op_check_int(&c, "blocksize", 2);
  OP_CHECK(&c, "", "DepthToSpace", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 2, 2));
  OP_NEAR(&c, 0, 0, 0, 2, 4, 6, 1, 3, 5, 7); /* the channel is [row][column][c] */
  mode(&c, "CRD");
  OP_CHECK(&c, "", "DepthToSpace", 1);
  OP_NEAR(&c, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7); /* [c][row][column] */
  op_case_free(&c);
}
END_TEST

START_TEST(depth_to_space_of_space_to_depth_is_what_was) {
  static const struct {
    atr_shape x;
    int block;
  } row[] = { { { 4, { 2, 3, 4, 6 } }, 2 },
              { { 4, { 1, 1, 9, 3 } }, 3 },
              { { 4, { 3, 5, 2, 7 } }, 1 },
              { { 4, { 1, 2, 10, 35 } }, 5 },
              { { 4, { 0, 2, 4, 4 } }, 2 } };
  static const char *const modes[2] = { "DCR", "CRD" };
  for (size_t i = 0; i < 2 * sizeof row / sizeof *row; i++) {
    op_case c = { 0 }, back = { 0 };
    op_check_random(&c, row[i / 2].x, 3);
    op_check_int(&c, "blocksize", row[i / 2].block);
    mode(&c, modes[i % 2]);
    OP_CHECK(&c, "", "SpaceToDepth", 1);
    op_plan_gradient(&c, "", "SpaceToDepth", 1, 0);
    op_case_real(&back, c.out[0].shape, c.out[0].v);
    op_check_int(&back, "blocksize", row[i / 2].block);
    mode(&back, modes[i % 2]);
    OP_CHECK(&back, "", "DepthToSpace", 1);
    op_check_shape(&back, 0, row[i / 2].x);
    op_case_near(&back, 0, c.in[0].v, c.in[0].count, 0);
    op_plan_gradient(&back, "", "DepthToSpace", 1, 0);
    op_case_free(&c);
    op_case_free(&back);
  }
}
END_TEST

START_TEST(depth_to_space_moves_any_type) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 4, 1, 2), (double[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
  op_check_int(&c, "blocksize", 2);
  OP_CHECK(&c, "", "DepthToSpace", 1);
  OP_NEAR(&c, 0, 0, 0, 2, 1, 3, 4, 6, 5, 7);
  op_case_free(&c);
}
END_TEST

START_TEST(depth_to_space_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(1, 6, 3, 4), 1);
  OP_CASE_REJECTS(&c, "", "DepthToSpace", 1, "blocksize is 0");
  op_check_int(&c, "blocksize", 2);
  OP_CASE_REJECTS(&c, "", "DepthToSpace", 1, "[1,6,3,4], which blocks of 2 do not divide");
  OP_CASE_REJECTS(&c, "", "SpaceToDepth", 1, "which blocks of 2 do not divide");
  mode(&c, "RCD");
  OP_CASE_REJECTS(&c, "", "DepthToSpace", 1, "mode is \"RCD\"");
  c.in[0].shape = OP_SHAPE(6, 3, 4);
  OP_CASE_REJECTS(&c, "", "DepthToSpace", 1, "rank must be 4 to 4");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("depth_to_space");
  TCase *tests = tcase_create("depth_to_space");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, depth_to_space_puts_channels_side_by_side);
  tcase_add_test(tests, depth_to_space_of_space_to_depth_is_what_was);
  tcase_add_test(tests, depth_to_space_moves_any_type);
  tcase_add_test(tests, depth_to_space_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
