/* process.c: processes of other libraries; see process.h. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

process process_start(const char *python, const char *script, const char *peer_kind, int threads) {
  process p = { 0 };
  int to[2], from[2];
  char count[16];
  snprintf(count, sizeof count, "%d", threads);
  if (pipe(to) || pipe(from)) die("pipe", "cannot be made");
  const pid_t child = fork();
  if (child < 0) die("fork", "no process");
  if (!child) {
    dup2(to[0], 0);
    dup2(from[1], 1);
    close(to[0]), close(to[1]), close(from[0]), close(from[1]);
    execlp(python, python, script, peer_kind, count, (char *)NULL);
    _exit(127);
  }
  close(to[0]), close(from[1]);
  p.pid = child;
  p.in = fdopen(to[1], "w");
  p.out = fdopen(from[0], "r");
  if (!p.in || !p.out || !fgets(p.version, sizeof p.version, p.out) || !strncmp(p.version, "no ", 3)) {
    fprintf(stderr, "bench: %s: no %s there\n", python, peer_kind);
    process_end(&p);
    return p;
  }
  p.version[strcspn(p.version, "\n")] = 0;
  return p;
}

const char *process_ask(process *p, const char *line) {
  static char answer[256];
  kill(p->pid, SIGCONT);
  fprintf(p->in, "%s\n", line);
  fflush(p->in);
  const char *text = fgets(answer, sizeof answer, p->out);
  kill(p->pid, SIGSTOP);
  return text;
}

int process_ready(process *p, const char *line) {
  if (!p->in) return 0;
  const char *answer = process_ask(p, line);
  if (!answer) die("peer", "a process ended");
  if (!strcmp(answer, "ready\n")) return 1;
  fprintf(stderr, "bench: %s: %s", line, answer);
  return 0;
}

double process_time(void *p, int batch) {
  char line[32];
  snprintf(line, sizeof line, "time %d", batch);
  const char *answer = process_ask(p, line);
  if (!answer) die("peer", "a process ended");
  return atof(answer);
}

void process_end(process *p) {
  if (p->pid > 0) kill(p->pid, SIGCONT);
  if (p->in) fclose(p->in);
  if (p->out) fclose(p->out);
  p->in = p->out = NULL;
}
