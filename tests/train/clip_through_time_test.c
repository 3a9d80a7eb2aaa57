/* clip_through_time_test.c: gradients that are bounded on their way from step to step: numbers worked by
 * hand, and every recurrent layer against the same steps taken apart, one model of a single step asked for
 * its gradient again and again, with the bound put between by the test. */
#include "train_test.h"

enum { T = 5, N = 2, I = 3, HID = 4, ROOM = 512 };
static const float BOUND = 0.3f;

/* h' = x + 2h of one number, begun with 0: three steps. */
static atr_model *doubling(const char *direction, int layout) {
  static const float one = 1, two = 2;
  static const char *const affine = "Affine";
  atr_model *m = new_model(1);
  const atr_shape x = { 3, { layout ? 1 : 3, layout ? 3 : 1, 1 } }, state = { 3, { 1, 1, 1 } },
                  matrix = { 3, { 1, 1, 1 } };
  const atr_value none = { 0 };
  const atr_value in[6] = { atr_model_add_input(m, "x", ATR_F32, &x),
                            atr_model_add_tensor(m, "w", ATR_F32, &matrix, &one, 1),
                            atr_model_add_tensor(m, "r", ATR_F32, &matrix, &two, 1),
                            none,
                            none,
                            atr_model_add_input(m, "before", ATR_F32, &state) };
  const atr_attribute attributes[3] = {
    { .name = "activations", .kind = ATR_ATTRIBUTE_STRINGS, .strings = &affine, .n = 1 },
    { .name = "direction", .kind = ATR_ATTRIBUTE_STRING, .s = direction },
    { .name = "layout", .kind = ATR_ATTRIBUTE_INT, .i = layout },
  };
  atr_value out[2];
  atr_model_add(m, NULL, "RNN", NULL, in, 6, attributes, 3, out, 2);
  atr_model_add_output(m, "y", out[0]);
  ck_assert_int_eq(atr_model_check(m, NULL), ATR_OK);
  return m;
}

/* The model with its gradients, run with these inputs (NULL ends the list); outputs into `want`'s places. */
typedef struct tensor {
  const char *name;
  size_t count;
  float *data;
} tensor;

static void run_gradient(const atr_model *m, atr_context *context, const atr_shape *shapes, size_t n_shapes,
                         float bound, const char *loss, const tensor *in, const tensor *out) {
  atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  atr_model *g;
  atr_plan *plan;
  atr_run *run;
  options.output = loss;
  options.clip_through_time = bound;
  if (atr_model_gradient(m, shapes, n_shapes, &options, &error, &g) ||
      atr_plan_create(g, context, shapes, n_shapes, NULL, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    ck_abort_msg("%s", error.text);
  for (; in->name; in++)
    ck_assert_msg(!atr_run_write(run, in->name, in->data, in->count * sizeof(float)), "%s: %s", in->name,
                  atr_run_error(run));
  ck_assert_msg(!atr_run_execute(run), "%s", atr_run_error(run));
  for (; out->name; out++)
    ck_assert_msg(!atr_run_read(run, out->name, out->data, out->count * sizeof(float)), "%s: %s", out->name,
                  atr_run_error(run));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(g);
}

/* x = 1, 1, 1: h = 1, 3, 7, L = Σh. dh₃ = 1, what comes back is 2 and so 1.5; dh₂ = 2.5, comes back 5: 1.5;
 * dh₁ = 2.5, and 1.5 for the state before. Without a bound 1, 3, 7 and 14. */
START_TEST(a_bound_on_three_steps_is_as_worked_by_hand) {
  static const char *const directions[] = { "forward", "reverse" };
  for (int k = 0; k < 8; k++) {
    const int back = k & 1, layout = k >> 1 & 1;
    const float bound = k < 4 ? 1.5f : 0;
    float x[3] = { 1, 1, 1 }, before[1] = { 0 }, dx[3], dbefore[1], dr[1], loss[1];
    const tensor in[] = { { "x", 3, x }, { "before", 1, before }, { NULL, 0, NULL } };
    const tensor out[] = { { "x.grad", 3, dx },
                           { "before.grad", 1, dbefore },
                           { "r.grad", 1, dr },
                           { "atrous.loss", 1, loss },
                           { NULL, 0, NULL } };
    const atr_shape shapes[2] = { { 3, { layout ? 1 : 3, layout ? 3 : 1, 1 } }, { 3, { 1, 1, 1 } } };
    FOR_EACH_BACKEND(context) {
      atr_model *m = doubling(directions[back], layout);
      run_gradient(m, context, shapes, 2, bound, "y", in, out);
      ck_assert_float_eq(loss[0], 11);
      ck_assert_float_eq(dx[back ? 0 : 2], 1);
      ck_assert_float_eq(dx[1], k < 4 ? 2.5f : 3);
      ck_assert_float_eq(dx[back ? 2 : 0], k < 4 ? 2.5f : 7);
      ck_assert_float_eq(dbefore[0], k < 4 ? 1.5f : 14);
      ck_assert_float_eq(dr[0], k < 4 ? 2.5f * 1 + 1 * 3 : 3 * 1 + 1 * 3);
      atr_model_destroy(m);
    }
  }
}
END_TEST

/* One recurrent layer over `steps` steps: inputs x, h0 (and c0), outputs' share in the loss dy, dh (and dc).
 */
typedef struct layer {
  const char *op, *cell;
  int64_t gates;
  int linear;
} layer;

static const layer layers[] = {
  { "RNN", NULL, 1, 0 },           { "LSTM", NULL, 4, 0 },           { "GRU", NULL, 3, 0 },
  { "GRU", NULL, 3, 1 },           { "RecurrentCell", "RNN", 1, 0 }, { "RecurrentCell", "LSTM", 4, 0 },
  { "RecurrentCell", "GRU", 3, 0 }
};
enum { LAYERS = sizeof layers / sizeof *layers };

static atr_shape shape3(int64_t a, int64_t b, int64_t c) {
  return (atr_shape){ 3, { a, b, c } };
}

static atr_value weight(atr_model *m, const char *name, atr_shape shape, uint32_t seed) {
  float data[ROOM];
  size_t count = 1;
  for (int d = 0; d < shape.rank; d++) count *= (size_t)shape.dim[d];
  ck_assert_uint_le(count, ROOM);
  fill(data, count, seed);
  return atr_model_add_tensor(m, name, ATR_F32, &shape, data, 1);
}

static atr_value share(atr_model *m, atr_value sum, atr_value value, const char *name, atr_shape shape) {
  static const atr_attribute keep = { .name = "keepdims", .kind = ATR_ATTRIBUTE_INT };
  const atr_value product = atr_model_mul(m, value, atr_model_add_input(m, name, ATR_F32, &shape));
  const atr_value one = atr_model_add(m, NULL, "ReduceSum", NULL, &product, 1, &keep, 1, NULL, 1);
  return sum.id ? atr_model_add2(m, sum, one) : one;
}

enum { X, H0, C0, DY, DH, DC, INPUTS };
static const char *const input_names[INPUTS] = { "x", "h0", "c0", "dy", "dh", "dc" };

static int has_cell(const layer *l) {
  return l->gates == 4;
}
static int is_cell(const layer *l) {
  return l->cell != NULL;
}
static int there(const layer *l, int input) {
  return has_cell(l) || (input != C0 && input != DC);
}

/* Widths of x: of RecurrentCell all gates' sums. */
static int64_t features(const layer *l) {
  return is_cell(l) ? l->gates * HID : I;
}

static size_t input_shapes(const layer *l, int64_t steps, atr_shape *shapes) {
  const atr_shape x = is_cell(l) ? (atr_shape){ 4, { 1, steps, N, features(l) } } : shape3(steps, N, I);
  const atr_shape y = { 4, { is_cell(l) ? 1 : steps, is_cell(l) ? steps : 1, N, HID } },
                  state = shape3(1, N, HID);
  const atr_shape all[INPUTS] = { x, state, state, y, state, state };
  size_t n = 0;
  for (int i = 0; i < INPUTS; i++)
    if (there(l, i)) shapes[n++] = all[i];
  return n;
}

static atr_model *build(const layer *l, int64_t steps) {
  atr_model *m = new_model(1);
  atr_shape shapes[INPUTS];
  input_shapes(l, steps, shapes);
  const int64_t width = l->gates * HID;
  const atr_shape state = shape3(1, N, HID), line = { 2, { 1, width } };
  atr_value in[9] = { { 0 } }, out[3] = { { 0 } };
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shapes[0]);
  const atr_value h = atr_model_add_input(m, "h0", ATR_F32, &state);
  const atr_value c = has_cell(l) ? atr_model_add_input(m, "c0", ATR_F32, &state) : (atr_value){ 0 };
  const atr_value r = weight(m, "r", shape3(1, width, HID), 2);
  atr_attribute attribute = { .name = "linear_before_reset", .kind = ATR_ATTRIBUTE_INT, .i = l->linear };
  size_t n;
  in[0] = x;
  if (is_cell(l)) {
    attribute = (atr_attribute){ .name = "cell", .kind = ATR_ATTRIBUTE_STRING, .s = l->cell };
    in[1] = r, in[2] = h, in[3] = c, n = 9;
    in[5] = weight(m, "gain", line, 3), in[6] = weight(m, "shift", line, 4);
    if (has_cell(l)) in[7] = weight(m, "gain_c", (atr_shape){ 2, { 1, HID } }, 5);
  } else {
    const int64_t peepholes = 3 * HID;
    in[1] = weight(m, "w", shape3(1, width, I), 1), in[2] = r;
    in[3] = weight(m, "b", (atr_shape){ 2, { 1, 2 * width } }, 3), in[5] = h, in[6] = c;
    n = has_cell(l) ? 8 : 6;
    if (has_cell(l)) in[7] = weight(m, "p", (atr_shape){ 2, { 1, peepholes } }, 4);
  }
  atr_model_add(m, is_cell(l) ? "org.atrous" : NULL, l->op, NULL, in, n, &attribute,
                is_cell(l) || l->gates == 3, out, has_cell(l) ? 3 : 2);
  const atr_shape y = { 4, { is_cell(l) ? 1 : steps, is_cell(l) ? steps : 1, N, HID } };
  atr_value loss = share(m, (atr_value){ 0 }, out[0], "dy", y);
  loss = share(m, loss, out[1], "dh", state);
  if (has_cell(l)) loss = share(m, loss, out[2], "dc", state);
  atr_model_add_output(m, "loss", loss);
  atr_model_add_output(m, "h", out[1]);
  if (has_cell(l)) atr_model_add_output(m, "c", out[2]);
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(!atr_model_check(m, &error), "%s", error.text);
  return m;
}

/* Weights' gradients are summed over the steps. */
enum { WEIGHTS = 7 };
static const char *const weight_names[WEIGHTS] = { "w", "r", "b", "p", "gain", "shift", "gain_c" };

static size_t weight_count(const layer *l, int w) {
  const size_t width = (size_t)(l->gates * HID);
  const size_t of_layer[WEIGHTS] = { width * I, width * HID, 2 * width, has_cell(l) ? 3 * HID : 0, 0, 0, 0 };
  const size_t of_cell[WEIGHTS] = { 0, width * HID, 0, 0, width, width, has_cell(l) ? HID : 0 };
  return is_cell(l) ? of_cell[w] : of_layer[w];
}

typedef struct result {
  float dx[ROOM], dh0[N * HID], dc0[N * HID], weight[WEIGHTS][ROOM], h[N * HID], c[N * HID];
} result;

/* in: by enum; the whole of `steps` steps at once. */
static void gradient_of(const layer *l, atr_context *context, int64_t steps, float bound,
                        float *const in[INPUTS], result *to) {
  static const char *const names[WEIGHTS] = { "w.grad",    "r.grad",     "b.grad",     "p.grad",
                                              "gain.grad", "shift.grad", "gain_c.grad" };
  atr_shape shapes[INPUTS];
  const size_t n = input_shapes(l, steps, shapes), state = N * HID;
  const size_t counts[INPUTS] = {
    (size_t)(steps * N * features(l)), state, state, (size_t)steps * state, state, state
  };
  tensor list_in[INPUTS + 1] = { { NULL, 0, NULL } }, list_out[WEIGHTS + 6] = { { NULL, 0, NULL } };
  size_t k = 0;
  for (int i = 0; i < INPUTS; i++)
    if (there(l, i)) list_in[k++] = (tensor){ input_names[i], counts[i], in[i] };
  k = 0;
  list_out[k++] = (tensor){ "x.grad", counts[X], to->dx };
  list_out[k++] = (tensor){ "h0.grad", state, to->dh0 };
  list_out[k++] = (tensor){ "h", state, to->h };
  if (has_cell(l)) {
    list_out[k++] = (tensor){ "c0.grad", state, to->dc0 };
    list_out[k++] = (tensor){ "c", state, to->c };
  }
  for (int w = 0; w < WEIGHTS; w++)
    if (weight_count(l, w)) list_out[k++] = (tensor){ names[w], weight_count(l, w), to->weight[w] };
  atr_model *m = build(l, steps);
  run_gradient(m, context, shapes, n, bound, "loss", list_in, list_out);
  atr_model_destroy(m);
}

static void near(const layer *l, const char *what, const float *got, const float *want, size_t n) {
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(fabsf(got[i] - want[i]) <= 2e-5f * fmaxf(1, fabsf(want[i])),
                  "%s %s %d: %s[%zu] is %.8g, step by step %.8g", l->op, l->cell ? l->cell : "", l->linear,
                  what, i, (double)got[i], (double)want[i]);
}

static size_t clamp(float *v, size_t n) {
  size_t times = 0;
  for (size_t i = 0; i < n; i++)
    if (fabsf(v[i]) > BOUND) v[i] = copysignf(BOUND, v[i]), times++;
  return times;
}

/* The steps apart: forwards to know the states, backwards with the bound between. Returns how often it acted.
 */
static size_t step_by_step(const layer *l, float *const in[INPUTS], result *to) {
  const size_t state = N * HID, each = (size_t)(N * features(l));
  float h[T + 1][N * HID], c[T + 1][N * HID], zero[N * HID] = { 0 }, dh[N * HID], dc[N * HID];
  size_t acted = 0;
  result one;
  memset(to, 0, sizeof *to);
  memcpy(h[0], in[H0], sizeof h[0]);
  memcpy(c[0], in[C0], sizeof c[0]);
  for (size_t t = 0; t < T; t++) {
    gradient_of(l, context_at(0), 1, 0, (float *const[]){ in[X] + t * each, h[t], c[t], zero, zero, zero },
                &one);
    memcpy(h[t + 1], one.h, sizeof one.h);
    if (has_cell(l)) memcpy(c[t + 1], one.c, sizeof one.c);
  }
  memcpy(dh, in[DH], sizeof dh);
  memcpy(dc, in[DC], sizeof dc);
  for (size_t t = T; t-- > 0;) {
    gradient_of(l, context_at(0), 1, 0,
                (float *const[]){ in[X] + t * each, h[t], c[t], in[DY] + t * state, dh, dc }, &one);
    memcpy(to->dx + t * each, one.dx, each * sizeof *one.dx);
    for (int w = 0; w < WEIGHTS; w++)
      for (size_t i = 0; i < weight_count(l, w); i++) to->weight[w][i] += one.weight[w][i];
    memcpy(dh, one.dh0, sizeof dh);
    acted += clamp(dh, state);
    if (has_cell(l)) {
      memcpy(dc, one.dc0, sizeof dc);
      acted += clamp(dc, state);
    }
  }
  memcpy(to->dh0, dh, sizeof dh);
  memcpy(to->dc0, dc, sizeof dc);
  return acted;
}

START_TEST(a_sequence_is_as_its_steps_with_the_bound_between) {
  for (int k = 0; k < LAYERS; k++) {
    const layer *l = &layers[k];
    static float data[INPUTS][ROOM];
    static result want, got;
    float *in[INPUTS];
    for (uint32_t i = 0; i < INPUTS; i++) fill(in[i] = data[i], ROOM, 20 + i);
    const size_t acted = step_by_step(l, in, &want);
    ck_assert_uint_gt(acted, T); /* and not everywhere: */
    ck_assert_uint_lt(acted, (size_t)(T * N * HID * (1 + has_cell(l))));
    FOR_EACH_BACKEND(context) {
      memset(&got, 0, sizeof got);
      gradient_of(l, context, T, BOUND, in, &got);
      near(l, "x.grad", got.dx, want.dx, (size_t)(T * N * features(l)));
      near(l, "h0.grad", got.dh0, want.dh0, N * HID);
      if (has_cell(l)) near(l, "c0.grad", got.dc0, want.dc0, N * HID);
      for (int w = 0; w < WEIGHTS; w++)
        near(l, weight_names[w], got.weight[w], want.weight[w], weight_count(l, w));
    }
  }
}
END_TEST

/* As by hand above, through a trainer, whose loss is the mean of (y - 0)²: dY = 2h/3. From h = 1, 3, 7: dh₃ =
 * 14/3, back 28/3 and so 1.5; dh₂ = 2 + 1.5 = 3.5, back 1.5; dh₁ = 2/3 + 1.5 = 13/6. dr = h₂·dh₃ + h₁·dh₂ =
 * 14 + 3.5. */
START_TEST(a_trainer_bounds_gradients_through_time) {
  static const float x[3] = { 1, 1, 1 }, before = 0, target[3] = { 0 };
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.optimizer = ATR_SGD, p.clip_norm = 0, p.learning_rate = 0;
  p.clip_through_time = 1.5f;
  const atr_shape shapes[2] = { { 3, { 3, 1, 1 } }, { 3, { 1, 1, 1 } } };
  FOR_EACH_BACKEND(context) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = doubling("forward", 0);
    atr_trainer *t;
    float loss, got;
    ck_assert_msg(!atr_trainer_create(m, context, shapes, 2, &p, &error, &t), "%s", error.text);
    GOOD(atr_trainer_write(t, "before", &before, sizeof before), t);
    GOOD(atr_trainer_step(t, x, target, &loss), t);
    GOOD(atr_trainer_read(t, "r.grad", &got, sizeof got), t);
    ck_assert_double_eq_tol((double)got, 17.5, 1e-5);
    GOOD(atr_trainer_read(t, "w.grad", &got, sizeof got), t);
    ck_assert_double_eq_tol((double)got, 14.0 / 3 + 3.5 + 13.0 / 6, 1e-5);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(a_bound_that_makes_no_sense_is_refused) {
  atr_model *m = doubling("forward", 0), *g;
  const atr_shape shapes[2] = { { 3, { 3, 1, 1 } }, { 3, { 1, 1, 1 } } };
  static const float bad[] = { -1, NAN, INFINITY };
  for (int k = 0; k < 3; k++) {
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
    atr_error error = ATR_ERROR_INIT;
    atr_trainer *t;
    p.clip_through_time = options.clip_through_time = bad[k];
    ck_assert_int_eq(atr_trainer_create(m, context_at(0), shapes, 2, &p, &error, &t), ATR_E_PARAM);
    ck_assert_msg(strstr(error.text, "clip_through_time") != NULL, "%s", error.text);
    ck_assert_int_eq(atr_model_gradient(m, shapes, 2, &options, &error, &g), ATR_E_PARAM);
    ck_assert_msg(strstr(error.text, "clip_through_time") != NULL, "%s", error.text);
  }
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("clip_through_time");
  TCase *tests = tcase_create("clip_through_time");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, a_bound_on_three_steps_is_as_worked_by_hand);
  tcase_add_test(tests, a_sequence_is_as_its_steps_with_the_bound_between);
  tcase_add_test(tests, a_trainer_bounds_gradients_through_time);
  tcase_add_test(tests, a_bound_that_makes_no_sense_is_refused);
  suite_add_tcase(suite, tests);
  return run_tests(suite);
}
