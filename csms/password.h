/*
 * password.h - station passwords: slow hashes at rest, a cheap check for the hot path.
 *
 * At rest a password is "$scrypt$ln=11,r=8,p=1$<salt>$<hash>" (base64 without padding).  Verifying that costs
 * milliseconds on purpose.  A station that reconnects must not cost that again, so the caller may keep a verifier:
 * HMAC-SHA-256 of the password under a key that exists only in this process.  It is as good as the
 * slow check while the stored hash has not changed, and worthless outside this process.
 */
#ifndef V2G_CSMS_PASSWORD_H
#define V2G_CSMS_PASSWORD_H

#include "common/slice.h"

#include <stdint.h>

#define PASSWORD_HASH_MAX 128
#define PASSWORD_VERIFIER 32

/* `cost` is log2 of N, 10 to 20.  False only when random numbers or memory cannot be had. */
bool password_hash(struct slice password, int cost, char hash_out[PASSWORD_HASH_MAX]);
/* Slow.  False for a wrong password and for a hash that cannot be read. */
bool password_matches(struct slice password, const char *hash);
/* Costs what password_matches() costs: keeps the answer for an unknown station equally slow. */
void password_waste(struct slice password, int cost);
void password_verifier(struct slice password, uint8_t out[PASSWORD_VERIFIER]);
/* In constant time. */
bool password_verifier_matches(
    struct slice password, const uint8_t verifier[PASSWORD_VERIFIER]);

/*
 * Reads an HTTP Authorization header "Basic <base64 of user:password>" (RFC 7617) into `text`, which holds what
 * the slices point at.  False when it is none, too long for `text`, or not base64.
 */
bool password_basic(struct slice header, char *text, size_t size, struct slice *user_out,
    struct slice *password_out);

/* A random API token "v2g_" + 43 characters (256 bits), and the SHA-256 (hexadecimal) kept in the database. */
bool token_new(char token_out[64]);
void token_hash(struct slice token, char hash_out[65]);

#endif
