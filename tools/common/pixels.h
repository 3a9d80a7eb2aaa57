/* pixels.h: pictures, and how their pixels become a network's numbers and back (metadata `atrous.input` and
 * --pixels, doc/formats.md). */
#ifndef TOOLS_PIXELS_H
#define TOOLS_PIXELS_H

#include "common/fault.h"
#include "common/image.h"

enum pixels_resize { PIXELS_STRETCH, PIXELS_FIT, PIXELS_CROP };
struct pixels {
  double scale, mean[3], std[3]; /* value = (pixel 0 … 255 · scale - mean) / std */
  bool nhwc;                     /* the network's order is [h][w][c] */
  enum pixels_resize resize;     /* to an input of fixed size */
};

/* Reads the text of `atrous.input` or --pixels; NULL: the defaults. */
bool pixels_parse(struct pixels *pixels, const char *text, struct fault *fault) TOOLS_MUST;
void pixels_text(const struct pixels *pixels, char *text, size_t size);

/* Colours 0 … 65535 in planes [3][height][width]: 8 bits exactly 257 times, 16 bits as they are. */
struct picture {
  size_t width, height;
  uint16_t *plane;
};

bool picture_from_image(const struct image *image, struct picture *picture, struct fault *fault) TOOLS_MUST;
bool picture_read(const char *path, struct picture *picture, struct fault *fault) TOOLS_MUST;
/* Brings the picture to the share `scale` of its size, each new pixel the mean of what it covers. */
bool picture_scale(struct picture *picture, double scale, struct fault *fault) TOOLS_MUST;
/* Brings it to exactly this size as `pixels` says: stretched; whole and centred, the rest being the mean; or
 * filling all of it, its middle. Sides that shrink are averaged, sides that grow interpolated. */
bool picture_resize(struct picture *picture, const struct pixels *pixels, size_t width, size_t height,
                    struct fault *fault) TOOLS_MUST;
void picture_destroy(struct picture *picture);

/* Length of a side after scaling; at least 1. */
size_t picture_scaled(size_t length, double scale);

/* A colour k of 0 … 65535 as the network has it: colour · factor[k] + offset[k]. */
void pixels_affine(const struct pixels *pixels, float factor[3], float offset[3]);

/* The network's numbers of the window at (x0, y0) of h × w, written to [channels][h][w] (1 grey, 3 colours);
 * beyond the picture its edge goes on. */
void picture_window(const struct picture *picture, const struct pixels *pixels, int64_t x0, int64_t y0,
                    size_t h, size_t w, int channels, float *into);

#endif
