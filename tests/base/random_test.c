/* random_test.c: Philox against the known answers that its authors publish (Random123, kat_vectors,
 * philox4x32 with 10 rounds), and what is drawn from it. */
#include "test.h"

#include <math.h>

#include "base/random.h"

START_TEST(philox_gives_the_published_answers) {
  static const struct {
    uint64_t key;
    uint32_t counter[4], out[4];
  } known[] = {
    { 0, { 0, 0, 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { UINT64_MAX,
      { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { 0x299f31d0a4093822u,
      { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    uint32_t out[4];
    atr__philox(known[i].key, known[i].counter, out);
    for (int k = 0; k < 4; k++)
      ck_assert_msg(out[k] == known[i].out[k], "vector %zu word %d: %08x, not %08x", i, k, out[k],
                    known[i].out[k]);
  }
}
END_TEST

START_TEST(a_stream_walks_its_blocks_in_order) {
  atr__random random;
  atr__random_seed(&random, 42, 7);
  for (uint32_t block = 0; block < 5; block++) {
    const uint32_t counter[4] = { block, 0, 7, 0 };
    uint32_t out[4];
    atr__philox(42, counter, out);
    for (int k = 0; k < 4; k++) ck_assert_uint_eq(atr__random_u32(&random), out[k]);
  }
}
END_TEST

START_TEST(streams_and_seeds_differ) {
  atr__random a, b, c;
  atr__random_seed(&a, 1, 0);
  atr__random_seed(&b, 1, 1);
  atr__random_seed(&c, 2, 0);
  int same = 0;
  for (int i = 0; i < 1000; i++) {
    const uint32_t x = atr__random_u32(&a), y = atr__random_u32(&b), z = atr__random_u32(&c);
    same += (x == y) + (x == z) + (y == z);
  }
  ck_assert_int_eq(same, 0);
}
END_TEST

/* The mean of n draws of standard deviation s is within 5 s/sqrt(n) but once in two million. */
START_TEST(uniform_and_normal_numbers_have_their_moments) {
  enum { N = 100000 };
  atr__random random;
  atr__random_seed(&random, 3, 0);
  double sum = 0, square = 0;
  for (int i = 0; i < N; i++) {
    const double u = atr__random_uniform(&random);
    ck_assert(u >= 0 && u < 1);
    sum += u;
    square += (u - 0.5) * (u - 0.5);
  }
  ck_assert(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
  ck_assert(fabs(square / N - 1.0 / 12) < 5 * sqrt(1.0 / 180 / N));
  sum = square = 0;
  double fourth = 0;
  for (int i = 0; i < N; i++) {
    const double x = atr__random_normal(&random);
    ck_assert(isfinite(x));
    sum += x;
    square += x * x;
    fourth += x * x * x * x;
  }
  ck_assert(fabs(sum / N) < 5 * sqrt(1.0 / N));
  ck_assert(fabs(square / N - 1) < 5 * sqrt(2.0 / N));
  ck_assert(fabs(fourth / N - 3) < 5 * sqrt(96.0 / N));
}
END_TEST

START_TEST(bounded_numbers_are_even) {
  atr__random random;
  atr__random_seed(&random, 4, 0);
  int count[7] = { 0 };
  for (int i = 0; i < 70000; i++) {
    const uint32_t value = atr__random_below(&random, 7);
    ck_assert_uint_lt(value, 7);
    count[value]++;
  }
  for (int i = 0; i < 7; i++) ck_assert_int_lt(abs(count[i] - 10000), 500);
  for (int i = 0; i < 100; i++) ck_assert_uint_eq(atr__random_below(&random, 1), 0);
  for (int i = 0; i < 100; i++) ck_assert_uint_lt(atr__random_below(&random, UINT32_MAX), UINT32_MAX);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { philox_gives_the_published_answers, a_stream_walks_its_blocks_in_order,
                                 streams_and_seeds_differ, uniform_and_normal_numbers_have_their_moments,
                                 bounded_numbers_are_even };
  return test_run(test_suite("random", tests, sizeof tests / sizeof *tests, 20));
}
