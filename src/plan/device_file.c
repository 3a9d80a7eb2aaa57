/* device_file.c: see device_file.h. A folder that others may write to is not believed, and not written to. */
#include "config.h"

#include "plan/device_file.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

enum { FILE_MAX = 4 << 20 };
static const char EDITION[] = "1\t";

void atr__device_file_key(atr__text *text, const atr_device_info *d) {
  const char *const part[] = { d->name, d->platform, d->driver };
  atr__text_add(text, "%s", EDITION);
  for (int i = 0; i < 3; i++) {
    for (const char *c = part[i]; *c; c++) atr__text_add(text, "%c", (unsigned char)*c < ' ' ? ' ' : *c);
    atr__text_add(text, "\t");
  }
  atr__text_add(text, "%d\t", d->compute_units);
}

static char *path_of(const char *folder, const char *name) {
  atr__text path = ATR__TEXT_INIT;
  atr__text_add(&path, "%s/%s", folder, name);
  if (path.failed) atr__text_free(&path);
  return path.data;
}

char *atr__device_file_read(const char *folder, const char *name) {
  size_t size;
  void *bytes = NULL;
  if (!folder || atr__folder_private(folder, 0, NULL)) return NULL;
  char *path = path_of(folder, name);
  if (path && !atr__file_read(path, FILE_MAX, NULL, &bytes, &size)) ((char *)bytes)[size] = 0;
  atr__free(path);
  return bytes;
}

const char *atr__device_file_find(const char *at, const char *begin, const char **after) {
  const size_t length = strlen(begin);
  for (; at && *at; at = *after) {
    const char *end = strchr(at, '\n');
    *after = end ? end + 1 : at + strlen(at);
    if (!strncmp(at, begin, length)) return at;
  }
  return NULL;
}

atr_status atr__device_file_replace(const char *folder, const char *name, const char *const *begin, size_t n,
                                    const atr__text *lines, atr_error *error) {
  if (!folder)
    return atr__fail(error, ATR_E_IO,
                     "there is no folder to keep %s in: HOME or ATROUS_CACHE_DIR would name one", name);
  atr_status status = atr__folder_private(folder, 1, error);
  if (status) return status;
  atr__text text = ATR__TEXT_INIT;
  char *path = path_of(folder, name), *file = atr__device_file_read(folder, name);
  const char *after = file, *line;
  while ((line = atr__device_file_find(after, EDITION, &after))) {
    size_t i = 0;
    while (i < n && strncmp(line, begin[i], strlen(begin[i])) != 0) i++;
    if (i == n && after[-1] == '\n') atr__text_add_bytes(&text, line, (size_t)(after - line));
  }
  if (lines->length) atr__text_add_bytes(&text, lines->data, lines->length);
  if (!path || text.failed || lines->failed)
    status = atr__nomem(error, text.length);
  else
    status = atr__file_write(path, text.data ? text.data : "", text.length, error);
  atr__text_free(&text);
  atr__free(path);
  atr__free(file);
  return status;
}
