/* data.c: samples and crops; see data.h. */
#include "segment/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "segment/crop.h"

uint64_t data_random(uint64_t seed, uint64_t counter) {
  uint64_t z = seed * 0xD1342543DE82EF95u + (counter + 1) * 0x9E3779B97F4A7C15u; /* splitmix64's mixing */
  for (int i = 0; i < 2; i++) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
  }
  return z;
}

/* Labels at the scaled size: the class at the middle of each new pixel. */
static void scale_labels(uint8_t *label, size_t width, size_t height, size_t w, size_t h) {
  if (w > width || h > height) return;
  for (size_t y = 0; y < h; y++)
    for (size_t x = 0; x < w; x++)
      label[y * w + x] = label[(2 * y + 1) * height / (2 * h) * width + (2 * x + 1) * width / (2 * w)];
}

static bool load(struct sample *s, const struct pair *p, double scale, const struct classes *classes,
                 int *largest, struct fault *fault) {
  struct label_map map;
  if (!picture_read(p->first, &s->picture, fault) || !label_map_read(p->second, &map, fault)) return false;
  const size_t width = map.width, height = map.height;
  bool ok = true;
  if (width != s->picture.width || height != s->picture.height) {
    fault_set(fault, FAULT_DATA, "the mask is %zu x %zu, its image %zu x %zu", width, height,
              s->picture.width, s->picture.height);
    ok = fault_at(fault, p->second, 0, 0);
  }
  if (ok) s->label = malloc(width * height);
  if (ok && !s->label) ok = fault_nomem(fault, width * height);
  ok = ok && classes_label(classes, p->second, &map, s->label, largest, fault) &&
       picture_scale(&s->picture, scale, fault);
  if (ok) scale_labels(s->label, width, height, s->picture.width, s->picture.height);
  label_map_destroy(&map);
  return ok;
}

bool data_load(struct data *data, const struct pairs *pairs, const size_t *index, size_t count, double scale,
               const struct classes *classes, int *largest, struct fault *fault) {
  *data = (struct data){ calloc(count ? count : 1, sizeof *data->sample), count };
  if (!data->sample) return fault_nomem(fault, count * sizeof *data->sample);
  for (size_t i = 0; i < count; i++)
    if (!load(&data->sample[i], &pairs->item[index[i]], scale, classes, largest, fault)) return false;
  return true;
}

void data_destroy(struct data *data) {
  for (size_t i = 0; data->sample && i < data->count; i++) {
    picture_destroy(&data->sample[i].picture);
    free(data->sample[i].label);
  }
  free(data->sample);
  memset(data, 0, sizeof *data);
}

void data_pixels(const struct data *data, struct pixels *pixels) {
  pixels->scale = 1.0 / 255;
  for (size_t k = 0; k < 3; k++) {
    double sum = 0, squares = 0, n = 0;
    for (size_t i = 0; i < data->count; i++) {
      const struct picture *p = &data->sample[i].picture;
      const size_t area = p->width * p->height;
      for (size_t j = 0; j < area; j++) {
        const double v = p->plane[k * area + j] / 65535.0;
        sum += v;
        squares += v * v;
      }
      n += (double)area;
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    pixels->mean[k] = mean;
    pixels->std[k] = variance > 1e-6 ? sqrt(variance) : 1;
  }
}

void data_count(const struct data *data, int64_t *count, int classes) {
  memset(count, 0, (size_t)classes * sizeof *count);
  for (size_t i = 0; i < data->count; i++) {
    const struct sample *s = &data->sample[i];
    for (size_t j = 0; j < s->picture.width * s->picture.height; j++)
      if (s->label[j] < classes) count[s->label[j]]++;
  }
}

static int by_size(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void data_weights(const int64_t *count, int classes, double power, double most, float *weight) {
  int64_t sorted[CLASSES_MOST];
  int n = 0;
  for (int i = 0; i < classes; i++)
    if (count[i]) sorted[n++] = count[i];
  qsort(sorted, (size_t)n, sizeof *sorted, by_size);
  const double median = n ? 0.5 * (double)(sorted[(n - 1) / 2] + sorted[n / 2]) : 1;
  for (int i = 0; i < classes; i++) {
    double w = count[i] ? pow(median / (double)count[i], power) : 0;
    if (w > most) w = most;
    if (count[i] && w < 1 / most) w = 1 / most;
    weight[i] = (float)w;
  }
}

/* Where a crop of `extent` begins along a side: at any pixel within, or, where the side is shorter, with the
 * picture in the middle. */
static double begin(size_t length, double extent, uint64_t random) {
  if ((double)length > extent) return (double)(random % (uint64_t)((double)length - extent + 1));
  return -floor((extent - (double)length) / 2);
}

int data_augment_of(const char *text) {
  static const struct {
    const char *name;
    int bit;
  } kinds[] = { { "flip", 0 },
                { "light", AUGMENT_LIGHT },
                { "invert", AUGMENT_INVERT },
                { "turn", AUGMENT_TURN },
                { "zoom", AUGMENT_ZOOM } };
  const size_t count = sizeof kinds / sizeof *kinds;
  int augment = 0;
  for (;;) {
    const size_t length = strcspn(text, ",");
    size_t k = 0;
    while (k < count && (strlen(kinds[k].name) != length || strncmp(kinds[k].name, text, length))) k++;
    if (k == count) return -1;
    augment |= kinds[k].bit;
    if (!text[length]) return augment;
    text += length + 1;
  }
}

/* Works on normalised values v = (p - mean) / std, p in 0 … white: its negative white - p is (white - 2 mean)
 * / std - v. */
static void change_colours(const struct pixels *pixels, int augment, uint64_t random, size_t area, float *x) {
  const bool invert = augment & AUGMENT_INVERT && random & 1;
  const float even = (float)(random >> 8 & 0xFFFF) / 65536.0f,
              spread = (float)(random >> 24 & 0xFFFF) / 65536.0f;
  const float shift = augment & AUGMENT_LIGHT ? 0.6f * even - 0.3f : 0.0f;
  const float gain = augment & AUGMENT_LIGHT ? powf(16.0f / 9.0f, spread) * 0.75f : 1.0f;
  if (!invert && !(augment & AUGMENT_LIGHT)) return;
  for (int c = 0; c < 3; c++, x += area) {
    const float turn = (float)((255.0 * pixels->scale - 2.0 * pixels->mean[c]) / pixels->std[c]);
    for (size_t i = 0; i < area; i++) x[i] = gain * (invert ? turn - x[i] : x[i]) + shift;
  }
}

void data_crop(const struct data *data, const struct pixels *pixels, uint64_t seed, uint64_t epoch,
               uint64_t item, size_t size, int augment, float *x, int32_t *target) {
  enum { TRIES = 8 };
  const uint64_t stream = data_random(seed, epoch), round = item / data->count;
  /* Every image once before one comes again: the item's place in a permutation of this round (Fisher and
   * Yates, replayed). */
  size_t place = item % data->count;
  for (size_t i = data->count - 1; i > 0; i--) {
    const size_t j = (size_t)(data_random(stream + round, i) % (i + 1));
    if (place == i)
      place = j;
    else if (place == j)
      place = i;
  }
  const struct sample *s = &data->sample[place];
  bool any = false;
  for (uint64_t attempt = 0; attempt < TRIES && !any; attempt++) { /* not a crop in which nothing counts */
    const uint64_t draw = 8 * (item * TRIES + attempt);
    struct crop crop = { 0, 0, 1, 0, size };
    if (augment & AUGMENT_ZOOM)
      crop.pixel = 0.75 * pow(16.0 / 9.0, (double)(data_random(~stream, draw + 4) >> 11) / 0x1p53);
    crop.x0 = begin(s->picture.width, (double)size * crop.pixel, data_random(~stream, draw));
    crop.y0 = begin(s->picture.height, (double)size * crop.pixel, data_random(~stream, draw + 1));
    crop.symmetry = (int)(data_random(~stream, draw + 2) >> 61) & (augment & AUGMENT_TURN ? 7 : 1);
    crop_picture(&crop, &s->picture, pixels, x);
    any = crop_labels(&crop, s, target);
    change_colours(pixels, augment, data_random(~stream, draw + 3), size * size, x);
  }
}
