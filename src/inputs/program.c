/* program.c: see program.h. */
#include "inputs/program.h"
#include "base/fs.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char example[] = "`migrate-check workload -- python app.py ...`, `-- python -m module ...`, or `--with NAME -- NAME ...`";

void program_release(struct program *p)
{
	strv_release(&p->options);
	strv_release(&p->args);
	free(p->target);
	*p = (struct program){ 0 };
}

const char *program_kind_word(enum program_kind k)
{
	static const char *const words[] = { "script", "module", "code", "console" };
	return words[k];
}

char *program_line(const struct strv *words)
{
	AUTO_STRV quoted = { 0 };
	for (size_t i = 0; i < words->n; i++)
		strv_take(&quoted, text_shell_word(words->v[i]));
	return strv_join(&quoted, " ");
}

/* python, python3, python3.13, python3.13t, with or without a folder. */
static bool is_python(const char *word)
{
	const char *base = path_base(word);
	if (!str_starts(base, "python"))
		return false;
	base += strlen("python");
	size_t n = strspn(base, "0123456789.");
	return !base[n] || (n && base[n] == 't' && !base[n + 1]);
}

/* Installers write a shell's line and then `'''exec' INTERPRETER` where the interpreter's path is too long for "#!". */
bool program_has_python_line(const char *path)
{
	static const char long_form[] = "'''exec'";
	char head[2048];
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);
	if (n < 3 || head[0] != '#' || head[1] != '!')
		return false;
	head[n] = '\0';
	char *second = strchr(head, '\n');
	if (second)
		*second++ = '\0';
	if (strstr(head, "python"))
		return true;
	if (!str_starts(second, long_form))
		return false;
	second[strcspn(second, "\n")] = '\0';
	return strstr(second, "python") != NULL;
}

static int refuse(struct error *err, enum error_code code, const char *what, const char *word)
{
	AUTO_FREE char *safe = text_safe_line(word);
	error_set(err, code, what, safe);
	return error_hint(err, "%s", example);
}

/* What stands behind the interpreter: its options, then -m, -c or a script. */
static int parse_interpreter(const struct strv *words, struct program *out, struct error *err)
{
	static const char plain[] = "BEIOPqsSuvxbd";
	size_t i = 1;
	for (; i < words->n && words->v[i][0] == '-'; i++) {
		const char *w = words->v[i];
		if ((w[1] == 'm' || w[1] == 'c') && (w[2] || i + 1 < words->n)) {
			out->kind = w[1] == 'm' ? PROGRAM_MODULE : PROGRAM_CODE;
			out->target = xstrdup(w[2] ? w + 2 : words->v[++i]);
			i++;
			break;
		}
		bool valued = w[1] == 'X' || w[1] == 'W' || strcmp(w, "--check-hash-based-pycs") == 0;
		if (w[1] && !valued && w[1 + strspn(w + 1, plain)])
			return refuse(err, ERR_USAGE, "`%s` of the interpreter cannot be used here", w);
		if (!w[1])
			return refuse(err, ERR_USAGE, "a program from standard input (`%s`) cannot be run several times", w);
		strv_add(&out->options, w);
		if (valued && (w[1] == '-' || !w[2]) && i + 1 < words->n)
			strv_add(&out->options, words->v[++i]);
	}
	if (!out->target && i < words->n)
		out->target = xstrdup(words->v[i++]); /* a script; its file is looked at by the caller */
	if (!out->target)
		return refuse(err, ERR_USAGE, "`%s` alone runs no program", words->v[0]);
	for (; i < words->n; i++)
		strv_add(&out->args, words->v[i]);
	return 0;
}

static int check_file(const char *path, struct error *err)
{
	if (path_is_dir(path)) {
		AUTO_FREE char *inside = path_join(path, "__main__.py");
		return path_is_file(inside) ? 0 : refuse(err, ERR_BAD_TARGET, "the folder '%s' holds no __main__.py", path);
	}
	if (!path_exists(path))
		return refuse(err, ERR_BAD_TARGET, "no such program: '%s'", path);
	return path_is_file(path) ? 0 : refuse(err, ERR_BAD_TARGET, "'%s' is no file", path);
}

/* Not behind an interpreter: a Python file, or the name of an installed script. */
static int parse_bare(const struct strv *words, struct program *out, struct error *err)
{
	const char *word = words->v[0];
	bool named_py = str_ends(word, ".py") || str_ends(word, ".pyz");
	out->kind = strchr(word, '/') || (named_py && path_exists(word)) ? PROGRAM_SCRIPT : PROGRAM_CONSOLE;
	out->target = xstrdup(word);
	for (size_t i = 1; i < words->n; i++)
		strv_add(&out->args, words->v[i]);
	if (out->kind == PROGRAM_CONSOLE)
		return 0;
	if (check_file(word, err) < 0)
		return -1;
	if (!path_is_dir(word) && !named_py && !program_has_python_line(word))
		return refuse(err, ERR_BAD_TARGET, "'%s' is no Python program", word);
	return 0;
}

int program_parse(const struct strv *words, struct program *out, struct error *err)
{
	if (words->n == 0 || !*words->v[0]) {
		error_set(err, ERR_USAGE, "no program was named");
		return error_hint(err, "%s", example);
	}
	if (!is_python(words->v[0]))
		return parse_bare(words, out, err);
	if (parse_interpreter(words, out, err) < 0)
		return -1;
	return out->kind == PROGRAM_SCRIPT ? check_file(out->target, err) : 0;
}
