/* device_file.h: small text files in the cache folder, each line of which belongs to a device: an edition,
 * the device's name, platform, driver and units, then what the file is for, separated by tabs. They are data:
 * what makes no sense is left out. */
#ifndef ATR_PLAN_DEVICE_FILE_H
#define ATR_PLAN_DEVICE_FILE_H

#include <atrous/context.h>

#include "base/text.h"

/* What a device's lines begin with, a tab at the end; its texts cannot tear the line. */
void atr__device_file_key(atr__text *text, const atr_device_info *device);

/* The whole file with a NUL behind it (atr__free); NULL where there is none that may be believed. folder
 * NULL: none. */
char *atr__device_file_read(const char *folder, const char *name);

/* The first line from `at` on that begins with this, or NULL; *after: behind it. */
const char *atr__device_file_find(const char *at, const char *begin, const char **after);

/* Writes the file anew: its lines of this edition that begin with none of the n texts, then `lines`.
 * ATR_E_IO, ATR_E_NOMEM. */
atr_status atr__device_file_replace(const char *folder, const char *name, const char *const *begin, size_t n,
                                    const atr__text *lines, atr_error *error);

#endif
