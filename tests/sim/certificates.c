#include "tests/sim/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/sim/call.h"
#include "tests/sim/commands.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/options.h"
#include "tests/sim/station.h"
#include "tests/sim/store.h"
#include "tests/sim/variables.h"

enum { INSTALLED_MOST = 20 };
enum { HASH_TEXT_MAX = 129, SERIAL_TEXT_MAX = 41 };

void
certificates_free(struct station *st)
{
	EVP_PKEY_free(st->csr_key);
	st->csr_key = NULL;
}

/* ---- PEM ---- */

/* The first certificate of the text; NULL: there is none. */
static X509 *
read_certificate(struct slice pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return certificate;
}

bool
certificates_is_certificate(struct slice pem)
{
	X509 *certificate = read_certificate(pem);
	bool is = certificate != NULL;

	X509_free(certificate);
	return is;
}

/* ---- a new certificate for the station (A02) ---- */

static void
add_name(X509_NAME *name, const char *field, struct slice text)
{
	X509_NAME_add_entry_by_txt(
	    name, field, MBSTRING_UTF8, (const unsigned char *)text.ptr, (int)text.len, -1, 0);
}

/* In the arena of the message; absent when OpenSSL does not want to. */
static struct slice
make_request(struct station *st, EVP_PKEY *key)
{
	X509_REQ *request = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	struct slice text = { NULL, 0 };
	X509_NAME *name;
	char *bytes;
	long len;

	if (request == NULL || bio == NULL)
		goto done;
	name = X509_REQ_get_subject_name(request);
	add_name(name, "CN", slice_cstr(st->name));
	add_name(name, "O", variables_text(st, VARIABLE_ORGANISATION));
	if (X509_REQ_set_pubkey(request, key) != 1 ||
	    X509_REQ_sign(request, key, EVP_sha256()) == 0 ||
	    PEM_write_bio_X509_REQ(bio, request) != 1)
		goto done;
	len = BIO_get_mem_data(bio, &bytes);
	text = arena_copy(&st->fleet->arena, slice_from(bytes, (size_t)len));
done:
	X509_REQ_free(request);
	BIO_free(bio);
	return text;
}

bool
certificates_sign(struct station *st, enum ocpp_certificate_signing_use use)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct ocpp_sign_certificate_request request = { .certificate_type = use };

	if (key == NULL)
		return false;
	request.csr = make_request(st, key);
	if (request.csr.ptr == NULL) {
		EVP_PKEY_free(key);
		return false;
	}
	EVP_PKEY_free(st->csr_key);
	st->csr_key = key;
	call_send_asked(st, OCPP_ACTION_SIGN_CERTIFICATE, &request);
	return true;
}

static FILE *
create(const struct station *st, const char *ending)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.renewed.%s", st->fleet->options->certificates,
	    st->name, ending);
	return fopen(path, "w");
}

static bool
keep_renewed(struct station *st, struct slice chain)
{
	FILE *certificate = create(st, "pem"), *key = create(st, "key");
	bool good = certificate != NULL && key != NULL &&
		    fwrite(chain.ptr, 1, chain.len, certificate) == chain.len &&
		    PEM_write_PrivateKey(key, st->csr_key, NULL, NULL, 0, NULL, NULL) == 1;

	if (certificate != NULL)
		good &= fclose(certificate) == 0;
	if (key != NULL)
		good &= fclose(key) == 0;
	if (good) {
		ws_renew_certificate(&st->ws);
		commands_reconnect_soon(st);
	}
	return good;
}

/* A02.FR.06: within its time, and for the key that was sent. */
static bool
is_ours(const struct station *st, struct slice chain)
{
	X509 *certificate = read_certificate(chain);
	bool good = certificate != NULL && st->csr_key != NULL &&
		    X509_check_private_key(certificate, st->csr_key) == 1 &&
		    X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
		    X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;

	X509_free(certificate);
	return good;
}

void
command_certificate_signed(struct station *st, const void *request, void *response)
{
	const struct ocpp_certificate_signed_request *in = request;
	struct ocpp_certificate_signed_response *out = response;
	struct ocpp_security_event_notification_request event = {
		.type = SLICE("InvalidChargingStationCertificate"),
		.timestamp = message_now(),
	};
	bool good = is_ours(st, in->certificate_chain);

	if (good && st->fleet->options->certificates != NULL &&
	    in->certificate_type != OCPP_CERTIFICATE_SIGNING_USE_V2G_CERTIFICATE)
		good = keep_renewed(st, in->certificate_chain);
	fleet_truth(st, "certificate-signed", "\"accepted\":%s", good ? "true" : "false");
	out->status = good ? OCPP_CERTIFICATE_SIGNED_STATUS_ACCEPTED
			   : OCPP_CERTIFICATE_SIGNED_STATUS_REJECTED;
	/* A02.FR.07 */
	if (!good)
		call_send(st, OCPP_ACTION_SECURITY_EVENT_NOTIFICATION, &event, NULL, 0);
}

/* ---- hash data of an installed certificate (RFC 6960, 4.1.1) ---- */

struct hash_texts {
	char name[HASH_TEXT_MAX], key[HASH_TEXT_MAX], serial[SERIAL_TEXT_MAX];
};

static void
print_hash(const unsigned char *hash, unsigned len, char out[HASH_TEXT_MAX])
{
	for (unsigned i = 0; i < len; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", hash[i]);
}

static const EVP_MD *
algorithm_of(enum ocpp_hash_algorithm algorithm)
{
	switch (algorithm) {
	case OCPP_HASH_ALGORITHM_SHA384: return EVP_sha384();
	case OCPP_HASH_ALGORITHM_SHA512: return EVP_sha512();
	case OCPP_HASH_ALGORITHM_SHA256:
	case OCPP_HASH_ALGORITHM_ABSENT: break;
	}
	return EVP_sha256();
}

static void
print_serial(X509 *certificate, char out[SERIAL_TEXT_MAX])
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get_serialNumber(certificate), NULL);
	char *text = number == NULL ? NULL : BN_bn2hex(number);
	const char *digits = text == NULL ? "0" : text;

	/* Without leading zeros. */
	while (digits[0] == '0' && digits[1] != '\0')
		digits++;
	snprintf(out, SERIAL_TEXT_MAX, "%s", digits);
	OPENSSL_free(text);
	BN_free(number);
}

/* The authorities here are roots, or stand for their own issuer: the issuer's key is their own. */
static bool
hash_certificate(struct slice pem, enum ocpp_hash_algorithm algorithm, struct hash_texts *texts)
{
	X509 *certificate = read_certificate(pem);
	const EVP_MD *md = algorithm_of(algorithm);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;
	bool good = certificate != NULL;

	if (good && X509_NAME_digest(X509_get_issuer_name(certificate), md, hash, &len) == 1)
		print_hash(hash, len, texts->name);
	else
		good = false;
	if (good && X509_pubkey_digest(certificate, md, hash, &len) == 1)
		print_hash(hash, len, texts->key);
	else
		good = false;
	if (good)
		print_serial(certificate, texts->serial);
	X509_free(certificate);
	return good;
}

static bool
matches(const struct stored *item, const struct ocpp_certificate_hash_data *data)
{
	const struct ocpp_install_certificate_request *installed = item->object;
	struct hash_texts texts;

	return hash_certificate(installed->certificate, data->hash_algorithm, &texts) &&
	       slice_equal_nocase(data->issuer_name_hash, slice_cstr(texts.name)) &&
	       slice_equal_nocase(data->issuer_key_hash, slice_cstr(texts.key)) &&
	       slice_equal_nocase(data->serial_number, slice_cstr(texts.serial));
}

/* ---- installed authorities (M03 to M05) ---- */

static struct stored *
find_installed(struct station *st, const struct ocpp_install_certificate_request *in)
{
	list_foreach (node, &st->certificates) {
		struct stored *item = store_of(node);
		const struct ocpp_install_certificate_request *installed = item->object;

		if (installed->certificate_type == in->certificate_type &&
		    slice_equal(installed->certificate, in->certificate))
			return item;
	}
	return NULL;
}

void
command_install_certificate(struct station *st, const void *request, void *response)
{
	const struct ocpp_install_certificate_request *in = request;
	struct ocpp_install_certificate_response *out = response;
	struct ocpp_install_certificate_request copy = *in;
	size_t installed;

	installed = store_count(&st->certificates);
	if (!certificates_is_certificate(in->certificate) || installed >= INSTALLED_MOST) {
		out->status = OCPP_INSTALL_CERTIFICATE_STATUS_REJECTED;
		out->status_info = command_info(
		    st, installed >= INSTALLED_MOST ? "OutOfStorage" : "InvalidCertificate");
		return;
	}
	if (find_installed(st, in) == NULL)
		store_add(&st->certificates, &ocpp_type_install_certificate_request, &copy, 0);
	out->status = OCPP_INSTALL_CERTIFICATE_STATUS_ACCEPTED;
}

void
command_delete_certificate(struct station *st, const void *request, void *response)
{
	const struct ocpp_delete_certificate_request *in = request;
	struct ocpp_delete_certificate_response *out = response;

	out->status = OCPP_DELETE_CERTIFICATE_STATUS_NOT_FOUND;
	list_foreach (node, &st->certificates) {
		struct stored *item = store_of(node);
		if (!matches(item, in->certificate_hash_data))
			continue;
		store_drop(item);
		out->status = OCPP_DELETE_CERTIFICATE_STATUS_ACCEPTED;
		return;
	}
}

static enum ocpp_get_certificate_id_use
reported_use(enum ocpp_install_certificate_use use)
{
	switch (use) {
	case OCPP_INSTALL_CERTIFICATE_USE_V2G_ROOT_CERTIFICATE:
		return OCPP_GET_CERTIFICATE_ID_USE_V2G_ROOT_CERTIFICATE;
	case OCPP_INSTALL_CERTIFICATE_USE_MO_ROOT_CERTIFICATE:
		return OCPP_GET_CERTIFICATE_ID_USE_MO_ROOT_CERTIFICATE;
	case OCPP_INSTALL_CERTIFICATE_USE_CSMS_ROOT_CERTIFICATE:
		return OCPP_GET_CERTIFICATE_ID_USE_CSMS_ROOT_CERTIFICATE;
	case OCPP_INSTALL_CERTIFICATE_USE_MANUFACTURER_ROOT_CERTIFICATE:
		return OCPP_GET_CERTIFICATE_ID_USE_MANUFACTURER_ROOT_CERTIFICATE;
	case OCPP_INSTALL_CERTIFICATE_USE_ABSENT: break;
	}
	return OCPP_GET_CERTIFICATE_ID_USE_ABSENT;
}

static bool
is_asked_for(enum ocpp_get_certificate_id_use use,
    const struct ocpp_get_installed_certificate_ids_request *in)
{
	for (size_t i = 0; i < in->certificate_type.count; i++)
		if (in->certificate_type.items[i] == use)
			return true;
	return in->certificate_type.count == 0;
}

static struct ocpp_certificate_hash_data *
describe(struct station *st, struct slice certificate)
{
	struct ocpp_certificate_hash_data *data = command_alloc(st, sizeof(*data));
	struct hash_texts *texts = command_alloc(st, sizeof(*texts));

	/* It was read when it was installed. */
	if (!hash_certificate(certificate, OCPP_HASH_ALGORITHM_SHA256, texts))
		abort();
	data->hash_algorithm = OCPP_HASH_ALGORITHM_SHA256;
	data->issuer_name_hash = slice_cstr(texts->name);
	data->issuer_key_hash = slice_cstr(texts->key);
	data->serial_number = slice_cstr(texts->serial);
	return data;
}

void
command_get_installed_certificate_ids(struct station *st, const void *request, void *response)
{
	struct ocpp_get_installed_certificate_ids_response *out = response;
	struct ocpp_certificate_hash_data_chain *chains =
	    command_alloc(st, INSTALLED_MOST * sizeof(*chains));
	size_t count = 0;

	list_foreach (node, &st->certificates) {
		struct stored *item = store_of(node);
		const struct ocpp_install_certificate_request *installed = item->object;
		enum ocpp_get_certificate_id_use use =
		    reported_use(installed->certificate_type);

		if (!is_asked_for(use, request))
			continue;
		chains[count].certificate_type = use;
		chains[count].certificate_hash_data = describe(st, installed->certificate);
		count++;
	}
	out->certificate_hash_data_chain.items = chains;
	out->certificate_hash_data_chain.count = count;
	out->status = count == 0 ? OCPP_GET_INSTALLED_CERTIFICATE_STATUS_NOT_FOUND
				 : OCPP_GET_INSTALLED_CERTIFICATE_STATUS_ACCEPTED;
}
