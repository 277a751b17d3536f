/*
 * utf8.h: a UTF-8 locale for one thread and one scope. libarchive turns names
 * into the locale's charset and gives none at all where the C locale cannot
 * hold them; archives of Python packages have UTF-8 names.
 */
#ifndef MC_FETCH_UTF8_H
#define MC_FETCH_UTF8_H

#include <locale.h>

struct utf8_scope {
	locale_t own, before;
};

/* AUTO_UTF8 scope = utf8_enter(); the thread's locale comes back at the end of the block. */
struct utf8_scope utf8_enter(void);
void utf8_leave(struct utf8_scope *s); /* called by AUTO_UTF8; does nothing where no UTF-8 locale could be entered */
#define AUTO_UTF8 __attribute__((cleanup(utf8_leave), unused)) struct utf8_scope

#endif
