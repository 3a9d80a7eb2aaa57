/* rows.c: reads bench/shapes.txt, a row a line: NAME | WHAT KEY=VALUE … */
#include "config.h"

#include "bench.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *word;
  kind what;
} kinds[] = { { "chain", CHAIN },           { "fan", FAN },
              { "transposed", TRANSPOSED }, { "train", TRAIN },
              { "d_input", GRAD_INPUT },    { "d_filter", GRAD_FILTER },
              { "max_pool", MAX_POOL },     { "upsample", UPSAMPLE },
              { "softmax", SOFTMAX },       { "add", ADD } };

static int set_kind(row *r, const char *word) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp(kinds[i].word, word)) {
      r->what = kinds[i].what;
      return 1;
    }
  return 0;
}

/* KEY=VALUE: a goal, a part, or a number of at most 2^20. */
static int set_value(row *r, char *word) {
  const struct {
    const char *key;
    int64_t *wide;
    int *narrow;
  } fields[] = { { "n", &r->n, NULL },
                 { "c", &r->c, NULL },
                 { "oc", &r->oc, NULL },
                 { "h", &r->h, NULL },
                 { "w", &r->w, NULL },
                 { "filter", &r->filter, NULL },
                 { "stride", &r->stride, NULL },
                 { "dilation", &r->dilation, NULL },
                 { "group", &r->group, NULL },
                 { "causal", NULL, &r->causal },
                 { "residual", NULL, &r->residual },
                 { "blocked", NULL, &r->blocked } };
  char *text = strchr(word, '='), *end;
  if (!text) return 0;
  *text++ = '\0';
  if (!strcmp(word, "goal")) {
    r->goal = strtod(text, &end);
    return end != text && !*end;
  }
  if (!strcmp(word, "part")) {
    snprintf(r->part, sizeof r->part, "%s", text);
    return *text != '\0' && strlen(text) < sizeof r->part;
  }
  const long value = strtol(text, &end, 10);
  if (end == text || *end || value < 0 || value > 1 << 20) return 0;
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!strcmp(fields[i].key, word)) {
      if (fields[i].wide)
        *fields[i].wide = value;
      else
        *fields[i].narrow = (int)value;
      return 1;
    }
  return 0;
}

/* Whether the line is a row; its text is cut up. */
static int parse(row *r, char *line) {
  char *bar = strchr(line, '|');
  if (!bar) return 0;
  size_t length = (size_t)(bar - line);
  while (length && line[length - 1] == ' ') length--;
  if (!length || length >= sizeof r->name) return 0;
  memset(r, 0, sizeof *r);
  memcpy(r->name, line, length);
  r->n = r->filter = r->stride = r->dilation = r->group = 1;
  char *word = strtok(bar + 1, " \t\r\n");
  if (!word || !set_kind(r, word)) return 0;
  while ((word = strtok(NULL, " \t\r\n")))
    if (!set_value(r, word)) return 0;
  if (!r->oc) r->oc = r->c;
  if (r->what == ADD) r->residual = 1;
  return r->n && r->c && r->w && r->filter && r->stride && r->dilation && r->group;
}

row *rows_read(const char *path, size_t *n) {
  char line[512];
  FILE *file = fopen(path, "r");
  row *list = NULL;
  *n = 0;
  if (!file) die(path, "cannot be read");
  for (int at = 1; fgets(line, sizeof line, file); at++) {
    if (line[strspn(line, " \t\r\n")] == '\0' || *line == '#') continue;
    list = realloc(list, (*n + 1) * sizeof *list);
    if (!list) die("memory", "out");
    if (!parse(&list[(*n)++], line)) {
      char text[64];
      snprintf(text, sizeof text, "line %d is no row: NAME | WHAT KEY=VALUE ...", at);
      die(path, text);
    }
  }
  fclose(file);
  return list;
}
