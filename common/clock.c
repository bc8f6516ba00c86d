#include "common/clock.h"

#include <assert.h>
#include <time.h>

#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

/* 0001-01-01T00:00:00Z and the last microsecond of 9999-12-31: days before 1970 and after it. */
#define EARLIEST (-719162 * DAY_US)
#define LATEST   (2932897 * DAY_US - 1)

static int64_t
now(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

int64_t
clock_wall(void)
{
	return now(CLOCK_REALTIME);
}

int64_t
clock_mono(void)
{
	return now(CLOCK_MONOTONIC);
}

/*
 * Days and dates, Gregorian.  Years are counted from 1 March, so that the leap day is the last of
 * its year and the length of the months repeats: day of the year of month m (0 = March) is
 * (153 m + 2) / 5.  An era of 400 years has 146,097 days; 0000-03-01 is 719,468 days before 1970.
 */
static int64_t
days_from_date(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static void
date_from_days(int64_t days, int *year_out, int *month_out, int *day_out)
{
	int64_t since = days + 719468; /* not negative for the years that we write */
	int64_t era = since / 146097;
	int64_t day_of_era = since % 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t m = (5 * day_of_year + 2) / 153;

	*day_out = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	*month_out = (int)(m < 10 ? m + 3 : m - 9);
	*year_out = (int)(era * 400 + year_of_era + (m >= 10));
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Takes `width` digits off the front, a number within [min, max]. */
static bool
take_number(struct slice *s, size_t width, int min, int max, int *value_out)
{
	int value = 0;

	if (s->len < width)
		return false;
	for (size_t i = 0; i < width; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		value = value * 10 + (s->ptr[i] - '0');
	}
	if (value < min || value > max)
		return false;
	*s = slice_from(s->ptr + width, s->len - width);
	*value_out = value;
	return true;
}

/* Takes one character off the front if it is one of `set`. */
static bool
take_char(struct slice *s, const char *set, char *c_out)
{
	if (s->len == 0 || s->ptr[0] == '\0' || strchr(set, s->ptr[0]) == NULL)
		return false;
	*c_out = s->ptr[0];
	*s = slice_from(s->ptr + 1, s->len - 1);
	return true;
}

static bool
take_date(struct slice *s, int64_t *days_out)
{
	int year, month, day;
	char dash;

	if (!take_number(s, 4, 1, 9999, &year) || !take_char(s, "-", &dash) ||
	    !take_number(s, 2, 1, 12, &month) || !take_char(s, "-", &dash) ||
	    !take_number(s, 2, 1, days_in_month(year, month), &day))
		return false;
	*days_out = days_from_date(year, month, day);
	return true;
}

/* The fraction, if there is one: digits past the sixth are checked and cut. */
static bool
take_fraction(struct slice *s, int64_t *micros_out)
{
	int64_t unit = SECOND_US;
	int digit;
	char dot;

	*micros_out = 0;
	if (!take_char(s, ".", &dot))
		return true;
	if (!take_number(s, 1, 0, 9, &digit))
		return false;
	do {
		unit /= 10;
		*micros_out += digit * unit;
	} while (take_number(s, 1, 0, 9, &digit));
	return true;
}

static bool
take_offset(struct slice *s, int64_t *offset_out)
{
	int hours, minutes;
	char sign, colon;

	*offset_out = 0;
	if (take_char(s, "Zz", &sign))
		return true;
	if (!take_char(s, "+-", &sign) || !take_number(s, 2, 0, 23, &hours) ||
	    !take_char(s, ":", &colon) || !take_number(s, 2, 0, 59, &minutes))
		return false;
	*offset_out = (sign == '-' ? -1 : 1) * (hours * HOUR_US + minutes * MINUTE_US);
	return true;
}

bool
clock_parse(struct slice text, int64_t *at_out)
{
	int64_t days, micros, offset, at;
	int hour, minute, second;
	char c;

	if (!take_date(&text, &days) || !take_char(&text, "Tt ", &c) ||
	    !take_number(&text, 2, 0, 23, &hour) || !take_char(&text, ":", &c) ||
	    !take_number(&text, 2, 0, 59, &minute) || !take_char(&text, ":", &c) ||
	    !take_number(&text, 2, 0, 60, &second) || !take_fraction(&text, &micros) ||
	    !take_offset(&text, &offset) || text.len > 0)
		return false;
	at = days * DAY_US + hour * HOUR_US + minute * MINUTE_US + second * SECOND_US - offset;
	/* A leap second is the last of a UTC day, so here it has become a midnight. */
	if (second == 60 && at % DAY_US != 0)
		return false;
	at += micros;
	if (at < EARLIEST || at > LATEST)
		return false;
	*at_out = at;
	return true;
}

static char *
put_number(char *to, int64_t value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		to[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return to + width;
}

size_t
clock_format(int64_t at, int decimals, char out[CLOCK_TEXT_MAX])
{
	int64_t days, rest;
	int year, month, day;
	char *p = out;

	assert(decimals == 0 || decimals == 3 || decimals == 6);
	at = at < EARLIEST ? EARLIEST : at > LATEST ? LATEST : at;
	days = at / DAY_US - (at % DAY_US < 0);
	rest = at - days * DAY_US;
	date_from_days(days, &year, &month, &day);
	p = put_number(p, year, 4);
	*p++ = '-';
	p = put_number(p, month, 2);
	*p++ = '-';
	p = put_number(p, day, 2);
	*p++ = 'T';
	p = put_number(p, rest / HOUR_US, 2);
	*p++ = ':';
	p = put_number(p, rest / MINUTE_US % 60, 2);
	*p++ = ':';
	p = put_number(p, rest / SECOND_US % 60, 2);
	if (decimals > 0) {
		*p++ = '.';
		p = put_number(p, rest % SECOND_US / (decimals == 3 ? 1000 : 1), decimals);
	}
	*p++ = 'Z';
	*p = '\0';
	return (size_t)(p - out);
}
