/*
 * tls.h - what libwebsockets does not set by itself: the second certificate, versions and suites, the peer's names.
 */
#ifndef V2G_CSMS_TLS_H
#define V2G_CSMS_TLS_H

#include "csms/settings.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The suites the CSMS must offer for TLS 1.2 (A00.FR.318), RSA key exchange included because some stations have
 * nothing else, and the forward-secret RSA ones.
 */
#define TLS_SUITES                                                                             \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                         \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"                             \
	"AES128-GCM-SHA256:AES256-GCM-SHA384"

/* `context` is the SSL_CTX of a vhost that has its first certificate (ECDSA if there is one).  False: logged. */
bool tls_configure(void *context, const struct settings *settings);

/* The subject of the certificate the peer proved; `ssl` is its SSL.  False when it gave none. */
bool tls_peer_names(void *ssl, char *common_name, size_t common_name_size, char *organisation,
    size_t organisation_size);

#endif
