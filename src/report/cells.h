/*
 * cells.h: the short texts that stand for facts of a package in tables, the
 * same in every format. Strings returned are owned by the caller and contain
 * no foreign text unless stated; "-" means that there is nothing to show.
 */
#ifndef MC_CELLS_H
#define MC_CELLS_H

#include "model/survey.h"

char *cell_version(const struct package_result *p) MC_NODISCARD;  /* foreign text made harmless; the tested one */
char *cell_from(const struct package_result *p) MC_NODISCARD;     /* "wheel", "source", "wheel != source" */
/* "native" or "pure", of what was installed; NULL: it was not built, so that nobody knows. Static. */
const char *arm_nature(const struct package_result *p, enum arm arm);
const char *cell_nature(const struct package_result *p); /* "native", "pure", "native != pure"; NULL when not known */
char *cell_gil(const struct package_result *p) MC_NODISCARD;      /* "off", "on!", "-" */
char *cell_suite(const struct package_result *p) MC_NODISCARD;    /* "758 | 758 of 50,258": passed on gil, on ft */
char *cell_stress(const struct package_result *p) MC_NODISCARD;   /* "crash 0.2 s", "ran 198 of 212" (tests in parallel); "-" when no stress mode ran */
char *cell_ratio(const struct ratio *r) MC_NODISCARD;             /* "1.24x slower" */
char *cell_memory(const struct ratio *r) MC_NODISCARD;            /* "1.10x more" */
char *cell_interval(const struct ratio *r) MC_NODISCARD;          /* "[1.19, 1.30]" */
char *cell_threads(const struct package_result *p) MC_NODISCARD;  /* "1.71x", "0.62x contended": two threads on ft, of the curve that stands for the package */
char *cell_size(const struct package_result *p) MC_NODISCARD;     /* "16.2 MB | 60.1 MB": wheel, installed; of the ft arm, else of gil */
char *cell_times(double ratio) MC_NODISCARD;                      /* "1.24x", three significant digits */
char *cell_percent(double share) MC_NODISCARD;                    /* 0.393 -> "39%", two significant digits */
char *cell_seconds(double seconds) MC_NODISCARD;                  /* "0.2 s", "3 ms" */
const char *memory_word(enum perf_verdict v);                     /* "more", "less", "same", ... */

/* The lines that belong under a row: reasons, what it holds back, the path to
 * the cause, the advice; each harmless and at most 160 characters. */
void package_reasons(const struct package_result *p, struct strv *out);

bool ratio_usable(const struct ratio *r);       /* known, and a number that can be meant: 0.0001 to 10,000 */
bool speedup_usable(double speedup);             /* the same of a number alone */
bool ratio_has_interval(const struct ratio *r); /* of at least 6 pairs, in order */

/* Does the package's ratio stand for what a user of the free-threaded build pays? It has an interval and a verdict (the pair
 * is like for like), and was not measured with PYTHON_GIL=0 of a package that turns the GIL on. */
bool cost_counts(const struct package_result *p, bool memory);
/* Over the packages that count; n receives how many those are, and 0 is returned when it is 0. */
double survey_mean(const struct survey *s, bool memory, size_t *n); /* geometric */
double survey_median(const struct survey *s, bool memory, size_t *n); /* the middle one, or the mean of the two */
/* The first usable one: it is the same for every package. NULL when the interpreters alone were not measured. */
const struct ratio *survey_baseline(const struct survey *s);

#endif
