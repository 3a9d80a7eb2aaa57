/* array_spec.c: the matrices and vectors of a configuration; see load.h.
 *
 *   0.5                                  every element
 *   [[1, 2], [3, 4]], [1, 2]             rows; a vector may be flat
 *   "w.npy"                              a NumPy file beside the configuration, of that shape
 *   {"draw": "normal", "gain": g, "density": p, "seed": s}   N(0, g²/(p·cols)) where a number < p says so
 *   {"draw": "uniform", …}               in ±gain
 *   {"draw": "orthogonal", "gain": g}    a random rotation, times g
 *   {"draw": "identity", "gain": g}
 *   … "radius": r                        then scaled so that the spectral radius is r (square blocks) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "dynamics/draw.h"
#include "dynamics/linear.h"
#include "dynamics/load.h"
#include "run/npy.h"

static bool bad(struct fault *fault, const char *file, const char *key, const char *what, size_t rows,
                size_t cols) {
  load_fault(fault, file, "\"%s\" %s", key, what);
  return cols > 1 || rows == 0
             ? fault_remedy(fault,
                            "give %zu rows of %zu numbers, a number, a .npy file, or {\"draw\": \"normal\"}",
                            rows, cols)
             : fault_remedy(fault,
                            "give %zu numbers in a list, a number, a .npy file, or {\"draw\": \"normal\"}",
                            rows);
}

static bool from_list(const json_t *list, const char *key, const char *file, size_t rows, size_t cols,
                      double *to, struct fault *fault) {
  const size_t n = json_array_size(list);
  const bool nested = n && json_is_array(json_array_get(list, 0));
  if (n != (nested ? rows : rows * cols)) {
    load_fault(fault, file, "\"%s\" has %zu %s, must have %zu", key, n, nested ? "rows" : "numbers",
               nested ? rows : rows * cols);
    return false;
  }
  for (size_t i = 0; i < rows; i++) {
    const json_t *row = nested ? json_array_get(list, i) : list;
    if (nested && json_array_size(row) != cols)
      return load_fault(fault, file, "\"%s\" row %zu has %zu numbers, must have %zu", key, i,
                        json_array_size(row), cols);
    for (size_t k = 0; k < cols; k++) {
      const json_t *value = json_array_get(row, nested ? k : i * cols + k);
      if (!json_is_number(value))
        return load_fault(fault, file, "\"%s\" row %zu, place %zu is no number", key, i, k);
      to[i * cols + k] = json_number_value(value);
    }
  }
  return true;
}

static bool from_npy(const char *name, const char *key, const char *file, size_t rows, size_t cols,
                     double *to, struct fault *fault) {
  char path[OUTPUT_PATH];
  const char *slash = file ? strrchr(file, '/') : NULL;
  const int folder = slash && name[0] != '/' ? (int)(slash - file + 1) : 0;
  if ((size_t)snprintf(path, sizeof path, "%.*s%s", folder, folder ? file : "", name) >= sizeof path)
    return load_fault(fault, file, "\"%s\" names a file of more than %d bytes", key, OUTPUT_PATH);
  char *bytes;
  size_t size;
  struct array array = { 0 };
  if (!input_read(path, (size_t)1 << 30, &bytes, &size, fault)) return false;
  bool ok = npy_decode((const uint8_t *)bytes, size, &array, fault);
  free(bytes);
  if (!ok) return fault_at(fault, path, 0, 0);
  char text[SHAPE_TEXT];
  const atr_shape *s = &array.shape;
  if (array.count != rows * cols || (s->rank == 2 && s->dim[0] != (int64_t)rows)) {
    fault_set(fault, FAULT_SHAPE, "the array has shape %s, \"%s\" must be [%zu,%zu]", shape_text(s, text),
              key, rows, cols);
    ok = fault_at(fault, path, 0, 0);
  }
  for (size_t i = 0; ok && i < array.count; i++) to[i] = array_value(&array, i);
  array_destroy(&array);
  return ok;
}

/* The rows of a matrix of normal numbers made orthogonal (Gram and Schmidt, twice, by QR). */
static bool orthogonal(size_t n, double *to, struct fault *fault) {
  double *r = malloc(n * sizeof *r);
  if (!r) return fault_nomem(fault, n * sizeof *r);
  const bool ok = linear_qr(n, n, to, r, fault);
  /* Signs so that the rotation is uniformly distributed (Mezzadri 2007). */
  for (size_t k = 0; ok && k < n; k++)
    for (size_t i = 0; r[k] < 0 && i < n; i++) to[i * n + k] = -to[i * n + k];
  free(r);
  return ok;
}

static bool scale_to(size_t n, double radius, double *block, const char *key, const char *file,
                     struct fault *fault) {
  double *re = malloc(2 * n * sizeof *re);
  if (!re) return fault_nomem(fault, 2 * n * sizeof *re);
  bool ok = linear_eigenvalues(n, block, re, re + n, fault);
  const double now = ok ? hypot(re[0], re[n]) : 0;
  free(re);
  if (ok && now < 1e-12)
    ok = load_fault(fault, file, "\"%s\" was drawn with spectral radius 0, which cannot become %g", key,
                    radius);
  for (size_t i = 0; ok && i < n * n; i++) block[i] *= radius / now;
  return ok;
}

static bool drawn(const json_t *spec, const char *key, const char *file, uint64_t seed, size_t rows,
                  size_t cols, double *to, struct fault *fault) {
  static const char *const keys[] = { "draw", "gain", "density", "radius", "seed" };
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)spec, name, value) {
    size_t i = 0;
    while (i < 5 && strcmp(name, keys[i])) i++;
    if (i == 5) {
      load_fault(fault, file, "\"%s\" has the key \"%.60s\", which is not known", key, name);
      return fault_remedy(fault, "known are draw, gain, density, radius and seed");
    }
    if (i && !json_is_number(value)) return load_fault(fault, file, "\"%s\": \"%s\" is no number", key, name);
  }
  const json_t *own = json_object_get(spec, "seed"), *radius = json_object_get(spec, "radius"),
               *density = json_object_get(spec, "density"), *gain = json_object_get(spec, "gain");
  const char *draw = json_string_value(json_object_get(spec, "draw"));
  const double g = gain ? json_number_value(gain) : 1, p = density ? json_number_value(density) : 1;
  if (own) seed = (uint64_t)json_number_value(own);
  if (!(p > 0 && p <= 1))
    return load_fault(fault, file, "\"%s\": density is %g, must be above 0 and at most 1", key, p);
  if (radius && !(json_number_value(radius) >= 0))
    return load_fault(fault, file, "\"%s\": radius is %g, must be 0 or more", key, json_number_value(radius));
  if (!draw) draw = "normal";
  const bool square = cols && rows % cols == 0 && rows >= cols, turns = !strcmp(draw, "orthogonal"),
             same = !strcmp(draw, "identity"), flat = !strcmp(draw, "uniform");
  if (!turns && !same && !flat && strcmp(draw, "normal") != 0) {
    load_fault(fault, file, "\"%s\": \"draw\" is \"%.60s\"", key, draw);
    return fault_remedy(fault, "it can be normal, uniform, orthogonal or identity");
  }
  if ((turns || same || radius) && (!square || cols == 0))
    return load_fault(
        fault, file,
        "\"%s\" is %zu by %zu: only square matrices have a spectral radius, a rotation or an identity", key,
        rows, cols);
  const uint64_t values = draw_seed(seed, key), places = draw_seed(values, "places");
  for (size_t i = 0; i < rows * cols; i++) {
    const double normal = draw_normal(values, i) / (turns ? 1 : sqrt(p * (double)cols));
    to[i] = same   ? (i / cols % cols == i % cols ? g : 0)
            : flat ? g * (2 * draw_uniform(values, i) - 1)
                   : (turns ? 1 : g) * normal;
    if (!turns && !same && p < 1 && draw_uniform(places, i) >= p) to[i] = 0;
  }
  for (size_t block = 0; turns && block < rows / cols; block++) {
    if (!orthogonal(cols, to + block * cols * cols, fault)) return false;
    for (size_t i = 0; i < cols * cols; i++) to[block * cols * cols + i] *= g;
  }
  for (size_t block = 0; radius && block < rows / cols; block++)
    if (!scale_to(cols, json_number_value(radius), to + block * cols * cols, key, file, fault)) return false;
  return true;
}

bool spec_read(const json_t *spec, const char *key, const char *file, uint64_t seed, size_t rows, size_t cols,
               double *to, struct fault *fault) {
  bool ok = true;
  if (json_is_number(spec))
    for (size_t i = 0; i < rows * cols; i++) to[i] = json_number_value(spec);
  else if (json_is_array(spec))
    ok = from_list(spec, key, file, rows, cols, to, fault);
  else if (json_is_string(spec))
    ok = from_npy(json_string_value(spec), key, file, rows, cols, to, fault);
  else if (json_is_object(spec))
    ok = drawn(spec, key, file, seed, rows, cols, to, fault);
  else
    ok = bad(fault, file, key, "is neither numbers nor a way to draw them", rows, cols);
  for (size_t i = 0; ok && i < rows * cols; i++)
    if (!isfinite(to[i])) ok = load_fault(fault, file, "\"%s\" element %zu is not finite", key, i);
  return ok;
}
