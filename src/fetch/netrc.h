/* netrc.h: user and password for a host from the user's netrc file ($NETRC, ~/.netrc). */
#ifndef MC_FETCH_NETRC_H
#define MC_FETCH_NETRC_H

#include "base/base.h"

/* User and password for a host in netrc text, `default` entries included; false
 * when there are none. The caller owns both. */
bool netrc_lookup(const char *text, const char *host, char **user, char **password);
/* The same for the host of a URL, from the user's own file. */
bool netrc_for_url(const char *url, char **user, char **password);
char *netrc_url_host(const char *url) MC_NODISCARD; /* without user, password and port */

#endif
