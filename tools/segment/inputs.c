/* inputs.c: images and where their results go; see inputs.h. */
#include "segment/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/number.h"
#include "common/output.h"
#include "segment/pairs.h"

void inputs_class_path(const char *path, int class, char *out) {
  const size_t length = strlen(path);
  const bool png = length > 4 && !strcmp(path + length - 4, ".png");
  snprintf(out, OUTPUT_PATH, "%.*s.%d.png", (int)(png ? length - 4 : length), path, class);
}

bool inputs_tile(const char *text, int64_t *tile) {
  *tile = 0;
  return !text || !strcmp(text, "auto") || (number_integer(text, tile) && *tile >= 64 && *tile <= 8192);
}

static bool is_folder(const char *path) {
  struct stat info;
  const size_t length = strlen(path);
  return (length && path[length - 1] == '/') || (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

static bool add(struct inputs *in, const char *path, struct fault *fault) {
  if ((in->count & (in->count - 1)) == 0) {
    const size_t room = in->count ? 2 * in->count : 16;
    struct input *larger = realloc(in->item, room * sizeof *larger);
    if (!larger) return fault_nomem(fault, room * sizeof *larger);
    in->item = larger;
  }
  const bool stdin_read = !strcmp(path, "-");
  struct input i = { strdup(path), stdin_read ? strdup("stdin") : pairs_stem(path), 0, 0, 0, 0, 0 };
  in->item[in->count++] = i;
  return (i.path && i.stem) || fault_nomem(fault, strlen(path));
}

static bool add_operand(struct inputs *in, const char *path, bool *folder, struct fault *fault) {
  struct pairs files;
  if (!is_folder(path)) return add(in, path, fault);
  *folder = true;
  bool ok = pairs_list(path, &files, fault);
  for (size_t i = 0; ok && i < files.count; i++) ok = add(in, files.item[i].first, fault);
  pairs_destroy(&files);
  return ok;
}

static int by_stem(const void *a, const void *b) {
  return strcmp((*(const struct input *const *)a)->stem, (*(const struct input *const *)b)->stem);
}

static bool unique(const struct inputs *in, struct fault *fault) {
  const struct input **sorted = malloc(in->count * sizeof *sorted);
  bool ok = sorted || fault_nomem(fault, in->count * sizeof *sorted);
  for (size_t i = 0; ok && i < in->count; i++) sorted[i] = &in->item[i];
  if (ok) qsort(sorted, in->count, sizeof *sorted, by_stem);
  for (size_t i = 1; ok && i < in->count; i++)
    if (!strcmp(sorted[i - 1]->stem, sorted[i]->stem)) {
      fault_set(fault, FAULT_USAGE, "\"%.200s\" and this file have the same stem, so their results would too",
                sorted[i - 1]->path);
      ok = fault_at(fault, sorted[i]->path, 0, 0);
    }
  free(sorted);
  return ok;
}

/* Where one result of an image is: `where` itself, or in that folder. */
static bool place(const char *where, const struct input *in, bool many, char **out, struct fault *fault) {
  *out = NULL;
  if (!where) return true;
  const bool inside = many || (strcmp(where, "-") != 0 && is_folder(where));
  const size_t size = strlen(where) + strlen(in->stem) + 8, end = strlen(where);
  *out = malloc(size);
  if (!*out) return fault_nomem(fault, size);
  if (inside)
    snprintf(*out, size, "%s%s%s.png", where, end && where[end - 1] == '/' ? "" : "/", in->stem);
  else
    snprintf(*out, size, "%s", where);
  return true;
}

static int to_stdout(const char *where) {
  return where && !strcmp(where, "-");
}

static bool check_stdout(struct inputs *in, const struct job *job, bool many, struct fault *fault) {
  const struct settings *o = job->settings;
  const int images = to_stdout(o->mask) + to_stdout(o->overlay) + to_stdout(o->objects);
  in->on_stdout = images > 0;
  if (to_stdout(o->probability))
    return options_usage(job->program, fault, "--probability makes one file a class, which - cannot take");
  if (images > 1) return options_usage(job->program, fault, "only one result can go to standard output");
  if (images && many)
    return options_usage(job->program, fault, "the results of many images cannot go to standard output");
  if (images && (!job->report->data_on_stdout || to_stdout(job->common->output)))
    return options_usage(job->program, fault, "only one thing can go to standard output");
  if (to_stdout(job->common->output) && !job->report->data_on_stdout)
    return options_usage(job->program, fault, "--json and --output - both want standard output");
  return true;
}

bool inputs_open(struct inputs *in, const struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  bool many = job->count > 1;
  memset(in, 0, sizeof *in);
  for (int i = 0; i < job->count; i++)
    if (!add_operand(in, job->operands[i], &many, fault)) return false;
  if (!check_stdout(in, job, many, fault)) return false;
  const bool named = o->mask || o->overlay || o->probability || o->objects || o->truth;
  if (named && many && !unique(in, fault)) return false;
  for (size_t i = 0; i < in->count; i++) {
    struct input *item = &in->item[i];
    if (!place(o->mask, item, many, &item->mask, fault) ||
        !place(o->overlay, item, many, &item->overlay, fault) ||
        !place(o->probability, item, many, &item->probability, fault) ||
        !place(o->objects, item, many, &item->objects, fault) ||
        !place(o->truth, item, many, &item->truth, fault))
      return false;
  }
  return true;
}

static bool check_file(const char *path, bool first, const struct common_options *common,
                       struct fault *fault) {
  char folder[OUTPUT_PATH];
  if (!path || !strcmp(path, "-")) return true;
  const char *slash = strrchr(path, '/');
  if (first && slash && slash != path && !common->dry_run) {
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (!output_folder(folder, fault)) return false;
  }
  return output_check(path, common->no_clobber, fault);
}

bool inputs_check(const struct inputs *in, int classes, const struct common_options *common,
                  struct fault *fault) {
  char path[OUTPUT_PATH];
  for (size_t i = 0; i < in->count; i++) {
    const struct input *item = &in->item[i];
    const bool first = i == 0;
    if (!check_file(item->mask, first, common, fault) || !check_file(item->overlay, first, common, fault) ||
        !check_file(item->objects, first, common, fault))
      return false;
    for (int c = 0; item->probability && c < classes; c++) {
      inputs_class_path(item->probability, c, path);
      if (!check_file(path, first, common, fault)) return false;
    }
  }
  return !common->output || output_check(common->output, common->no_clobber, fault);
}

void inputs_close(struct inputs *in) {
  for (size_t i = 0; i < in->count; i++) {
    struct input *item = &in->item[i];
    free(item->path);
    free(item->stem);
    free(item->truth);
    free(item->mask);
    free(item->overlay);
    free(item->probability);
    free(item->objects);
  }
  free(in->item);
  memset(in, 0, sizeof *in);
}
