/* output.h: files in and out that are whole or absent.
 *
 * An output is written to a temporary file in the target's folder and renamed over the target by
 * output_commit; until then, and after any failure or signal, what was there before is untouched. "-" is
 * standard output; a target that is no regular file (/dev/null, a pipe) is written directly. Signals: the
 * first SIGINT or SIGTERM only sets a flag, so that the program can keep a checkpoint; a second one removes
 * the temporary files and ends the program. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdio.h>

#include "common/fault.h"

enum { OUTPUT_PATH = 4096 };

struct output {
  FILE *file; /* write here */
  int slot;   /* entry in the table of temporary files, -1: none */
  char path[OUTPUT_PATH], temporary[OUTPUT_PATH];
};

/* Opens an output. `no_clobber`: an existing file is refused. */
bool output_open(struct output *output, const char *path, bool no_clobber, struct fault *fault) TOOLS_MUST;

/* Flushes, syncs, renames. On failure the temporary file is gone and the target as before. */
bool output_commit(struct output *output, struct fault *fault) TOOLS_MUST;

/* Removes the temporary file; after commit, or on an output that was never opened (zeroed), does nothing. */
void output_discard(struct output *output);

/* Says before long work whether `path` could be written: folder there and writable, target no folder, not
 * refused by `no_clobber`. Leaves nothing behind. */
bool output_check(const char *path, bool no_clobber, struct fault *fault) TOOLS_MUST;

/* Makes a folder (and its parents) unless it is there. */
bool output_folder(const char *path, struct fault *fault) TOOLS_MUST;

/* Opens a file for reading; "-" is standard input (the caller closes all but stdin, see input_close). Folders
 * are refused. When "-" is a terminal, one line on stderr says that input is awaited. */
FILE *input_open(const char *path, struct fault *fault) TOOLS_MUST;
void input_close(FILE *file);

/* Reads a whole file of at most `limit` bytes into a buffer with one NUL behind it, which the caller frees.
 */
bool input_read(const char *path, size_t limit, char **bytes, size_t *size, struct fault *fault) TOOLS_MUST;

/* Installs the handlers; call once at the start. signals_pending: 0, or SIGINT / SIGTERM once one has come.
 */
void signals_install(void);
int signals_pending(void);

#endif
