/*
 * signature.h: short texts by which equal defects are recognised, made from
 * messages, stacks and build logs: no addresses, no numbers, no folders.
 * Strings returned are owned by the caller and never NULL unless stated.
 */
#ifndef MC_SIGNATURE_H
#define MC_SIGNATURE_H

#include "base/buf.h"

/* First line with numbers as N, addresses as 0xN and paths as their last part; at most 160 bytes. */
char *signature_of_message(const char *message) MC_NODISCARD;

struct stack_facts {
	char *where;        /* "_multidict.c: md_iter_next < multidict_iter"; NULL when nothing is known */
	char *module;       /* file of the innermost frame of the package, or NULL */
	bool package_frame; /* a native frame outside of the interpreter and the C library */
};
/* From a native stack (gdb's `bt`), else from a Python one (faulthandler). */
void stack_facts_of(struct stack_facts *f, const char *native, const char *python);
void stack_facts_release(struct stack_facts *f); /* frees both texts and zeroes *f; a zeroed one is fine */

/* The line of a build log that says best what went wrong: the first compiler
 * error, else the last line that looks like an exception, else the last line. */
char *error_line_of_log(const char *log) MC_NODISCARD;

/* "SIGSEGV"; "signal 99" for an unknown one. */
char *signal_word(int number) MC_NODISCARD;

#endif
