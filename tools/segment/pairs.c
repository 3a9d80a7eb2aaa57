/* pairs.c: folders of PNG files; see pairs.h. */
#include "segment/pairs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static size_t stem_length(const char *name) {
  const size_t length = strlen(name);
  return length > 4 && !strcasecmp(name + length - 4, ".png") ? length - 4 : length;
}

char *pairs_stem(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  return strndup(name, stem_length(name));
}

static int compare(const void *a, const void *b) {
  const struct pair *p = a, *q = b;
  const int by_stem = strcmp(p->stem, q->stem);
  return by_stem ? by_stem : strcmp(p->first, q->first);
}

static void pair_free(struct pair *p) {
  free(p->stem);
  free(p->first);
  free(p->second);
}

void pairs_destroy(struct pairs *pairs) {
  for (size_t i = 0; i < pairs->count; i++) pair_free(&pairs->item[i]);
  free(pairs->item);
  memset(pairs, 0, sizeof *pairs);
}

static bool append(struct pairs *pairs, const char *folder, const char *name, struct fault *fault) {
  if ((pairs->count & (pairs->count - 1)) == 0) {
    const size_t room = pairs->count ? 2 * pairs->count : 16;
    struct pair *larger = realloc(pairs->item, room * sizeof *larger);
    if (!larger) return fault_nomem(fault, room * sizeof *larger);
    pairs->item = larger;
  }
  const size_t size = strlen(folder) + strlen(name) + 2;
  struct pair p = { pairs_stem(name), malloc(size), NULL };
  if (!p.stem || !p.first) {
    pair_free(&p);
    return fault_nomem(fault, size);
  }
  const size_t end = strlen(folder);
  snprintf(p.first, size, "%s%s%s", folder, end && folder[end - 1] == '/' ? "" : "/", name);
  pairs->item[pairs->count++] = p;
  return true;
}

static bool unique(const struct pairs *pairs, struct fault *fault) {
  for (size_t i = 1; i < pairs->count; i++)
    if (!strcmp(pairs->item[i - 1].stem, pairs->item[i].stem)) {
      fault_set(fault, FAULT_DATA, "\"%.200s\" and this file have the same stem", pairs->item[i - 1].first);
      return fault_at(fault, pairs->item[i].first, 0, 0);
    }
  return true;
}

bool pairs_list(const char *folder, struct pairs *pairs, struct fault *fault) {
  memset(pairs, 0, sizeof *pairs);
  DIR *dir = opendir(folder);
  if (!dir) return fault_errno(fault, folder, "read the folder", errno);
  bool ok = true;
  for (const struct dirent *entry; ok && (entry = readdir(dir)) != NULL;)
    if (entry->d_name[0] != '.' && stem_length(entry->d_name) != strlen(entry->d_name))
      ok = append(pairs, folder, entry->d_name, fault);
  closedir(dir);
  if (ok && pairs->count == 0) {
    fault_set(fault, FAULT_DATA, "there are no PNG files in the folder");
    ok = fault_at(fault, folder, 0, 0);
  }
  if (ok) qsort(pairs->item, pairs->count, sizeof *pairs->item, compare);
  ok = ok && unique(pairs, fault);
  if (!ok) pairs_destroy(pairs);
  return ok;
}

bool pairs_match(const char *first, const char *second, struct pairs *pairs, struct fault *fault) {
  struct pairs others = { 0 };
  bool ok = pairs_list(first, pairs, fault) && pairs_list(second, &others, fault);
  size_t kept = 0, at = 0;
  for (size_t i = 0; ok && i < pairs->count; i++) {
    struct pair *p = &pairs->item[i];
    while (at < others.count && strcmp(others.item[at].stem, p->stem) < 0) at++;
    if (at < others.count && !strcmp(others.item[at].stem, p->stem)) {
      p->second = others.item[at].first;
      others.item[at].first = NULL;
      pairs->item[kept++] = *p;
    } else {
      pair_free(p);
      pairs->alone++;
    }
  }
  if (ok) pairs->count = kept;
  pairs_destroy(&others);
  if (ok && kept == 0) {
    fault_set(fault, FAULT_DATA, "no file has the stem of one in \"%.200s\"", second);
    ok = fault_at(fault, first, 0, 0);
  }
  if (!ok) pairs_destroy(pairs);
  return ok;
}

void pairs_hold_out(struct pairs *pairs, int64_t n, bool others) {
  size_t kept = 0;
  if (n <= 0) return;
  for (size_t i = 0; i < pairs->count; i++) {
    const bool held = (i + 1) % (size_t)n == 0;
    if (held != others)
      pairs->item[kept++] = pairs->item[i];
    else
      pair_free(&pairs->item[i]);
  }
  pairs->count = kept;
}
