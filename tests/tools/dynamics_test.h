/* dynamics_test.h: systems for the tests of tools/dynamics: from configurations written here, in a job
 * without a command line. */
#ifndef DYNAMICS_TEST_H
#define DYNAMICS_TEST_H

#include <math.h>

#include <jansson.h>

#include "dynamics/dynamics.h"
#include "dynamics/load.h"
#include "tools_test.h"

static struct fault fault;

/* A job around a system; its device is the host. */
struct test_job {
  struct common_options common;
  struct settings settings;
  struct report report;
  struct job job;
};

static inline struct system test_system(const char *config) {
  struct system system;
  json_t *json = json_loads(config, 0, NULL);
  ck_assert_ptr_nonnull(json);
  ck_assert_good(config_system(json, NULL, 7, &system, &fault), &fault);
  json_decref(json);
  return system;
}

static inline void test_job_begin(struct test_job *t, struct system system) {
  memset(t, 0, sizeof *t);
  t->common.device = "host";
  t->common.math = MATH_EXACT;
  t->common.quiet = true;
  t->settings.method = METHODS;
  t->job =
      (struct job){ .report = &t->report, .common = &t->common, .settings = &t->settings, .system = system };
  ck_assert_good(report_begin(&t->report, "test", NULL, &t->common, &fault), &fault);
}

static inline void test_job_end(struct test_job *t) {
  system_destroy(&t->job.system);
  atr_context_destroy(t->job.context);
  ck_assert_int_eq(report_finish(&t->report, NULL), 0);
}

/* One of every kind and variant, with numbers that leave no term out. */
#define NET(n)                                                                                               \
  "\"neurons\": " n ", \"inputs\": 2, \"w_rec\": {\"draw\": \"normal\"}, \"w_in\": {\"draw\": \"normal\"}, " \
                    "\"b\": {\"draw\": \"normal\"}, \"initial\": {\"draw\": \"uniform\"}"
#define FLOW(method)                                                                                         \
  "{\"kind\": \"continuous\", " NET("5") ", \"tau\": [0.5, 1, 2, 0.7, 1.3], \"leak\": 0.8, \"dt\": 0.2, "    \
                                         "\"substeps\": 3, \"method\": \"" method "\"}"
static const char *const test_configs[] = {
  "{\"kind\": \"rnn\", " NET("1") ", \"b_rec\": 0.1}",
  "{\"kind\": \"rnn\", " NET("7") ", \"b_rec\": {\"draw\": \"normal\"}, \"activation\": \"ScaledTanh\"}",
  "{\"kind\": \"rnn\", " NET("3") ", \"activation\": \"Identity\", \"clip\": 0.5}",
  "{\"kind\": \"lstm\", " NET(
      "5") ", \"b_rec\": {\"draw\": \"normal\"}, \"peephole\": {\"draw\": \"normal\"}}",
  "{\"kind\": \"lstm\", " NET("3") ", \"input_forget\": true, \"clip\": 0.9, \"activation\": "
                                   "[\"HardSigmoid\", \"Softsign\", \"Elu\"]}",
  "{\"kind\": \"gru\", " NET("5") ", \"b_rec\": {\"draw\": \"normal\"}}",
  "{\"kind\": \"gru\", " NET("5") ", \"b_rec\": {\"draw\": \"normal\"}, \"linear_before_reset\": true}",
  FLOW("euler"),
  FLOW("heun"),
  FLOW("rk4"),
  FLOW("expeuler"),
  FLOW("dopri5"),
  "{\"kind\": \"lorenz\", \"initial\": [1, 2, 20], \"method\": \"euler\"}",
  "{\"kind\": \"lorenz\", \"initial\": [1, 2, 20]}",
  "{\"kind\": \"lorenz\", \"initial\": [1, 2, 20], \"method\": \"dopri5\", \"tolerance\": 1e-9}",
  "{\"kind\": \"logistic\", \"r\": 3.7}",
};
enum { TEST_CONFIGS = sizeof test_configs / sizeof *test_configs };

#endif
