/* classes.c: classes and their names; see classes.h. */
#include "segment/classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/output.h"

static bool add(struct classes *c, const char *from, size_t length, struct fault *fault) {
  while (length > 0 && strchr(" \t\r", from[0])) from++, length--;
  while (length > 0 && strchr(" \t\r", from[length - 1])) length--;
  if (c->count >= CLASSES_MOST)
    return fault_set(fault, FAULT_LIMIT, "there are more than %d classes", CLASSES_MOST);
  if (length >= sizeof c->name[0]) length = sizeof c->name[0] - 1;
  memcpy(c->name[c->count], from, length);
  c->name[c->count++][length] = 0;
  return true;
}

bool classes_from_text(struct classes *c, const char *text, struct fault *fault) {
  size_t length = strlen(text);
  while (length > 0 && strchr("\r\n", text[length - 1])) length--;
  const bool lines = memchr(text, '\n', length) != NULL;
  c->count = 0;
  for (size_t at = 0; at < length || at == 0;) {
    size_t end = at;
    while (end < length && text[end] != (lines ? '\n' : ',')) end++;
    if (!add(c, text + at, end - at, fault)) return false;
    at = end + 1;
  }
  classes_count(c, c->count);
  return true;
}

void classes_count(struct classes *c, int count) {
  c->count = count;
  for (int i = 0; i < count; i++)
    if (!c->name[i][0]) snprintf(c->name[i], sizeof c->name[i], "%d", i);
}

static bool read_file(struct classes *c, const char *path, struct fault *fault) {
  char *bytes;
  size_t size;
  if (!input_read(path, 1 << 16, &bytes, &size, fault)) return false;
  bool ok = strlen(bytes) == size;
  if (ok)
    ok = classes_from_text(c, bytes, fault);
  else
    fault_set(fault, FAULT_FORMAT, "it is no text with the name of a class on each line");
  free(bytes);
  return ok || fault_at(fault, path, 0, 0);
}

bool classes_parse(struct classes *c, const char *text, int64_t ignore, bool binary, struct fault *fault) {
  int64_t count;
  memset(c, 0, sizeof *c);
  c->ignore = ignore;
  c->binary = binary;
  if (!text) {
    if (binary) return classes_from_text(c, "background,foreground", fault);
    return true;
  }
  if (number_integer(text, &count)) {
    if (count < 2 || count > CLASSES_MOST)
      return fault_set(fault, FAULT_USAGE, "--classes %lld is not within 2 to %d", (long long)count,
                       CLASSES_MOST);
    classes_count(c, (int)count);
  } else if (strchr(text, ',')) {
    if (!classes_from_text(c, text, fault)) return false;
  } else if (!read_file(c, text, fault)) {
    return false;
  }
  if (binary && c->count != 2)
    return fault_set(fault, FAULT_USAGE, "--binary has two classes, --classes %d", c->count);
  if (c->count < 2) return fault_set(fault, FAULT_USAGE, "one class alone cannot be told from anything");
  return true;
}

char *classes_text(const struct classes *c) {
  char *text = calloc((size_t)c->count + 1, sizeof c->name[0] + 1), *at = text;
  if (!text) return NULL;
  for (int i = 0; i < c->count; i++)
    at += snprintf(at, sizeof c->name[0] + 1, "%s%s", c->name[i], i + 1 < c->count ? "\n" : "");
  return text;
}

bool classes_label(const struct classes *c, const char *path, const struct label_map *map, uint8_t *label,
                   int *largest, struct fault *fault) {
  const size_t pixels = map->width * map->height;
  const int count = c->count ? c->count : CLASSES_MOST;
  for (size_t i = 0; i < pixels; i++) {
    int id = map->id[i];
    if (id == c->ignore) {
      label[i] = CLASS_IGNORED;
      continue;
    }
    if (c->binary) id = id != 0;
    if (id >= count) {
      fault_set(fault, FAULT_DATA, "the mask has class %d at column %zu, row %zu, but there are %d classes",
                id, i % map->width, i / map->width, count);
      fault_at(fault, path, 0, 0);
      return fault_remedy(fault, "--binary takes every number but 0 as class 1, --ignore %d leaves it out",
                          id);
    }
    if (largest && id > *largest) *largest = id;
    label[i] = (uint8_t)id;
  }
  return true;
}
