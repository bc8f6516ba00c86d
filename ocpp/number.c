#include "ocpp/number.h"

#include <assert.h>

#define DIGITS_MAX 18
#define UNITS_MAX  INT64_C(1000000000000000000) /* 10^18 */
/* Beyond any exponent that a value within our limits can have, and far from overflow. */
#define EXPONENT_MAX 1000000

/* digits * 10^exponent, with neither leading nor trailing zeros; zero has exponent 0. */
struct number {
	bool negative;
	int64_t digits;
	size_t count; /* of digits; beyond DIGITS_MAX their value is not kept */
	int64_t exponent;
};

/* Takes one more digit.  Zeros are held back until another digit shows that they are not trailing. */
static void
add_digit(struct number *n, size_t *zeros, char c)
{
	if (c == '0') {
		*zeros += n->count > 0;
		n->exponent += n->count > 0;
		return;
	}
	n->exponent -= (int64_t)*zeros;
	n->count += *zeros + 1;
	if (n->count <= DIGITS_MAX) {
		for (; *zeros > 0; --*zeros)
			n->digits *= 10;
		n->digits = n->digits * 10 + (c - '0');
	}
	*zeros = 0;
}

/* What follows the 'e', saturating. */
static int64_t
scan_exponent(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	int64_t value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (; p < end && value < EXPONENT_MAX; p++)
		value = value * 10 + (*p - '0');
	return negative ? -value : value;
}

static struct number
scan_number(struct slice text)
{
	struct number n = { .negative = text.ptr[0] == '-' };
	const char *p = text.ptr + n.negative, *end = text.ptr + text.len;
	bool fraction = false;
	size_t zeros = 0;

	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		add_digit(&n, &zeros, *p);
		n.exponent -= fraction;
	}
	if (p < end)
		n.exponent += scan_exponent(p + 1, end);
	if (n.count == 0)
		n = (struct number){ 0 };
	return n;
}

bool
ocpp_number_is_integer(struct slice text)
{
	return scan_number(text).exponent >= 0;
}

bool
ocpp_decimal_parse(struct slice text, struct ocpp_decimal *value_out)
{
	struct number n = scan_number(text);

	if (n.count > DIGITS_MAX || n.exponent < -DIGITS_MAX || n.exponent > DIGITS_MAX)
		return false;
	for (; n.exponent > 0; n.exponent--) {
		if (n.digits > UNITS_MAX / 10)
			return false;
		n.digits *= 10;
	}
	value_out->units = n.negative ? -n.digits : n.digits;
	value_out->scale = (int)-n.exponent;
	value_out->text = text;
	return true;
}

static int64_t
power_of_ten(int exponent)
{
	int64_t power = 1;

	assert(exponent >= 0 && exponent <= DIGITS_MAX);
	while (exponent-- > 0)
		power *= 10;
	return power;
}

int
ocpp_decimal_compare(const struct ocpp_decimal *value, int32_t bound)
{
	int64_t unit = power_of_ten(value->scale);
	int64_t whole = value->units / unit, rest = value->units % unit;

	/* Division cuts towards zero, and the rest has the sign of the value. */
	if (whole != bound)
		return whole < bound ? -1 : 1;
	return (rest > 0) - (rest < 0);
}

void
ocpp_decimal_write(struct buf *out, const struct ocpp_decimal *value)
{
	int64_t unit = power_of_ten(value->scale);
	int64_t whole = value->units / unit, rest = value->units % unit;
	int digits = value->scale;

	if (value->units < 0)
		buf_append_char(out, '-');
	buf_append_int64(out, whole < 0 ? -whole : whole);
	if (rest == 0)
		return;
	rest = rest < 0 ? -rest : rest;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	buf_append_char(out, '.');
	for (int64_t place = power_of_ten(digits - 1); place > 0; place /= 10)
		buf_append_char(out, (char)('0' + rest / place % 10));
}
