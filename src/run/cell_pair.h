/*
 * cell_pair.h: two cells at once whose processes take turns, test by test, so
 * that what the machine does meanwhile concerns both alike. They hold the two
 * ends of a socket and pass a byte (harness/turns.py); the tool only starts both
 * and keeps their deadlines. When one ends early the other ends, too, and both
 * say so: such a pair is of no use as a measurement (cell_pair_usable()). Both do
 * what is timed on the same processor.
 */
#ifndef MC_CELL_PAIR_H
#define MC_CELL_PAIR_H

#include "run/cell.h"

/* Runs both to their end; specs[0] runs the first test. Sets mode and turn_* of the
 * specs itself: the processor is that with the number `turn` (counted round) of those that the tool may use.
 * Both out[] are initialised by this, and get `load`: how many cores
 * others kept busy meanwhile, which is the busy time of /proc/stat (time stolen by a
 * hypervisor too) without that of these processes and of the tool, by wall time; -1 where
 * there is no /proc/stat. Returns -1 with the first error of either, as cell_run(). */
int cell_pair_run(struct cell_spec specs[2], unsigned turn, struct evidence out[2], struct error *err);

/* Did both processes come to their end, in turns and with all their tests? */
bool cell_pair_usable(const struct evidence *a, const struct evidence *b);

#endif
