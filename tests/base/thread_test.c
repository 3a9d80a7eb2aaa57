/* thread_test.c: the pool covers every index once, for any size, grain and number of threads, and threads of
 * its users wait for each other. */
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/thread.h"

static void count_up(void *user, int64_t begin, int64_t end) {
  atomic_int *seen = user;
  ck_assert(begin < end);
  for (int64_t i = begin; i < end; i++) atomic_fetch_add(&seen[i], 1);
}

static void cover(atr__pool *pool, int64_t count, int64_t grain) {
  atomic_int seen[1001] = { 0 };
  atr__pool_for(pool, count, grain, count_up, seen);
  for (int64_t i = 0; i < 1001; i++) ck_assert_int_eq(atomic_load(&seen[i]), i < count);
}

START_TEST(a_pool_takes_every_index_once) {
  atr_error error = ATR_ERROR_INIT;
  static const int64_t count[] = { 0, 1, 2, 3, 7, 64, 999, 1000 }, grain[] = { 0, 1, 2, 63, 5000 };
  for (int threads = 1; threads <= 8; threads += threads == 1 ? 1 : 3) {
    atr__pool *pool;
    must(atr__pool_create(threads, &error, &pool));
    ck_assert_int_ge(atr__pool_threads(pool), 1);
    ck_assert_int_le(atr__pool_threads(pool), threads);
    for (size_t c = 0; c < sizeof count / sizeof *count; c++)
      for (size_t g = 0; g < sizeof grain / sizeof *grain; g++) cover(pool, count[c], grain[g]);
    atr__pool_destroy(pool);
  }
  cover(NULL, 1000, 1);
}
END_TEST

static void *use(void *user) {
  for (int i = 0; i < 50; i++) cover(user, 1000, 1);
  return NULL;
}

START_TEST(a_pool_serves_several_callers_one_after_another) {
  atr_error error = ATR_ERROR_INIT;
  atr__pool *pool;
  pthread_t caller[3];
  must(atr__pool_create(4, &error, &pool));
  for (int i = 0; i < 3; i++) ck_assert_int_eq(pthread_create(&caller[i], NULL, use, pool), 0);
  for (int i = 0; i < 3; i++) pthread_join(caller[i], NULL);
  atr__pool_destroy(pool);
}
END_TEST

static volatile int stop;
static atomic_int ranges;
static void count_ranges(void *user, int64_t begin, int64_t end) {
  (void)user;
  ck_assert(begin < end);
  if (atomic_fetch_add(&ranges, 1) == 2) stop = 1;
}

START_TEST(a_watched_loop_ends_soon_after_it_is_stopped) {
  atr_error error = ATR_ERROR_INIT;
  for (int threads = 1; threads <= 3; threads++) {
    atr__pool *pool;
    must(atr__pool_create(threads, &error, &pool));
    stop = 0;
    ranges = 0;
    atr__pool_watch(&stop);
    atr__pool_for(pool, 1000, 1, count_ranges, NULL);
    ck_assert_int_ge(ranges, 3);
    ck_assert_int_le(ranges, 2 + threads); /* what other threads had begun */
    atr__pool_for(pool, 1000, 1, count_ranges, NULL);
    ck_assert_int_le(ranges, 2 + threads);
    atr__pool_watch(NULL);
    cover(pool, 1000, 1);
    atr__pool_destroy(pool);
  }
}
END_TEST

START_TEST(a_pool_works_in_a_forked_child) {
  atr_error error = ATR_ERROR_INIT;
  atr__pool *pool;
  must(atr__pool_create(4, &error, &pool));
  cover(pool, 1000, 1);
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    cover(pool, 1000, 1);
    atr__pool_destroy(pool);
    _exit(0);
  }
  int status = -1;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  atr__pool_destroy(pool);
}
END_TEST

START_TEST(a_pool_that_cannot_be_made_leaves_nothing) {
  atr_error error = ATR_ERROR_INIT;
  const int64_t before = atr__alloc_live();
  for (int at = 0; at < 2; at++) {
    atr__pool *pool;
    atr__alloc_fail(at, 0);
    const atr_status status = atr__pool_create(2, &error, &pool);
    atr__alloc_fail(-1, 0);
    ck_assert_int_eq(status, ATR_E_NOMEM);
    ck_assert_ptr_null(pool);
  }
  atr__alloc_fail(0, 0);
  ck_assert_ptr_null(atr__mutex_create());
  atr__alloc_fail(-1, 0);
  ck_assert_int_eq(atr__alloc_live(), before);
}
END_TEST

START_TEST(the_clock_does_not_go_back) {
  double last = atr__seconds();
  for (int i = 0; i < 1000; i++) {
    const double now = atr__seconds();
    ck_assert(now >= last);
    last = now;
  }
  ck_assert_int_ge(atr__processors(), 1);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { a_pool_takes_every_index_once,
                                 a_pool_serves_several_callers_one_after_another,
                                 a_watched_loop_ends_soon_after_it_is_stopped,
                                 a_pool_works_in_a_forked_child,
                                 a_pool_that_cannot_be_made_leaves_nothing,
                                 the_clock_does_not_go_back };
  return test_run(test_suite("thread", tests, sizeof tests / sizeof *tests, 30));
}
