/* checkpoint_test.c: training resumed from a file goes on bit for bit; files of others, cut short or damaged
 * at any byte are refused and leave the trainer as it was. */
#include "config.h"

#include "train_test.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "train/safetensors.h"

static char folder[] = "/tmp/atrous-checkpoint-XXXXXX";

static const char *path(const char *name) {
  static char text[512];
  snprintf(text, sizeof text, "%s/%s", folder, name);
  return text;
}

enum { X = 3 * 2 * 9, Y = 3 * 9 };
static const atr_shape shape = { 3, { 3, 2, 9 } };

static atr_model *net(uint64_t seed, int64_t width) {
  const atr_shape free_shape = { 3, { -1, 2, -1 } };
  atr_model *m = new_model(seed);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &free_shape);
  v = atr_model_relu(
      m, atr_model_batch_normalization(m, "bn", 1e-5f, 0.9f, conv(m, "a", width, 3, 1, ATR_PAD_SAME, v)));
  atr_model_add_output(m, "y", conv(m, "b", 3, 1, 1, ATR_PAD_VALID, atr_model_dropout(m, 0.25f, v)));
  return m;
}

static atr_trainer *trainer(atr_context *context, uint64_t weights, int64_t width, atr_optimizer optimizer,
                            uint64_t seed) {
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.loss = ATR_LOSS_CROSS_ENTROPY;
  p.optimizer = optimizer;
  p.schedule = ATR_SCHEDULE_COSINE;
  p.schedule_steps = 20;
  p.seed = seed;
  p.centered = 1;
  p.initial_accumulator = 0.1f;
  atr_model *m = net(weights, width);
  atr_trainer *t = new_trainer(m, context, &shape, &p);
  atr_model_destroy(m);
  return t;
}

static void train(atr_trainer *t, int from, int to, float *loss) {
  float x[X];
  int32_t y[Y];
  for (int i = from; i < to; i++) {
    fill(x, X, (uint32_t)i);
    for (int k = 0; k < Y; k++) y[k] = (k * 5 + i) % 3;
    GOOD(atr_trainer_step(t, x, y, loss), t);
  }
}

/* Everything that a trainer learns, in one array. */
static const struct {
  const char *name;
  size_t n;
} tensors[] = { { "a.weight", 36 }, { "a.bias", 6 }, { "bn.weight", 6 },       { "bn.bias", 6 },
                { "b.weight", 18 }, { "b.bias", 3 }, { "bn.running_mean", 6 }, { "bn.running_var", 6 } };
enum { ALL = 36 + 6 + 6 + 6 + 18 + 3 + 6 + 6 };
static void everything(atr_trainer *t, float v[ALL]) {
  size_t at = 0;
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
    GOOD(atr_trainer_read(t, tensors[i].name, v + at, tensors[i].n * sizeof *v), t);
    at += tensors[i].n;
  }
  ck_assert_uint_eq(at, ALL);
}

START_TEST(training_resumed_from_a_file_goes_on_bit_for_bit) {
  FOR_EACH_BACKEND(context)
  for (int optimizer = ATR_SGD; optimizer <= ATR_ADAGRAD; optimizer++) {
    float whole[ALL], resumed[ALL], loss[2];
    atr_trainer *t = trainer(context, 1, 6, (atr_optimizer)optimizer, 9);
    train(t, 0, 10, &loss[0]);
    everything(t, whole);
    atr_trainer_destroy(t);
    t = trainer(context, 1, 6, (atr_optimizer)optimizer, 9);
    train(t, 0, 5, &loss[1]);
    GOOD(atr_trainer_set_data(t, "order 5", 8), t);
    GOOD(atr_trainer_save(t, path("state")), t);
    train(t, 5, 7, &loss[1]); /* what is lost by a kill */
    atr_trainer_destroy(t);
    t = trainer(context, 1, 6, (atr_optimizer)optimizer, 9);
    train(t, 20, 22, NULL); /* other weights until it is loaded */
    GOOD(atr_trainer_load(t, path("state")), t);
    size_t size = 0;
    ck_assert_str_eq(atr_trainer_data(t, &size), "order 5");
    ck_assert_uint_eq(size, 8);
    ck_assert_int_eq(atr_trainer_steps(t), 5);
    train(t, 5, 10, &loss[1]);
    everything(t, resumed);
    atr_trainer_destroy(t);
    ck_assert_int_eq(memcmp(whole, resumed, sizeof whole), 0);
    ck_assert(loss[0] == loss[1]);
  }
}
END_TEST

static void refuse(atr_trainer *t, const char *name, atr_status expected, const char *words) {
  float before[ALL], after[ALL];
  everything(t, before);
  ck_assert_msg(atr_trainer_load(t, path(name)) == expected, "%s: %s", name, atr_trainer_error(t));
  ck_assert_msg(strstr(atr_trainer_error(t), words) != NULL, "\"%s\" is not in: %s", words,
                atr_trainer_error(t));
  everything(t, after);
  ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
}

START_TEST(a_checkpoint_of_another_network_optimizer_or_seed_is_refused) {
  atr_context *context = context_at(0);
  atr_trainer *t = trainer(context, 1, 6, ATR_ADAM, 9), *other = trainer(context, 1, 7, ATR_ADAM, 9);
  GOOD(atr_trainer_save(other, path("wide")), other);
  atr_trainer_destroy(other);
  refuse(t, "wide", ATR_E_PARAM, "its model is");
  other = trainer(context, 1, 6, ATR_SGD, 9);
  GOOD(atr_trainer_save(other, path("sgd")), other);
  atr_trainer_destroy(other);
  refuse(t, "sgd", ATR_E_PARAM, "its optimizer is sgd, this trainer's adam");
  other = trainer(context, 1, 6, ATR_ADAM, 10);
  GOOD(atr_trainer_save(other, path("seed")), other);
  atr_trainer_destroy(other);
  refuse(t, "seed", ATR_E_PARAM, "its seed is 10");
  refuse(t, "none", ATR_E_IO, "none");
  ck_assert_int_eq(atr_trainer_save(t, "/nonexistent/folder/state"), ATR_E_IO);
  atr_trainer_destroy(t);
}
END_TEST

/* Without the waits of atr__file_write. */
static void put(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(path(name), "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_file_cut_short_or_damaged_anywhere_leaves_the_trainer_as_it_was) {
  atr_trainer *t = trainer(context_at(0), 1, 6, ATR_ADAM, 9);
  train(t, 0, 2, NULL);
  GOOD(atr_trainer_save(t, path("whole")), t);
  void *bytes;
  size_t size;
  ck_assert_int_eq(atr__file_read(path("whole"), 1 << 20, NULL, &bytes, &size), ATR_OK);
  unsigned char *file = bytes;
  const size_t data = 8 + (file[0] | (size_t)file[1] << 8);
  float before[ALL], after[ALL];
  everything(t, before);
  for (size_t n = 0; n < size; n += n < data ? 1 : 97) {
    put("cut", file, n);
    ck_assert_int_eq(atr_trainer_load(t, path("cut")), ATR_E_FORMAT);
  }
  everything(t, after);
  ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
  static const unsigned char flips[] = { 0x01, 0x80, 0xff, 0x20 };
  int refused = 0, taken = 0;
  for (size_t i = 0; i < data; i++)
    for (size_t k = 0; k < sizeof flips; k++) {
      file[i] ^= flips[k];
      put("bad", file, size);
      const atr_status status = atr_trainer_load(t, path("bad"));
      file[i] ^= flips[k];
      if (status) {
        refused++;
        ck_assert(*atr_trainer_error(t));
      } else
        taken++; /* the step, or blanks at the header's end */
    }
  ck_assert_msg(refused > 10 * taken, "%d refused, %d taken", refused, taken);
  GOOD(atr_trainer_load(t, path("whole")), t);
  everything(t, after);
  ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
  atr__free(bytes);
  atr_trainer_destroy(t);
}
END_TEST

/* Trains and saves until it is killed. */
static void child(int ready) {
  atr_context *context = NULL;
  if (atr_context_open("host", NULL, NULL, &context)) _exit(1);
  atr_trainer *t = trainer(context, 1, 6, ATR_ADAM, 9);
  for (int i = 0; i < 100000; i++) {
    train(t, i, i + 1, NULL);
    if (atr_trainer_save(t, path("killed"))) _exit(1);
    if (!i && write(ready, "", 1) != 1) _exit(1);
  }
  _exit(1);
}

START_TEST(a_checkpoint_survives_a_kill_at_any_instant) {
  for (int k = 0; k < 8; k++) {
    int pipes[2], how;
    char byte;
    ck_assert_int_eq(pipe(pipes), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (!pid) child(pipes[1]);
    ck_assert_int_eq(read(pipes[0], &byte, 1), 1); /* the first is complete */
    usleep((useconds_t)(k * 613 % 7919));
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, &how, 0), pid);
    ck_assert(WIFSIGNALED(how));
    close(pipes[0]);
    close(pipes[1]);
    atr_trainer *t = trainer(context_at(0), 1, 6, ATR_ADAM, 9);
    GOOD(atr_trainer_load(t, path("killed")), t);
    ck_assert_int_ge(atr_trainer_steps(t), 1);
    train(t, 0, 1, NULL);
    atr_trainer_destroy(t);
  }
}
END_TEST

static void header_is(const char *header, size_t data, atr_status expected, const char *words) {
  unsigned char file[2048] = { 0 };
  const size_t length = strlen(header);
  file[0] = (unsigned char)length;
  file[1] = (unsigned char)(length >> 8);
  memcpy(file + 8, header, length);
  const atr_limits limits = ATR_LIMITS_INIT;
  atr_error error = ATR_ERROR_INIT;
  atr__safetensors parsed;
  const atr_status status = atr__safetensors_parse(file, 8 + length + data, &limits, "f", &error, &parsed);
  ck_assert_msg(status == expected && (!words || strstr(error.text, words)), "%s: %s", header, error.text);
  atr__safetensors_free(&parsed);
}

#define TENSOR(name, dtype, shape, offsets)                                                                  \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

START_TEST(malformed_containers_are_refused) {
  header_is("{}", 0, ATR_OK, NULL);
  header_is(" {\"__metadata__\": {\"a\\u00e9\\ud83d\\ude00\": \"\\n\"}, " TENSOR("w", "F32", "[2, 1]",
                                                                                 "[0, 8]") " } ",
            8, ATR_OK, NULL);
  header_is("{" TENSOR("s", "I64", "[]", "[0,8]") "," TENSOR("e", "U8", "[0]", "[8,8]") "}", 8, ATR_OK, NULL);
  header_is("", 0, ATR_E_FORMAT, "object");
  header_is("[]", 0, ATR_E_FORMAT, "object");
  header_is("{} {}", 0, ATR_E_FORMAT, "follows");
  header_is("{\"w\"", 0, ATR_E_FORMAT, "colon");
  header_is("{\"w", 0, ATR_E_FORMAT, "does not end");
  header_is("{\"w\\", 0, ATR_E_FORMAT, "does not end");
  header_is("{\"\\ud83d\":{}}", 0, ATR_E_FORMAT, "surrogate");
  header_is("{\"\\u0000\":{}}", 0, ATR_E_FORMAT, "zero");
  header_is("{\"\\x\":{}}", 0, ATR_E_FORMAT, "escape");
  header_is("{\"a\tb\":{}}", 0, ATR_E_FORMAT, "control");
  header_is("{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, ATR_E_FORMAT, "lacks");
  header_is("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4, ATR_E_FORMAT, "does not belong");
  header_is("{\"w\":{\"colour\":\"red\"}}", 4, ATR_E_FORMAT, "does not belong");
  header_is("{" TENSOR("w", "C64", "[1]", "[0,8]") "}", 8, ATR_E_FORMAT, "not supported");
  header_is("{" TENSOR("w", "F32", "[2]", "[0,4]") "}", 4, ATR_E_FORMAT, "do not fit");
  header_is("{" TENSOR("w", "F32", "[1]", "[4,8]") "}", 4, ATR_E_FORMAT, "do not fit");
  header_is("{" TENSOR("w", "F32", "[1]", "[8,4]") "}", 8, ATR_E_FORMAT, "do not fit");
  header_is("{" TENSOR("w", "F32", "[1]", "[0,4,8]") "}", 8, ATR_E_FORMAT, "too long");
  header_is("{" TENSOR("w", "F32", "[-1]", "[0,4]") "}", 4, ATR_E_FORMAT, "natural");
  header_is("{" TENSOR("w", "F32", "[1.5]", "[0,4]") "}", 4, ATR_E_FORMAT, "does not end");
  header_is("{" TENSOR("w", "F32", "[01]", "[0,4]") "}", 4, ATR_E_FORMAT, "natural");
  header_is("{" TENSOR("w", "F32", "[99999999999999999999]", "[0,4]") "}", 4, ATR_E_FORMAT, "too large");
  header_is("{" TENSOR("w", "F32", "[4611686018427387904,4611686018427387904]", "[0,4]") "}", 4, ATR_E_LIMIT,
            NULL);
  header_is("{" TENSOR("w", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, ATR_E_FORMAT, "too long");
  header_is("{" TENSOR("w", "U8", "[4]", "[0,4]") "," TENSOR("w", "U8", "[4]", "[4,8]") "}", 8, ATR_E_FORMAT,
            "twice");
  header_is("{" TENSOR("v", "U8", "[4]", "[0,4]") "," TENSOR("w", "U8", "[4]", "[2,6]") "}", 6, ATR_E_FORMAT,
            "overlaps");
  header_is("{" TENSOR("v", "U8", "[4]", "[0,4]") "," TENSOR("w", "U8", "[2]", "[6,8]") "}", 8, ATR_E_FORMAT,
            "gap");
  header_is("{" TENSOR("v", "U8", "[4]", "[0,4]") "}", 6, ATR_E_FORMAT, "belong to no tensor");
  header_is("{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}", 0, ATR_E_FORMAT, "twice");
  header_is("{\"__metadata__\":{\"a\":[[[[]]]]}}", 0, ATR_E_FORMAT, "string");
}
END_TEST

int main(void) {
  if (!mkdtemp(folder)) return 1;
  Suite *suite = suite_create("checkpoint");
  TCase *tests = tcase_create("checkpoint");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, training_resumed_from_a_file_goes_on_bit_for_bit);
  tcase_add_test(tests, a_checkpoint_of_another_network_optimizer_or_seed_is_refused);
  tcase_add_test(tests, a_file_cut_short_or_damaged_anywhere_leaves_the_trainer_as_it_was);
  tcase_add_test(tests, a_checkpoint_survives_a_kill_at_any_instant);
  tcase_add_test(tests, malformed_containers_are_refused);
  suite_add_tcase(suite, tests);
  const int result = run_tests(suite);
  DIR *list = opendir(folder);
  for (struct dirent *one; list && (one = readdir(list));)
    unlink(path(one->d_name)); /* also what kills left */
  if (list) closedir(list);
  rmdir(folder);
  return result;
}
