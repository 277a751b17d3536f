/* network.h: what pip's environment says of the way to servers; the one list of those names. */
#ifndef MC_NETWORK_H
#define MC_NETWORK_H

#include "base/buf.h"

/* Each is the environment's own string; NULL: nothing is said. */
const char *network_ca(void);          /* PIP_CERT, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR: the first that is set */
const char *network_client_cert(void); /* PIP_CLIENT_CERT */
const char *network_proxy(void);       /* PIP_PROXY */

/* Adds the proxy to env under all names by which uv, pip, cargo and curl know it. */
void network_add_proxy(const char *proxy, struct strv *env);

#endif
