/* dl.h: shared libraries opened at run time, and the environment. */
#ifndef ATR_BASE_DL_H
#define ATR_BASE_DL_H

void *atr__dl_open(const char *name);                  /* NULL: not there */
void *atr__dl_symbol(void *library, const char *name); /* NULL: not there */
void atr__dl_close(void *library);

/* The variable's value, or NULL; nothing in a set-uid program. The string is the environment's. */
const char *atr__env(const char *name);

#endif
