/* progress.h: one moving line on a terminal, nothing anywhere else.
 *
 * A bar is drawn only where stderr is a terminal that can move its cursor (TERM is not "dumb") and the user
 * did not ask for quiet; in a pipe or a log not one byte is written. The state is static because there is one
 * stderr. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* `quiet`: never draw. Reads TERM and NO_COLOR. */
void progress_setup(bool quiet);

/* Draws "stage  [####    ]  40 %  12 s left  NOTE", at most ten times a second and always at the end.
 * `seconds_left` < 0: estimated from the time since the stage began. `note` may be NULL. */
void progress_show(const char *stage, uint64_t done, uint64_t total, double seconds_left, const char *note);

/* Removes the line; called before anything else is written to stderr, and at the end. */
void progress_clear(void);

/* Escape sequences for an emphasised word on stderr; "" where there is no terminal or NO_COLOR is set. */
const char *progress_bold(void);
const char *progress_plain(void);

#endif
