#include "common/slice.h"

char
slice_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

bool
slice_equal_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (slice_lower(a.ptr[i]) != slice_lower(b.ptr[i]))
			return false;
	}
	return true;
}

/* The second byte decides what the first leaves open: overlong forms, surrogates, above U+10FFFF. */
static bool
is_second_byte(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xE0: return second >= 0xA0 && second <= 0xBF;
	case 0xED: return second >= 0x80 && second <= 0x9F;
	case 0xF0: return second >= 0x90 && second <= 0xBF;
	case 0xF4: return second >= 0x80 && second <= 0x8F;
	default: return second >= 0x80 && second <= 0xBF;
	}
}

size_t
slice_utf8_char(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t len;

	if (s.len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (s.len < len || !is_second_byte(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	}
	return len;
}

bool
slice_is_utf8(struct slice s)
{
	while (s.len > 0) {
		size_t len = slice_utf8_char(s);

		if (len == 0)
			return false;
		s.ptr += len;
		s.len -= len;
	}
	return true;
}

bool
slice_to_int64(struct slice s, long long min, long long max, long long *value_out)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	long long value = 0;

	if (s.len == (size_t)negative)
		return false;
	for (size_t i = negative; i < s.len; i++) {
		int digit = s.ptr[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Summed with its sign, so that the least value needs no special case. */
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	if (value < min || value > max)
		return false;
	*value_out = value;
	return true;
}
