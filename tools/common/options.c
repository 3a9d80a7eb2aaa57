/* options.c: parsing and help from the tables; see options.h. getopt_long does the splitting; its messages
 * are off because an error here is one line in our words. */
#include "common/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atrous/version.h>

#include "common/number.h"

enum { ROWS = 96, FIRST_KEY = 256, OWN = 0, COMMON = 1 };

static const char MATHS[] = "fast|exact|portable";

/* The common table; targets point into `common`, so it is made per call. */
static size_t common_rows(struct common_options *c, struct option_row *rows) {
  const struct option_row table[] = {
    { 'd', "device", "NAME", "auto, gpu, cpu, host, opencl:P.D or part of a device's name", OPTION_TEXT,
      &c->device, 0, 0, NULL, 0 },
    { 0, "strict", NULL, "fail rather than fall back to another device", OPTION_FLAG, &c->strict, 0, 0, NULL,
      0 },
    { 0, "threads", "N", "threads of the host backend (default: all)", OPTION_INTEGER, &c->threads, 0, 1024,
      NULL, 0 },
    { 0, "seed", "N", "start of the random numbers (default: 0)", OPTION_INTEGER, &c->seed, 0,
      9007199254740992.0, NULL, 0 },
    { 0, "math", "KIND", "fast, exact or portable (default: fast)", OPTION_CHOICE, &c->math, 0, 0, MATHS, 0 },
    { 0, "json", "FILE", "print one JSON object instead, or write it to FILE", OPTION_MAYBE, &c->json, 0, 0,
      NULL, 0 },
    { 0, "log", "FILE.jsonl", "append one JSON object per event to FILE", OPTION_TEXT, &c->log, 0, 0, NULL,
      0 },
    { 'o', "output", "PATH", "where the result goes (default: standard output)", OPTION_TEXT, &c->output, 0,
      0, NULL, 0 },
    { 0, "no-clobber", NULL, "refuse to replace files", OPTION_FLAG, &c->no_clobber, 0, 0, NULL, 0 },
    { 0, "dry-run", NULL, "check everything, then stop before the work", OPTION_FLAG, &c->dry_run, 0, 0, NULL,
      0 },
    { 'q', "quiet", NULL, "errors only", OPTION_FLAG, &c->quiet, 0, 0, NULL, 0 },
    { 'v', "verbose", NULL, "say more", OPTION_FLAG, &c->verbose, 0, 0, NULL, 0 },
    { 'h', "help", NULL, "this text", OPTION_FLAG, &c->help, 0, 0, NULL, 0 },
    { 'V', "version", NULL, "the version", OPTION_FLAG, &c->version, 0, 0, NULL, 0 },
  };
  memcpy(rows, table, sizeof table);
  return sizeof table / sizeof *table;
}

const char *options_math_name(int math) {
  static const char *const names[] = { "fast", "exact", "portable" };
  return math >= 0 && math < 3 ? names[math] : "?";
}

bool options_usage(const struct program *program, struct fault *fault, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  fault_set(fault, FAULT_USAGE, "%s", text);
  return fault_remedy(fault, "try %s --help", program->name);
}

/* Levenshtein's distance; words longer than a line of the matrix count as far. */
static size_t distance(const char *a, const char *b) {
  size_t row[65], la = strlen(a), lb = strlen(b);
  if (la > 64 || lb > 64) return 1000;
  for (size_t j = 0; j <= lb; j++) row[j] = j;
  for (size_t i = 1; i <= la; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[lb];
}

const char *options_nearest(const char *word, const char *const *words, size_t count) {
  const char *best = NULL;
  /* About a third of the letters may be wrong, and at most three. */
  size_t length = strlen(word), least = length > 6 ? 4 : (length + 1) / 2;
  for (size_t i = 0; i < count; i++) {
    size_t d = distance(word, words[i]);
    if (d < least) least = d, best = words[i];
  }
  return best;
}

/* Index of `word` in "a|b|c", -1 if absent. */
static int choice_index(const char *choices, const char *word) {
  size_t length = strlen(word);
  for (int i = 0; *choices; i++) {
    size_t n = strcspn(choices, "|");
    if (n == length && !strncmp(choices, word, n)) return i;
    choices += n + (choices[n] == '|');
  }
  return -1;
}

static void range_text(const struct option_row *row, char *text, size_t size) {
  if (row->low == 0 && row->high == 0)
    text[0] = 0;
  else if (row->kind == OPTION_INTEGER)
    snprintf(text, size, " from %lld to %lld", (long long)row->low, (long long)row->high);
  else
    snprintf(text, size, " from %g to %g", row->low, row->high);
}

static bool set_value(const struct program *program, const struct option_row *row, char *value,
                      struct fault *fault) {
  char range[80];
  bool limited = row->low != 0 || row->high != 0;
  switch (row->kind) {
  case OPTION_FLAG: *(bool *)row->target = true; return true;
  case OPTION_TEXT: *(const char **)row->target = value; return true;
  case OPTION_MAYBE: *(const char **)row->target = value ? value : ""; return true;
  case OPTION_TEXTS: {
    struct option_texts *texts = row->target;
    if (texts->count == OPTION_REPEATS)
      return options_usage(program, fault, "--%s is given more than %d times", row->name, OPTION_REPEATS);
    texts->item[texts->count++] = value;
    return true;
  }
  case OPTION_INTEGER: {
    int64_t v;
    range_text(row, range, sizeof range);
    if (!number_integer(value, &v) || (limited && ((double)v < row->low || (double)v > row->high)))
      return options_usage(program, fault, "--%s must be a whole number%s, not \"%.60s\"", row->name, range,
                           value);
    *(int64_t *)row->target = v;
    return true;
  }
  case OPTION_NUMBER: {
    double v;
    range_text(row, range, sizeof range);
    if (!number_parse(value, '.', &v) || (limited && (v < row->low || v > row->high)))
      return options_usage(program, fault, "--%s must be a number%s, not \"%.60s\"", row->name, range, value);
    *(double *)row->target = v;
    return true;
  }
  case OPTION_CHOICE: {
    int i = choice_index(row->choices, value);
    if (i < 0)
      return options_usage(program, fault, "--%s must be one of %s, not \"%.60s\"", row->name, row->choices,
                           value);
    *(int *)row->target = i;
    return true;
  }
  }
  return true;
}

/* ---- help ---- */

static void print_row(const struct option_row *row) {
  char left[64];
  size_t used = row->letter ? (size_t)snprintf(left, sizeof left, "  -%c, --%s", row->letter, row->name)
                            : (size_t)snprintf(left, sizeof left, "      --%s", row->name);
  if (row->argument && used < sizeof left)
    snprintf(left + used, sizeof left - used, row->kind == OPTION_MAYBE ? "[=%s]" : " %s", row->argument);
  if (strlen(left) > 28)
    printf("%s\n%-30s%s\n", left, "", row->help);
  else
    printf("%-30s%s\n", left, row->help);
}

static void print_help(const struct program *program, const struct option_row *rows,
                       const unsigned char *origin, size_t count) {
  if (program->commands) {
    for (const struct command *c = program->commands; c->name; c++)
      printf("%s %s %s %s [OPTION]...\n", c == program->commands ? "Usage:" : "      ", program->name,
             c->name, c->operands);
  } else
    printf("Usage: %s [OPTION]... %s\n", program->name, program->operands ? program->operands : "");
  printf("%s\n", program->summary);
  if (program->commands) {
    printf("\nCommands:\n");
    for (const struct command *c = program->commands; c->name; c++) printf("  %-28s%s\n", c->name, c->help);
  }
  /* Rows of one set of commands stand together, in the order in which the sets first appear. */
  bool done[ROWS] = { false };
  for (size_t i = 0; i < count; i++) {
    if (done[i] || origin[i] != OWN) continue;
    unsigned set = rows[i].commands;
    printf("\nOptions");
    if (set && program->commands) {
      const char *before = " of ";
      for (int k = 0; program->commands[k].name; k++)
        if (set >> k & 1) printf("%s%s", before, program->commands[k].name), before = ", ";
    }
    printf(":\n");
    for (size_t j = i; j < count; j++)
      if (!done[j] && origin[j] == OWN && rows[j].commands == set) print_row(&rows[j]), done[j] = true;
  }
  printf("\nCommon options:\n");
  for (size_t i = 0; i < count; i++)
    if (origin[i] == COMMON) print_row(&rows[i]);
  printf("\nExit: 0 done, 1 failed, 2 wrong usage, 3 a check that was asked for does not hold, 130 or 143 "
         "interrupted.\n");
  if (program->examples) printf("\nExamples:\n%s", program->examples);
}

/* ---- parsing ---- */

/* The program's rows, then those common rows whose name is not taken; a letter that is taken is dropped. */
static size_t gather(const struct program *program, struct common_options *common, struct option_row *rows,
                     unsigned char *origin) {
  struct option_row shared[ROWS];
  size_t count = 0, own, n = common_rows(common, shared);
  for (const struct option_row *row = program->rows; row && row->name && count < ROWS / 2; row++) {
    origin[count] = OWN;
    rows[count++] = *row;
  }
  own = count;
  for (size_t i = 0; i < n && count < ROWS; i++) {
    bool taken = false;
    for (size_t j = 0; j < own; j++) {
      if (!strcmp(rows[j].name, shared[i].name)) taken = true;
      if (rows[j].letter && rows[j].letter == shared[i].letter) shared[i].letter = 0;
    }
    if (taken) continue;
    origin[count] = COMMON;
    rows[count++] = shared[i];
  }
  return count;
}

static bool unknown_option(const struct program *program, const struct option_row *rows, size_t count,
                           const char *given, struct fault *fault) {
  const char *names[ROWS];
  char word[64];
  for (size_t i = 0; i < count; i++) names[i] = rows[i].name;
  snprintf(word, sizeof word, "%s", given + strspn(given, "-"));
  word[strcspn(word, "=")] = 0;
  const char *near = options_nearest(word, names, count);
  if (near) return options_usage(program, fault, "unknown option --%s (did you mean --%s?)", word, near);
  return options_usage(program, fault, "unknown option --%s", word);
}

static bool take_command(const struct program *program, char ***operands, int *count, int *command,
                         struct fault *fault) {
  *command = 0;
  if (!program->commands) return true;
  if (*count == 0) return options_usage(program, fault, "a command is missing");
  const char *names[32];
  size_t n = 0;
  for (; n < 32 && program->commands[n].name; n++) {
    names[n] = program->commands[n].name;
    if (!strcmp(names[n], **operands)) {
      *command = (int)n;
      ++*operands, --*count;
      return true;
    }
  }
  const char *near = options_nearest(**operands, names, n);
  if (near)
    return options_usage(program, fault, "unknown command \"%.60s\" (did you mean %s?)", **operands, near);
  return options_usage(program, fault, "unknown command \"%.60s\"", **operands);
}

enum parsed options_parse(const struct program *program, int argc, char **argv, struct common_options *common,
                          struct invocation *invocation, struct fault *fault) {
  struct option_row rows[ROWS];
  unsigned char origin[ROWS];
  struct option longs[ROWS + 1];
  bool given[ROWS] = { false };
  char shorts[3 * ROWS + 2] = ":";
  memset(common, 0, sizeof *common);
  memset(invocation, 0, sizeof *invocation);
  memset(longs, 0, sizeof longs);
  size_t count = gather(program, common, rows, origin), used = 1;
  for (size_t i = 0; i < count; i++) {
    longs[i].name = rows[i].name;
    longs[i].has_arg = rows[i].kind == OPTION_FLAG    ? no_argument
                       : rows[i].kind == OPTION_MAYBE ? optional_argument
                                                      : required_argument;
    longs[i].val = FIRST_KEY + (int)i;
    if (!rows[i].letter) continue;
    shorts[used++] = rows[i].letter;
    if (longs[i].has_arg == required_argument) shorts[used++] = ':';
  }
  shorts[used] = 0;
  opterr = 0;
  optind = 0; /* GNU: start afresh, also in a second parse */
  for (;;) {
    int at = optind ? optind : 1;
    int key = getopt_long(argc, argv, shorts, longs, NULL);
    if (key == -1) break;
    if (key == '?' || key == ':') {
      if (key == ':' && optopt >= FIRST_KEY)
        options_usage(program, fault, "--%s needs a value (%s)", rows[optopt - FIRST_KEY].name,
                      rows[optopt - FIRST_KEY].argument);
      else if (key == ':')
        options_usage(program, fault, "-%c needs a value", optopt);
      else if (optopt >= FIRST_KEY)
        options_usage(program, fault, "--%s takes no value", rows[optopt - FIRST_KEY].name);
      else if (optopt)
        options_usage(program, fault, "unknown option -%c", optopt);
      else
        unknown_option(program, rows, count, argv[optind > at ? optind - 1 : at], fault);
      return PARSED_FAILED;
    }
    size_t i = 0;
    if (key >= FIRST_KEY)
      i = (size_t)(key - FIRST_KEY);
    else
      while (i < count && rows[i].letter != key) i++;
    given[i] = true;
    if (!set_value(program, &rows[i], optarg, fault)) return PARSED_FAILED;
  }
  if (common->help) {
    print_help(program, rows, origin, count);
    return PARSED_DONE;
  }
  if (common->version) {
    printf("%s (Atrous) %s\n", program->name, ATR_VERSION);
    return PARSED_DONE;
  }
  invocation->operands = argv + optind;
  invocation->count = argc - optind;
  if (!take_command(program, &invocation->operands, &invocation->count, &invocation->command, fault))
    return PARSED_FAILED;
  for (size_t i = 0; i < count; i++)
    if (given[i] && rows[i].commands && !(rows[i].commands >> invocation->command & 1)) {
      options_usage(program, fault, "--%s is no option of the command %s", rows[i].name,
                    program->commands[invocation->command].name);
      return PARSED_FAILED;
    }
  if (common->json && (!*common->json || !strcmp(common->json, "-")) && common->output &&
      !strcmp(common->output, "-")) {
    options_usage(program, fault, "--json and -o - both want standard output");
    return PARSED_FAILED;
  }
  if (common->quiet && common->verbose) {
    options_usage(program, fault, "-q and -v exclude each other");
    return PARSED_FAILED;
  }
  return PARSED_RUN;
}
