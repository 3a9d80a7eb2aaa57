/* image.h: PNG files in and out.
 *
 * Reading accepts grey, grey with alpha, RGB, RGBA and palette images of every depth, interlaced or not; the
 * header is checked against the limits before anything is allocated. Two readings, because photographs and
 * label maps want different things: image_read gives colours (palette looked up, 1 to 4 bits scaled to 8),
 * label_map_read gives the numbers as stored (the palette's index, the unscaled grey). Gamma and colour
 * profiles are ignored, as networks are trained on the stored values. libpng does the decoding. */
#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include "common/fault.h"

/* Limits of what is read: 100 million pixels (a medium-format photograph), 32 768 a side. */
enum { IMAGE_SIDE = 32768, IMAGE_PIXELS = 100000000 };

struct image {
  size_t width, height;
  int channels; /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA */
  int bits;     /* 8 or 16 */
  void *data;   /* uint8_t or uint16_t [height][width][channels] */
};

/* Reads a PNG ("-": standard input) in its own channels; transparency by colour becomes an alpha channel. */
bool image_read(const char *path, struct image *image, struct fault *fault) TOOLS_MUST;

/* Room for width × height × channels; contents zero. */
bool image_create(struct image *image, size_t width, size_t height, int channels, int bits,
                  struct fault *fault) TOOLS_MUST;
void image_destroy(struct image *image);

/* Colours as 0 … 1 in planes [3][height][width]. Grey goes to all three; what is transparent shows white
 * behind it, because the colour stored under alpha 0 is arbitrary. */
void image_to_planes(const struct image *image, float *planes);

/* 8-bit RGBA [height][width][4]; 16 bits keep their upper byte. */
void image_to_rgba(const struct image *image, uint8_t *rgba);

struct label_map {
  size_t width, height;
  uint16_t *id; /* [height][width] */
  int largest;  /* largest number that occurs */
};

/* Reads a mask: palette index or grey value as stored, 16 bits too. RGB is read where the three channels are
 * equal in every pixel, and else refused naming the pixel. Alpha is ignored. */
bool label_map_read(const char *path, struct label_map *map, struct fault *fault) TOOLS_MUST;
void label_map_destroy(struct label_map *map);

/* Size alone, from the header: for checks before long work. */
bool image_size(const char *path, size_t *width, size_t *height, struct fault *fault) TOOLS_MUST;

/* Writes; "-" is standard output. */
bool image_write(const char *path, bool no_clobber, const struct image *image,
                 struct fault *fault) TOOLS_MUST;

/* Writes class numbers as an indexed PNG in the colours of class_palette: `colours` entries, numbers below
 * it. */
bool label_map_write(const char *path, bool no_clobber, const struct label_map *map, int colours,
                     struct fault *fault) TOOLS_MUST;

/* 256 colours: black first, then colours each as far as can be from those before it, the first two dozen of
 * them strong. The same on every machine. */
void class_palette(uint8_t palette[256][3]);

#endif
