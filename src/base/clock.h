/* clock.h: what time it is, for measuring how long something took. */
#ifndef ATR_BASE_CLOCK_H
#define ATR_BASE_CLOCK_H

/* Seconds since some moment in the past; never goes backwards. */
double atr__clock(void);

#endif
