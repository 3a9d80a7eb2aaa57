/* file.c: whole files over POSIX; see file.h. */
#include "config.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

static atr_status io_error(atr_error *error, const char *what, const char *path) {
  return atr__fail(error, ATR_E_IO, "%s: %s: %s", path, what, strerror(errno));
}

atr_status atr__file_read(const char *path, uint64_t limit, atr_error *error, void **result,
                          size_t *result_size) {
  *result = NULL;
  *result_size = 0;
  atr_status status = ATR_OK;
  char *bytes = NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(error, "cannot open", path);
  struct stat info;
  if (fstat(fd, &info)) {
    status = io_error(error, "cannot stat", path);
    goto fail;
  }
  if (!S_ISREG(info.st_mode)) {
    status = atr__fail(error, ATR_E_IO, "%s: not a regular file", path);
    goto fail;
  }
  if ((uint64_t)info.st_size > limit || (uint64_t)info.st_size > SIZE_MAX - 1) {
    status = atr__fail(error, ATR_E_LIMIT, "%s: %lld bytes, more than the limit of %llu", path,
                       (long long)info.st_size, (unsigned long long)limit);
    goto fail;
  }
  const size_t size = (size_t)info.st_size;
  bytes = atr__malloc(size + 1);
  if (!bytes) {
    status = atr__nomem(error, size + 1);
    goto fail;
  }
  for (size_t at = 0; at < size;) {
    ssize_t got = read(fd, bytes + at, size - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      status = io_error(error, "cannot read", path);
      goto fail;
    }
    if (got == 0) {
      status = atr__fail(error, ATR_E_IO, "%s: shrank to %zu of %zu bytes while being read", path, at, size);
      goto fail;
    }
    at += (size_t)got;
  }
  bytes[size] = 0;
  close(fd);
  *result = bytes;
  *result_size = size;
  return ATR_OK;
fail:
  close(fd);
  atr__free(bytes);
  return status;
}

/* Opens a file below a folder part by part, so that no link on the way is followed; -1 with errno set. */
static int open_below(const char *folder, const char *relative) {
  int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (at >= 0) {
    char part[256];
    const size_t length = strcspn(relative, "/");
    int next = -1;
    if (length < sizeof part) {
      memcpy(part, relative, length);
      part[length] = 0;
      /* Without O_NONBLOCK a named pipe would hang the caller. */
      next = openat(at, part,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (relative[length] ? O_DIRECTORY : 0));
    } else
      errno = ENAMETOOLONG;
    const int kept = errno;
    close(at);
    errno = kept;
    if (!relative[length]) return next;
    relative += length + 1;
    at = next;
  }
  return -1;
}

/* Every part is a plain name: not empty, ".", "..", and without what other systems take for a separator. */
static int stays_below(const char *relative) {
  for (;;) {
    const size_t length = strcspn(relative, "/");
    if (!length || !strncmp(relative, "..", length) || memchr(relative, '\\', length) ||
        memchr(relative, ':', length))
      return 0;
    if (!relative[length]) return 1;
    relative += length + 1;
  }
}

atr_status atr__file_read_below(const char *folder, const char *relative, uint64_t offset, size_t size,
                                atr_error *error, void **result) {
  *result = NULL;
  if (!stays_below(relative))
    return atr__fail(error, ATR_E_FORMAT, "the path \"%s\" is not one within the model's folder", relative);
  atr_status status = ATR_OK;
  char *bytes = NULL;
  const int fd = open_below(folder, relative);
  if (fd < 0) return io_error(error, "cannot open (links are not followed)", relative);
  struct stat info;
  if (fstat(fd, &info)) {
    status = io_error(error, "cannot stat", relative);
    goto fail;
  }
  if (!S_ISREG(info.st_mode)) {
    status = atr__fail(error, ATR_E_IO, "%s: not a regular file", relative);
    goto fail;
  }
  const uint64_t all = (uint64_t)info.st_size;
  if (offset > all || size > all - offset) {
    status = atr__fail(error, ATR_E_IO, "%s: %zu bytes from %llu on, but it has only %llu", relative, size,
                       (unsigned long long)offset, (unsigned long long)all);
    goto fail;
  }
  bytes = atr__malloc_aligned(size);
  if (!bytes) {
    status = atr__nomem(error, size);
    goto fail;
  }
  for (size_t at = 0; at < size;) {
    const ssize_t got = pread(fd, bytes + at, size - at, (off_t)(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      status = got ? io_error(error, "cannot read", relative)
                   : atr__fail(error, ATR_E_IO, "%s: shrank while being read", relative);
      goto fail;
    }
    at += (size_t)got;
  }
  close(fd);
  *result = bytes;
  return ATR_OK;
fail:
  close(fd);
  atr__free(bytes);
  return status;
}

static int write_all(int fd, const char *bytes, size_t size) {
  for (size_t at = 0; at < size;) {
    ssize_t done = write(fd, bytes + at, size - at);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return -1;
    at += (size_t)done;
  }
  return 0;
}

static void sync_folder(const char *path) {
  char *folder = atr__strdup(path);
  if (!folder) return;
  char *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = 0;
  int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd); /* best effort: some file systems refuse it on folders */
    close(fd);
  }
  atr__free(folder);
}

atr_status atr__file_write(const char *path, const void *bytes, size_t size, atr_error *error) {
  static atomic_uint serial;
  atr__text temporary = ATR__TEXT_INIT;
  atr_status status = ATR_OK;
  atr__text_add(&temporary, "%s.%ld.%u.tmp", path, (long)getpid(), atomic_fetch_add(&serial, 1));
  if (temporary.failed) {
    status = atr__nomem(error, strlen(path) + 32);
    goto done;
  }
  int fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    status = io_error(error, "cannot create", path);
    goto done;
  }
  if (write_all(fd, bytes, size) || fsync(fd)) {
    status = io_error(error, "cannot write", path);
    close(fd);
    unlink(temporary.data);
    goto done;
  }
  if (close(fd) || rename(temporary.data, path)) {
    status = io_error(error, "cannot write", path);
    unlink(temporary.data);
    goto done;
  }
  sync_folder(path);
done:
  atr__text_free(&temporary);
  return status;
}

static int make_folders(char *path) {
  for (char *at = path + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    const int failed = mkdir(path, 0700) && errno != EEXIST;
    *at = '/';
    if (failed) return -1;
  }
  return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

atr_status atr__folder_private(const char *path, int make, atr_error *error) {
  struct stat info;
  if (!path[0]) return atr__fail(error, ATR_E_IO, "the folder has no name");
  if (make) {
    char *copy = atr__strdup(path);
    if (!copy) return atr__nomem(error, strlen(path) + 1);
    const int failed = make_folders(copy);
    atr__free(copy);
    if (failed) return io_error(error, "cannot make the folder", path);
  }
  if (lstat(path, &info)) return io_error(error, "cannot stat", path);
  if (!S_ISDIR(info.st_mode)) return atr__fail(error, ATR_E_IO, "%s: not a folder", path);
  if (info.st_uid != geteuid()) return atr__fail(error, ATR_E_IO, "%s: belongs to another user", path);
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    return atr__fail(error, ATR_E_IO, "%s: others may write to it", path);
  return ATR_OK;
}

/* The bytes in files with this suffix, and the oldest one's name where it fits `room`. */
static uint64_t measure(DIR *folder, const char *suffix, char *oldest, size_t room) {
  const size_t tail = strlen(suffix);
  uint64_t bytes = 0;
  struct timespec since = { 0 };
  oldest[0] = 0;
  rewinddir(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    struct stat info;
    const size_t length = strlen(entry->d_name);
    if (length < tail || length >= room || strcmp(entry->d_name + length - tail, suffix)) continue;
    if (fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) || !S_ISREG(info.st_mode)) continue;
    bytes += (uint64_t)info.st_size;
    const int older = info.st_mtim.tv_sec < since.tv_sec ||
                      (info.st_mtim.tv_sec == since.tv_sec && info.st_mtim.tv_nsec < since.tv_nsec);
    if (oldest[0] && !older) continue;
    since = info.st_mtim;
    memcpy(oldest, entry->d_name, length + 1);
  }
  return bytes;
}

void atr__folder_prune(const char *path, const char *suffix, uint64_t limit) {
  char oldest[256];
  DIR *folder = opendir(path);
  if (!folder) return;
  while (measure(folder, suffix, oldest, sizeof oldest) > limit && oldest[0])
    if (unlinkat(dirfd(folder), oldest, 0) && errno != ENOENT) break;
  closedir(folder);
}
