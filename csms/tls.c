#include "csms/tls.h"

#include "common/log.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static bool
complain(const char *what, const char *file)
{
	char text[256] = "unknown";

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	log_error("TLS_CONFIGURATION", LOG_STR("what", what), LOG_STR("file", file),
	    LOG_STR("error", text));
	return false;
}

static bool
add_certificate(SSL_CTX *ctx, const char *certificate, const char *key)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return complain("certificate", certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return complain("key", key);
	return true;
}

bool
tls_configure(void *context, const struct settings *settings)
{
	SSL_CTX *ctx = context;
	const char *second =
	    settings->tls.ecdsa_certificate != NULL ? settings->tls.rsa_certificate : NULL;

	if (second != NULL && !add_certificate(ctx, second, settings->tls.rsa_key))
		return false;
	/* A00.FR.313-315: 1.2 at least.  A00.FR.321: no compression. */
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return complain("version", "1.2");
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	return true;
}

static void
copy_name(const X509_NAME *subject, int nid, char *out, size_t size)
{
	if (X509_NAME_get_text_by_NID(subject, nid, out, (int)size) < 0)
		out[0] = '\0';
}

bool
tls_peer_names(void *ssl, char *common_name, size_t common_name_size, char *organisation,
    size_t organisation_size)
{
	X509 *certificate = SSL_get1_peer_certificate(ssl);

	if (certificate == NULL)
		return false;
	copy_name(
	    X509_get_subject_name(certificate), NID_commonName, common_name, common_name_size);
	copy_name(X509_get_subject_name(certificate), NID_organizationName, organisation,
	    organisation_size);
	X509_free(certificate);
	return true;
}
