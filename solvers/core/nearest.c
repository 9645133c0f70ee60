/* The nearest name by edit distance. */
#include "solvers/core/nearest.h"

#include <string.h>

enum { NAME_MAX_LENGTH = 48 }; /* longer words are no misspelt names */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein distance, two neighbours exchanged counting once (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
	size_t table[3][NAME_MAX_LENGTH + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t j = 0; j <= m; j++)
		table[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		const size_t *above = table[(i - 1) % 3];
		size_t *row = table[i % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smallest(row[j], table[(i - 2) % 3][j - 2] + 1, row[j]);
		}
	}
	return table[n % 3][m];
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
	const char *found = NULL;
	size_t length = strlen(name);
	size_t least = length / 3 + 1; /* a third of the letters may be wrong */

	if (length > NAME_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t d;

		if (strlen(names[i]) > NAME_MAX_LENGTH)
			continue;
		d = distance(name, names[i]);
		if (d < length && (d < least || (d == least && !found))) {
			least = d;
			found = names[i];
		}
	}
	return found;
}
