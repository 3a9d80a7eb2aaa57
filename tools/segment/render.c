/* render.c: results as PNG files; see render.h. */
#include "segment/render.h"

#include <stdlib.h>
#include <string.h>

bool render_map(const char *path, bool no_clobber, const struct segmentation *s, int classes,
                struct fault *fault) {
  const size_t pixels = s->width * s->height;
  struct label_map map = { s->width, s->height, malloc(pixels * sizeof *map.id), classes - 1 };
  if (!map.id) return fault_nomem(fault, pixels * sizeof *map.id);
  for (size_t i = 0; i < pixels; i++) map.id[i] = s->label[i];
  bool ok = label_map_write(path, no_clobber, &map, classes, fault);
  label_map_destroy(&map);
  return ok;
}

static bool ends(const struct segmentation *s, size_t x, size_t y) {
  const uint8_t *at = s->label + y * s->width + x;
  return (x > 0 && at[-1] != *at) || (x + 1 < s->width && at[1] != *at) ||
         (y > 0 && *(at - s->width) != *at) || (y + 1 < s->height && at[s->width] != *at);
}

bool render_overlay(const char *path, bool no_clobber, const struct segmentation *s,
                    const struct picture *picture, struct fault *fault) {
  uint8_t palette[256][3];
  struct image image;
  const size_t pixels = s->width * s->height;
  if (!image_create(&image, s->width, s->height, 3, 8, fault)) return false;
  class_palette(palette);
  for (size_t i = 0; i < pixels; i++) {
    const uint8_t class = s->label[i];
    const unsigned over = class == 0 ? 0 : ends(s, i % s->width, i / s->width) ? 255 : 115;
    for (size_t k = 0; k < 3; k++) {
      const unsigned under = picture->plane[k * pixels + i] / 257;
      ((uint8_t *)image.data)[3 * i + k] =
          (uint8_t)((over * palette[class][k] + (255 - over) * under + 127) / 255);
    }
  }
  bool ok = image_write(path, no_clobber, &image, fault);
  image_destroy(&image);
  return ok;
}

bool render_probability(const char *path, bool no_clobber, const struct segmentation *s, int class,
                        struct fault *fault) {
  const size_t pixels = s->width * s->height;
  struct image image = { s->width, s->height, 1, 8, s->probability + (size_t) class * pixels };
  return image_write(path, no_clobber, &image, fault);
}

bool render_objects(const char *path, bool no_clobber, const struct objects *objects, size_t width,
                    size_t height, struct fault *fault) {
  struct image image;
  if (objects->count > 65535) {
    fault_set(fault, FAULT_LIMIT, "there are %zu objects, and 16 bits number 65535", objects->count);
    return fault_at(fault, path, 0, 0);
  }
  if (!image_create(&image, width, height, 1, 16, fault)) return false;
  for (size_t i = 0; i < width * height; i++) ((uint16_t *)image.data)[i] = (uint16_t)objects->id[i];
  bool ok = image_write(path, no_clobber, &image, fault);
  image_destroy(&image);
  return ok;
}
