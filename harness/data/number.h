/* Decimal numbers in text, correctly rounded. */
#ifndef DATA_NUMBER_H
#define DATA_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* [+-]digits[.digits][e[+-]digits] over exactly `length` bytes. A number too large for a double
 * gives infinity. "inf", "nan" and hexadecimal forms are no numbers here. */
bool number_parse(const char *text, size_t length, double *value);

#endif
