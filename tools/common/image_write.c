/* image_write.c: writing PNG; see image.h. The same rules for longjmp as in image.c. */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "common/output.h"

struct writing {
  struct output out;
  png_structp png;
  png_infop info;
  png_color colours[256];
  unsigned char *row;
  char text[160];
};

static void on_error(png_structp png, png_const_charp text) {
  struct writing *w = png_get_error_ptr(png);
  snprintf(w->text, sizeof w->text, "%s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png, (void)text;
}

/* Writes rows from `image`, or where it is NULL from `map`. */
static bool encode(struct writing *w, const struct image *image, const struct label_map *map, int colours,
                   struct fault *fault) {
  static const int types[] = { 0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                               PNG_COLOR_TYPE_RGBA };
  size_t width = image ? image->width : map->width, height = image ? image->height : map->height;
  size_t row = image ? width * (size_t)image->channels * (size_t)(image->bits / 8) : width;
  w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
  w->info = w->png ? png_create_info_struct(w->png) : NULL;
  if (!w->info) return fault_nomem(fault, 1);
  if (setjmp(png_jmpbuf(w->png))) {
    fault_set(fault, FAULT_IO, "cannot write the PNG: %s", w->text);
    return fault_at(fault, w->out.path, 0, 0);
  }
  png_init_io(w->png, w->out.file);
  png_set_IHDR(w->png, w->info, (png_uint_32)width, (png_uint_32)height, image ? image->bits : 8,
               image ? types[image->channels] : PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (map) png_set_PLTE(w->png, w->info, w->colours, colours);
  png_write_info(w->png, w->info);
  const uint16_t one = 1;
  if (image && image->bits == 16 && *(const unsigned char *)&one) png_set_swap(w->png);
  w->row = malloc(row);
  if (!w->row) return fault_nomem(fault, row);
  for (size_t i = 0; i < height; i++) {
    if (image)
      memcpy(w->row, (const unsigned char *)image->data + i * row, row);
    else
      for (size_t k = 0; k < width; k++) w->row[k] = (unsigned char)map->id[i * width + k];
    png_write_row(w->png, w->row);
  }
  png_write_end(w->png, NULL);
  return true;
}

static bool write_png(struct writing *w, const char *path, bool no_clobber, const struct image *image,
                      const struct label_map *map, int colours, struct fault *fault) {
  if (!output_open(&w->out, path, no_clobber, fault)) return false;
  bool ok = encode(w, image, map, colours, fault);
  if (w->png) png_destroy_write_struct(&w->png, &w->info);
  free(w->row);
  if (ok) return output_commit(&w->out, fault);
  output_discard(&w->out);
  return false;
}

bool image_write(const char *path, bool no_clobber, const struct image *image, struct fault *fault) {
  struct writing w;
  memset(&w, 0, sizeof w);
  return write_png(&w, path, no_clobber, image, NULL, 0, fault);
}

bool label_map_write(const char *path, bool no_clobber, const struct label_map *map, int colours,
                     struct fault *fault) {
  struct writing w;
  uint8_t palette[256][3];
  memset(&w, 0, sizeof w);
  if (colours < 1 || colours > 256)
    return fault_set(fault, FAULT_LIMIT, "an indexed PNG holds 1 to 256 classes, not %d", colours);
  for (size_t i = 0; i < map->width * map->height; i++)
    if (map->id[i] >= colours)
      return fault_set(fault, FAULT_LIMIT, "the class %u does not fit a palette of %d colours", map->id[i],
                       colours);
  class_palette(palette);
  for (int i = 0; i < 256; i++) w.colours[i] = (png_color){ palette[i][0], palette[i][1], palette[i][2] };
  return write_png(&w, path, no_clobber, NULL, map, colours, fault);
}
