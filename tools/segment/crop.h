/* crop.h: a square view into a picture and its labels: where it lies, how large a pixel of it is, and which
 * of the square's eight symmetries it is seen in. */
#ifndef SEGMENT_CROP_H
#define SEGMENT_CROP_H

#include <stddef.h>
#include <stdint.h>

#include "segment/data.h"

struct crop {
  double x0, y0; /* left and top edge, in pixels of the picture */
  double pixel;  /* size of a pixel of the crop, in pixels of the picture */
  int symmetry;  /* or'ed: 1 left and right exchanged, 2 top and bottom, 4 then x and y */
  size_t size;   /* pixels along a side */
};

/* The normalised colours, into x [3][size][size], bilinear between pixels; beyond the picture its edge. */
void crop_picture(const struct crop *crop, const struct picture *picture, const struct pixels *pixels,
                  float *x);

/* The label of the pixel that holds each pixel's middle, into target [size][size]; -1 beyond the picture and
 * where it is ignored. Returns whether any counts. */
bool crop_labels(const struct crop *crop, const struct sample *sample, int32_t *target);

#endif
