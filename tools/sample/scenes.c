/* scenes.c: pictures with masks: discs, squares and triangles on a textured ground, in whole numbers
 * throughout.
 *
 * Colours lean to the class (warm, cold, green) but overlap, light falls unevenly and there is noise, so a
 * network has to look at shapes as well. Class numbers: 0 ground, 1 disc, 2 square, 3 triangle. */
#include <stdio.h>
#include <stdlib.h>

#include "common/image.h"
#include "common/output.h"
#include "sample/sample.h"

enum { SIDE = 128, PHOTO_WIDTH = 203, PHOTO_HEIGHT = 151, CELL = 16, LATTICE = 32 };

struct object {
  int kind, x, y, size; /* 1 disc, 2 square, 3 triangle */
  int c, s;             /* turned by an angle with this cosine and sine, in 1/1000 */
  int colour[3];
};

static int clamp(int v) {
  return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* A smooth field: random values on a lattice, between them the mean weighted by distance. */
static int field(int lattice[LATTICE][LATTICE], int x, int y) {
  int i = x / CELL, j = y / CELL, u = x % CELL, v = y % CELL;
  int top = lattice[j][i] * (CELL - u) + lattice[j][i + 1] * u;
  int low = lattice[j + 1][i] * (CELL - u) + lattice[j + 1][i + 1] * u;
  return (top * (CELL - v) + low * v) / (CELL * CELL);
}

static bool inside(const struct object *o, int x, int y) {
  int dx = x - o->x, dy = y - o->y;
  if (o->kind == 1) return dx * dx + dy * dy <= o->size * o->size;
  int u = (o->c * dx + o->s * dy) / 1000, v = (o->c * dy - o->s * dx) / 1000;
  if (o->kind == 2) return abs(u) <= o->size * 7 / 8 && abs(v) <= o->size * 7 / 8;
  /* Pointing up: the half width grows by 4/7 for each row below the tip. */
  int depth = v + o->size;
  return depth >= 0 && depth <= 7 * o->size / 4 && 7 * abs(u) <= 4 * depth;
}

static void make_object(struct sample_random *r, struct object *o, int width, int height) {
  static const int turns[][2] = { { 1000, 0 },  { 966, 259 },  { 866, 500 },
                                  { 707, 707 }, { 966, -259 }, { 866, -500 } };
  static const int hue[][3] = { { 0, 0, 0 }, { 205, 95, 70 }, { 80, 110, 205 }, { 95, 190, 90 } };
  o->kind = sample_between(r, 1, 3);
  o->size = sample_between(r, 9, 20);
  o->x = sample_between(r, 4, width - 5);
  o->y = sample_between(r, 4, height - 5);
  int turn = sample_between(r, 0, 5);
  o->c = turns[turn][0];
  o->s = turns[turn][1];
  for (int k = 0; k < 3; k++) o->colour[k] = hue[o->kind][k] + sample_between(r, -55, 55);
}

static bool make_scene(struct sample_random *r, int width, int height, const char *image_path,
                       const char *mask_path, struct fault *fault) {
  struct image image;
  struct label_map mask = { (size_t)width, (size_t)height, NULL, 3 };
  struct object object[8];
  int lattice[LATTICE][LATTICE], ground[3], objects = sample_between(r, 3, 6);
  if (!image_create(&image, (size_t)width, (size_t)height, 3, 8, fault)) return false;
  mask.id = calloc(mask.width * mask.height, sizeof *mask.id);
  bool ok = mask.id || fault_nomem(fault, mask.width * mask.height);
  for (int j = 0; j < LATTICE; j++)
    for (int i = 0; i < LATTICE; i++) lattice[j][i] = sample_between(r, -40, 40);
  for (int k = 0; k < 3; k++) ground[k] = sample_between(r, 90, 165);
  for (int i = 0; i < objects; i++) make_object(r, &object[i], width, height);
  for (int y = 0; ok && y < height; y++)
    for (int x = 0; x < width; x++) {
      int kind = 0, light = 30 * (width - 2 * x) / width, texture = field(lattice, x, y);
      const int *colour = ground;
      for (int i = 0; i < objects; i++)
        if (inside(&object[i], x, y)) kind = object[i].kind, colour = object[i].colour;
      if (kind) texture /= 4;
      size_t at = (size_t)(y * width + x);
      mask.id[at] = (uint16_t)kind;
      for (size_t k = 0; k < 3; k++) {
        int grain = sample_between(r, -12, 12) + sample_between(r, -12, 12);
        ((uint8_t *)image.data)[3 * at + k] = (uint8_t)clamp(colour[k] + texture + light + grain);
      }
    }
  ok = ok && image_write(image_path, false, &image, fault) &&
       label_map_write(mask_path, false, &mask, 4, fault);
  label_map_destroy(&mask);
  image_destroy(&image);
  return ok;
}

static bool make_set(const char *folder, const char *part, uint64_t seed, int first, int count,
                     struct fault *fault) {
  char image[OUTPUT_PATH], mask[OUTPUT_PATH];
  snprintf(image, sizeof image, "%.3900s%s/images", folder, part);
  snprintf(mask, sizeof mask, "%.3900s%s/masks", folder, part);
  if (!output_folder(image, fault) || !output_folder(mask, fault)) return false;
  for (int i = 0; i < count && !signals_pending(); i++) {
    /* Each scene has its own stream, so that more of them leave the first ones as they are. */
    struct sample_random r = { seed * 1000003u + (uint64_t)(first + i) };
    sample_bits(&r);
    snprintf(image, sizeof image, "%.3900s%s/images/%04d.png", folder, part, i);
    snprintf(mask, sizeof mask, "%.3900s%s/masks/%04d.png", folder, part, i);
    if (!make_scene(&r, SIDE, SIDE, image, mask, fault)) return false;
  }
  return true;
}

bool sample_scenes(const char *folder, uint64_t seed, int count, struct fault *fault) {
  char path[OUTPUT_PATH], mask[OUTPUT_PATH];
  struct output out;
  struct sample_random r = { seed * 1000003u + 999999u };
  if (!make_set(folder, "", seed, 0, count, fault) ||
      !make_set(folder, "/valid", seed, 500000, (count + 3) / 4, fault))
    return false;
  snprintf(path, sizeof path, "%.3900s/photo.png", folder);
  snprintf(mask, sizeof mask, "%.3900s/photo-mask.png", folder);
  if (!make_scene(&r, PHOTO_WIDTH, PHOTO_HEIGHT, path, mask, fault)) return false;
  snprintf(path, sizeof path, "%.3900s/classes.txt", folder);
  if (!output_open(&out, path, false, fault)) return false;
  fputs("ground\ndisc\nsquare\ntriangle\n", out.file);
  return output_commit(&out, fault);
}
