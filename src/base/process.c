/* process.c: fork and wait; see process.h. */
#include "config.h"

#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_quiet(void) {
  const int nowhere = open("/dev/null", O_RDWR);
  if (nowhere < 0) return;
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

int atr__try_in_child(int (*body)(void *user), void *user, unsigned seconds, char *why, unsigned long size) {
  const pid_t child = fork();
  if (child < 0) {
    snprintf(why, size, "could not be asked in a child process: %s", strerror(errno));
    return -1;
  }
  if (!child) {
    be_quiet();
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
    _exit(body(user) ? 1 : 0);
  }
  int status = 0;
  pid_t waited;
  do waited = waitpid(child, &status, 0);
  while (waited < 0 && errno == EINTR);
  if (waited < 0)
    return 0; /* the application reaps all children itself: nothing is known against the answer */
  if (WIFEXITED(status) && !WEXITSTATUS(status)) return 0;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    snprintf(why, size, "did not answer in %u s", seconds);
  else if (WIFSIGNALED(status))
    snprintf(why, size, "died of signal %d", WTERMSIG(status));
  else
    snprintf(why, size, "ended with status %d", WEXITSTATUS(status));
  return 1;
}
