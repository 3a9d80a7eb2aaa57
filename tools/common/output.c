/* output.c: atomic outputs, inputs, signals; see output.h. The table of temporary files is static because a
 * signal handler must reach it; its entries are only ever set complete (name first, then `used`). */
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 32 };
static struct {
  volatile sig_atomic_t used;
  char path[OUTPUT_PATH];
} temporaries[SLOTS];
static volatile sig_atomic_t pending;

static void remove_temporaries(void) {
  for (int i = 0; i < SLOTS; i++)
    if (temporaries[i].used) unlink(temporaries[i].path);
}

static void on_signal(int number) {
  bool asks = number == SIGINT || number == SIGTERM;
  if (asks && !pending) {
    pending = number;
    return;
  }
  remove_temporaries();
  if (asks) _exit(128 + number);
  signal(number, SIG_DFL);
  raise(number);
}

void signals_install(void) {
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction old, action;
    /* What the parent ignores (nohup) stays ignored. */
    if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(numbers[i], &action, NULL);
  }
}

int signals_pending(void) {
  return pending;
}

static int take_slot(const char *path) {
  for (int i = 0; i < SLOTS; i++)
    if (!temporaries[i].used) {
      snprintf(temporaries[i].path, sizeof temporaries[i].path, "%s", path);
      temporaries[i].used = 1;
      return i;
    }
  return -1;
}

/* The folder part of a path with its slash, "" for none. */
static void folder_of(const char *path, char *folder, size_t size) {
  const char *slash = strrchr(path, '/');
  snprintf(folder, size, "%.*s", slash ? (int)(slash - path + 1) : 0, path);
}

/* Refuses what can never be written; `*direct` where the target is no regular file, `resolved` the path with
 * links followed (renaming over a link would replace the link, not what it points to). */
static bool examine(const char *path, bool no_clobber, char *resolved, bool *direct, struct fault *fault) {
  *direct = false;
  if (!*path) return fault_set(fault, FAULT_USAGE, "an output has an empty name");
  if (strlen(path) + 32 > OUTPUT_PATH) {
    fault_set(fault, FAULT_IO, "the output's name is longer than %d bytes", OUTPUT_PATH - 32);
    return false;
  }
  struct stat info;
  if (stat(path, &info) != 0) {
    if (errno != ENOENT) return fault_errno(fault, path, "write", errno);
    if (path[strlen(path) - 1] == '/') {
      fault_set(fault, FAULT_IO, "the output is named like a folder");
      return fault_at(fault, path, 0, 0);
    }
    snprintf(resolved, OUTPUT_PATH, "%s", path);
    return true;
  }
  if (S_ISDIR(info.st_mode)) {
    fault_set(fault, FAULT_IO, "cannot write: it is a folder");
    return fault_at(fault, path, 0, 0);
  }
  if (!S_ISREG(info.st_mode)) {
    *direct = true;
    snprintf(resolved, OUTPUT_PATH, "%s", path);
    return true;
  }
  if (no_clobber) {
    fault_set(fault, FAULT_IO, "the file exists and --no-clobber was given");
    return fault_at(fault, path, 0, 0);
  }
  char *real = realpath(path, NULL);
  bool fits = real && strlen(real) + 32 <= OUTPUT_PATH;
  if (fits) snprintf(resolved, OUTPUT_PATH, "%s", real);
  free(real);
  return fits ? true : fault_errno(fault, path, "write", ENAMETOOLONG);
}

static int make_temporary(const char *path, char *temporary, struct fault *fault) {
  char folder[OUTPUT_PATH];
  folder_of(path, folder, sizeof folder);
  if ((size_t)snprintf(temporary, OUTPUT_PATH, "%s.atrous-XXXXXX", folder) >= OUTPUT_PATH) {
    fault_errno(fault, path, "write", ENAMETOOLONG);
    return -1;
  }
  int fd = mkstemp(temporary);
  if (fd < 0) fault_errno(fault, path, "write", errno);
  return fd;
}

bool output_open(struct output *output, const char *path, bool no_clobber, struct fault *fault) {
  memset(output, 0, sizeof *output);
  output->slot = -1;
  if (!strcmp(path, "-")) {
    output->file = stdout;
    snprintf(output->path, sizeof output->path, "standard output");
    return true;
  }
  bool direct;
  if (!examine(path, no_clobber, output->path, &direct, fault)) return false;
  if (direct) {
    output->file = fopen(path, "wb");
    return output->file ? true : fault_errno(fault, path, "write", errno);
  }
  int fd = make_temporary(output->path, output->temporary, fault);
  if (fd < 0) return false;
  output->slot = take_slot(output->temporary);
  /* mkstemp makes 0600; give what an ordinary creation would, or what the replaced file has. */
  struct stat info;
  mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd, stat(output->path, &info) == 0 ? info.st_mode & 0777 : 0666 & ~mask) != 0) errno = 0;
  output->file = fdopen(fd, "wb");
  if (!output->file) {
    fault_errno(fault, path, "write", errno);
    close(fd);
    output_discard(output);
    return false;
  }
  return true;
}

bool output_commit(struct output *output, struct fault *fault) {
  FILE *file = output->file;
  output->file = NULL;
  if (!file) return true;
  bool ok = fflush(file) == 0 && !ferror(file);
  int reason = ok ? 0 : errno ? errno : EIO;
  if (ok && output->temporary[0] && fsync(fileno(file)) != 0) ok = false, reason = errno;
  if (file != stdout && fclose(file) != 0 && ok) ok = false, reason = errno;
  if (ok && output->temporary[0] && rename(output->temporary, output->path) != 0) ok = false, reason = errno;
  if (ok) {
    if (output->slot >= 0) temporaries[output->slot].used = 0;
    output->slot = -1;
    output->temporary[0] = 0;
    return true;
  }
  fault_errno(fault, output->path, "write", reason);
  output_discard(output);
  return false;
}

void output_discard(struct output *output) {
  if (output->file && output->file != stdout) fclose(output->file);
  output->file = NULL;
  if (output->temporary[0]) {
    unlink(output->temporary);
    if (output->slot >= 0) temporaries[output->slot].used = 0;
    output->slot = -1;
    output->temporary[0] = 0;
  }
}

bool output_check(const char *path, bool no_clobber, struct fault *fault) {
  char resolved[OUTPUT_PATH], temporary[OUTPUT_PATH];
  bool direct;
  if (!strcmp(path, "-")) return true;
  if (!examine(path, no_clobber, resolved, &direct, fault)) return false;
  if (direct) return access(path, W_OK) == 0 ? true : fault_errno(fault, path, "write", errno);
  int fd = make_temporary(resolved, temporary, fault);
  if (fd < 0) return fault_at(fault, path, 0, 0);
  close(fd);
  unlink(temporary);
  return true;
}

bool output_folder(const char *path, struct fault *fault) {
  char part[OUTPUT_PATH];
  if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part)
    return fault_errno(fault, path, "make the folder", ENAMETOOLONG);
  for (char *at = part + 1; *at; at++)
    if (*at == '/') {
      *at = 0;
      if (mkdir(part, 0777) != 0 && errno != EEXIST)
        return fault_errno(fault, part, "make the folder", errno);
      *at = '/';
    }
  struct stat info;
  if (mkdir(part, 0777) != 0 && errno != EEXIST) return fault_errno(fault, path, "make the folder", errno);
  if (stat(part, &info) != 0) return fault_errno(fault, path, "make the folder", errno);
  return S_ISDIR(info.st_mode) ? true : fault_errno(fault, path, "make the folder", ENOTDIR);
}

FILE *input_open(const char *path, struct fault *fault) {
  if (!strcmp(path, "-")) {
    if (isatty(STDIN_FILENO)) fputs("reading standard input; end it with Ctrl-D\n", stderr);
    return stdin;
  }
  FILE *file = fopen(path, "rb");
  struct stat info;
  if (!file) {
    fault_errno(fault, path, "read", errno);
    return NULL;
  }
  if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
    fclose(file);
    fault_errno(fault, path, "read", EISDIR);
    return NULL;
  }
  return file;
}

void input_close(FILE *file) {
  if (file && file != stdin) fclose(file);
}

bool input_read(const char *path, size_t limit, char **bytes, size_t *size, struct fault *fault) {
  *bytes = NULL;
  *size = 0;
  FILE *file = input_open(path, fault);
  if (!file) return false;
  size_t room = 1 << 16, used = 0;
  char *buffer = malloc(room + 1);
  while (buffer) {
    size_t got = fread(buffer + used, 1, room - used, file);
    used += got;
    if (used < room) {
      if (!ferror(file)) break;
      if (errno == EINTR && !pending) {
        clearerr(file);
        continue;
      }
      free(buffer);
      input_close(file);
      return fault_errno(fault, path, "read", errno ? errno : EIO);
    }
    if (room > limit) break;
    char *larger = realloc(buffer, 2 * room + 1);
    if (!larger) free(buffer);
    buffer = larger;
    room *= 2;
  }
  input_close(file);
  if (!buffer) return fault_nomem(fault, room);
  if (used > limit) {
    free(buffer);
    fault_set(fault, FAULT_LIMIT, "the file is larger than %zu bytes", limit);
    return fault_at(fault, path, 0, 0);
  }
  buffer[used] = 0;
  *bytes = buffer;
  *size = used;
  return true;
}
