/* extension.c: is a file an extension module, by name and by its ELF symbols; see wheel.h. */
#include "fetch/wheel.h"

#include "base/fs.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_identifier(const char *s, size_t n)
{
	if (n == 0 || (s[0] >= '0' && s[0] <= '9'))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (!(c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	return true;
}

/* Behind "NAME.data/platlib/" or "NAME.data/purelib/", where installers put it. */
static const char *installed_path(const char *path)
{
	const char *slash = strchr(path, '/');
	if (!slash || slash - path < 5 || strncmp(slash - 5, ".data", 5) != 0)
		return path;
	if (str_starts(slash, "/platlib/") || str_starts(slash, "/purelib/"))
		return slash + strlen("/platlib/");
	return NULL;
}

char *extension_module_name(const char *path)
{
	path = installed_path(path);
	if (!path || !str_ends(path, ".so"))
		return NULL;
	struct buf b = { 0 };
	for (const char *p = path;;) {
		const char *slash = strchr(p, '/');
		size_t n = slash ? (size_t)(slash - p) : strcspn(p, ".");
		if (!is_identifier(p, n)) {
			buf_release(&b);
			return NULL;
		}
		if (b.len)
			buf_addc(&b, '.');
		buf_add(&b, p, n);
		if (!slash)
			return buf_steal(&b);
		p = slash + 1;
	}
}

bool is_test_file(const char *path)
{
	const char *base = path_base(path);
	return str_ends(base, ".py") && (str_starts(base, "test_") || str_ends(base, "_test.py"));
}

/* Is one of the wanted names a defined, global function of this dynamic symbol table? */
static bool table_has(Elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr, const char *init, const char *export)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	if (!data || shdr->sh_entsize == 0)
		return false;
	size_t n = (size_t)(shdr->sh_size / shdr->sh_entsize);
	for (size_t i = 0; i < n && i <= INT32_MAX; i++) {
		GElf_Sym sym;
		if (!gelf_getsym(data, (int)i, &sym))
			return false;
		if (sym.st_shndx == SHN_UNDEF || GELF_ST_BIND(sym.st_info) == STB_LOCAL)
			continue;
		const char *name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		if (name && (strcmp(name, init) == 0 || strcmp(name, export) == 0))
			return true;
	}
	return false;
}

static bool elf_exports(Elf *elf, const char *init, const char *export)
{
	GElf_Ehdr ehdr;
	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr) || ehdr.e_type != ET_DYN)
		return false;
	Elf_Scn *scn = NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_DYNSYM && table_has(elf, scn, &shdr, init, export))
			return true;
	}
	return false;
}

bool extension_exports_init(int fd, const char *module)
{
	const char *dot = strrchr(module, '.');
	const char *last = dot ? dot + 1 : module;
	AUTO_FREE char *init = xasprintf("PyInit_%s", last);
	AUTO_FREE char *export = xasprintf("PyModExport_%s", last);
	if (elf_version(EV_CURRENT) == EV_NONE)
		return false;
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL); /* not mapped: a file that shrinks would be SIGBUS */
	if (!elf)
		return false;
	bool found = elf_exports(elf, init, export);
	elf_end(elf);
	return found;
}
