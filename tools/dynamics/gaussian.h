/* gaussian.h: information in a covariance matrix, in nats, by the Gaussian estimator with its bias removed.
 *
 * The entropy of a Gaussian in d dimensions is h = (d ln 2πe + ln det Σ) / 2. With the sample covariance S of
 * ν degrees of freedom (samples - 1) in the place of Σ the estimate is too small, by a known amount, since
 * ν^d det S / det Σ is a product of independent chi-squared numbers of ν, ν - 1 … ν - d + 1 degrees of
 * freedom (N. R. Goodman, 1963; Misra, Singh, Demchuk: Estimation of the entropy of a multivariate normal
 * distribution, J. Multivariate Analysis 92, 2005):
 *
 *   E[ln det S] - ln det Σ = d ln(2/ν) + Σ_{i=1…d} ψ((ν + 1 - i) / 2),        ψ the digamma function.
 *
 * What is measured, all of it unchanged by scaling any neuron:
 *
 *   total correlation of all neurons      Σ h(i) - h(all)                0 where all are independent
 *   information across a bipartition      h(A) + h(B) - h(A and B)       0 where the parts are independent
 *
 * The weakest bipartition is the one across which there is least: where the system comes apart most easily.
 * It is found by trying all where there are few neurons; otherwise by a search, and then is an upper bound.
 */
#ifndef DYNAMICS_GAUSSIAN_H
#define DYNAMICS_GAUSSIAN_H

#include "common/fault.h"

/* All 2^(n-1) - 1 bipartitions are tried for this many neurons at most. */
enum { GAUSSIAN_EXHAUSTIVE = 14 };

/* Digamma, for x > 0. */
double gaussian_digamma(double x);

/* What the entropy of d neurons is estimated too small by, negative: half of the formula above. */
double gaussian_bias(size_t d, size_t samples);

/* Correlations [n][n] of `rows` [samples][n]. A neuron that does not vary is a fault that names it. */
bool gaussian_correlation(const double *rows, size_t samples, size_t n, double *correlation,
                          struct fault *fault) TOOLS_MUST;

/* ln det of the m rows and columns that `index` names; `room` [m][m] then holds their factor. A neuron that
 * is a linear function of those before it is a fault that names it: then information has no bound. */
bool gaussian_log_det(const double *correlation, size_t n, const size_t *index, size_t m, double *room,
                      double *log_det, struct fault *fault) TOOLS_MUST;

/* Total correlation. */
bool gaussian_total(const double *correlation, size_t n, size_t samples, double *total,
                    struct fault *fault) TOOLS_MUST;

/* Information across the bipartition side[i] 0 or 1. */
bool gaussian_across(const double *correlation, size_t n, size_t samples, const unsigned char *side,
                     double *across, struct fault *fault) TOOLS_MUST;

/* The weakest bipartition with at least `least` neurons in each part; side[n - 1] is 0. *exhaustive: all
 * were tried. The search, for more than GAUSSIAN_EXHAUSTIVE neurons: the best of all cuts along the first
 * three non-constant eigenvectors of the Laplacian of the graph whose weights are the pairs' mutual
 * information (spectral), and of all splits of one neuron; from each, neurons change sides one at a time, by
 * the passes of Fiduccia and Mattheyses, until none finds less. */
bool gaussian_weakest(const double *correlation, size_t n, size_t samples, size_t least, unsigned char *side,
                      double *across, bool *exhaustive, struct fault *fault) TOOLS_MUST;

#endif
