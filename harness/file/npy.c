/* NumPy's array format, versions 1 to 3: magic, version, length of a header that is a Python
 * literal such as {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }, data. */
#include "harness/file/npy.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "arrays are written as they lie in memory");

enum {
	CODE_POINT = 4,         /* bytes of a character of U */
	MOST_ELEMENT = 1 << 24, /* larger sizes are damage */
	SHOWN = 80              /* bytes of a value that a message quotes */
};

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

size_t npy_header_length(const unsigned char head[12])
{
	if (memcmp(head, magic, sizeof magic) != 0 || head[6] < 1 || head[6] > 3)
		return 0;
	if (head[6] == 1)
		return NPY_MAGIC_BYTES + (size_t)(head[8] | head[9] << 8);
	return 12 + ((size_t)head[8] | (size_t)head[9] << 8 | (size_t)head[10] << 16 |
		     (size_t)head[11] << 24);
}

/* Where the value of a key starts, which stands in quotes of either kind; NULL: no such key. */
static const char *value_of(const char *header, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = strstr(header, key); at; at = strstr(at + 1, key)) {
		const char *end = at + length;

		if (at == header || (at[-1] != '\'' && at[-1] != '"') || *end != at[-1])
			continue;
		end++;
		end += strspn(end, " ");
		if (*end == ':')
			return end + 1 + strspn(end + 1, " ");
	}
	return NULL;
}

static bool parse_type(const char *at, struct npy_array *out)
{
	char quote = at ? *at : '\0', *end;
	bool power;

	if ((quote != '\'' && quote != '"') || !at[1] || !strchr("<>|=", at[1]) || !at[2])
		return false;
	if (at[3] < '0' || at[3] > '9')
		return false;
	out->swapped = at[1] == '>';
	out->kind = at[2];
	out->size = strtoul(at + 3, &end, 10);
	if (*end != quote || out->size > MOST_ELEMENT)
		return false;
	power = out->size == 1 || out->size == 2 || out->size == 4 || out->size == 8;
	switch (out->kind) {
	case 'f':
		return power && out->size > 1;
	case 'b':
		return out->size == 1;
	case 'i':
	case 'u':
		return power;
	case 'U':
		out->size *= CODE_POINT;
		return out->size > 0;
	case 'S':
		return out->size > 0;
	default:
		return false;
	}
}

/* (), (n,), (n, d), ...; Python 2 wrote 3L for 3 */
static bool parse_shape(const char *at, struct npy_array *out)
{
	char *end;

	out->dimensions = 0;
	for (size_t i = 0; i < NPY_MOST_DIMENSIONS; i++)
		out->shape[i] = 1;
	if (!at || *at != '(')
		return false;
	for (at++; *at != ')'; at += strspn(at, ", ")) {
		if (*at < '0' || *at > '9' || out->dimensions == NPY_MOST_DIMENSIONS)
			return false;
		out->shape[out->dimensions++] = strtoul(at, &end, 10);
		at = end + (*end == 'L');
	}
	return true;
}

/* How long a value in the header is: up to the next key or the end. */
static int value_length(const char *value)
{
	size_t length = 0, deep = 0;

	for (; length < SHOWN && value[length]; length++) {
		deep += value[length] == '[' || value[length] == '(';
		if (deep == 0 && (value[length] == ',' || value[length] == '}'))
			break;
		deep -= deep > 0 && (value[length] == ']' || value[length] == ')');
	}
	return (int)length;
}

static enum status unexpected(const char *expected, const char *value, struct err_place at,
			      size_t byte, struct err *err)
{
	const char *what = "";

	if (!value)
		return err_at(err, STATUS_ENV, at, "header at byte %zu: expected %s, got none",
			      byte, expected);
	if (value[0] && value[1] == '|' && value[2] == 'O')
		what = ", objects of Python (a pickle)";
	if (value[0] == '[')
		what = ", a structured type";
	return err_at(err, STATUS_ENV, at, "header at byte %zu: expected %s, got %.*s%s", byte,
		      expected, value_length(value), value, what);
}

static enum status parse_text(const char *text, struct err_place at, size_t byte,
			      struct npy_array *out, struct err *err)
{
	const char *type = value_of(text, "descr"), *order = value_of(text, "fortran_order");
	const char *shape = value_of(text, "shape");
	bool fits = true;

	if (!parse_type(type, out))
		return unexpected("'descr' to be a type of real numbers (b1, i1 to i8, u1 to u8, "
				  "f2 to f8) or of texts (U, S)",
				  type, at, byte, err);
	out->fortran = order && strncmp(order, "True", 4) == 0;
	if (!order || (!out->fortran && strncmp(order, "False", 5) != 0))
		return unexpected("'fortran_order' to be True or False", order, at, byte, err);
	if (!parse_shape(shape, out))
		return unexpected("'shape' to have at most 8 dimensions", shape, at, byte, err);
	out->rows = out->shape[0];
	out->cols = 1;
	for (size_t i = 1; i < NPY_MOST_DIMENSIONS; i++)
		fits = fits && !__builtin_mul_overflow(out->cols, out->shape[i], &out->cols);
	if (!fits || __builtin_mul_overflow(out->rows, out->cols, &out->bytes) ||
	    __builtin_mul_overflow(out->bytes, out->size, &out->bytes))
		return err_at(err, STATUS_ENV, at,
			      "header at byte %zu: the shape %.*s is too large", byte,
			      value_length(shape), shape);
	return STATUS_OK;
}

enum status npy_parse(const char *header, size_t length, const char *source, size_t base,
		      struct npy_array *out, struct err *err)
{
	struct err_place at = {.source = source};
	size_t skip = header[6] == 1 ? NPY_MAGIC_BYTES : 12;
	struct arena scratch = {0};
	enum status status;

	*out = (struct npy_array){.start = length};
	status = parse_text(arena_text_n(&scratch, header + skip, length - skip), at, base + skip,
			    out, err);
	arena_release(&scratch);
	return status;
}

const char *npy_text(const struct npy_array *a, char text[NPY_TEXT_ROOM])
{
	char order = a->size == 1 || a->kind == 'S' ? '|' : a->swapped ? '>' : '<';
	size_t used = (size_t)snprintf(text, NPY_TEXT_ROOM, "%c%c%zu of shape (", order, a->kind,
				       a->kind == 'U' ? a->size / CODE_POINT : a->size);

	for (int i = 0; i < a->dimensions && used < NPY_TEXT_ROOM; i++)
		used += (size_t)snprintf(text + used, NPY_TEXT_ROOM - used, "%s%zu", i ? ", " : "",
					 a->shape[i]);
	if (used < NPY_TEXT_ROOM)
		snprintf(text + used, NPY_TEXT_ROOM - used, a->dimensions == 1 ? ",)" : ")");
	return text;
}

bool npy_is_number(const struct npy_array *array)
{
	return array->kind != 'U' && array->kind != 'S';
}

/* The bytes of one number as a little-endian integer, its sign extended. */
static uint64_t bits_of(const struct npy_array *a, const char *from)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < a->size; i++)
		bits |= (uint64_t)(unsigned char)from[a->swapped ? a->size - 1 - i : i] << (8 * i);
	if (a->kind == 'i' && a->size < sizeof bits && bits >> (8 * a->size - 1))
		bits |= UINT64_MAX << (8 * a->size);
	return bits;
}

static double number(const struct npy_array *a, const char *from)
{
	uint64_t bits = bits_of(a, from);
	uint32_t low = (uint32_t)bits;
	double wide;
	float narrow;

	if (a->kind == 'i')
		return (double)(int64_t)bits;
	if (a->kind != 'f')
		return (double)bits;
	if (a->size == 2) {
		int exponent = bits >> 10 & 31;
		double fraction = (double)(bits & 1023);
		double value;

		/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of the fraction. */
		if (exponent == 31)
			value = fraction > 0 ? NAN : HUGE_VAL;
		else if (exponent == 0)
			value = ldexp(fraction, -24);
		else
			value = ldexp(1024 + fraction, exponent - 25);
		return bits >> 15 ? -value : value;
	}
	if (a->size == sizeof narrow) {
		memcpy(&narrow, &low, sizeof narrow);
		return (double)narrow;
	}
	memcpy(&wide, &bits, sizeof wide);
	return wide;
}

/* row NULL: the first ones */
static void convert(const struct npy_array *a, const char *data, const size_t *row, size_t count,
		    double *to)
{
	size_t rows = a->cols ? count : 0, cols = a->rows ? a->cols : 0;

	for (size_t j = 0; a->fortran && j < cols; j++) {
		/* the indices of element j of a row, the last of which runs fastest, weighted by
		 * the sizes of the dimensions before */
		size_t offset = 0, weight = a->rows * a->cols, rest = j;

		for (int k = a->dimensions - 1; k > 0; k--) {
			weight /= a->shape[k];
			offset += rest % a->shape[k] * weight;
			rest /= a->shape[k];
		}
		for (size_t i = 0; i < rows; i++)
			to[i * cols + j] =
				number(a, data + (offset + (row ? row[i] : i)) * a->size);
	}
	for (size_t i = 0; !a->fortran && i < rows; i++) {
		const char *from = data + (row ? row[i] : i) * cols * a->size;

		for (size_t j = 0; j < cols; j++)
			to[i * cols + j] = number(a, from + j * a->size);
	}
}

void npy_convert(const struct npy_array *a, const char *data, double *to)
{
	convert(a, data, NULL, a->rows, to);
}

void npy_convert_rows(const struct npy_array *a, const char *data, const size_t *row, size_t count,
		      double *to)
{
	convert(a, data, row, count, to);
}

/* UTF-8 of one code point; NULL if there is none. */
static char *put_utf8(uint32_t code, char *to)
{
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return NULL;
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 63));
		}
		*to++ = (char)(0x80 | (code >> 6 & 63));
	}
	*to++ = (char)(0x80 | (code & 63));
	return to;
}

const char *npy_element(const struct npy_array *a, const char *data, size_t i, struct arena *arena)
{
	const struct npy_array unit = {
		.kind = 'u', .size = a->kind == 'U' ? CODE_POINT : 1, .swapped = a->swapped};
	const char *from = data + i * a->size;
	size_t count = a->size / unit.size;
	char *text, *to;

	if (a->kind == 'i')
		return arena_format(arena, "%" PRId64, (int64_t)bits_of(a, from));
	if (a->kind == 'f')
		return arena_format(arena, "%.17g", number(a, from));
	if (npy_is_number(a))
		return arena_format(arena, "%" PRIu64, bits_of(a, from));
	text = to = arena_alloc(arena, a->size + 1, 1);
	/* texts shorter than the element end with NULs */
	while (count > 0 && bits_of(&unit, from + (count - 1) * unit.size) == 0)
		count--;
	for (size_t k = 0; k < count; k++) {
		uint32_t code = (uint32_t)bits_of(&unit, from + k * unit.size);

		if (code == 0)
			return NULL;
		if (a->kind == 'S')
			*to++ = (char)code;
		else
			to = put_utf8(code, to);
		if (!to)
			return NULL;
	}
	return text;
}

void npy_write_header(char to[NPY_HEADER_ROOM], const struct npy_array *array)
{
	const size_t length = NPY_HEADER_ROOM - NPY_MAGIC_BYTES;
	char shape[64] = "()", text[NPY_HEADER_ROOM];
	int used;

	if (array->dimensions == 2)
		snprintf(shape, sizeof shape, "(%zu, %zu)", array->shape[0], array->shape[1]);
	else if (array->dimensions == 1)
		snprintf(shape, sizeof shape, "(%zu,)", array->shape[0]);
	used = snprintf(text, sizeof text,
			"{'descr': '<%c%zu', 'fortran_order': %s, 'shape': %s, }", array->kind,
			array->size, array->fortran ? "True" : "False", shape);
	memset(to, ' ', NPY_HEADER_ROOM);
	memcpy(to, magic, sizeof magic);
	to[6] = 1;
	to[7] = 0;
	to[8] = (char)(length & 0xff);
	to[9] = (char)(length >> 8);
	memcpy(to + NPY_MAGIC_BYTES, text, (size_t)used);
	to[NPY_HEADER_ROOM - 1] = '\n';
}
