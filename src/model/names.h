/*
 * names.h: names of projects and of their files (PEP 503, 427, 425, 625), and
 * which wheel fits which interpreter.
 */
#ifndef MC_NAMES_H
#define MC_NAMES_H

#include "base/base.h"

/* PEP 503: lower case, runs of - _ . as one "-". The caller owns the result. */
char *name_normalize(const char *name) MC_NODISCARD;
/* PEP 508: letters, digits, . _ -, a letter or digit at both ends, at most 200 long. */
bool name_valid(const char *name);

/* The parts of a file name; strings are owned, NULL where the kind has none. */
struct file_name {
	bool wheel;
	char *project; /* normalized */
	char *version;
	char *build;   /* wheel build number or NULL */
	char *py_tag, *abi_tag, *platform_tag; /* wheels; compressed sets stay "cp39.cp310" */
};
#define AUTO_FILE_NAME CLEANUP(file_name_release) struct file_name

/* Read "name-version-py-abi-plat.whl" or "name-version.tar.gz" (.zip, .tgz,
 * .tar.bz2, .tar.xz). project (normalized, or NULL) helps where an old sdist's name has
 * dashes. False when it is neither, when the wheel has too few parts, or when
 * the name is unsafe (a slash, a leading dot, control characters). */
bool file_name_parse(const char *filename, const char *project, struct file_name *out);
/* Frees the fields. */
void file_name_release(struct file_name *f);

enum wheel_fit {
	FIT_NO,
	FIT_PURE,  /* none-any: no native code */
	FIT_NATIVE /* built for this platform */
};
/* Does a wheel with these tags fit an interpreter? tag is "cp313" or "cp313t";
 * platform is sysconfig.get_platform() ("linux-x86_64"; dashes, dots and
 * underscores are alike). manylinux tags fit up to this machine's glibc;
 * the stable ABI counts for the GIL build only ("abi3") or for free threading
 * ("abi3t"). */
enum wheel_fit tags_fit(const char *py_tag, const char *abi_tag, const char *platform_tag, const char *tag, const char *platform);

#endif
