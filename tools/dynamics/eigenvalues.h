/* eigenvalues.h: what figures of eigenvalues share. */
#ifndef DYNAMICS_EIGENVALUES_H
#define DYNAMICS_EIGENVALUES_H

#include "common/plot.h"

/* Where stability ends: the unit circle, or of a continuous system the imaginary axis. */
void eigenvalue_border(struct plot_panel *panel, bool continuous);

#endif
