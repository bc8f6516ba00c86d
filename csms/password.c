#include "csms/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define SCRYPT_R        8
#define SCRYPT_P        1
#define SCRYPT_COST_MAX 20 /* 1 GiB; a hash that asks for more is not ours */
#define SALT_SIZE       16
#define HASH_SIZE       32
/* base64 of 32 bytes and its NUL */
#define BASE64_MAX 48

struct parsed {
	int cost;
	uint8_t salt[SALT_SIZE];
	uint8_t hash[HASH_SIZE];
};

static bool
scrypt(struct slice password, const uint8_t salt[SALT_SIZE], int cost, uint8_t out[HASH_SIZE])
{
	uint64_t n = UINT64_C(1) << cost;
	uint64_t memory =
	    128 * n * SCRYPT_R + (UINT64_C(1) << 20); /* OpenSSL counts a little more */

	return EVP_PBE_scrypt(password.ptr, password.len, salt, SALT_SIZE, n, SCRYPT_R,
		   SCRYPT_P, memory, out, HASH_SIZE) == 1;
}

/* Base64 without padding, as the PHC string format has it. */
static void
encode(const uint8_t *bytes, int len, char out[BASE64_MAX])
{
	int n = EVP_EncodeBlock((unsigned char *)out, bytes, len);

	while (n > 0 && out[n - 1] == '=')
		out[--n] = '\0';
}

static bool
decode(struct slice text, uint8_t *out, size_t size)
{
	char padded[BASE64_MAX] = { 0 };
	uint8_t bytes[BASE64_MAX];
	size_t full = (text.len + 3) / 4 * 4;

	if (text.len != (size * 8 + 5) / 6 || full >= sizeof(padded))
		return false;
	memcpy(padded, text.ptr, text.len);
	memset(padded + text.len, '=', full - text.len);
	if (EVP_DecodeBlock(bytes, (const unsigned char *)padded, (int)full) < (int)size)
		return false;
	memcpy(out, bytes, size);
	return true;
}

/* "$scrypt$ln=11,r=8,p=1$<salt>$<hash>" */
static bool
parse(const char *text, struct parsed *parsed_out)
{
	static const char head[] = "$scrypt$ln=";
	struct parsed parsed;
	const char *salt, *hash;
	char *end;
	long cost;

	if (strncmp(text, head, sizeof(head) - 1) != 0)
		return false;
	cost = strtol(text + sizeof(head) - 1, &end, 10);
	if (cost < 1 || cost > SCRYPT_COST_MAX || strncmp(end, ",r=8,p=1$", 9) != 0)
		return false;
	parsed.cost = (int)cost;
	salt = end + 9;
	hash = strchr(salt, '$');
	if (hash == NULL ||
	    !decode(slice_from(salt, (size_t)(hash - salt)), parsed.salt, SALT_SIZE) ||
	    !decode(slice_cstr(hash + 1), parsed.hash, HASH_SIZE))
		return false;
	*parsed_out = parsed;
	return true;
}

bool
password_hash(struct slice password, int cost, char hash_out[PASSWORD_HASH_MAX])
{
	uint8_t salt[SALT_SIZE], hash[HASH_SIZE];
	char salt_text[BASE64_MAX], hash_text[BASE64_MAX];

	if (RAND_bytes(salt, sizeof(salt)) != 1 || !scrypt(password, salt, cost, hash))
		return false;
	encode(salt, sizeof(salt), salt_text);
	encode(hash, sizeof(hash), hash_text);
	snprintf(hash_out, PASSWORD_HASH_MAX, "$scrypt$ln=%d,r=%d,p=%d$%s$%s", cost, SCRYPT_R,
	    SCRYPT_P, salt_text, hash_text);
	return true;
}

bool
password_matches(struct slice password, const char *hash)
{
	struct parsed parsed;
	uint8_t computed[HASH_SIZE];

	return parse(hash, &parsed) && scrypt(password, parsed.salt, parsed.cost, computed) &&
	       CRYPTO_memcmp(computed, parsed.hash, HASH_SIZE) == 0;
}

void
password_waste(struct slice password, int cost)
{
	static const uint8_t salt[SALT_SIZE] = "no such station";
	uint8_t computed[HASH_SIZE];

	(void)scrypt(password, salt, cost, computed);
}

/* The key of this process's verifiers, made on first use. */
static const uint8_t *
process_key(void)
{
	static uint8_t key[32];
	static bool made;

	if (!made) {
		if (RAND_bytes(key, sizeof(key)) != 1)
			abort(); /* no randomness: nothing here would be safe */
		made = true;
	}
	return key;
}

void
password_verifier(struct slice password, uint8_t out[PASSWORD_VERIFIER])
{
	unsigned int len = PASSWORD_VERIFIER;

	if (HMAC(EVP_sha256(), process_key(), 32, (const unsigned char *)password.ptr,
		password.len, out, &len) == NULL)
		abort();
}

bool
password_verifier_matches(struct slice password, const uint8_t verifier[PASSWORD_VERIFIER])
{
	uint8_t computed[PASSWORD_VERIFIER];

	password_verifier(password, computed);
	return CRYPTO_memcmp(computed, verifier, PASSWORD_VERIFIER) == 0;
}

bool
password_basic(struct slice header, char *text, size_t size, struct slice *user_out,
    struct slice *password_out)
{
	char padded[1024] = { 0 };
	const char *colon;
	int len;

	if (header.len < 6 || strncasecmp(header.ptr, "Basic ", 6) != 0)
		return false;
	header = slice_from(header.ptr + 6, header.len - 6);
	while (header.len > 0 && *header.ptr == ' ')
		header = slice_from(header.ptr + 1, header.len - 1);
	if (header.len == 0 || header.len % 4 != 0 || header.len >= sizeof(padded) ||
	    header.len / 4 * 3 > size)
		return false;
	memcpy(padded, header.ptr, header.len);
	len = EVP_DecodeBlock(
	    (unsigned char *)text, (const unsigned char *)padded, (int)header.len);
	if (len < 0)
		return false;
	/* OpenSSL counts the padding as bytes. */
	len -= (header.ptr[header.len - 1] == '=') + (header.ptr[header.len - 2] == '=');
	colon = memchr(text, ':', (size_t)len);
	if (colon == NULL)
		return false;
	*user_out = slice_from(text, (size_t)(colon - text));
	*password_out = slice_from(colon + 1, (size_t)(text + len - colon - 1));
	return true;
}

/* Base64url: tokens are pasted into URLs and shells. */
bool
token_new(char token_out[64])
{
	uint8_t random[32];
	char text[BASE64_MAX];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
	encode(random, sizeof(random), text);
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
	}
	snprintf(token_out, 64, "v2g_%s", text);
	return true;
}

void
token_hash(struct slice token, char hash_out[65])
{
	uint8_t digest[32];
	unsigned int len = sizeof(digest);

	if (EVP_Digest(token.ptr, token.len, digest, &len, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hash_out + 2 * i, 3, "%02x", digest[i]);
}
