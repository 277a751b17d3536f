/* utf8.c: see utf8.h. */
#include "fetch/utf8.h"

struct utf8_scope utf8_enter(void)
{
	struct utf8_scope s = { .own = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) };
	if (s.own) /* absent on some systems: then names go through the user's locale */
		s.before = uselocale(s.own);
	return s;
}

void utf8_leave(struct utf8_scope *s)
{
	if (!s->own)
		return;
	uselocale(s->before);
	freelocale(s->own);
}
