/* process.h: other libraries as processes that are told line by line what to do (peers.py). Such a process is
 * stopped while nothing is asked of it, since its threads may spin for long. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdio.h>

/* `in` is NULL where there is none. */
typedef struct {
  FILE *in, *out;
  int pid;
  char version[32];
} process;

process process_start(const char *python, const char *script, const char *peer_kind, int threads);
/* Says a line; what is answered, or NULL at the end. */
const char *process_ask(process *p, const char *line);
/* Tells what to run next; 0 where there is no process or it cannot do so. */
int process_ready(process *p, const char *line);
/* Seconds of one of `batch` executions of that. */
double process_time(void *p, int batch);
void process_end(process *p);

#endif
