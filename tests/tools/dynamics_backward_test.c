/* dynamics_backward_test.c: what `gradient` multiplies together is what the library's backpropagation through
 * time computes: the gradient of Σ h(T) in the state at step t, by the recurrent operators and by the
 * system's Jacobians, for every t. */
#include <math.h>

#include <atrous/build.h>
#include <atrous/context.h>
#include <atrous/plan.h>

#include "dynamics/draw.h"
#include "dynamics/system.h"
#include "tools_test.h"

enum { CELLS = 5, INPUTS = 2, STEPS = 9 };

static struct fault fault;
static atr_error error = ATR_ERROR_INIT;

static atr_value weight(atr_model *model, const char *name, const double *from, int rank, int64_t a,
                        int64_t b, int64_t c) {
  const atr_shape shape = { rank, { a, b, c } };
  float data[4 * CELLS * CELLS];
  const size_t n = (size_t)(a * b * (rank > 2 ? c : 1));
  for (size_t i = 0; i < n; i++) data[i] = (float)from[i];
  return atr_model_add_tensor(model, name, ATR_F32, &shape, data, 0);
}

/* `steps` of the system's cell from states that are inputs; of the outputs the last h is summed. */
static atr_model *cell_model(const struct system *s, int64_t steps) {
  static const char *const ops[] = { "RNN", "LSTM", "GRU" };
  const int64_t rows = (int64_t)s->gates * CELLS;
  const atr_shape shape = { 3, { steps, 1, INPUTS } }, state = { 3, { 1, 1, CELLS } };
  const bool lstm = s->kind == SYSTEM_LSTM;
  double both[8 * CELLS];
  atr_model *model = NULL;
  ck_assert(!atr_model_create(1, &error, &model));
  memcpy(both, s->b, (size_t)rows * sizeof *both);
  memcpy(both + rows, s->b_rec, (size_t)rows * sizeof *both);
  const atr_value u = atr_model_add_input(model, "u", ATR_F32, &shape),
                  h = atr_model_add_input(model, "h0", ATR_F32, &state),
                  c = lstm ? atr_model_add_input(model, "c0", ATR_F32, &state) : (atr_value){ 0 };
  const atr_value in[] = { u,
                           weight(model, "W", s->w_in, 3, 1, rows, INPUTS),
                           weight(model, "R", s->w_rec, 3, 1, rows, CELLS),
                           weight(model, "B", both, 2, 1, 2 * rows, 0),
                           { 0 },
                           h,
                           c,
                           lstm ? weight(model, "P", s->peephole, 2, 1, 3 * CELLS, 0) : (atr_value){ 0 } };
  const atr_attribute hidden = { .name = "hidden_size", .kind = ATR_ATTRIBUTE_INT, .i = CELLS };
  atr_value out[3];
  atr_model_add(model, NULL, ops[s->kind], "cell", in, lstm ? 8 : 6, &hidden, 1, out, lstm ? 3 : 2);
  atr_model_add_output(model, "last", out[1]);
  ck_assert_msg(!atr_model_check(model, &error), "%s", error.text);
  return model;
}

/* d Σ h(T) / d state by the library, from the state x on. */
static void by_library(const struct system *s, const double *u, const double *x, int64_t steps, float *to) {
  const atr_shape shapes[] = { { 3, { steps, 1, INPUTS } }, { 3, { 1, 1, CELLS } }, { 3, { 1, 1, CELLS } } };
  const size_t inputs = s->kind == SYSTEM_LSTM ? 3 : 2;
  atr_model *model = cell_model(s, steps), *gradient = NULL;
  atr_context *context = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  float drive[STEPS * INPUTS], state[2 * CELLS];
  for (int64_t i = 0; i < steps * INPUTS; i++) drive[i] = (float)u[i % INPUTS];
  for (size_t i = 0; i < s->states; i++) state[i] = (float)x[i];
  ck_assert_msg(!atr_model_gradient(model, shapes, inputs, NULL, &error, &gradient), "%s", error.text);
  ck_assert_msg(!atr_context_open("host", NULL, &error, &context) &&
                    !atr_plan_create(gradient, context, shapes, inputs, NULL, &error, &plan) &&
                    !atr_run_create(plan, &error, &run),
                "%s", error.text);
  ck_assert(!atr_run_write(run, "u", drive, (size_t)steps * INPUTS * sizeof *drive) &&
            !atr_run_write(run, "h0", state, CELLS * sizeof *state));
  if (inputs == 3) ck_assert(!atr_run_write(run, "c0", state + CELLS, CELLS * sizeof *state));
  ck_assert_msg(!atr_run_execute(run) && !atr_run_read(run, "h0.grad", to, CELLS * sizeof *to), "%s",
                atr_run_error(run));
  if (inputs == 3) ck_assert(!atr_run_read(run, "c0.grad", to + CELLS, CELLS * sizeof *to));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr_model_destroy(gradient);
  atr_model_destroy(model);
}

START_TEST(jacobians_are_backpropagation_through_time) {
  static const enum system_kind kinds[] = { SYSTEM_RNN, SYSTEM_LSTM, SYSTEM_GRU };
  const enum system_kind kind = kinds[_i];
  struct system s;
  double u[INPUTS] = { 0.4, -0.7 }, x[STEPS + 1][2 * CELLS], carried[2 * CELLS] = { 0 };
  static double jacobian[4 * CELLS * CELLS];
  ck_assert_good(system_create(&s, kind, CELLS, INPUTS, 0, &fault), &fault);
  for (size_t i = 0; i < s.gates * CELLS * CELLS; i++) s.w_rec[i] = 0.7 * draw_normal(1, i);
  for (size_t i = 0; i < s.gates * CELLS * INPUTS; i++) s.w_in[i] = draw_normal(2, i);
  for (size_t i = 0; i < s.gates * CELLS; i++)
    s.b[i] = 0.3 * draw_normal(3, i), s.b_rec[i] = 0.3 * draw_normal(4, i);
  for (size_t i = 0; i < 3 * CELLS && s.peephole; i++) s.peephole[i] = 0.4 * draw_normal(5, i);
  for (size_t i = 0; i < s.states; i++) x[0][i] = 0.5 * draw_normal(6, i);
  for (int t = 0; t < STEPS; t++) system_step(&s, u, x[t], x[t + 1]);
  for (size_t i = 0; i < CELLS; i++) carried[i] = 1;
  for (int t = STEPS - 1; t >= 0; t--) {
    float library[2 * CELLS];
    double back[2 * CELLS] = { 0 };
    system_jacobian(&s, u, x[t], jacobian);
    for (size_t i = 0; i < s.states; i++)
      for (size_t k = 0; k < s.states; k++) back[k] += carried[i] * jacobian[i * s.states + k];
    memcpy(carried, back, sizeof carried);
    by_library(&s, u, x[t], STEPS - t, library);
    for (size_t i = 0; i < s.states; i++) ck_assert_double_eq_tol((double)library[i], carried[i], 2e-5);
  }
  system_destroy(&s);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("backpropagation and Jacobians");
  TCase *tc = tcase_create("all");
  tcase_add_loop_test(tc, jacobians_are_backpropagation_through_time, 0, 3);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
