/*
 * local_index.h: the fixture index (fixtures/index_server.py) as a child of a
 * unit test, with a scratch folder, a private cache and a quiet environment.
 */
#ifndef MC_TEST_LOCAL_INDEX_H
#define MC_TEST_LOCAL_INDEX_H

#include "base/base.h"
#include "base/hash.h"

#include <sys/types.h>

struct local_index {
	char *scratch;  /* folder of the test */
	char *root;     /* what is served */
	char *behave, *log, *cache;
	char *url;      /* http://127.0.0.1:PORT, https with tls */
	char *other;    /* the second listener: http://localhost:PORT */
	pid_t pid;
	int input;      /* closing it ends the server */
};

/* Start it; tls is a PEM file or NULL. Fails the test when it does not come up. */
void local_index_start(struct local_index *ix, const char *tls);
void local_index_stop(struct local_index *ix); /* ends the server and removes the scratch folder */

void local_index_file(const struct local_index *ix, const char *name, const void *data, size_t n, char hex[SHA256_HEX]);
void local_index_text(const struct local_index *ix, const char *name, const char *text, char hex[SHA256_HEX]);
/* Set the rules: the inside of the list, JSON objects with single quotes for double ones. */
void local_index_rules(const struct local_index *ix, const char *rules);
void local_index_clear(const struct local_index *ix);  /* no rules, empty log, empty cache */
/* Lines of the request log that hold both texts (NULL: any). */
int local_index_requests(const struct local_index *ix, const char *a, const char *b);
char *local_index_at(const struct local_index *ix, const char *path) MC_NODISCARD; /* url + path */

#endif
