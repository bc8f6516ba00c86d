#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Walks the whole text: JSON_OK, or why not, and where. */
static enum json_error
walk(struct slice text, int max_depth, size_t *offset_out)
{
	struct json_reader r;
	enum json_token token;

	json_begin(&r, text, max_depth);
	while ((token = json_next(&r)) != JSON_END && token != JSON_ERROR)
		continue;
	/* The answer stays what it is. */
	assert_int_equal(json_next(&r), token);
	*offset_out = r.offset;
	return token == JSON_END ? JSON_OK : r.error;
}

/* All of RFC 8259's grammar is taken. */
static void
test_json_next_valid(void **state)
{
	static const char *const cases[] = {
		"0",
		"-0",
		"-0.0e-0",
		"12.50E+7",
		"1e5",
		"true",
		"false",
		"null",
		"\"\"",
		"{}",
		"[]",
		" \t\r\n[ ] \t\r\n",
		"[1,\"a\",{},[],null,true,false]",
		"{\"a\":1,\"b\":{\"c\":[{\"d\":[]}]},\"\":0}",
		"{ \"a\" : [ 1 , 2 ] , \"b\" : { } }",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uABCD\\uabcd\"",
		"\"\\uD83D\\uDE00\"",
		"\"\x7F \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t offset;

		assert_int_equal(walk(slice_cstr(cases[i]), 8, &offset), JSON_OK);
	}
}

/* Whatever departs from the grammar is refused, with the reason and the byte. */
static void
test_json_next_invalid(void **state)
{
	static const struct {
		const char *text;
		enum json_error error;
		size_t offset;
	} cases[] = {
		{ "", JSON_ERROR_SYNTAX, 0 },
		{ " ", JSON_ERROR_SYNTAX, 1 },
		{ "[1,]", JSON_ERROR_SYNTAX, 3 },
		{ "[,1]", JSON_ERROR_SYNTAX, 1 },
		{ "[1 2]", JSON_ERROR_SYNTAX, 3 },
		{ "[1", JSON_ERROR_SYNTAX, 2 },
		{ "[1}", JSON_ERROR_SYNTAX, 2 },
		{ "{\"a\":1]", JSON_ERROR_SYNTAX, 6 },
		{ "{\"a\":1,}", JSON_ERROR_SYNTAX, 7 },
		{ "{\"a\" 1}", JSON_ERROR_SYNTAX, 5 },
		{ "{\"a\":}", JSON_ERROR_SYNTAX, 5 },
		{ "{\"a\"}", JSON_ERROR_SYNTAX, 4 },
		{ "{a:1}", JSON_ERROR_SYNTAX, 1 },
		{ "{'a':1}", JSON_ERROR_SYNTAX, 1 },
		{ "{1:1}", JSON_ERROR_SYNTAX, 1 },
		{ "{\"a\":1 \"b\":2}", JSON_ERROR_SYNTAX, 7 },
		{ "]", JSON_ERROR_SYNTAX, 0 },
		{ "1 2", JSON_ERROR_SYNTAX, 2 },
		{ "{} x", JSON_ERROR_SYNTAX, 3 },
		{ "[]]", JSON_ERROR_SYNTAX, 2 },
		{ "01", JSON_ERROR_SYNTAX, 1 },
		{ "-", JSON_ERROR_SYNTAX, 1 },
		{ "+1", JSON_ERROR_SYNTAX, 0 },
		{ ".5", JSON_ERROR_SYNTAX, 0 },
		{ "1.", JSON_ERROR_SYNTAX, 2 },
		{ "1.e5", JSON_ERROR_SYNTAX, 2 },
		{ "1e", JSON_ERROR_SYNTAX, 2 },
		{ "1e+", JSON_ERROR_SYNTAX, 3 },
		{ "0x10", JSON_ERROR_SYNTAX, 1 },
		{ "NaN", JSON_ERROR_SYNTAX, 0 },
		{ "-Infinity", JSON_ERROR_SYNTAX, 1 },
		{ "tru", JSON_ERROR_SYNTAX, 0 },
		{ "True", JSON_ERROR_SYNTAX, 0 },
		{ "nulL", JSON_ERROR_SYNTAX, 0 },
		{ "truex", JSON_ERROR_SYNTAX, 4 },
		{ "\"abc", JSON_ERROR_SYNTAX, 4 },
		{ "\"abcdefghijkl", JSON_ERROR_SYNTAX, 13 },
		{ "\"\\", JSON_ERROR_SYNTAX, 1 },
		{ "\"\\x41\"", JSON_ERROR_SYNTAX, 1 },
		{ "\"\\'\"", JSON_ERROR_SYNTAX, 1 },
		{ "\"\\u12\"", JSON_ERROR_SYNTAX, 1 },
		{ "\"\\u123", JSON_ERROR_SYNTAX, 1 },
		{ "\"\\u123g\"", JSON_ERROR_SYNTAX, 1 },
		{ "\"\\U0041\"", JSON_ERROR_SYNTAX, 1 },
		{ "/*c*/1", JSON_ERROR_SYNTAX, 0 },
		{ "[1]//c", JSON_ERROR_SYNTAX, 3 },
		{ "\xEF\xBB\xBF{}", JSON_ERROR_SYNTAX, 0 },
		{ "\f1", JSON_ERROR_SYNTAX, 0 },
		{ "\"a\\u0000\"", JSON_ERROR_NUL, 2 },
		{ "{\"\\u0000\":1}", JSON_ERROR_NUL, 2 },
		{ "\"\\uD800\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uDC00\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uD800x\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uD800\\n12345\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uD800\\u0041\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uD800\\uD800\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uDC00\\uD800\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\\uD83D\\uDE0\"", JSON_ERROR_SURROGATE, 1 },
		{ "\"\n\"", JSON_ERROR_CONTROL, 1 },
		{ "\"abcdefg\x1F\"", JSON_ERROR_CONTROL, 8 },
		{ "\"\x80\"", JSON_ERROR_UTF8, 1 },
		{ "\"ab\xC0\x80\"", JSON_ERROR_UTF8, 3 },
		{ "\"\xED\xA0\x80\"", JSON_ERROR_UTF8, 1 },
		{ "\"\xF4\x90\x80\x80\"", JSON_ERROR_UTF8, 1 },
		{ "\"\xE2\x82\"", JSON_ERROR_UTF8, 1 },
		{ "\"\xE2\x82", JSON_ERROR_UTF8, 1 },
		{ "[[[[[[[[[", JSON_ERROR_DEPTH, 8 },
		{ "[[[[[[[[{", JSON_ERROR_DEPTH, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t offset;

		assert_int_equal(walk(slice_cstr(cases[i].text), 8, &offset), cases[i].error);
		assert_int_equal(offset, cases[i].offset);
	}
}

/* NUL bytes are refused wherever they stand, and an absent text is an empty one. */
static void
test_json_next_raw_nul(void **state)
{
	size_t offset;

	(void)state;
	assert_int_equal(walk(SLICE("\"a\0b\""), 8, &offset), JSON_ERROR_NUL);
	assert_int_equal(offset, 2);
	assert_int_equal(walk(SLICE("{}\0"), 8, &offset), JSON_ERROR_SYNTAX);
	assert_int_equal(walk(SLICE("[\0]"), 8, &offset), JSON_ERROR_SYNTAX);
	assert_int_equal(walk(slice_cstr(NULL), 8, &offset), JSON_ERROR_SYNTAX);
}

/* The limit counts levels, up to the most that the reader can remember. */
static void
test_json_next_depth_limit(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 2];
	size_t offset;

	(void)state;
	for (size_t depth = 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(walk(slice_from(text, 2 * depth), JSON_DEPTH_MAX, &offset),
		    depth <= JSON_DEPTH_MAX ? JSON_OK : JSON_ERROR_DEPTH);
		assert_int_equal(walk(slice_from(text, 2 * depth), 1, &offset),
		    depth <= 1 ? JSON_OK : JSON_ERROR_DEPTH);
	}
}

/* Every special byte is seen at every position of a word of eight, and beyond. */
static void
test_json_next_special_at_each_position(void **state)
{
	static const struct {
		char byte;
		enum json_error error;
	} specials[] = {
		{ '"', JSON_ERROR_SYNTAX },
		{ '\\', JSON_ERROR_SYNTAX },
		{ '\0', JSON_ERROR_NUL },
		{ '\x01', JSON_ERROR_CONTROL },
		{ '\x1F', JSON_ERROR_CONTROL },
		{ '\x80', JSON_ERROR_UTF8 },
		{ '\xFF', JSON_ERROR_UTF8 },
	};

	(void)state;
	for (size_t s = 0; s < sizeof(specials) / sizeof(specials[0]); s++) {
		for (size_t at = 1; at < 40; at++) {
			char text[42];
			size_t offset;

			memset(text, '!', sizeof(text));
			text[0] = text[41] = '"';
			text[at] = specials[s].byte;
			assert_int_equal(
			    walk(slice_from(text, 42), 8, &offset), specials[s].error);
			assert_int_equal(offset, specials[s].byte == '"' ? at + 1 : at);
		}
	}
}

/* Tokens come in document order with their text; each value of an object after its key. */
static void
test_json_next_tokens(void **state)
{
	static const struct {
		enum json_token token;
		const char *raw;
	} expected[] = {
		{ JSON_OBJECT, "{" },
		{ JSON_KEY, "a" },
		{ JSON_ARRAY, "[" },
		{ JSON_NUMBER, "-1.5e3" },
		{ JSON_STRING, "x\\n" },
		{ JSON_TRUE, "true" },
		{ JSON_ARRAY_END, "]" },
		{ JSON_KEY, "b c" },
		{ JSON_OBJECT, "{" },
		{ JSON_OBJECT_END, "}" },
		{ JSON_KEY, "" },
		{ JSON_NULL, "null" },
		{ JSON_KEY, "f" },
		{ JSON_FALSE, "false" },
		{ JSON_OBJECT_END, "}" },
	};
	struct json_reader r;

	(void)state;
	json_begin(
	    &r, SLICE("{\"a\":[-1.5e3,\"x\\n\",true], \"b c\": {},\"\":null,\"f\":false}"), 8);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(json_next(&r), expected[i].token);
		assert_true(slice_equal(r.raw, slice_cstr(expected[i].raw)));
	}
	assert_int_equal(json_next(&r), JSON_END);
}

/* Escapes resolve to UTF-8 and count as one character each, also as two halves. */
static void
test_json_text_table(void **state)
{
	static const struct {
		const char *json, *text;
		size_t chars;
	} cases[] = {
		{ "\"\"", "", 0 },
		{ "\"plain\"", "plain", 5 },
		{ "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"",
		    "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 3 },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8 },
		{ "\"a\\u0041\\u007f\"", "aA\x7F", 3 },
		{ "\"\\u0080\\u07FF\"", "\xC2\x80\xDF\xBF", 2 },
		{ "\"\\u0800\\uFFFF\"", "\xE0\xA0\x80\xEF\xBF\xBF", 2 },
		{ "\"\\uD7FF\\uE000\"", "\xED\x9F\xBF\xEE\x80\x80", 2 },
		{ "\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 2 },
		{ "\"x\\ud83d\\ude00y\"", "x\xF0\x9F\x98\x80y", 3 },
		{ "\"12345678\\n12345678\\n\"", "12345678\n12345678\n", 18 },
	};
	struct arena a;

	(void)state;
	arena_init(&a, 10000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_reader r;
		struct slice text;

		json_begin(&r, slice_cstr(cases[i].json), 8);
		assert_int_equal(json_next(&r), JSON_STRING);
		text = json_text(&r, &a);
		assert_true(slice_equal(text, slice_cstr(cases[i].text)));
		assert_int_equal(r.chars, cases[i].chars);
		/* Without escapes nothing is copied. */
		assert_int_equal(
		    text.ptr == cases[i].json + 1, strchr(cases[i].json, '\\') == NULL);
	}
	arena_free(&a);
}

/* A full arena gives an absent text. */
static void
test_json_text_arena_full(void **state)
{
	struct json_reader r;
	struct arena a;

	(void)state;
	arena_init(&a, 4);
	json_begin(&r, SLICE("\"abcdefgh\\n\""), 8);
	assert_int_equal(json_next(&r), JSON_STRING);
	assert_null(json_text(&r, &a).ptr);
	arena_free(&a);
}

/* Skipping gives the text of the whole value, and goes on behind it. */
static void
test_json_skip_values(void **state)
{
	static const char *const values[] = {
		"1.5",
		"\"s\\\"\"",
		"true",
		"null",
		"{}",
		"[]",
		"[[1],{\"a\":[]}]",
		"{ \"a\" : [ 1, {} ] }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct json_reader r;
		struct slice text;
		char whole[64];

		(void)snprintf(whole, sizeof(whole), "[ %s , 7]", values[i]);
		json_begin(&r, slice_cstr(whole), 8);
		assert_int_equal(json_next(&r), JSON_ARRAY);
		assert_true(json_skip(&r, json_next(&r), &text));
		assert_true(slice_equal(text, slice_cstr(values[i])));
		assert_int_equal(json_next(&r), JSON_NUMBER);
		assert_int_equal(json_next(&r), JSON_ARRAY_END);
		assert_int_equal(json_next(&r), JSON_END);
	}
}

/* Skipping bad input says so and leaves the output alone. */
static void
test_json_skip_invalid(void **state)
{
	struct slice text = SLICE("untouched");
	struct json_reader r;

	(void)state;
	json_begin(&r, SLICE("[[1,}]"), 8);
	assert_int_equal(json_next(&r), JSON_ARRAY);
	assert_false(json_skip(&r, json_next(&r), &text));
	assert_false(json_skip(&r, json_next(&r), &text));
	assert_true(slice_equal(text, SLICE("untouched")));
}

/* What is written reads back; what no strict reader takes becomes U+FFFD. */
static void
test_json_write_string_table(void **state)
{
	static const struct {
		struct slice text;
		const char *json;
	} cases[] = {
		{ { "", 0 }, "\"\"" },
		{ { NULL, 0 }, "\"\"" },
		{ { "plain /text", 11 }, "\"plain /text\"" },
		{ { "\"\\\b\f\n\r\t", 7 }, "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
		{ { "\x01\x1F\x7F", 3 }, "\"\\u0001\\u001f\x7F\"" },
		{ { "\xC3\xA4\xF0\x9F\x98\x80", 6 }, "\"\xC3\xA4\xF0\x9F\x98\x80\"" },
		{ { "a\0b", 3 }, "\"a\xEF\xBF\xBD"
				 "b\"" },
		{ { "\xFF\xC3", 2 }, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ { "12345678\"12345678", 17 }, "\"12345678\\\"12345678\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t offset;
		struct buf b;

		buf_init(&b, 1000);
		json_write_string(&b, cases[i].text);
		assert_true(slice_equal(buf_slice(&b), slice_cstr(cases[i].json)));
		assert_int_equal(walk(buf_slice(&b), 1, &offset), JSON_OK);
		buf_free(&b);
	}
}

/* Each error has a text of its own. */
static void
test_json_error_text_distinct(void **state)
{
	(void)state;
	for (int i = JSON_OK; i <= JSON_ERROR_CONTROL; i++) {
		for (int n = JSON_OK; n < i; n++)
			assert_string_not_equal(json_error_text((enum json_error)i),
			    json_error_text((enum json_error)n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_next_valid),
		cmocka_unit_test(test_json_next_invalid),
		cmocka_unit_test(test_json_next_raw_nul),
		cmocka_unit_test(test_json_next_depth_limit),
		cmocka_unit_test(test_json_next_special_at_each_position),
		cmocka_unit_test(test_json_next_tokens),
		cmocka_unit_test(test_json_text_table),
		cmocka_unit_test(test_json_text_arena_full),
		cmocka_unit_test(test_json_skip_values),
		cmocka_unit_test(test_json_skip_invalid),
		cmocka_unit_test(test_json_write_string_table),
		cmocka_unit_test(test_json_error_text_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
