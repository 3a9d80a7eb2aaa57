/* by-hand: the worked problems of doc/by-hand, paper and library side by side.
 *
 * The paper's column follows the formulas of the texts, in double precision and without the library; a
 * reader's own numbers take the place of the texts' by --numbers.
 *
 *   cc *.c $(pkg-config --cflags --libs atrous jansson) -lm -o by-hand && ./by-hand
 */
#include "by-hand.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_DIFFER = 3 };

static const struct problem *const problems[] = {
  &problem_network,
  &problem_gradient_descent,
  &problem_backpropagation,
  &problem_adam,
  &problem_softmax,
  &problem_padding,
  &problem_dilation,
  &problem_pooling,
  &problem_dropout,
  &problem_batch_normalization,
  &problem_rnn,
};
enum { PROBLEMS = sizeof problems / sizeof *problems };

/* Single precision keeps seven digits; a difference such as 1 - 0.999 keeps five. */
static int agree(double paper, double library) {
  return fabs(paper - library) <= 1e-6 + 2e-5 * fabs(paper);
}

static const char *text(double v, char room[32]) {
  snprintf(room, 32, "%.6g", fabs(v) > 0 ? v : 0.0); /* no minus before 0 */
  return room;
}

void compare(struct session *s, double paper, double library, const char *what, ...) {
  char label[64], a[32], b[32];
  va_list list;
  if (s->failed) return;
  va_start(list, what);
  vsnprintf(label, sizeof label, what, list);
  va_end(list);
  const int same = agree(paper, library);
  printf("  %-32s %14s %14s  %s\n", label, text(paper, a), text(library, b), same ? "ok" : "DIFFERS");
  s->lines++;
  s->differ += !same;
}

void failed(struct session *s, const char *sentence) {
  if (!s->failed) fprintf(stderr, "by-hand: %s\n", sentence);
  s->failed = 1;
}

static int help(FILE *to) {
  fprintf(to, "Usage: by-hand [OPTIONS] [PROBLEM…]\n"
              "Worked problems of deep learning: the numbers on paper beside the library's.\n\n"
              "  -n, --numbers FILE.json  take these numbers instead of the texts'\n"
              "      --print-numbers      print the texts' numbers, a file to begin from\n"
              "  -d, --device DEVICE      auto, cpu, gpu, host, opencl:P.D or part of a name\n"
              "  -h, --help               this\n\nProblems, each with its text doc/by-hand/PROBLEM.md:\n");
  for (size_t k = 0; k < PROBLEMS; k++) fprintf(to, "  %-20s %s\n", problems[k]->name, problems[k]->title);
  fprintf(to, "\nExit: 0 all agree, 1 a call failed, 2 wrong use, 3 a number differs.\n");
  return to == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

static void print_numbers(void) {
  char room[32];
  printf("{");
  for (size_t k = 0; k < PROBLEMS; k++) {
    printf("%s\n  \"%s\": {", k ? "," : "", problems[k]->name);
    for (const struct numbers *n = problems[k]->numbers; n->name; n++) {
      printf("%s\n    \"%s\": [", n == problems[k]->numbers ? "" : ",", n->name);
      for (int i = 0; i < n->n; i++) printf("%s%s", i ? ", " : "", text(n->v[i], room));
      printf("]");
    }
    printf("\n  }");
  }
  printf("\n}\n");
}

static struct numbers *find(const char *problem, const char *name) {
  for (size_t k = 0; k < PROBLEMS; k++)
    for (struct numbers *n = problems[k]->numbers; !strcmp(problems[k]->name, problem) && n->name; n++)
      if (!strcmp(n->name, name)) return n;
  return NULL;
}

/* {"problem": {"name": [numbers]}}; what is not there stays as it is. */
static int read_numbers(const char *file) {
  json_error_t error;
  json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &error), *of, *list;
  const char *problem, *name;
  int good = 0;
  if (!root) {
    fprintf(stderr, "by-hand: %s: line %d: %s\n", file, error.line, error.text);
    return 0;
  }
  if (!json_is_object(root)) {
    fprintf(stderr, "by-hand: %s: must be an object of problems; see --print-numbers\n", file);
    goto done;
  }
  json_object_foreach(root, problem, of) {
    json_object_foreach(of, name, list) {
      struct numbers *n = find(problem, name);
      if (!n) {
        fprintf(stderr, "by-hand: %s: there is no \"%s\" in \"%s\"; see --print-numbers\n", file, name,
                problem);
        goto done;
      }
      if (json_array_size(list) != (size_t)n->n) {
        fprintf(stderr, "by-hand: %s: \"%s\" of \"%s\" must be a list of %d numbers\n", file, name, problem,
                n->n);
        goto done;
      }
      for (int i = 0; i < n->n; i++) {
        const json_t *v = json_array_get(list, (size_t)i);
        if (!json_is_number(v) || fabs(json_number_value(v)) > 1e6) {
          fprintf(stderr, "by-hand: %s: \"%s\" of \"%s\": entry %d is no number within ±1e6\n", file, name,
                  problem, i + 1);
          goto done;
        }
        n->v[i] = json_number_value(v);
      }
    }
  }
  good = 1;
done:
  json_decref(root);
  return good;
}

static int chosen(const struct problem *p, char **names, int n) {
  for (int i = 0; i < n; i++)
    if (!strcmp(names[i], p->name)) return 1;
  return n == 0;
}

int main(int argc, char **argv) {
  const char *device = NULL, *file = NULL;
  int names = 0, print = 0;
  for (int i = 1; i < argc; i++) {
    const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
    const char **to = !strcmp(a, "-n") || !strcmp(a, "--numbers")  ? &file
                      : !strcmp(a, "-d") || !strcmp(a, "--device") ? &device
                                                                   : NULL;
    if (!strcmp(a, "-h") || !strcmp(a, "--help")) return help(stdout);
    if (!strncmp(a, "--numbers=", 10))
      file = a + 10;
    else if (!strncmp(a, "--device=", 9))
      device = a + 9;
    else if (to && value) {
      *to = value;
      i++;
    } else if (!strcmp(a, "--print-numbers"))
      print = 1;
    else if (*a == '-') {
      fprintf(stderr, "by-hand: %s %s\n", a, to ? "needs a value" : "is no option; see --help");
      return EXIT_USAGE;
    } else
      argv[1 + names++] = argv[i];
  }
  for (int i = 0; i < names; i++) {
    size_t k = 0;
    while (k < PROBLEMS && strcmp(problems[k]->name, argv[1 + i])) k++;
    if (k < PROBLEMS) continue;
    fprintf(stderr, "by-hand: there is no problem \"%s\"; see --help\n", argv[1 + i]);
    return EXIT_USAGE;
  }
  if (file && !read_numbers(file)) return EXIT_USAGE;
  if (print) {
    print_numbers();
    return EXIT_SUCCESS;
  }
  struct session s = { 0 };
  atr_error error = ATR_ERROR_INIT;
  if (atr_context_open(device, NULL, &error, &s.context)) {
    fprintf(stderr, "by-hand: %s\n", error.text);
    return error.status == ATR_E_NO_DEVICE ? EXIT_USAGE : EXIT_FAILED;
  }
  atr_device_info info = { .size = sizeof info };
  atr_context_info(s.context, &info);
  printf("%-34s %14s %14s  on %s\n", "by-hand", "paper", "library", info.name);
  for (size_t k = 0; k < PROBLEMS && !s.failed; k++) {
    if (!chosen(problems[k], argv + 1, names)) continue;
    printf("%s: %s (doc/by-hand/%s.md)\n", problems[k]->name, problems[k]->title, problems[k]->name);
    problems[k]->solve(&s, problems[k]->numbers);
  }
  atr_context_destroy(s.context);
  if (!s.failed) printf("%d numbers, %d differ\n", s.lines, s.differ);
  return s.failed ? EXIT_FAILED : s.differ ? EXIT_DIFFER : EXIT_SUCCESS;
}
