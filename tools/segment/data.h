/* data.h: pictures with their labels in memory, for training; and batches of random crops of them. */
#ifndef SEGMENT_DATA_H
#define SEGMENT_DATA_H

#include "common/fault.h"
#include "segment/classes.h"
#include "segment/pairs.h"
#include "common/pixels.h"

struct sample {
  struct picture picture;
  uint8_t *label; /* [height][width]: class, or CLASS_IGNORED */
};

struct data {
  struct sample *sample;
  size_t count;
};

/* Reads pairs `index[0 … count-1]` and brings them to `scale`. Where the number of classes is not known it
 * becomes the largest met plus one (classes_count is the caller's to call, with *largest). */
bool data_load(struct data *data, const struct pairs *pairs, const size_t *index, size_t count, double scale,
               const struct classes *classes, int *largest, struct fault *fault) TOOLS_MUST;
void data_destroy(struct data *data);

/* Mean and standard deviation of the colours, for the network's input. */
void data_pixels(const struct data *data, struct pixels *pixels);

/* Pixels of each class, count[classes]; ignored ones are not counted. */
void data_count(const struct data *data, int64_t *count, int classes);

/* Weights by median frequency (Eigen and Fergus, 2015) to a power (0: all the same), within 1/most … most; 0
 * for classes without pixels. */
void data_weights(const int64_t *count, int classes, double power, double most, float *weight);

/* What is changed at random in a crop, besides mirroring left and right (or'ed). */
enum {
  AUGMENT_LIGHT = 1,  /* brightness by up to 0.3 standard deviations, contrast by 3/4 to 4/3 */
  AUGMENT_INVERT = 2, /* every other crop as its negative: for pictures light on dark and dark on light */
  AUGMENT_TURN = 4,   /* any of the square's eight symmetries: for pictures without up and down */
  AUGMENT_ZOOM = 8    /* seen at 3/4 to 4/3 of its size */
};
/* "flip", "light", "invert", "turn", "zoom" or several by commas; -1 for anything else. */
int data_augment_of(const char *text);

/* Fills an item of a batch: x [3][size][size], target [size][size] with -1 for what counts for nothing. Which
 * crop it is, and how it is changed, depends on seed, epoch and item alone. */
void data_crop(const struct data *data, const struct pixels *pixels, uint64_t seed, uint64_t epoch,
               uint64_t item, size_t size, int augment, float *x, int32_t *target);

/* Numbers that depend on (seed, counter) alone. */
uint64_t data_random(uint64_t seed, uint64_t counter);

#endif
