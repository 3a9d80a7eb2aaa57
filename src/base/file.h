/* file.h: whole files in, whole files out: read under a limit, written to a temporary name and renamed. */
#ifndef ATR_BASE_FILE_H
#define ATR_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Reads a regular file of at most `limit` bytes into a new block (atr__free). ATR_E_IO, ATR_E_LIMIT,
 * ATR_E_NOMEM. */
atr_status atr__file_read(const char *path, uint64_t limit, atr_error *error, void **bytes, size_t *size);

/* Reads exactly `size` bytes from `offset` on of a regular file below `folder` into a new block (of
 * atr__malloc_aligned). `relative` has '/' between its parts and may not leave the folder; no link below it
 * is followed. For paths that come from untrusted files. ATR_E_FORMAT (the path), ATR_E_IO, ATR_E_NOMEM. */
atr_status atr__file_read_below(const char *folder, const char *relative, uint64_t offset, size_t size,
                                atr_error *error, void **bytes);

/* Writes the whole file or nothing: a temporary name in the same folder, fsync, rename, fsync of the folder.
 * A kill at any instant leaves the old file or the new one. ATR_E_IO, ATR_E_NOMEM. */
atr_status atr__file_write(const char *path, const void *bytes, size_t size, atr_error *error);

/* That `path` is a folder of this user which nobody else may write to, and no link; `make`: it and its
 * parents are made (mode 0700) where they are missing. ATR_E_IO, ATR_E_NOMEM. */
atr_status atr__folder_private(const char *path, int make, atr_error *error);

/* Deletes the oldest regular files whose names end in `suffix` until those that remain hold at most `limit`
 * bytes. What cannot be read or deleted is left. */
void atr__folder_prune(const char *path, const char *suffix, uint64_t limit);

#endif
