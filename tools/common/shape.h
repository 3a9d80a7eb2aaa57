/* shape.h: shapes of tensors as users write and read them, and --shape. */
#ifndef TOOLS_SHAPE_H
#define TOOLS_SHAPE_H

#include <jansson.h>

#include <atrous/model.h>

#include "common/fault.h"
#include "common/options.h"

enum { SHAPE_TEXT = 192 };
const char *shape_text(const atr_shape *shape, char text[SHAPE_TEXT]); /* "[1,3,?]" */
json_t *shape_json(const atr_shape *shape);
/* "1x3x256" or "1,3,256". */
bool shape_parse(const char *text, atr_shape *shape);
bool shape_equal(const atr_shape *a, const atr_shape *b);
/* Whether sizes fit a shape with free dimensions. */
bool shape_allows(const atr_shape *want, const atr_shape *shape);

/* Fills free dimensions that nothing says: the first becomes 1, others are refused with the remedy --shape.
 */
bool shape_complete(const char *name, const atr_shape *want, atr_shape *shape,
                    struct fault *fault) TOOLS_MUST;

/* "NAME=DIMS", or "DIMS" where the model has one input: the index of the input, or -1 (a usage error). */
int shape_option(const struct program *program, const atr_model *model, const char *text, atr_shape *shape,
                 struct fault *fault) TOOLS_MUST;

/* The shapes of a model's inputs with these --shape, complete. *list is freed by free, also after failure. */
bool shapes_of_inputs(const struct program *program, const atr_model *model, const struct option_texts *texts,
                      atr_shape **list, size_t *n, struct fault *fault) TOOLS_MUST;

#endif
