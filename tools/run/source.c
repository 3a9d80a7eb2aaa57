/* source.c: values in; see files.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/output.h"
#include "common/table.h"
#include "run/files.h"
#include "run/npy.h"
#include "run/pb.h"

enum { FILE_MOST = INT32_MAX };

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n > m && !strcmp(text + n - m, end);
}

static bool is_list(const char *text) {
  double value;
  char *copy = strdup(text), *at = copy;
  bool ok = copy != NULL;
  for (char *part; ok && (part = strsep(&at, ",")) != NULL;) ok = number_parse(part, '.', &value);
  free(copy);
  return ok;
}

static bool is_file(const char *text) {
  return ends_with(text, ".npy") || ends_with(text, ".pb") || ends_with(text, ".png") ||
         ends_with(text, ".csv") || ends_with(text, ".f32");
}

bool source_is(const char *text) {
  return !strcmp(text, "-") || !strcmp(text, "zeros") || !strcmp(text, "random") || is_file(text) ||
         is_list(text);
}

static bool flat_create(struct array *a, atr_type type, size_t count, struct fault *fault) {
  const atr_shape shape = { 1, { (int64_t)count } };
  const bool ok = array_create(a, type, &shape, fault);
  a->flat = ok;
  return ok;
}

/* "1,-2.5,3": integers if all are. */
static bool read_list(const char *text, struct array *a, struct fault *fault) {
  size_t n = 1, i = 0;
  bool whole = true;
  double value;
  int64_t integer;
  for (const char *c = text; *c; c++) n += *c == ',';
  char *copy = strdup(text), *at = copy;
  if (!copy) return fault_nomem(fault, strlen(text));
  for (char *part; (part = strsep(&at, ",")) != NULL;) whole = whole && number_integer(part, &integer);
  strcpy(copy, text);
  at = copy;
  bool ok = flat_create(a, whole ? ATR_I64 : ATR_F64, n, fault);
  for (char *part; ok && (part = strsep(&at, ",")) != NULL; i++)
    if (whole && number_integer(part, &integer))
      ((int64_t *)a->data)[i] = integer;
    else if (number_parse(part, '.', &value))
      array_put(a, i, value);
  free(copy);
  return ok;
}

/* A table of numbers: one row or one column is a list, else rows by columns. */
static bool read_csv(const char *path, struct array *a, struct fault *fault) {
  struct table t;
  if (!table_read(path, 0, NULL, &t, fault)) return false;
  const atr_shape shape = { 2, { (int64_t)t.rows, (int64_t)t.columns } };
  bool ok = array_create(a, ATR_F64, &shape, fault);
  for (size_t r = 0; ok && r < t.rows; r++)
    for (size_t c = 0; ok && c < t.columns; c++) {
      double v;
      ok = number_parse(table_cell(&t, r, c), '.', &v);
      if (ok)
        array_put(a, r * t.columns + c, v);
      else {
        fault_set(fault, FAULT_DATA, "\"%.60s\" is no number", table_cell(&t, r, c));
        fault_at(fault, path, t.lines[r], (int64_t)c + 1);
      }
    }
  a->flat = ok && (t.rows == 1 || t.columns == 1);
  table_destroy(&t);
  if (!ok) array_destroy(a);
  return ok;
}

static bool from_bytes(const char *path, const char *bytes, size_t size, struct array *a,
                       struct fault *fault) {
  const uint8_t *data = (const uint8_t *)bytes;
  bool ok;
  if (ends_with(path, ".npy"))
    ok = npy_decode(data, size, a, fault);
  else if (ends_with(path, ".pb"))
    ok = pb_decode(data, size, a, fault);
  else if (size % 4)
    ok = fault_set(fault, FAULT_FORMAT, "%zu bytes are no whole number of float32", size);
  else {
    const atr_shape shape = { 1, { (int64_t)(size / 4) } };
    ok = array_decode(a, &shape, 'f', 4, false, data, fault);
    a->flat = ok;
  }
  return ok || fault_at(fault, path, 0, 0);
}

static bool read_bytes(const char *path, struct array *a, struct fault *fault) {
  char *bytes;
  size_t size;
  if (!input_read(path, FILE_MOST, &bytes, &size, fault)) return false;
  const bool ok = from_bytes(path, bytes, size, a, fault);
  free(bytes);
  return ok;
}

bool pixels_of(const struct source *source, struct pixels *pixels, struct fault *fault) {
  if (source->pixels)
    return pixels_parse(pixels, source->pixels, fault) || (fault->code = FAULT_USAGE, false);
  return pixels_parse(pixels, source->model_pixels, fault);
}

/* Where channels, height and width stand in a shape: behind the samples, if it has them. */
static bool picture_axes(const atr_shape *shape, bool nhwc, int *c, int *h, int *w) {
  const int lead = shape->rank == 4 ? 1 : 0;
  if (shape->rank < 2 || shape->rank > 4 || (lead && shape->dim[0] > 1)) return false;
  *c = shape->rank == 2 ? -1 : nhwc ? lead + 2 : lead;
  *h = shape->rank == 2 ? 0 : nhwc ? lead : lead + 1;
  *w = *h + 1;
  return *c < 0 || shape->dim[*c] == 1 || shape->dim[*c] == 3;
}

static bool read_picture(const struct source *source, const atr_port *port, const atr_shape *want,
                         struct array *a, struct fault *fault) {
  struct pixels how;
  struct picture p = { 0 };
  atr_shape shape = *want;
  char text[SHAPE_TEXT];
  int c, h, w;
  if (!pixels_of(source, &how, fault)) return false;
  if (port->type == ATR_U8 && !source->pixels && !source->model_pixels) how.scale = 1;
  if (!picture_axes(want, how.nhwc, &c, &h, &w))
    return fault_set(fault, FAULT_SHAPE, "input \"%s\" is %s, which is no picture of 1 or 3 channels (%s)",
                     port->name, shape_text(want, text), how.nhwc ? "nhwc" : "nchw");
  if (!picture_read(source->text, &p, fault)) return false;
  if (shape.rank == 4) shape.dim[0] = 1;
  if (shape.dim[h] < 0) shape.dim[h] = (int64_t)p.height;
  if (shape.dim[w] < 0) shape.dim[w] = (int64_t)p.width;
  const size_t width = (size_t)shape.dim[w], height = (size_t)shape.dim[h];
  const int channels = c < 0 ? 1 : (int)shape.dim[c];
  bool ok = array_create(a, ATR_F32, &shape, fault);
  if (ok && !a->count)
    ok = fault_set(fault, FAULT_SHAPE, "input \"%s\" is %s: no pixels", port->name, shape_text(&shape, text));
  ok = ok && picture_resize(&p, &how, width, height, fault);
  if (ok) picture_window(&p, &how, 0, 0, height, width, channels, a->data);
  picture_destroy(&p);
  if (ok && how.nhwc && channels > 1) { /* from planes to pixels */
    struct array planes = *a;
    ok = array_create(a, ATR_F32, &shape, fault);
    for (size_t i = 0; ok && i < width * height; i++)
      for (size_t k = 0; k < (size_t)channels; k++)
        ((float *)a->data)[i * (size_t)channels + k] = ((const float *)planes.data)[k * width * height + i];
    array_destroy(&planes);
  }
  if (ok && port->type != ATR_F32) /* whole pixels */
    for (size_t i = 0; i < a->count; i++) ((float *)a->data)[i] = rintf(((float *)a->data)[i]);
  if (!ok) array_destroy(a);
  return ok;
}

/* SplitMix64 of seed and place (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
 */
static uint64_t mixed(uint64_t seed, uint64_t i) {
  uint64_t z = (seed + 1) * 0x9E3779B97F4A7C15u + i * 0xD1B54A32D192ED03u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

static bool made_up(const struct source *source, const atr_port *port, const atr_shape *want, struct array *a,
                    struct fault *fault) {
  atr_shape shape;
  if (!shape_complete(port->name, want, &shape, fault) || !array_create(a, port->type, &shape, fault))
    return false;
  const bool real = type_is_real(port->type);
  for (size_t i = 0; !strcmp(source->text, "random") && i < a->count; i++) {
    const uint64_t bits = mixed(source->seed, i);
    array_put(a, i, real ? (double)(int64_t)(bits >> 40) / 8388608.0 - 1 : (double)(bits >> 63));
  }
  return true;
}

bool source_read(const struct source *source, const atr_port *port, const atr_shape *want, struct array *a,
                 struct fault *fault) {
  const char *text = source->text;
  bool ok;
  memset(a, 0, sizeof *a);
  if (!strcmp(text, "zeros") || !strcmp(text, "random"))
    ok = made_up(source, port, want, a, fault);
  else if (ends_with(text, ".png"))
    ok = read_picture(source, port, want, a, fault);
  else if (ends_with(text, ".csv"))
    ok = read_csv(text, a, fault);
  else if (is_file(text) || !strcmp(text, "-"))
    ok = read_bytes(text, a, fault);
  else if (is_list(text))
    ok = read_list(text, a, fault);
  else {
    fault_set(fault, FAULT_USAGE, "\"%.200s\" is no SRC", text);
    return fault_remedy(fault,
                        "give a file .npy, .pb, .png, .csv or .f32, - for float32 from standard input, "
                        "numbers 1,2,3, zeros or random");
  }
  ok = ok && array_fit(a, port->name, want, fault) && array_cast(a, port->type, fault);
  if (!ok && !fault->file[0] && (is_file(text) || !strcmp(text, "-"))) fault_at(fault, text, 0, 0);
  if (!ok) array_destroy(a);
  return ok;
}
