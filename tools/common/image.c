/* image.c: reading PNG; see image.h. Writing is in image_write.c.
 *
 * libpng reports errors by longjmp. Everything that a failure must release lives in `struct reading`, which
 * belongs to the caller of the function with setjmp, so no local of that function has to survive the jump. */
#include "common/image.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"

enum { HEADER = 33 }; /* signature and IHDR with its lengths and checksum */

struct reading {
  const char *path;
  FILE *file;
  struct fault *fault;
  unsigned char header[HEADER];
  size_t header_used;
  png_structp png;
  png_infop info;
  png_bytep *rows;
  unsigned char *data;
  size_t width, height, channels, bits;
  bool labels, ended;
  char text[160];
};

static void on_error(png_structp png, png_const_charp text) {
  struct reading *r = png_get_error_ptr(png);
  if (!r->text[0]) snprintf(r->text, sizeof r->text, "%s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png, (void)text;
}

static void on_read(png_structp png, png_bytep bytes, size_t size) {
  struct reading *r = png_get_io_ptr(png);
  while (size && r->header_used < HEADER) {
    *bytes++ = r->header[r->header_used++];
    size--;
  }
  if (size && fread(bytes, 1, size, r->file) != size) {
    r->ended = true;
    png_error(png, "the file ends early");
  }
}

/* Reads and judges the first bytes. */
static bool read_header(struct reading *r) {
  size_t got = fread(r->header, 1, HEADER, r->file);
  const unsigned char *h = r->header;
  if (ferror(r->file)) return fault_errno(r->fault, r->path, "read", errno);
  if (got == 0)
    fault_set(r->fault, FAULT_FORMAT, "the file is empty");
  else if (got < 8 ? memcmp(h, "\x89PNG\r\n\x1a\n", got) : png_sig_cmp(h, 0, 8)) {
    fault_set(r->fault, FAULT_FORMAT, "this is no PNG file");
    if (got > 2 && h[0] == 0xff && h[1] == 0xd8)
      fault_remedy(r->fault, "it is a JPEG, convert it to PNG");
    else if (got > 4 && (!memcmp(h, "II*\0", 4) || !memcmp(h, "MM\0*", 4)))
      fault_remedy(r->fault, "it is a TIFF, convert it to PNG");
  } else if (got < HEADER)
    fault_set(r->fault, FAULT_FORMAT, "the PNG is truncated: it ends in its header");
  else if (memcmp(h + 8, "\0\0\0\rIHDR", 8))
    fault_set(r->fault, FAULT_FORMAT, "the PNG does not begin with its header");
  else {
    r->width = png_get_uint_32(h + 16);
    r->height = png_get_uint_32(h + 20);
    if (r->width == 0 || r->height == 0 || r->width > 0x7fffffff || r->height > 0x7fffffff)
      fault_set(r->fault, FAULT_FORMAT, "the PNG has the size %zu x %zu", r->width, r->height);
    else if (r->width > IMAGE_SIDE || r->height > IMAGE_SIDE)
      fault_set(r->fault, FAULT_LIMIT, "the image is %zu x %zu, and the limit is %d a side", r->width,
                r->height, IMAGE_SIDE);
    else if (r->width * r->height > IMAGE_PIXELS)
      fault_set(r->fault, FAULT_LIMIT, "the image is %zu x %zu, and the limit is %d million pixels", r->width,
                r->height, IMAGE_PIXELS / 1000000);
    else
      return true;
    if (r->fault->code == FAULT_LIMIT) fault_remedy(r->fault, "scale it down or cut it");
  }
  return fault_at(r->fault, r->path, 0, 0);
}

static void ask_for_colours(struct reading *r) {
  int type = png_get_color_type(r->png, r->info);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(r->png);
  if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(r->png, r->info) < 8)
    png_set_expand_gray_1_2_4_to_8(r->png);
  if (png_get_valid(r->png, r->info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(r->png);
}

static void ask_for_numbers(struct reading *r) {
  png_set_packing(r->png);
  png_set_strip_alpha(r->png);
}

/* The part between setjmp and the end of libpng's work. */
static bool decode(struct reading *r) {
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
  r->info = r->png ? png_create_info_struct(r->png) : NULL;
  if (!r->info) return fault_nomem(r->fault, 1);
  if (setjmp(png_jmpbuf(r->png))) {
    fault_set(r->fault, FAULT_FORMAT, r->ended ? "the PNG is truncated: %s" : "the PNG is damaged: %s",
              r->text);
    return fault_at(r->fault, r->path, 0, 0);
  }
  png_set_read_fn(r->png, r, on_read);
  png_set_user_limits(r->png, IMAGE_SIDE, IMAGE_SIDE);
  png_read_info(r->png, r->info);
  if (r->labels)
    ask_for_numbers(r);
  else
    ask_for_colours(r);
  const uint16_t one = 1;
  if (*(const unsigned char *)&one) png_set_swap(r->png); /* PNG is big-endian */
  png_set_interlace_handling(r->png);
  png_read_update_info(r->png, r->info);
  r->channels = png_get_channels(r->png, r->info);
  r->bits = png_get_bit_depth(r->png, r->info);
  size_t row = png_get_rowbytes(r->png, r->info);
  if (row != r->width * r->channels * (r->bits / 8)) png_error(r->png, "its rows have an unexpected size");
  r->data = malloc(row * r->height);
  r->rows = malloc(r->height * sizeof *r->rows);
  if (!r->data || !r->rows) return fault_nomem(r->fault, row * r->height);
  for (size_t i = 0; i < r->height; i++) r->rows[i] = r->data + i * row;
  png_read_image(r->png, r->rows);
  png_read_end(r->png, NULL);
  return true;
}

static bool read_png(struct reading *r, const char *path, bool labels, struct fault *fault) {
  memset(r, 0, sizeof *r);
  r->path = path;
  r->fault = fault;
  r->labels = labels;
  r->file = input_open(path, fault);
  if (!r->file) return false;
  bool ok = read_header(r) && decode(r);
  if (r->png) png_destroy_read_struct(&r->png, &r->info, NULL);
  input_close(r->file);
  free(r->rows);
  if (!ok) free(r->data);
  return ok;
}

bool image_read(const char *path, struct image *image, struct fault *fault) {
  struct reading r;
  memset(image, 0, sizeof *image);
  if (!read_png(&r, path, false, fault)) return false;
  *image = (struct image){ r.width, r.height, (int)r.channels, (int)r.bits, r.data };
  return true;
}

bool image_size(const char *path, size_t *width, size_t *height, struct fault *fault) {
  struct reading r;
  memset(&r, 0, sizeof r);
  r.path = path;
  r.fault = fault;
  r.file = input_open(path, fault);
  bool ok = r.file && read_header(&r);
  input_close(r.file);
  *width = r.width;
  *height = r.height;
  return ok;
}

static uint16_t stored(const struct reading *r, size_t i) {
  return r->bits == 16 ? ((const uint16_t *)(const void *)r->data)[i] : r->data[i];
}

bool label_map_read(const char *path, struct label_map *map, struct fault *fault) {
  struct reading r;
  memset(map, 0, sizeof *map);
  if (!read_png(&r, path, true, fault)) return false;
  size_t pixels = r.width * r.height;
  map->id = malloc(pixels * sizeof *map->id);
  if (!map->id) {
    free(r.data);
    return fault_nomem(fault, pixels * sizeof *map->id);
  }
  map->width = r.width;
  map->height = r.height;
  for (size_t i = 0; i < pixels; i++) {
    uint16_t v = stored(&r, i * r.channels);
    if (r.channels == 3 && (stored(&r, 3 * i + 1) != v || stored(&r, 3 * i + 2) != v)) {
      fault_set(fault, FAULT_DATA,
                "the mask is in colours (%u, %u, %u at column %zu, row %zu), not class numbers", v,
                stored(&r, 3 * i + 1), stored(&r, 3 * i + 2), i % r.width, i / r.width);
      fault_at(fault, path, 0, 0);
      fault_remedy(fault, "save it as a palette or grey PNG whose values are the classes");
      free(r.data);
      label_map_destroy(map);
      return false;
    }
    map->id[i] = v;
    if (v > map->largest) map->largest = v;
  }
  free(r.data);
  return true;
}

void label_map_destroy(struct label_map *map) {
  free(map->id);
  memset(map, 0, sizeof *map);
}

bool image_create(struct image *image, size_t width, size_t height, int channels, int bits,
                  struct fault *fault) {
  memset(image, 0, sizeof *image);
  if (width == 0 || height == 0 || width > IMAGE_SIDE || height > IMAGE_SIDE || width * height > IMAGE_PIXELS)
    return fault_set(fault, FAULT_LIMIT, "an image of %zu x %zu is outside the limits", width, height);
  size_t bytes = width * height * (size_t)channels * (size_t)(bits / 8);
  *image = (struct image){ width, height, channels, bits, calloc(bytes, 1) };
  return image->data ? true : fault_nomem(fault, bytes);
}

void image_destroy(struct image *image) {
  free(image->data);
  memset(image, 0, sizeof *image);
}

static float part(const struct image *m, size_t i) {
  return m->bits == 16 ? (float)((const uint16_t *)m->data)[i] / 65535.0f
                       : (float)((const uint8_t *)m->data)[i] / 255.0f;
}

void image_to_planes(const struct image *m, float *planes) {
  size_t pixels = m->width * m->height, channels = (size_t)m->channels;
  bool alpha = channels == 2 || channels == 4;
  for (size_t i = 0; i < pixels; i++)
    for (size_t k = 0; k < 3; k++) {
      float v = part(m, i * channels + (channels < 3 ? 0 : k));
      float a = alpha ? part(m, i * channels + channels - 1) : 1;
      planes[k * pixels + i] = alpha ? a * v + (1 - a) : v;
    }
}

void image_to_rgba(const struct image *m, uint8_t *rgba) {
  size_t pixels = m->width * m->height, channels = (size_t)m->channels;
  for (size_t i = 0; i < pixels; i++)
    for (size_t k = 0; k < 4; k++) {
      bool alpha = channels == 2 || channels == 4;
      size_t from = k == 3 ? channels - 1 : channels < 3 ? 0 : k, at = i * channels + from;
      rgba[4 * i + k] = k == 3 && !alpha ? 255
                        : m->bits == 16  ? (uint8_t)(((const uint16_t *)m->data)[at] >> 8)
                                         : ((const uint8_t *)m->data)[at];
    }
}
