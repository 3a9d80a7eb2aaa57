/* baseline.h: what can be had without a network, to compare with.
 *
 * majority: every pixel is the most frequent class. otsu (two classes): a threshold on grey for each image
 * that separates its two groups best (Otsu, 1979), the smaller group being class 1. histogram: each pixel is
 * the class most frequent among the pixels of like colour (16 x 16 x 16 cells) in the other images. Only
 * counts are kept, so images need not be read twice. */
#ifndef SEGMENT_BASELINE_H
#define SEGMENT_BASELINE_H

#include "segment/metrics.h"
#include "common/pixels.h"

struct baseline {
  int classes;
  int64_t pixels[CLASSES_MOST]; /* of the truth */
  struct confusion *otsu;       /* NULL unless there are two classes */
  uint32_t **cell;              /* [images]: [4096][classes], NULL where the image is not known */
  size_t images, room;
  bool seen; /* images were given */
};

bool baseline_create(struct baseline *baseline, int classes, struct fault *fault) TOOLS_MUST;
void baseline_destroy(struct baseline *baseline);

/* `picture` NULL: the image is not known, and otsu and histogram cannot be told. */
bool baseline_add(struct baseline *baseline, const uint8_t *truth, size_t pixels,
                  const struct picture *picture, struct fault *fault) TOOLS_MUST;

/* Mean IoU of each; NaN where it cannot be told. */
double baseline_majority(const struct baseline *baseline);
double baseline_otsu(const struct baseline *baseline);
double baseline_histogram(const struct baseline *baseline);

#endif
