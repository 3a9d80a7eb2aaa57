/* crop.c: square views of pictures for training; see crop.h. A crop whose pixels are the picture's own copies
 * them: the bilinear shares are then 1 and 0. */
#include "segment/crop.h"

#include <math.h>

struct point {
  double x, y; /* in the picture; the middle of its first pixel is 0 */
};

static struct point source(const struct crop *c, size_t x, size_t y) {
  const size_t last = c->size - 1;
  if (c->symmetry & 4) {
    const size_t kept = x;
    x = y;
    y = kept;
  }
  if (c->symmetry & 1) x = last - x;
  if (c->symmetry & 2) y = last - y;
  return (struct point){ c->x0 + ((double)x + 0.5) * c->pixel - 0.5,
                         c->y0 + ((double)y + 0.5) * c->pixel - 0.5 };
}

static size_t clamp(double v, size_t length) {
  return v <= 0 ? 0 : v >= (double)(length - 1) ? length - 1 : (size_t)v;
}

void crop_picture(const struct crop *c, const struct picture *p, const struct pixels *pixels, float *x) {
  const size_t area = c->size * c->size, plane = p->width * p->height;
  float factor[3], offset[3];
  pixels_affine(pixels, factor, offset);
  for (size_t i = 0; i < area; i++) {
    const struct point at = source(c, i % c->size, i / c->size);
    const double left = floor(at.x), top = floor(at.y);
    const float fx = (float)(at.x - left), fy = (float)(at.y - top);
    const size_t x0 = clamp(left, p->width), x1 = clamp(left + 1, p->width);
    const size_t y0 = clamp(top, p->height) * p->width, y1 = clamp(top + 1, p->height) * p->width;
    for (size_t k = 0; k < 3; k++) {
      const uint16_t *v = p->plane + k * plane;
      const float upper = (1 - fx) * (float)v[y0 + x0] + fx * (float)v[y0 + x1];
      const float lower = (1 - fx) * (float)v[y1 + x0] + fx * (float)v[y1 + x1];
      x[k * area + i] = ((1 - fy) * upper + fy * lower) * factor[k] + offset[k];
    }
  }
}

bool crop_labels(const struct crop *c, const struct sample *s, int32_t *target) {
  const double width = (double)s->picture.width, height = (double)s->picture.height;
  bool any = false;
  for (size_t i = 0; i < c->size * c->size; i++) {
    const struct point at = source(c, i % c->size, i / c->size);
    const double x = floor(at.x + 0.5), y = floor(at.y + 0.5);
    const bool inside = x >= 0 && y >= 0 && x < width && y < height;
    const int label = inside ? s->label[(size_t)y * s->picture.width + (size_t)x] : CLASS_IGNORED;
    target[i] = label == CLASS_IGNORED ? -1 : label;
    any |= label != CLASS_IGNORED;
  }
  return any;
}
