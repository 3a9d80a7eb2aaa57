/* options.h: the command line, from one table per program.
 *
 * A program states its commands and options as data; parsing, range checks, the text of --help and the
 * wording of usage errors all come from those tables, so they cannot disagree. The options common to every
 * program are a table of the same kind in options.c; a program's own row of the same name takes precedence.
 * Values land in the program's variables, which hold the defaults beforehand. Variables of the environment
 * are the library's to read; here an option that was not given leaves NULL, 0 or false, which the library
 * takes as "ask the variable, else default". */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "common/fault.h"

enum option_kind {
  OPTION_FLAG,    /* bool *: set to true */
  OPTION_TEXT,    /* const char ** */
  OPTION_TEXTS,   /* struct option_texts *: may be repeated */
  OPTION_INTEGER, /* int64_t *, within low … high */
  OPTION_NUMBER,  /* double *, within low … high; 3 % may be written "0.03" only */
  OPTION_CHOICE,  /* int *: index into `choices`, "a|b|c" */
  OPTION_MAYBE    /* const char **: an optional value, --name[=VALUE]; "" where given without one */
};

enum { OPTION_REPEATS = 64 };
struct option_texts {
  const char *item[OPTION_REPEATS];
  int count;
};

struct option_row {
  char letter;          /* 0: none */
  const char *name;     /* NULL ends the table */
  const char *argument; /* its name in --help; NULL for flags */
  const char *help;     /* one line, without a full stop; the default is part of it */
  enum option_kind kind;
  void *target;
  double low, high;    /* INTEGER, NUMBER; both 0: no limits */
  const char *choices; /* CHOICE */
  unsigned commands;   /* bit i: belongs to command i; 0: to all */
};

struct command {
  const char *name;     /* NULL ends the table */
  const char *operands; /* as in --help: "CSV|-" */
  const char *help;
};

struct program {
  const char *name, *summary;
  const struct command *commands; /* NULL: none */
  const char *operands;           /* of a program without commands */
  const struct option_row *rows;  /* its own options */
  const char *examples;           /* last part of --help; may be NULL */
};

enum { MATH_FAST, MATH_EXACT, MATH_PORTABLE }; /* order of --math, same as atr_math */

struct common_options {
  const char *device; /* NULL: the library's choice (ATROUS_DEVICE, else auto) */
  const char *json;   /* NULL: none; "" or "-": stdout; else a file */
  const char *log, *output;
  int64_t threads, seed; /* threads 0: ATROUS_THREADS, else all */
  int math;
  bool strict, no_clobber, dry_run, quiet, verbose, help, version;
};

struct invocation {
  int command;     /* index into commands; 0 where there are none */
  char **operands; /* after the command; part of argv */
  int count;
};

enum parsed { PARSED_RUN, PARSED_DONE, PARSED_FAILED };

/* Parses argv (which it permutes). PARSED_DONE: --help or --version was printed to stdout, exit 0.
 * PARSED_FAILED: `fault` is a usage error whose remedy names --help. `common` is set to its defaults first,
 * and holds what was given even on failure, so that a failure can still be told in JSON. */
enum parsed options_parse(const struct program *program, int argc, char **argv, struct common_options *common,
                          struct invocation *invocation, struct fault *fault);

/* A usage error with the usual remedy, for what a program finds out itself; returns false. */
bool options_usage(const struct program *program, struct fault *fault, const char *format, ...)
    TOOLS_PRINTF(3, 4);

/* The library's word for --math. */
const char *options_math_name(int math);

/* The word among `count` nearest to `word`, for "did you mean"; NULL where none is near. */
const char *options_nearest(const char *word, const char *const *words, size_t count);

#endif
