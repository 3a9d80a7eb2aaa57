/* contest.h: contenders that alternate, and what came out: as text, Markdown, or a line of JSON for table.py.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

enum { CONTEST_MOST = 101 };

/* The first of a list is ours. */
typedef struct {
  const char *name;
  double (*time)(void *self, int batch); /* seconds of one of `batch` executions; NULL: it is not there */
  void *self;
  char note[64]; /* what it runs */
  int own;       /* no peer, but one more of ours */
  int batch, warm;
  double seconds[CONTEST_MOST];
} contender;

typedef enum { CONTEST_TEXT, CONTEST_MARKDOWN, CONTEST_JSON } contest_form;

typedef struct {
  const char *row, *part; /* part: which line of the table it belongs to, NULL: none */
  double goal, bytes;     /* 0: none; bytes: read and written by one execution */
} contest_row;

void contest_header(contest_form form, const contender *list, int n, int repetitions);
/* Every repetition has each of them run once untimed (unless that is long) and then for about 4 ms or once,
 * with a pause behind. */
void contest_run(contender *list, int n, int repetitions);
/* Medians with quartiles; ratios are medians of the repetitions' ratios, to each peer and to the best of
 * them. */
void contest_print(contest_form form, const contest_row *row, contender *list, int n, int repetitions);

#endif
