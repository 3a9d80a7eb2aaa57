/* objects.h: connected objects of a class map, and how well two sets of objects agree.
 *
 * An object is a connected region (of eight neighbours) of one class other than 0; objects are numbered from
 * 1 in the order in which their first pixels come, row by row. */
#ifndef SEGMENT_OBJECTS_H
#define SEGMENT_OBJECTS_H

#include "common/fault.h"
#include "segment/classes.h"

struct object {
  int class;
  double score; /* mean probability of its class over its pixels, 0 … 1; 0 where unknown */
  size_t left, top, right, bottom; /* right and bottom are the last column and row */
  size_t area;
  double x, y; /* mean of its pixels' columns and rows */
};

struct objects {
  struct object *item; /* [count], object i + 1 */
  size_t count;
  uint32_t *id; /* [height][width]: 0 none */
};

/* `score` ([height][width], 255 is 1) may be NULL. */
bool objects_find(const uint8_t *label, const uint8_t *score, size_t width, size_t height,
                  struct objects *objects, struct fault *fault) TOOLS_MUST;
void objects_destroy(struct objects *objects);

/* Pairs of a true and a predicted object of one class whose IoU is above a threshold, summed over images.
 * Above one half a pair is the only one of both, so that no assignment is to be solved. */
enum { AGREEMENT_LEVELS = 10 }; /* 0.50, 0.55 … 0.95 */
struct agreement {
  struct {
    int64_t truth, predicted;
    int64_t matched[AGREEMENT_LEVELS];
    double iou; /* sum over those matched above 0.5 */
  } of[CLASSES_MOST];
};

bool agreement_add(struct agreement *agreement, const struct objects *truth, const struct objects *predicted,
                   size_t pixels, struct fault *fault) TOOLS_MUST;

/* Mean over the thresholds of tp / (tp + fp + fn) (as in the Data Science Bowl of 2018), all classes
 * together. */
double agreement_ap(const struct agreement *agreement);

/* Panoptic quality (Kirillov et al., CVPR 2019), the mean over the classes that occur: *sq is the mean IoU of
 * matched objects, *rq is 2 tp / (2 tp + fp + fn), pq their product. */
double agreement_pq(const struct agreement *agreement, double *sq, double *rq);

#endif
