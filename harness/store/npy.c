/* NumPy's array format, versions 1 to 3: magic, version, length of a header that is a Python
 * literal such as {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }, data. */
#include "harness/store/npy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "arrays are written as they lie in memory");

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

/* Where the value of 'key' starts, or NULL. */
static const char *value_of(const char *header, const char *key)
{
	const char *at = strstr(header, key);

	if (!at)
		return NULL;
	at += strlen(key);
	at += strspn(at, " ");
	if (*at != ':')
		return NULL;
	at++;
	return at + strspn(at, " ");
}

static bool parse_type(const char *at, struct npy_array *out)
{
	char order, *end;

	if (!at || *at != '\'' || !strchr("<>|=", at[1]) || !at[1])
		return false;
	order = at[1];
	out->kind = at[2];
	if (out->kind == '\0')
		return false;
	out->size = strtoul(at + 3, &end, 10);
	out->swapped = order == '>';
	if (*end != '\'')
		return false;
	if (out->kind == 'f')
		return out->size == 4 || out->size == 8;
	if (out->kind == 'b')
		return out->size == 1;
	return (out->kind == 'i' || out->kind == 'u') &&
	       (out->size == 1 || out->size == 2 || out->size == 4 || out->size == 8);
}

/* (), (n,) or (n, d) */
static bool parse_shape(const char *at, struct npy_array *out)
{
	char *end;

	out->dimensions = 0;
	out->shape[0] = out->shape[1] = 1;
	if (!at || *at != '(')
		return false;
	for (at++; *at != ')'; at += strspn(at, ", ")) {
		if (*at < '0' || *at > '9' || out->dimensions == NPY_MOST_DIMENSIONS)
			return false;
		out->shape[out->dimensions++] = strtoul(at, &end, 10);
		at = end;
	}
	return true;
}

static bool parse_order(const char *at, struct npy_array *out)
{
	out->fortran = at && strncmp(at, "True", 4) == 0;
	return at && (out->fortran || strncmp(at, "False", 5) == 0);
}

enum status npy_parse(const char *header, size_t length, const char *source, size_t base,
		      struct npy_array *out, struct err *err)
{
	struct err_place at = {.source = source};
	size_t skip = header[6] == 1 ? NPY_MAGIC_BYTES : 12;
	char text[1024] = ""; /* the literal, ended by a NUL */

	if (length - skip < sizeof text)
		memcpy(text, header + skip, length - skip);
	out->start = length;
	if (!parse_type(value_of(text, "'descr'"), out))
		return err_at(
			err, STATUS_ENV, at,
			"header at byte %zu: expected 'descr' to be a real number type (b1, i1 to "
			"i8, u1 to u8, f4, f8)",
			base + skip);
	if (!parse_order(value_of(text, "'fortran_order'"), out))
		return err_at(err, STATUS_ENV, at,
			      "header at byte %zu: expected 'fortran_order' to be True or False",
			      base + skip);
	if (!parse_shape(value_of(text, "'shape'"), out))
		return err_at(err, STATUS_ENV, at,
			      "header at byte %zu: expected 'shape' to have at most 2 dimensions",
			      base + skip);
	if (__builtin_mul_overflow(out->shape[0], out->shape[1], &out->bytes) ||
	    __builtin_mul_overflow(out->bytes, out->size, &out->bytes))
		return err_at(err, STATUS_ENV, at, "header at byte %zu: the shape is too large",
			      base + skip);
	return STATUS_OK;
}

/* One element as a double. */
static double element(const struct npy_array *a, const char *from)
{
	unsigned char b[8] = {0};
	uint64_t bits = 0;
	double wide;
	float narrow;

	for (size_t i = 0; i < a->size; i++)
		b[i] = (unsigned char)from[a->swapped ? a->size - 1 - i : i];
	memcpy(&bits, b, sizeof bits);
	if (a->kind == 'f' && a->size == sizeof wide) {
		memcpy(&wide, b, sizeof wide);
		return wide;
	}
	if (a->kind == 'f') {
		memcpy(&narrow, b, sizeof narrow);
		return (double)narrow;
	}
	if (a->kind != 'i')
		return (double)bits;
	if (a->size < sizeof bits && bits >> (8 * a->size - 1)) /* extend the sign */
		bits |= UINT64_MAX << (8 * a->size);
	return (double)(int64_t)bits;
}

void npy_convert(const struct npy_array *a, const char *data, double *to)
{
	size_t rows = a->shape[1] ? a->shape[0] : 0, cols = a->shape[1];

	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++)
			to[i * cols + j] = element(
				a, data + (a->fortran ? i + j * rows : i * cols + j) * a->size);
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
