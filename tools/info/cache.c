/* cache.c: the folder of compiled kernels: how much lies there, and its deletion. Only files that the library
 * makes are counted and deleted: 32 hexadecimal digits and .clb, or one of those being written. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atrous/context.h>

#include "info/info.h"

static bool is_ours(const char *name) {
  return strspn(name, "0123456789abcdef") == 32 && !strncmp(name + 32, ".clb", 4) &&
         (!name[36] || name[36] == '.');
}

bool info_cache(bool clear, bool dry_run, json_t *result, FILE *text, struct fault *fault) {
  char path[4096];
  const size_t length = atr_cache_folder(NULL, path, sizeof path);
  if (length >= sizeof path)
    return fault_set(fault, FAULT_PARAM, "the name of the cache's folder is too long");
  json_int_t bytes = 0, entries = 0, deleted = 0;
  bool ok = true;
  DIR *folder = length ? opendir(path) : NULL;
  if (length && !folder && errno != ENOENT) return fault_errno(fault, path, "read the folder", errno);
  for (struct dirent *entry; ok && folder && (entry = readdir(folder)) != NULL;) {
    struct stat info;
    if (!is_ours(entry->d_name) || fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) ||
        !S_ISREG(info.st_mode))
      continue;
    if (clear && !dry_run) {
      if (unlinkat(dirfd(folder), entry->d_name, 0) && errno != ENOENT)
        ok = fault_errno(fault, path, "delete compiled kernels", errno);
      deleted++;
      continue;
    }
    entries++;
    bytes += info.st_size;
  }
  if (folder) closedir(folder);
  if (text && !length) fprintf(text, "compiled kernels are not kept\n");
  if (text && length) {
    fprintf(text, "compiled kernels: %s, %lld programs, %.1f KiB\n", path, (long long)entries,
            (double)bytes / 1024);
    if (clear) fprintf(text, "deleted: %lld programs\n", (long long)deleted);
  }
  json_object_set_new(result, "cache",
                      json_pack("{s:o, s:I, s:I}", "dir", length ? report_text(path) : json_null(), "bytes",
                                bytes, "entries", entries));
  return ok;
}
