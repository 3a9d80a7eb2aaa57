/* metrics.h: how well predicted classes agree with the truth. Numbers that cannot be told are NaN. */
#ifndef SEGMENT_METRICS_H
#define SEGMENT_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "segment/classes.h"

/* Pixels by class of the truth and predicted class. */
struct confusion {
  int classes;
  int64_t n[CLASSES_MOST][CLASSES_MOST]; /* [truth][predicted] */
};

/* Adds pixels; where the truth is CLASS_IGNORED nothing counts. */
void confusion_add(struct confusion *confusion, const uint8_t *truth, const uint8_t *predicted, size_t n);

/* tp / (tp + fp + fn), 2 tp / (2 tp + fp + fn), tp / (tp + fp), tp / (tp + fn) */
double confusion_iou(const struct confusion *confusion, int class);
double confusion_dice(const struct confusion *confusion, int class);
double confusion_precision(const struct confusion *confusion, int class);
double confusion_recall(const struct confusion *confusion, int class);

/* Share of pixels that are right; means over the classes that the truth has. */
double confusion_accuracy(const struct confusion *confusion);
double confusion_mean_iou(const struct confusion *confusion);
double confusion_mean_dice(const struct confusion *confusion);

/* Boundary F of one image: pixels of a class beside another class, of truth and prediction, are the same
 * where they are at most 0.75 % of the diagonal apart (at least 1.5 pixels); the harmonic mean of precision
 * and recall, then the mean over the truth's classes (Csurka et al., BMVC 2013). */
double metrics_boundary_f(const uint8_t *truth, const uint8_t *predicted, size_t width, size_t height,
                          int classes);

#endif
