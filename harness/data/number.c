/* Numbers of up to 15 digits or so are exact as (integer below 2^53) * or / (power of ten up to
 * 10^22): both operands are exact doubles, so the one operation rounds correctly (Clinger 1990).
 * The rest is left to strtod. */
#include "harness/data/number.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXACT_POWER = 22,      /* 10^22 is the largest power of ten that is an exact double */
	MANTISSA_DIGITS = 19,  /* always fit in 64 bits */
	MOST_EXPONENT = 10000, /* far beyond any double; stops the counting */
	COPY_BYTES = 1024
};

static const double power[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct decimal {
	uint64_t mantissa;
	int digits;   /* significant ones seen */
	int exponent; /* of ten */
	bool any;     /* a digit was seen at all */
};

/* Digits up to the first other byte; those behind the point count down the exponent. */
static const char *scan_digits(const char *at, const char *end, bool fraction, struct decimal *to)
{
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		to->any = true;
		if (to->digits > 0 || *at != '0')
			to->digits++;
		if (to->digits <= MANTISSA_DIGITS) {
			to->mantissa = to->mantissa * 10 + (uint64_t)(*at - '0');
			to->exponent -= fraction;
		}
	}
	return at;
}

/* The exponent behind 'e', or NULL if it is malformed. */
static const char *scan_exponent(const char *at, const char *end, int *exponent)
{
	bool negative = at < end && *at == '-';
	int value = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end)
		return NULL;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (value < MOST_EXPONENT)
			value = value * 10 + (*at - '0');
	*exponent += negative ? -value : value;
	return at;
}

bool number_parse(const char *text, size_t length, double *value)
{
	const char *at = text, *end = text + length;
	struct decimal number = {0};
	bool negative = at < end && *at == '-';
	char copy[COPY_BYTES], *stop;
	double x;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	at = scan_digits(at, end, false, &number);
	if (at < end && *at == '.')
		at = scan_digits(at + 1, end, true, &number);
	if (!number.any)
		return false;
	if (at < end && (*at == 'e' || *at == 'E'))
		at = scan_exponent(at + 1, end, &number.exponent);
	if (at != end)
		return false;
	if (number.digits > MANTISSA_DIGITS || number.mantissa > (uint64_t)1 << 53 ||
	    abs(number.exponent) > EXACT_POWER) {
		if (length >= sizeof copy)
			return false;
		memcpy(copy, text, length); /* strtod wants a NUL */
		copy[length] = '\0';
		*value = strtod(copy, &stop);
		return stop == copy + length;
	}
	x = (double)number.mantissa;
	x = number.exponent < 0 ? x / power[-number.exponent] : x * power[number.exponent];
	*value = negative ? -x : x;
	return true;
}
