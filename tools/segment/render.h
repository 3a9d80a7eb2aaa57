/* render.h: class maps, overlays, probabilities and objects as PNG files. */
#ifndef SEGMENT_RENDER_H
#define SEGMENT_RENDER_H

#include "segment/classes.h"
#include "segment/engine.h"
#include "segment/objects.h"
#include "common/pixels.h"

/* An indexed PNG in the colours of class_palette. */
bool render_map(const char *path, bool no_clobber, const struct segmentation *s, int classes,
                struct fault *fault) TOOLS_MUST;

/* The picture with classes 1 … in their colours half over it, and full where a class ends. */
bool render_overlay(const char *path, bool no_clobber, const struct segmentation *s,
                    const struct picture *picture, struct fault *fault) TOOLS_MUST;

/* The probability of one class as grey, 255 is 1. */
bool render_probability(const char *path, bool no_clobber, const struct segmentation *s, int class,
                        struct fault *fault) TOOLS_MUST;

/* The numbers of the objects as 16-bit grey. */
bool render_objects(const char *path, bool no_clobber, const struct objects *objects, size_t width,
                    size_t height, struct fault *fault) TOOLS_MUST;

#endif
