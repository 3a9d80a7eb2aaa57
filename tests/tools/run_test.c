/* run_test.c: files and shapes of atrous-run: arrays, .npy, TensorProto, sources; the bytes are written by
 * hand or by NumPy, not by the code that reads them. */
#include <math.h>

#include "run/files.h"
#include "run/npy.h"
#include "run/pb.h"
#include "tools_test.h"

static const atr_shape any3 = { 3, { 1, 2, 3 } };

static struct array must_npy(const char *header, const void *data, size_t size) {
  struct fault fault = FAULT_INIT;
  struct array a;
  uint8_t file[1024] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0 };
  const size_t n = strlen(header);
  file[8] = (uint8_t)n;
  memcpy(file + 10, header, n);
  memcpy(file + 10 + n, data, size);
  ck_assert_good(npy_decode(file, 10 + n + size, &a, &fault), &fault);
  return a;
}

START_TEST(npy_arrays_of_every_kind_are_read) {
  static const uint8_t big[] = { 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0 }; /* 1, -2 */
  struct array a = must_npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", big, sizeof big);
  ck_assert_int_eq(a.type, ATR_F32);
  ck_assert_double_eq(array_value(&a, 0), 1);
  ck_assert_double_eq(array_value(&a, 1), -2);
  array_destroy(&a);
  static const uint8_t halves[] = { 0, 0x3c, 0, 0xc1, 1, 0, 0, 0x7c }; /* 1, -2.5, 2^-24, infinity */
  a = must_npy("{'descr': '<f2', 'fortran_order': False, 'shape': (4,)}", halves, sizeof halves);
  ck_assert_double_eq(array_value(&a, 1), -2.5);
  ck_assert_double_eq(array_value(&a, 2), ldexp(1, -24));
  ck_assert(isinf(array_value(&a, 3)));
  array_destroy(&a);
  static const uint8_t shorts[] = { 0xff, 0xff, 2, 0 }; /* -1, 2 */
  a = must_npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1)}", shorts, sizeof shorts);
  ck_assert_int_eq(a.type, ATR_I16);
  ck_assert_double_eq(array_value(&a, 0), -1);
  array_destroy(&a);
  /* ((1, 2, 3), (4, 5, 6)) column by column */
  static const uint8_t columns[] = { 1, 4, 2, 5, 3, 6 };
  a = must_npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", columns, sizeof columns);
  for (size_t i = 0; i < 6; i++) ck_assert_double_eq(array_value(&a, i), (double)(i + 1));
  array_destroy(&a);
  a = must_npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", "\0\0\0\0\0\0\xe0\x3f", 8);
  ck_assert_int_eq(a.shape.rank, 0);
  ck_assert_double_eq(array_value(&a, 0), 0.5);
  array_destroy(&a);
  a = must_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}", "", 0);
  ck_assert_uint_eq(a.count, 0);
  array_destroy(&a);
}
END_TEST

/* Everything that begins like a file and ends too early, or says another size, is refused. */
START_TEST(broken_npy_and_pb_files_are_refused) {
  static const char npy[] =
      "\x93NUMPY\1\0\x3c\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}  \n\0\0\0\0\0\0\0\0";
  static const uint8_t pb[] = { 8, 1, 8, 2, 16, 1, 74, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0 };
  struct fault fault = FAULT_INIT;
  struct array a;
  const size_t size = sizeof npy - 1;
  ck_assert_good(npy_decode((const uint8_t *)npy, size, &a, &fault), &fault);
  array_destroy(&a);
  for (size_t n = 0; n < size; n++) {
    uint8_t *copy = malloc(n + 1); /* so that a sanitizer sees a step beyond */
    memcpy(copy, npy, n);
    ck_assert_msg(!npy_decode(copy, n, &a, &fault), "%zu bytes", n);
    free(copy);
  }
  ck_assert_good(pb_decode(pb, sizeof pb, &a, &fault), &fault);
  ck_assert_double_eq(array_value(&a, 1), -2);
  array_destroy(&a);
  for (size_t n = 0; n < sizeof pb; n++) {
    uint8_t *copy = malloc(n + 1);
    memcpy(copy, pb, n);
    ck_assert_msg(!pb_decode(copy, n, &a, &fault), "%zu bytes", n);
    free(copy);
  }
  static const char *const bad[] = {
    "{'descr': '|S3', 'fortran_order': False, 'shape': (1,)}", "{'descr': '<f4', 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536, 65536, 65536)}",
    "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint8_t file[256] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)strlen(bad[i]) };
    memcpy(file + 10, bad[i], strlen(bad[i]));
    ck_assert_msg(!npy_decode(file, 10 + strlen(bad[i]) + 4, &a, &fault), "%s", bad[i]);
  }
  static const uint8_t text[] = { 8, 1, 16, 8, 50, 1, 'a' };
  ck_assert(!pb_decode(text, sizeof text, &a, &fault));
  ck_assert_fault(&fault, "type 8");
  static const uint8_t outside[] = { 8, 1, 16, 1, 112, 1 };
  ck_assert(!pb_decode(outside, sizeof outside, &a, &fault));
  ck_assert_fault(&fault, "another file");
}
END_TEST

START_TEST(tensors_with_listed_values_are_read) {
  struct fault fault = FAULT_INIT;
  struct array a;
  /* dims 3 packed, int64, int64_data 1, -1, 300 packed, before the type */
  static const uint8_t longs[] = { 10,  1,   3,   58,  13,  1, 255, 255, 255, 255,
                                   255, 255, 255, 255, 255, 1, 172, 2,   16,  7 };
  ck_assert_good(pb_decode(longs, sizeof longs, &a, &fault), &fault);
  ck_assert_int_eq(a.type, ATR_I64);
  ck_assert_double_eq(array_value(&a, 1), -1);
  ck_assert_double_eq(array_value(&a, 2), 300);
  array_destroy(&a);
  /* float16 1 and -2 in int32_data, one by one */
  static const uint8_t halves[] = { 8, 2, 16, 10, 40, 128, 120, 40, 128, 128, 3 };
  ck_assert_good(pb_decode(halves, sizeof halves, &a, &fault), &fault);
  ck_assert_double_eq(array_value(&a, 0), 1);
  ck_assert_double_eq(array_value(&a, 1), -2);
  array_destroy(&a);
}
END_TEST

static bool read_text(const char *text, atr_type type, atr_shape want, struct array *a, struct fault *fault) {
  const struct source source = { text, 7, NULL, NULL };
  const atr_port port = { "x", type, want };
  *fault = (struct fault)FAULT_INIT;
  return source_read(&source, &port, &want, a, fault);
}

START_TEST(files_come_back_as_they_were_written) {
  static const char *const names[] = { "a.npy", "a.pb", "a.csv", "a.f32" };
  struct fault fault = FAULT_INIT;
  struct array a, b;
  struct pixels pixels;
  ck_assert_good(pixels_parse(&pixels, NULL, &fault), &fault);
  ck_assert_good(array_create(&a, ATR_F32, &any3, &fault), &fault);
  for (size_t i = 0; i < 6; i++) ((float *)a.data)[i] = (float)i / 7 - 0.3f;
  for (size_t i = 0; i < 4; i++) {
    ck_assert_good(sink_write(test_path(names[i]), "x", &a, &pixels, false, &fault), &fault);
    ck_assert_good(read_text(test_path(names[i]), ATR_F32, any3, &b, &fault), &fault);
    ck_assert_msg(!memcmp(a.data, b.data, a.bytes), "%s", names[i]);
    array_destroy(&b);
  }
  array_destroy(&a);
  ck_assert_good(array_create(&a, ATR_I64, &any3, &fault), &fault);
  for (size_t i = 0; i < 6; i++) ((int64_t *)a.data)[i] = INT64_MAX - (int64_t)i;
  for (size_t i = 0; i < 2; i++) {
    ck_assert_good(sink_write(test_path(names[i]), "x", &a, &pixels, false, &fault), &fault);
    ck_assert_good(read_text(test_path(names[i]), ATR_I64, any3, &b, &fault), &fault);
    ck_assert_msg(!memcmp(a.data, b.data, a.bytes), "%s", names[i]);
    array_destroy(&b);
  }
  array_destroy(&a);
}
END_TEST

START_TEST(lists_take_the_shape_of_their_input) {
  struct fault fault;
  struct array a;
  const atr_shape open = { 3, { -1, 2, -1 } }, two_free = { 3, { 2, -1, -1 } }, all = { 2, { -1, 3 } };
  ck_assert_good(read_text("1,2,3,4,5,6", ATR_F32, open, &a, &fault), &fault);
  ck_assert_int_eq(a.shape.dim[0], 1);
  ck_assert_int_eq(a.shape.dim[2], 3);
  array_destroy(&a);
  ck_assert_good(read_text("1,2,3,4,5,6", ATR_F32, all, &a, &fault), &fault);
  ck_assert_int_eq(a.shape.dim[0], 2);
  array_destroy(&a);
  ck_assert(!read_text("1,2,3,4,5", ATR_F32, open, &a, &fault));
  ck_assert_fault(&fault, "5 values");
  ck_assert(!read_text("1,2,3,4", ATR_F32, two_free, &a, &fault));
  ck_assert(!read_text("1.5", ATR_I64, (atr_shape){ 1, { 1 } }, &a, &fault));
  ck_assert_fault(&fault, "1.5 at [0] is no int64");
  ck_assert(!read_text("256", ATR_U8, (atr_shape){ 1, { 1 } }, &a, &fault));
  ck_assert(!read_text("zeros", ATR_F32, (atr_shape){ 2, { 1, -1 } }, &a, &fault));
  ck_assert_fault(&fault, "--shape x=");
  ck_assert(!read_text("nonsense", ATR_F32, all, &a, &fault));
  ck_assert_fault(&fault, "\"nonsense\" is no SRC");
}
END_TEST

START_TEST(arrays_fit_up_to_leading_ones) {
  struct fault fault = FAULT_INIT;
  struct array a;
  const atr_shape rows = { 2, { 2, 3 } }, batch = { 4, { -1, 1, 2, -1 } }, wrong = { 2, { 3, 2 } };
  ck_assert_good(array_create(&a, ATR_F32, &rows, &fault), &fault);
  ck_assert_good(array_fit(&a, "x", &batch, &fault), &fault);
  ck_assert_int_eq(a.shape.rank, 4);
  ck_assert_good(array_fit(&a, "x", &rows, &fault), &fault);
  ck_assert(!array_fit(&a, "x", &wrong, &fault));
  ck_assert_fault(&fault, "\"x\" is [3,2], and the values are [2,3]");
  array_destroy(&a);
}
END_TEST

/* Uniform in (-1, 1): mean 0, variance 1/3, each within five standard errors; the same for the same seed. */
START_TEST(random_values_are_uniform_and_repeat) {
  struct fault fault;
  struct array a, b;
  const atr_shape many = { 1, { 30000 } };
  double sum = 0, squares = 0;
  ck_assert_good(read_text("random", ATR_F32, many, &a, &fault), &fault);
  ck_assert_good(read_text("random", ATR_F32, many, &b, &fault), &fault);
  ck_assert_int_eq(memcmp(a.data, b.data, a.bytes), 0);
  for (size_t i = 0; i < a.count; i++) {
    sum += array_value(&a, i);
    squares += array_value(&a, i) * array_value(&a, i);
    ck_assert(fabs(array_value(&a, i)) <= 1);
  }
  ck_assert_double_eq_tol(sum / 30000, 0, 5 * 0.58 / 173);
  ck_assert_double_eq_tol(squares / 30000, 1 / 3.0, 5 * 0.3 / 173);
  array_destroy(&a);
  array_destroy(&b);
}
END_TEST

START_TEST(shapes_are_read_and_written) {
  atr_shape shape;
  char text[SHAPE_TEXT];
  ck_assert(shape_parse("1x3x256", &shape));
  ck_assert_str_eq(shape_text(&shape, text), "[1,3,256]");
  ck_assert(shape_parse("7", &shape));
  static const char *const wrong[] = { "", "x", "1x", "-1", "1x2x3x4x5x6x7x8x9", "a", "99999999999" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ck_assert_msg(!shape_parse(wrong[i], &shape), "%s", wrong[i]);
  ck_assert_str_eq(index_text(&any3, 5, text), "[0,1,2]");
}
END_TEST

int main(void) {
  const TTest *const tests[] = { npy_arrays_of_every_kind_are_read,    broken_npy_and_pb_files_are_refused,
                                 tensors_with_listed_values_are_read,  files_come_back_as_they_were_written,
                                 lists_take_the_shape_of_their_input,  arrays_fit_up_to_leading_ones,
                                 random_values_are_uniform_and_repeat, shapes_are_read_and_written };
  Suite *suite = suite_create("run");
  TCase *test = tcase_create("run");
  tcase_add_unchecked_fixture(test, test_setup, test_teardown);
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) tcase_add_test(test, tests[i]);
  suite_add_tcase(suite, test);
  return test_run(suite);
}
