/* plane.h: the plane in which a system is drawn: of two neurons, or of the two directions along which its
 * states differ most (principal components). */
#ifndef DYNAMICS_PLANE_H
#define DYNAMICS_PLANE_H

#include "common/plot.h"
#include "dynamics/fixed_points.h"

struct plane {
  size_t n;               /* neurons; the cells of an LSTM are not drawn */
  double *centre, *a, *b; /* [n]: the plane is centre + s·a + t·b */
  char x_label[80], y_label[80];
};

/* Chosen by --plane, or for the states h [rows][neurons]. */
bool plane_choose(const struct job *job, const double *h, size_t rows, struct plane *plane,
                  struct fault *fault) TOOLS_MUST;
void plane_destroy(struct plane *plane);
void plane_project(const struct plane *plane, const double *h, double *x, double *y);

/* "neuron 3" (they count from 0), "x" of the Lorenz system. */
const char *neuron_name(const struct system *system, size_t i, char name[40]);

/* The phase portrait of states h [rows][neurons]: trajectory (rows 0: none), vector field, fixed points. A
 * system of one neuron is drawn as what its step (or field) makes of every state. */
bool plane_draw(struct job *job, const char *path, const char *title, const double *h, size_t rows,
                const struct fixed_points *points, struct fault *fault) TOOLS_MUST;

#endif
