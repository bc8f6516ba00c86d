#include "csms/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COST 10

/* A hash verifies its own password and no other, and two hashes of one password differ (salt). */
static void
test_hash_and_verify(void **state)
{
	char one[PASSWORD_HASH_MAX], two[PASSWORD_HASH_MAX];

	(void)state;
	assert_true(password_hash(SLICE("0123456789abcdef"), COST, one));
	assert_true(password_hash(SLICE("0123456789abcdef"), COST, two));
	assert_string_not_equal(one, two);
	assert_int_equal(strncmp(one, "$scrypt$ln=10,r=8,p=1$", 22), 0);
	assert_true(password_matches(SLICE("0123456789abcdef"), one));
	assert_true(password_matches(SLICE("0123456789abcdef"), two));
	assert_false(password_matches(SLICE("0123456789abcdeF"), one));
	assert_false(password_matches(SLICE(""), one));
}

/* What is no hash of ours matches nothing, and costs nothing when it asks for too much. */
static void
test_matches_broken_hash(void **state)
{
	static const char *const broken[] = { "", "$scrypt$", "$scrypt$ln=10,r=8,p=1$",
		"$scrypt$ln=10,r=8,p=1$AAAA$AAAA",
		"$scrypt$ln=40,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$scrypt$ln=10,r=9,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$!"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"plain" };

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_false(password_matches(SLICE("0123456789abcdef"), broken[i]));
}

static void
test_verifier_tells_passwords_apart(void **state)
{
	uint8_t verifier[PASSWORD_VERIFIER];

	(void)state;
	password_verifier(SLICE("0123456789abcdef"), verifier);
	assert_true(password_verifier_matches(SLICE("0123456789abcdef"), verifier));
	assert_false(password_verifier_matches(SLICE("0123456789abcdee"), verifier));
}

struct basic_case {
	const char *header, *user, *password; /* user NULL: refused */
};

/* RFC 7617: scheme without case, the first colon separates, a password may hold colons. */
static void
test_basic_header(void **state)
{
	static const struct basic_case cases[] = {
		{ "Basic Q1AtMTpwYXNz", "CP-1", "pass" },
		{ "basic Q1AtMTpwYXNz", "CP-1", "pass" },
		{ "Basic  Q1AtMTpwYXNz", "CP-1", "pass" },
		{ "Basic Q1AtMTpwOnE=", "CP-1", "p:q" },
		{ "Basic Q1AtMTo=", "CP-1", "" },
		{ "Basic Q1AtMXBhc3M=", NULL, NULL }, /* no colon */
		{ "Basic Q1AtMTpwYXN", NULL, NULL }, /* length */
		{ "Basic Q1At*TpwYXNz", NULL, NULL },
		{ "Basic ", NULL, NULL },
		{ "Basic", NULL, NULL },
		{ "", NULL, NULL },
		{ "Bearer Q1AtMTpwYXNz", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct slice user, password;
		bool read = password_basic(
		    slice_cstr(cases[i].header), text, sizeof(text), &user, &password);

		assert_int_equal(read, cases[i].user != NULL);
		if (!read)
			continue;
		assert_true(slice_equal(user, slice_cstr(cases[i].user)));
		assert_true(slice_equal(password, slice_cstr(cases[i].password)));
	}
}

/* What does not fit is refused, not cut. */
static void
test_basic_too_long(void **state)
{
	char header[512] = "Basic ", text[64];
	struct slice user, password;

	(void)state;
	memset(header + 6, 'Q', 400);
	assert_false(
	    password_basic(slice_from(header, 406), text, sizeof(text), &user, &password));
}

static void
test_token_new_is_random(void **state)
{
	char one[64], two[64], hash[65];

	(void)state;
	assert_true(token_new(one));
	assert_true(token_new(two));
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(one), 4 + 43);
	/* FIPS 180-4, the example "abc". */
	token_hash(SLICE("abc"), hash);
	assert_string_equal(
	    hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_and_verify),
		cmocka_unit_test(test_matches_broken_hash),
		cmocka_unit_test(test_verifier_tells_passwords_apart),
		cmocka_unit_test(test_basic_header),
		cmocka_unit_test(test_basic_too_long),
		cmocka_unit_test(test_token_new_is_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
