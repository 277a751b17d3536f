/*
 * wheel.h: what a wheel holds, read without unpacking it: its tags, metadata,
 * extension modules (checked by libelf), test files and top-level names.
 */
#ifndef MC_WHEEL_H
#define MC_WHEEL_H

#include "fetch/metadata.h"

struct wheel_facts {
	struct metadata meta;        /* name, version, Requires-Python, ... */
	struct strv tags;            /* "cp313-cp313t-manylinux_2_17_x86_64", from the WHEEL file */
	bool pure;                   /* Root-Is-Purelib */
	struct strv extensions;      /* modules: "numpy._core._multiarray_umath" */
	struct strv extension_files; /* their paths in the wheel, same order */
	struct strv shared_files;    /* other .so files: bundled libraries, foreign or broken ones */
	struct strv test_files;      /* test_*.py and *_test.py, paths in the wheel, sorted */
	struct strv top_level;       /* importable names, sorted: "yaml", "_yaml" */
	size_t entries;
};
#define AUTO_WHEEL_FACTS CLEANUP(wheel_facts_release) struct wheel_facts

/*
 * Read a wheel's facts into zeroed *out, which the caller releases (also after
 * a failure). Shared objects pass through an unnamed temporary file, one at a
 * time, so that memory stays small. ERR_BAD_ARCHIVE when it is no wheel (no
 * WHEEL or METADATA file) or damaged, ERR_TOO_LARGE beyond the limits of
 * unpack.h, ERR_IO, ERR_DISK_FULL.
 */
int wheel_inventory(const char *wheel, struct wheel_facts *out, struct error *err);
void wheel_facts_release(struct wheel_facts *w); /* frees the lists and the metadata, zeroes *w; a zeroed one is fine */

/* "pkg/_x.cpython-313t-x86_64-linux-gnu.so" or "n-1.data/platlib/pkg/_x.abi3.so"
 * -> "pkg._x"; NULL when the name cannot be a module's. The caller owns it. */
char *extension_module_name(const char *path) MC_NODISCARD;
/* Is the open file an ELF shared object that exports PyInit_NAME (or, from
 * Python 3.15 on, PyModExport_NAME) for the last part of `module`? */
bool extension_exports_init(int fd, const char *module);
/* test_*.py or *_test.py */
bool is_test_file(const char *path);

#endif
