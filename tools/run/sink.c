/* sink.c: values out; see files.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/image.h"
#include "common/output.h"
#include "run/files.h"
#include "run/npy.h"
#include "run/pb.h"

enum sink_kind { SINK_NONE, SINK_NPY, SINK_PB, SINK_PNG, SINK_CSV, SINK_RAW };

static enum sink_kind kind_of(const char *text) {
  static const char *const end[] = { "", ".npy", ".pb", ".png", ".csv", ".f32" };
  const size_t n = strlen(text);
  if (!strcmp(text, "-")) return SINK_RAW;
  for (int i = SINK_NPY; i <= SINK_RAW; i++)
    if (n > strlen(end[i]) && !strcmp(text + n - strlen(end[i]), end[i])) return (enum sink_kind)i;
  return SINK_NONE;
}

bool sink_check(const char *text, bool no_clobber, struct fault *fault) {
  if (kind_of(text) == SINK_NONE) {
    fault_set(fault, FAULT_USAGE, "\"%.200s\" is no DST", text);
    return fault_remedy(fault,
                        "give a file .npy, .pb, .png, .csv or .f32, or - for float32 to standard output");
  }
  return !strcmp(text, "-") || output_check(text, no_clobber, fault);
}

/* The last axis along the line, all others one line after another. */
static bool write_csv(const struct array *a, FILE *file) {
  const size_t width = a->shape.rank > 1 ? (size_t)a->shape.dim[a->shape.rank - 1] : 1;
  for (size_t i = 0; i < a->count; i++) {
    const char *end = (i + 1) % width ? "," : "\n";
    if (a->type == ATR_U64)
      fprintf(file, "%" PRIu64 "%s", ((const uint64_t *)a->data)[i], end);
    else if (a->type == ATR_I64)
      fprintf(file, "%" PRId64 "%s", ((const int64_t *)a->data)[i], end);
    else
      fprintf(file, "%.*g%s", a->type == ATR_F64 ? 17 : 9, array_value(a, i), end);
  }
  return !ferror(file);
}

/* Real numbers 0 … 1 become 0 … 255, whole numbers stay; both are clamped. */
static uint16_t level(const struct array *a, size_t i, double most) {
  const double v = array_value(a, i) * (type_is_real(a->type) ? 255 : 1);
  return (uint16_t)(v > 0 ? v < most ? floor(v + 0.5) : most : 0);
}

static bool write_picture(const char *path, const struct array *a, const struct pixels *pixels,
                          bool no_clobber, struct fault *fault) {
  const atr_shape *s = &a->shape;
  char text[SHAPE_TEXT];
  int first = 0; /* leading axes of 1 that are not needed */
  while (s->rank - first > 3 && s->dim[first] == 1) first++;
  if (s->rank - first == 3 && s->dim[first] == 1 && !pixels->nhwc) first++;
  const int rank = s->rank - first;
  const int64_t *dim = s->dim + first;
  const int64_t channels = rank == 3 ? dim[pixels->nhwc ? 2 : 0] : 1;
  if ((rank != 2 && rank != 3) || channels < 1 || channels > 4 || !a->count)
    return fault_set(fault, FAULT_SHAPE, "%s is no picture of 1 to 4 channels (%s)", shape_text(s, text),
                     pixels->nhwc ? "nhwc" : "nchw");
  const size_t h = (size_t)dim[rank == 3 && !pixels->nhwc ? 1 : 0],
               w = (size_t)dim[rank == 3 && !pixels->nhwc ? 2 : 1], n = (size_t)channels;
  double most = 0;
  for (size_t i = 0; i < a->count; i++) most = fmax(most, array_value(a, i));
  const bool wide = !type_is_real(a->type) && most > 255;
  struct image image;
  if (h > IMAGE_SIDE || w > IMAGE_SIDE)
    return fault_set(fault, FAULT_LIMIT, "%s is more than %d pixels a side", shape_text(s, text), IMAGE_SIDE);
  if (!image_create(&image, w, h, (int)n, wide ? 16 : 8, fault)) return false;
  for (size_t i = 0; i < w * h; i++)
    for (size_t k = 0; k < n; k++) {
      const uint16_t v = level(a, pixels->nhwc ? i * n + k : k * w * h + i, wide ? 65535 : 255);
      if (wide)
        ((uint16_t *)image.data)[i * n + k] = v;
      else
        ((uint8_t *)image.data)[i * n + k] = (uint8_t)v;
    }
  const bool ok = image_write(path, no_clobber, &image, fault);
  image_destroy(&image);
  return ok;
}

bool sink_write(const char *path, const char *name, const struct array *a, const struct pixels *pixels,
                bool no_clobber, struct fault *fault) {
  const enum sink_kind kind = kind_of(path);
  struct output out = { 0 };
  struct array real = { 0 };
  if (kind == SINK_PNG) {
    if (write_picture(path, a, pixels, no_clobber, fault)) return true;
    return !fault->file[0] ? fault_at(fault, path, 0, 0) : false;
  }
  if (!output_open(&out, path, no_clobber, fault)) return false;
  bool ok = true, written = false;
  if (kind == SINK_NPY && a->type != ATR_BF16) written = npy_encode(a, out.file);
  if (kind == SINK_PB) written = pb_encode(a, name, out.file);
  if (kind == SINK_CSV) written = write_csv(a, out.file);
  if (kind == SINK_RAW || (kind == SINK_NPY && a->type == ATR_BF16)) { /* NumPy has no bfloat16 */
    ok = array_create(&real, ATR_F32, &a->shape, fault);
    for (size_t i = 0; ok && i < a->count; i++) array_put(&real, i, array_value(a, i));
    written = ok && (kind == SINK_RAW ? array_write : npy_encode)(&real, out.file);
  }
  if (ok && !written) ok = fault_errno(fault, path, "write", errno ? errno : EIO);
  ok = ok && output_commit(&out, fault);
  output_discard(&out);
  array_destroy(&real);
  return ok;
}
