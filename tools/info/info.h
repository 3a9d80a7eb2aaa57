/* info.h: the parts of atrous-info. Each fills its part of the result and prints the same as text when `text`
 * is not NULL. */
#ifndef INFO_H
#define INFO_H

#include <stdio.h>

#include <jansson.h>

#include "common/report.h"

/* Devices, what was chosen and why, what to install. Opens the chosen device: false where that fails, after
 * the devices were told all the same. */
bool info_devices(struct report *report, json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* The folder of compiled kernels; `clear`: deletes them. */
bool info_cache(bool clear, bool dry_run, json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* "w=224,k=3,s=2,p=1,d=1": the length of a convolution's output and the arithmetic behind it. */
bool info_conv(const char *what, json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* How long each device would need for a model, with inputs of these --shape. */
bool info_choose(const char *path, const struct program *program, const struct option_texts *shapes,
                 json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* What an ONNX file holds. */
bool info_model(const char *path, json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* Small networks, those with this word in their names, on the device beside the plain code in float64; a
 * fault of FAULT_CHECK where one differs. */
bool info_self_test(const char *which, struct report *report, json_t *result, FILE *text,
                    struct fault *fault) TOOLS_MUST;

#endif
