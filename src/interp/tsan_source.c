/*
 * tsan_source.c: what is changed in CPython's source before the ThreadSanitizer build.
 *
 * On a free-threaded build every call of a method of a shared object takes and drops a
 * reference, by sequentially consistent operations on one word. For the sanitizer each of
 * them is a synchronisation, so that two threads which use one object without a lock look
 * ordered unless their calls overlap in time. A reference count needs less (as of
 * std::shared_ptr: relaxed to take, release to drop, acquire before the object is freed),
 * and with that the sanitizer sees the races of the object's own fields.
 */
#include "base/fs.h"
#include "interp/install.h"

#include <string.h>

#define SOURCE_MAX (4u << 20)

static const struct {
	const char *file, *from, *to;
} changes[] = {
	{ "Include/object.h", "_Py_atomic_add_ssize(&op->ob_ref_shared, (1 << _Py_REF_SHARED_SHIFT));",
	  "__atomic_fetch_add(&op->ob_ref_shared, (1 << _Py_REF_SHARED_SHIFT), __ATOMIC_RELAXED);" },
	{ "Include/refcount.h", "_Py_atomic_add_ssize(&op->ob_ref_shared, (1 << _Py_REF_SHARED_SHIFT));",
	  "__atomic_fetch_add(&op->ob_ref_shared, (1 << _Py_REF_SHARED_SHIFT), __ATOMIC_RELAXED);" },
	{ "Include/internal/pycore_object.h", "_Py_atomic_add_ssize(&op->ob_ref_shared, (n << _Py_REF_SHARED_SHIFT));",
	  "__atomic_fetch_add(&op->ob_ref_shared, (n << _Py_REF_SHARED_SHIFT), __ATOMIC_RELAXED);" },
	{ "Objects/object.c",
	  "    } while (!_Py_atomic_compare_exchange_ssize(&o->ob_ref_shared,\n"
	  "                                                &shared, new_shared));\n",
	  "    } while (!__atomic_compare_exchange_n(&o->ob_ref_shared, &shared, new_shared, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED));\n"
	  "    if (should_queue || new_shared == _Py_REF_MERGED)\n"
	  "        (void)_Py_atomic_load_ssize_acquire(&o->ob_ref_shared);\n" },
};

int tsan_change_source(const char *source, int *changed, struct error *err)
{
	*changed = 0;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO_FREE char *path = path_join(source, changes[i].file);
		AUTO_BUF text = { .max = SOURCE_MAX };
		AUTO_BUF out = { .max = SOURCE_MAX };
		if (!path_is_file(path))
			continue;
		if (read_file(path, SOURCE_MAX, &text, err) < 0)
			return -1;
		const char *begin = buf_str(&text), *at = strstr(begin, changes[i].from);
		if (!at)
			continue;
		buf_add(&out, begin, (size_t)(at - begin));
		buf_adds(&out, changes[i].to);
		buf_adds(&out, at + strlen(changes[i].from));
		if (write_file(path, buf_str(&out), out.len, err) < 0)
			return -1;
		++*changed;
	}
	return 0;
}
