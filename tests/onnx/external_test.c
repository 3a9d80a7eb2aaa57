/* external_test.c: tensors kept in other files: found within the model's folder only, and nowhere else. Uses
 * POSIX itself to lay traps (links, pipes). */
#include "onnx_test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[64], path[128];

static void tidy(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  ck_assert_int_eq(system(command), 0);
}

static void lay_out(void) {
  strcpy(folder, "./atrous-external-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/model.onnx", folder);
}

static const char *in_folder(const char *name) {
  static char text[256];
  snprintf(text, sizeof text, "%s/%s", folder, name);
  return text;
}

static void put_file(const char *name, const void *bytes, size_t size) {
  FILE *f = fopen(in_folder(name), "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
  ck_assert_int_eq(fclose(f), 0);
}

/* x → Relu → y, and a tensor w of two elements in another file. NULL: without that entry. */
static atr_status load(const char *location, const char *offset, const char *length, atr_error *error,
                       atr_model **m) {
  draft *d = draft_new(17);
  draft_port(d, 0, "x", 1, (int64_t[]){ 2 });
  draft_port(d, 1, "y", 1, (int64_t[]){ 2 });
  draft_tensor(d, "w", ATR_F32, 1, (int64_t[]){ 2 }, NULL, 0);
  DRAFT_NODE(d, "Relu", "relu", "x", NULL, "y");
  Atr__StringStringEntryProto entry[3], *entries[3] = { &entry[0], &entry[1], &entry[2] };
  size_t k = 0;
  const char *const values[3] = { location, offset, length };
  static const char *const keys[3] = { "location", "offset", "length" };
  for (int i = 0; i < 3; i++)
    if (values[i]) {
      atr__string_string_entry_proto__init(&entry[k]);
      entry[k].key = (char *)(uintptr_t)keys[i];
      entry[k++].value = (char *)(uintptr_t)values[i];
    }
  d->tensor[0].has_data_location = 1;
  d->tensor[0].data_location = 1;
  d->tensor[0].n_external_data = k;
  d->tensor[0].external_data = entries;
  const file f = draft_pack(d);
  free(d);
  put_file("model.onnx", f.bytes, f.size);
  atr_model *memory;
  ck_assert_int_eq(atr_model_load_memory(f.bytes, f.size, NULL, error, &memory), ATR_E_UNSUPPORTED);
  ck_assert_ptr_null(memory);
  free(f.bytes);
  return atr_model_load(path, NULL, error, m);
}

static void refused(const char *location, const char *offset, const char *length, atr_status want,
                    const char *words) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  const int64_t live = atr__alloc_live();
  const atr_status status = load(location, offset, length, &error, &m);
  ck_assert_msg(status == want, "%s: %s, not %s: %s", location ? location : "", atr_status_name(status),
                atr_status_name(want), error.text);
  ck_assert_ptr_null(m);
  ck_assert_msg(strstr(error.text, words) != NULL, "\"%s\" is not in: %s", words, error.text);
  ck_assert_int_eq(atr__alloc_live(), live);
}

START_TEST(external_data_is_read_from_the_models_folder) {
  lay_out();
  const float values[4] = { 1, 2, 3, 4 };
  put_file("weights.bin", values, sizeof values);
  ck_assert_int_eq(mkdir(in_folder("sub"), 0700), 0);
  put_file("sub/w", values, sizeof values);
  atr_error error = ATR_ERROR_INIT;
  static const struct {
    const char *location, *offset, *length;
    float first;
  } good[] = { { "weights.bin", "8", "8", 3 }, { "weights.bin", NULL, NULL, 1 }, { "sub/w", "4", NULL, 2 } };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    atr_model *m;
    ck_assert_msg(load(good[i].location, good[i].offset, good[i].length, &error, &m) == ATR_OK, "%s",
                  error.text);
    const float *w = atr__model_at(m, atr__model_find(m, "w"))->init->data;
    ck_assert_float_eq(w[0], good[i].first);
    ck_assert_float_eq(w[1], good[i].first + 1);
    atr_model_destroy(m);
  }
  tidy();
}
END_TEST

START_TEST(external_data_stays_in_the_models_folder) {
  lay_out();
  const float values[4] = { 1, 2, 3, 4 };
  put_file("weights.bin", values, sizeof values);
  ck_assert_int_eq(mkdir(in_folder("sub"), 0700), 0);
  static const char *const escapes[] = { "../weights.bin",
                                         "/etc/passwd",
                                         "sub/../weights.bin",
                                         "./weights.bin",
                                         "sub//weights.bin",
                                         "..",
                                         "",
                                         "..\\weights.bin",
                                         "c:weights.bin",
                                         "sub/" };
  for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
    refused(escapes[i], NULL, NULL, ATR_E_FORMAT, "not one within the model's folder");
  ck_assert_int_eq(symlink("weights.bin", in_folder("link")), 0);
  ck_assert_int_eq(symlink(".", in_folder("here")), 0);
  ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
  refused("link", NULL, NULL, ATR_E_IO, "link");
  refused("here/weights.bin", NULL, NULL, ATR_E_IO, "here/weights.bin");
  refused("pipe", NULL, NULL, ATR_E_IO, "not a regular file");
  refused("sub", NULL, NULL, ATR_E_IO, "not a regular file");
  refused("absent", NULL, NULL, ATR_E_IO, "absent");
  tidy();
}
END_TEST

/* What is no file but can be opened: a terminal, a random number generator, a socket. Where making a device
 * is not allowed, as for most users, that one is left out. */
START_TEST(external_data_is_no_device) {
  lay_out();
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  ck_assert_int_lt(snprintf(address.sun_path, sizeof address.sun_path, "%s", in_folder("socket")), 100);
  const int s = socket(AF_UNIX, SOCK_STREAM, 0);
  ck_assert_int_ge(s, 0);
  ck_assert_int_eq(bind(s, (const struct sockaddr *)&address, sizeof address), 0);
  refused("socket", NULL, NULL, ATR_E_IO, "socket");
  ck_assert_int_eq(close(s), 0);
  if (mknod(in_folder("zero"), S_IFCHR | 0600, makedev(1, 5)) == 0)
    refused("zero", NULL, NULL, ATR_E_IO, "zero");
  else
    printf("# a device cannot be made here\n");
  ck_assert_int_eq(symlink("/dev/zero", in_folder("linked")), 0);
  ck_assert_int_eq(symlink("/etc", in_folder("etc")), 0);
  ck_assert_int_eq(symlink("linked", in_folder("twice")), 0);
  ck_assert_int_eq(symlink("self", in_folder("self")), 0);
  refused("linked", NULL, NULL, ATR_E_IO, "link");
  refused("etc/passwd", NULL, NULL, ATR_E_IO, "etc/passwd");
  refused("twice", NULL, NULL, ATR_E_IO, "link");
  refused("self", NULL, NULL, ATR_E_IO, "link");
  tidy();
}
END_TEST

START_TEST(external_names_may_be_anything) {
  lay_out();
  char text[9000];
  memset(text, 'a', sizeof text);
  text[sizeof text - 1] = 0;
  refused(text, NULL, NULL, ATR_E_IO, "");
  for (size_t i = 1; i < sizeof text - 1; i += 2) text[i] = '/';
  refused(text, NULL, NULL, ATR_E_IO, "");
  refused("\n", NULL, NULL, ATR_E_IO, "");
  refused("%s%n", NULL, NULL, ATR_E_IO, "%s%n");
  refused("weights.bin/..", NULL, NULL, ATR_E_FORMAT, "not one within");
  refused("../../../../../../../../etc/passwd", NULL, NULL, ATR_E_FORMAT, "not one within");
  refused("//etc/passwd", NULL, NULL, ATR_E_FORMAT, "not one within");
  refused("~/w", NULL, NULL, ATR_E_IO, "");
  tidy();
}
END_TEST

START_TEST(external_data_has_the_size_of_the_tensor) {
  lay_out();
  const float values[4] = { 1, 2, 3, 4 };
  put_file("weights.bin", values, sizeof values);
  refused("weights.bin", "12", NULL, ATR_E_IO, "8 bytes from 12 on");
  refused("weights.bin", "18446744073709551615", NULL, ATR_E_FORMAT, "offset");
  refused("weights.bin", "9223372036854775807", NULL, ATR_E_IO, "it has only 16");
  refused("weights.bin", "-8", NULL, ATR_E_FORMAT, "offset \"-8\"");
  refused("weights.bin", NULL, "16", ATR_E_FORMAT, "16 bytes, its shape takes 8");
  refused("weights.bin", NULL, "", ATR_E_FORMAT, "length");
  refused(NULL, NULL, NULL, ATR_E_FORMAT, "no location");
  tidy();
}
END_TEST

START_TEST(a_missing_model_is_named) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  ck_assert_int_eq(atr_model_load("/nonexistent/model.onnx", NULL, &error, &m), ATR_E_IO);
  ck_assert_ptr_null(m);
  ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/model.onnx"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("external");
  TCase *tests = tcase_create("external");
  tcase_add_test(tests, external_data_is_read_from_the_models_folder);
  tcase_add_test(tests, external_data_stays_in_the_models_folder);
  tcase_add_test(tests, external_data_is_no_device);
  tcase_add_test(tests, external_names_may_be_anything);
  tcase_add_test(tests, external_data_has_the_size_of_the_tensor);
  tcase_add_test(tests, a_missing_model_is_named);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
