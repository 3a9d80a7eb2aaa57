/* alloc_test.c: allocation: the hook for injected failures, counts, checked products, growth. */
#include "test.h"

#include <stdint.h>

#include "base/alloc.h"
#include "base/checked.h"

START_TEST(alloc_counts_what_lives) {
  const int64_t before = atr__alloc_live();
  void *a = atr__malloc(10), *b = atr__calloc(3, 4), *c = atr__calloc_aligned(100);
  char *d = atr__strdup("word");
  ck_assert_int_eq(atr__alloc_live(), before + 4);
  b = atr__realloc_array(b, 100, 4);
  ck_assert_int_eq(atr__alloc_live(), before + 4);
  atr__free(a);
  atr__free(b);
  atr__free_aligned(c);
  atr__free(d);
  atr__free(NULL);
  ck_assert_int_eq(atr__alloc_live(), before);
}
END_TEST

START_TEST(alloc_fails_once_after_the_countdown) {
  atr__alloc_fail(2, 0);
  void *a = atr__malloc(1), *b = atr__calloc(1, 1), *c = atr__malloc(1), *d = atr__malloc(1);
  atr__alloc_fail(-1, 0);
  ck_assert(a && b && !c && d);
  atr__free(a);
  atr__free(b);
  atr__free(d);
}
END_TEST

START_TEST(alloc_fails_for_ever_once_it_began) {
  atr__alloc_fail(1, 1);
  void *a = atr__malloc(1), *b = atr__malloc(1), *c = atr__calloc_aligned(1);
  char *d = atr__strdup("x");
  void *e = atr__realloc_array(a, 5, 5);
  atr__alloc_fail(-1, 0);
  ck_assert(a && !b && !c && !d && !e);
  atr__free(a); /* realloc that fails leaves the old block */
}
END_TEST

START_TEST(alloc_refuses_products_that_overflow) {
  ck_assert_ptr_null(atr__calloc(SIZE_MAX / 2, 3));
  ck_assert_ptr_null(atr__realloc_array(NULL, SIZE_MAX / 2, 3));
  ck_assert_ptr_null(atr__calloc_aligned(SIZE_MAX - 3));
}
END_TEST

START_TEST(alloc_of_nothing_can_be_freed) {
  void *a = atr__malloc(0), *b = atr__calloc(0, 8), *c = atr__calloc_aligned(0), *d = atr__memdup("", 0);
  ck_assert(a && b && c && d);
  atr__free(a);
  atr__free(b);
  atr__free_aligned(c);
  atr__free(d);
}
END_TEST

START_TEST(aligned_memory_is_aligned_and_zero) {
  for (size_t n = 1; n < 300; n += 37) {
    unsigned char *a = atr__calloc_aligned(n);
    ck_assert_ptr_nonnull(a);
    ck_assert_uint_eq((uintptr_t)a % 64, 0);
    for (size_t i = 0; i < n; i++) ck_assert_uint_eq(a[i], 0);
    memset(a, 255, n);
    atr__free_aligned(a);
  }
}
END_TEST

START_TEST(grown_arrays_keep_their_elements_and_zero_the_rest) {
  int *list = NULL;
  size_t room = 0;
  for (int i = 0; i < 1000; i++) {
    ck_assert_int_eq(atr__grow(&list, &room, (size_t)i + 1, sizeof *list), 0);
    ck_assert_int_eq(list[i], 0);
    list[i] = i;
  }
  for (int i = 0; i < 1000; i++) ck_assert_int_eq(list[i], i);
  const size_t had = room;
  atr__alloc_fail(0, 0);
  const int failed = atr__grow(&list, &room, room + 1, sizeof *list);
  atr__alloc_fail(-1, 0);
  ck_assert_int_ne(failed, 0);
  ck_assert_uint_eq(room, had);
  ck_assert_int_eq(list[999], 999);
  ck_assert_int_ne(atr__grow(&list, &room, SIZE_MAX, sizeof *list), 0);
  atr__free(list);
}
END_TEST

START_TEST(checked_arithmetic_tells_what_does_not_fit) {
  size_t s;
  int64_t i;
  ck_assert(atr__add_size(SIZE_MAX, 1, &s) && !atr__add_size(SIZE_MAX - 1, 1, &s) && s == SIZE_MAX);
  ck_assert(atr__mul_size(SIZE_MAX / 2, 3, &s) && !atr__mul_size(SIZE_MAX / 2, 2, &s));
  ck_assert(atr__add_i64(INT64_MAX, 1, &i) && atr__sub_i64(INT64_MIN, 1, &i) &&
            atr__mul_i64(INT64_MIN, -1, &i));
  ck_assert(!atr__mul_i64(-3, 7, &i) && i == -21);
}
END_TEST

START_TEST(division_rounds_down_and_up_for_both_signs) {
  ck_assert_int_eq(atr__floor_div(7, 2), 3);
  ck_assert_int_eq(atr__floor_div(-7, 2), -4);
  ck_assert_int_eq(atr__floor_div(-8, 2), -4);
  ck_assert_int_eq(atr__ceil_div(7, 2), 4);
  ck_assert_int_eq(atr__ceil_div(-7, 2), -3);
  ck_assert_int_eq(atr__ceil_div(8, 2), 4);
  ck_assert_int_eq(atr__floor_div(INT64_MIN, 1), INT64_MIN);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { alloc_counts_what_lives,
                                 alloc_fails_once_after_the_countdown,
                                 alloc_fails_for_ever_once_it_began,
                                 alloc_refuses_products_that_overflow,
                                 alloc_of_nothing_can_be_freed,
                                 aligned_memory_is_aligned_and_zero,
                                 grown_arrays_keep_their_elements_and_zero_the_rest,
                                 checked_arithmetic_tells_what_does_not_fit,
                                 division_rounds_down_and_up_for_both_signs };
  return test_run(test_suite("alloc", tests, sizeof tests / sizeof *tests, 20));
}
