/* text_test.c: growing strings and the way error sentences are written. */
#include "test.h"

#include "base/alloc.h"
#include "base/text.h"

START_TEST(text_joins_pieces_of_any_length) {
  atr__text text = ATR__TEXT_INIT;
  char expected[20000] = "";
  for (int i = 0; i < 2000; i++) {
    atr__text_add(&text, "%d,", i);
    sprintf(expected + strlen(expected), "%d,", i);
  }
  ck_assert_int_eq(text.failed, 0);
  ck_assert_str_eq(text.data, expected);
  ck_assert_uint_eq(text.length, strlen(expected));
  atr__text_free(&text);
  ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(text_takes_a_piece_longer_than_its_first_buffer) {
  atr__text text = ATR__TEXT_INIT;
  char piece[2000];
  memset(piece, 'x', sizeof piece - 1);
  piece[sizeof piece - 1] = 0;
  for (int length = 505; length < 520; length++) atr__text_add(&text, "%.*s|", length, piece);
  size_t at = 0;
  for (size_t length = 505; length < 520; length++) {
    ck_assert_uint_eq(strcspn(text.data + at, "|"), length);
    at += length + 1;
  }
  atr__text_free(&text);
}
END_TEST

START_TEST(text_escapes_json) {
  atr__text text = ATR__TEXT_INIT;
  atr__text_add_json(&text, "a\"b\\c\n\x01 \xc3\xa4");
  ck_assert_str_eq(text.data, "\"a\\\"b\\\\c\\u000a\\u0001 \xc3\xa4\"");
  atr__text_free(&text);
}
END_TEST

START_TEST(text_that_ran_out_of_memory_stays_failed) {
  for (int at = 0; at < 4; at++) {
    atr__text text = ATR__TEXT_INIT;
    const int64_t before = atr__alloc_live();
    atr__alloc_fail(at, 0);
    for (int i = 0; i < 5; i++) atr__text_add(&text, "%0600d", i);
    atr__alloc_fail(-1, 0);
    ck_assert_int_eq(text.failed, 1);
    atr__text_add(&text, "more");
    ck_assert_int_eq(text.failed, 1);
    atr__text_free(&text);
    ck_assert_int_eq(atr__alloc_live(), before);
  }
}
END_TEST

START_TEST(error_sentences_are_written_and_led_in) {
  atr_error error = ATR_ERROR_INIT;
  ck_assert_int_eq(atr__fail(&error, ATR_E_SHAPE, "%d is not %d", 3, 4), ATR_E_SHAPE);
  ck_assert_str_eq(error.text, "3 is not 4");
  ck_assert_int_eq(atr__fail_in(&error, ATR_E_SHAPE, "node \"%s\"", "c1"), ATR_E_SHAPE);
  ck_assert_str_eq(error.text, "node \"c1\": 3 is not 4");
  ck_assert_int_eq(error.status, ATR_E_SHAPE);
  ck_assert_int_eq(atr__nomem(&error, 123), ATR_E_NOMEM);
  ck_assert_ptr_nonnull(strstr(error.text, "123"));
  ck_assert_int_eq(atr__fail(NULL, ATR_E_IO, "nobody listens"), ATR_E_IO);
  ck_assert_int_eq(atr__fail_in(NULL, ATR_E_IO, "nobody listens"), ATR_E_IO);
}
END_TEST

START_TEST(error_sentences_are_never_empty_and_never_too_long) {
  atr_error error = ATR_ERROR_INIT;
  char large[3000];
  memset(large, 'y', sizeof large - 1);
  large[sizeof large - 1] = 0;
  ck_assert_int_eq(atr__fail(&error, ATR_E_IO, "%s", ""), ATR_E_IO);
  ck_assert_uint_gt(strlen(error.text), 0);
  ck_assert_int_eq(atr__fail(&error, ATR_E_IO, "%s", large), ATR_E_IO);
  ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
  ck_assert_int_eq(atr__fail_in(&error, ATR_E_IO, "%s", large), ATR_E_IO);
  ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
}
END_TEST

START_TEST(every_status_has_a_name_and_words) {
  ck_assert_str_eq(atr_status_name(ATR_OK), "ATR_OK");
  ck_assert_str_eq(atr_status_name(ATR_E_SHAPE), "ATR_E_SHAPE");
  ck_assert_int_eq(ATR_OK, 0);
  for (int i = 0; i <= ATR_E_NONFINITE; i++) {
    ck_assert_str_ne(atr_status_name((atr_status)i), "ATR_?");
    ck_assert_uint_gt(strlen(atr_status_text((atr_status)i)), 3);
  }
  ck_assert_str_eq(atr_status_name((atr_status)999), "ATR_?");
  ck_assert_str_eq(atr_status_text((atr_status)999), "unknown status");
}
END_TEST

int main(void) {
  const TTest *const tests[] = { text_joins_pieces_of_any_length,
                                 text_takes_a_piece_longer_than_its_first_buffer,
                                 text_escapes_json,
                                 text_that_ran_out_of_memory_stays_failed,
                                 error_sentences_are_written_and_led_in,
                                 error_sentences_are_never_empty_and_never_too_long,
                                 every_status_has_a_name_and_words };
  return test_run(test_suite("text", tests, sizeof tests / sizeof *tests, 20));
}
