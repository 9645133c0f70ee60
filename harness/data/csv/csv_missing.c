/* Missing values of a CSV file. See csv_missing.h. */
#include "harness/data/csv/csv_missing.h"

#include "harness/data/labels.h"
#include "harness/data/number.h"

#include <ctype.h>
#include <string.h>

struct csv_missing csv_missing_new(struct texts markers, struct texts classes)
{
	struct csv_missing missing = {.markers = markers, .classes = classes};
	double value;

	for (size_t i = 0; i < markers.count; i++)
		if (number_parse(markers.at[i], strlen(markers.at[i]), &value))
			missing.numbers = true;
	return missing;
}

static bool is_marker(const char *marker, const struct csv_field *field)
{
	return !field->quoted && csv_field_is(field, marker);
}

/* Signs alone, but for "?", which names no class. */
static bool is_sign(const char *marker)
{
	for (const char *at = marker; *at; at++)
		if (isalnum((unsigned char)*at) || *at == '?')
			return false;
	return true;
}

bool csv_missing_value(const struct csv_missing *missing, const struct csv_field *field)
{
	double value, own;
	bool number = missing->numbers && number_parse(field->at, field->length, &value);

	if (field->length == 0)
		return true;
	for (size_t i = 0; i < missing->markers.count; i++) {
		const char *marker = missing->markers.at[i];

		if (is_marker(marker, field) ||
		    (number && number_parse(marker, strlen(marker), &own) && own == value))
			return true;
	}
	return false;
}

bool csv_missing_label(const struct csv_missing *missing, const struct csv_field *field)
{
	if (labels_named(missing->classes, field->at, field->length))
		return false;
	if (!csv_missing_value(missing, field))
		return false;
	for (size_t i = 0; i < missing->markers.count; i++)
		if (is_sign(missing->markers.at[i]) && is_marker(missing->markers.at[i], field))
			return false;
	return true;
}
