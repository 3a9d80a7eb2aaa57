/* process.h: a question asked in a child process, because the answer may crash. */
#ifndef ATR_BASE_PROCESS_H
#define ATR_BASE_PROCESS_H

/* Forks, runs body(user) in the child, waits. 0: it returned 0 within `seconds`. Else non-zero, and `why`
 * says what became of it ("died of signal 11"). What the child prints is dropped. */
int atr__try_in_child(int (*body)(void *user), void *user, unsigned seconds, char *why, unsigned long size);

#endif
