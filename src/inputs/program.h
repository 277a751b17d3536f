/*
 * program.h: the words behind `migrate-check workload --`: which Python program
 * they run, read as the interpreter itself would read them.
 */
#ifndef MC_PROGRAM_H
#define MC_PROGRAM_H

#include "base/buf.h"
#include "base/error.h"

enum program_kind {
	PROGRAM_SCRIPT, /* "python app.py", "./app.py": a file, a folder or a zip archive */
	PROGRAM_MODULE, /* "python -m module" */
	PROGRAM_CODE,   /* "python -c code" */
	PROGRAM_CONSOLE /* "black": a script that an installed package brings */
};

struct program {
	enum program_kind kind;
	struct strv options; /* of the interpreter, that stood before the script */
	char *target;        /* path as typed, module, code or name */
	struct strv args;    /* of the program, as they are */
};
#define AUTO_PROGRAM CLEANUP(program_release) struct program
void program_release(struct program *p); /* frees and zeroes; a zeroed one is fine */

/*
 * Read the words into zeroed *out. `python`, `python3`, `python3.13t` in front (with or
 * without a folder) stand for each build's own interpreter. Paths are looked up from the
 * working directory. ERR_USAGE: no program, an interpreter alone, an option of it that
 * cannot be read; ERR_BAD_TARGET: no such file, or it is no Python program.
 */
int program_parse(const struct strv *words, struct program *out, struct error *err);

/* "script", "module", "code", "console"; static. */
const char *program_kind_word(enum program_kind k);
/* The command as one line, for a shell; the caller owns it. */
char *program_line(const struct strv *words) MC_NODISCARD;

/* Does the file begin like a Python script: "#!...python"? */
bool program_has_python_line(const char *path);

#endif
