/* Numbers with fractions and units. */
#include "harness/spec/bind/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum unit unit;
	const char *suffix;
	double factor;
} suffixes[] = {
	{UNIT_SECONDS, "ms", 1e-3},
	{UNIT_SECONDS, "s", 1},
	{UNIT_SECONDS, "m", 60},
	{UNIT_SECONDS, "min", 60},
	{UNIT_SECONDS, "h", 3600},
	{UNIT_SECONDS, "d", 86400},
	{UNIT_BYTES, "B", 1},
	{UNIT_BYTES, "kB", 1e3},
	{UNIT_BYTES, "MB", 1e6},
	{UNIT_BYTES, "GB", 1e9},
	{UNIT_BYTES, "TB", 1e12},
	{UNIT_BYTES, "KiB", 1024.0},
	{UNIT_BYTES, "MiB", 1024.0 * 1024},
	{UNIT_BYTES, "GiB", 1024.0 * 1024 * 1024},
	{UNIT_BYTES, "TiB", 1024.0 * 1024 * 1024 * 1024},
	{UNIT_INCHES, "in", 1},
	{UNIT_INCHES, "cm", 1 / 2.54},
	{UNIT_INCHES, "mm", 1 / 25.4},
	{UNIT_INCHES, "pt", 1 / 72.0},
};

/* A decimal number at `text`; *end is behind it. strtod alone would take "0x1p3", "inf" and "nan".
 */
static bool decimal(const char *text, const char **end, double *out)
{
	char *stop;
	size_t sign = *text == '-' || *text == '+';

	if (!strchr("0123456789.", text[sign]) || !text[sign] || text[sign + 1] == 'x' ||
	    text[sign + 1] == 'X')
		return false;
	*out = strtod(text, &stop);
	*end = stop;
	return stop != text && isfinite(*out);
}

bool scalar_real(const char *text, enum unit unit, double *out)
{
	const size_t count = sizeof suffixes / sizeof *suffixes;
	double value, divisor = 1, factor = 1;
	const char *end;
	size_t i = 0;

	if (!decimal(text, &end, &value))
		return false;
	if (*end == '/' && (!decimal(end + 1, &end, &divisor) || divisor == 0))
		return false;
	if (*end) {
		end += *end == ' ';
		while (i < count &&
		       (suffixes[i].unit != unit || strcmp(suffixes[i].suffix, end) != 0))
			i++;
		if (i == count)
			return false;
		factor = suffixes[i].factor;
	}
	*out = value / divisor * factor;
	return isfinite(*out);
}

bool scalar_int(const char *text, enum unit unit, long *out)
{
	const double exact = 9007199254740992.0; /* 2^53: whole numbers beyond are rounded */
	double value;
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	if (end != text && !*end && text[0] != ' ')
		return errno == 0 && *out != SCALAR_UNSET_INT;
	if (!scalar_real(text, unit, &value) || value != floor(value) || fabs(value) > exact)
		return false;
	*out = (long)value;
	return true;
}

bool scalar_in_range(const struct range *range, double value)
{
	if (range->has_min && (range->above ? !(value > range->min) : !(value >= range->min)))
		return false;
	return !range->has_max || (range->below ? value < range->max : value <= range->max);
}

void scalar_print_real(double value, char text[SCALAR_ROOM])
{
	const double whole = 1e15; /* "%.15g" prints these without an exponent */
	char *to, *from;

	if (isnan(value)) {
		snprintf(text, SCALAR_ROOM, "null");
		return;
	}
	if (fabs(value) < whole && value == (double)(long)value) {
		snprintf(text, SCALAR_ROOM, "%ld", (long)value);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, SCALAR_ROOM, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	to = strchr(text, 'e'); /* "1e-06" to "1e-6", "1e+20" to "1e20" */
	if (!to)
		return;
	from = ++to;
	to += *from == '-';
	from += strspn(from, "+-0");
	memmove(to, from, strlen(from) + 1);
}

void scalar_print_range(const struct range *range, char *text, size_t room)
{
	char min[SCALAR_ROOM], max[SCALAR_ROOM];

	scalar_print_real(range->min, min);
	scalar_print_real(range->max, max);
	if (range->has_min && range->has_max)
		snprintf(text, room, " in %s%s, %s%s", range->above ? "(" : "[", min, max,
			 range->below ? ")" : "]");
	else if (range->has_min)
		snprintf(text, room, " %s %s", range->above ? ">" : ">=", min);
	else if (range->has_max)
		snprintf(text, room, " %s %s", range->below ? "<" : "<=", max);
	else
		text[0] = '\0';
}
