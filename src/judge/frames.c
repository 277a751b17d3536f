/* frames.c: see frames.h. */
#include "judge/frames.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_NAMED 2

/* A shared object: "_c.cpython-313t-x86_64-linux-gnu.so" is known as "_c", "libfoo-a1b2.so.3" as "libfoo-a1b2". */
static char *object_name(const char *frame)
{
	return xstrndup(frame, strcspn(frame, ".!"));
}

static bool is_interpreter(const char *object)
{
	return str_starts(object, "python") || str_starts(object, "libpython");
}

static bool is_system(const char *object)
{
	static const char *const names[] = { "libc", "libpthread", "ld-linux-x86-64", "ld-linux-aarch64", "ld-linux", "libm", "libdl",
		                                 "libgcc_s", "libstdc++", "linux-vdso", "libtsan", "libasan", "libubsan", "?", "" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(object, names[i]))
			return true;
	return false;
}

/* Of the interpreter: what every crash goes through, and says nothing of it. */
static bool is_plumbing(const char *function)
{
	static const char *const prefix[] = { "_PyEval_", "PyEval_", "_PyObject_Malloc", "_PyObject_Free", "PyObject_Free", "PyObject_Malloc",
		                                  "PyMem_", "_PyMem_", "_mi_", "mi_", "_Py_Dealloc", "_Py_DecRef", "_Py_MergeZero", "_Py_Negative",
		                                  "_PyObject_Vectorcall", "PyObject_Vectorcall", "_PyVectorcall", "PyObject_Call", "_PyObject_Call",
		                                  "_PyFunction_Vectorcall", "cfunction_", "method_vectorcall", "vectorcall_", "slot_", "Py_Run", "_Py_Run",
		                                  "pymain_", "Py_BytesMain", "thread_run", "pythread_wrapper", "faulthandler", "_Py_Fatal", "Py_Fatal",
		                                  "fatal_error", "raise", "abort", "??" };
	for (size_t i = 0; i < ARRAY_LEN(prefix); i++)
		if (str_starts(function, prefix[i]))
			return true;
	return false;
}

static const char *function_of(const char *frame)
{
	const char *mark = strchr(frame, '!');
	return mark ? mark + 1 : frame;
}

/* A shared object that is neither the interpreter's nor the system's. Frames of
 * Python code, "pkg.core!get", have none. */
static bool is_extension(const char *frame)
{
	AUTO_FREE char *object = object_name(frame);
	const char *mark = strchr(frame, '!'), *so = strstr(frame, ".so");
	return mark && so && so < mark && !is_interpreter(object) && !is_system(object);
}

/* Python's own inline functions are compiled into every extension: Py_DECREF, _Py_atomic_... */
static bool is_inlined_api(const char *function)
{
	const char *p = *function == '_' ? function + 1 : function;
	return str_starts(p, "Py") && ((p[2] >= 'A' && p[2] <= 'Z') || p[2] == '_');
}

char *signature_of_frames(const struct strv *frames)
{
	struct buf own = { 0 }, any = { 0 };
	size_t n_own = 0, n_any = 0;
	for (size_t i = 0; i < frames->n; i++) {
		AUTO_FREE char *object = object_name(frames->v[i]);
		const char *function = function_of(frames->v[i]);
		if (is_system(object) || (is_interpreter(object) && is_plumbing(function)))
			continue;
		if (is_extension(frames->v[i]) && !is_inlined_api(function) && n_own < FRAMES_NAMED)
			buf_addf(&own, "%s%s!%s", n_own++ ? " < " : "", object, function);
		if (n_any < FRAMES_NAMED)
			buf_addf(&any, "%s%s", n_any++ ? " < " : "", function);
	}
	struct buf *chosen = n_own ? &own : &any;
	char *text = chosen->len ? buf_steal(chosen) : NULL;
	buf_release(&own);
	buf_release(&any);
	return text;
}

bool frames_have_extension(const struct strv *frames)
{
	for (size_t i = 0; i < frames->n; i++)
		if (is_extension(frames->v[i]))
			return true;
	return false;
}

/* The loaded extension module whose file is that object; NULL when there is none. */
static const char *module_of_object(const struct evidence *run, const char *object)
{
	for (size_t i = 0; i < run->n_extensions; i++) {
		const char *file = run->extensions[i].file;
		const char *slash = file ? strrchr(file, '/') : NULL;
		AUTO_FREE char *name = file ? object_name(slash ? slash + 1 : file) : NULL;
		if (str_eq(name, object))
			return run->extensions[i].module;
	}
	return NULL;
}

const char *frames_module(const struct judge_input *in, const struct evidence *run, const struct strv *frames)
{
	for (size_t i = 0; i < frames->n; i++) {
		AUTO_FREE char *object = object_name(frames->v[i]);
		bool extension = is_extension(frames->v[i]);
		const char *module = extension ? module_of_object(run, object) : NULL;
		for (size_t k = 0; extension && !module && k < in->n_ft; k++)
			module = module_of_object(in->ft[k], object);
		for (size_t k = 0; extension && !module && k < in->n_gil; k++) /* the same modules, whatever the files' endings */
			module = module_of_object(in->gil[k], object);
		if (module)
			return module;
	}
	return NULL;
}
