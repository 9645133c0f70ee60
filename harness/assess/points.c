/* Samples of a two-dimensional data set in raw coordinates. */
#include "harness/assess/points.h"

#include "harness/store/dictionary.h"

static void write_part(struct csv *csv, const struct part *part, const char *name)
{
	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		csv_text(csv, name);
		for (ptrdiff_t j = 0; j < 2; j++)
			csv_number(csv, part->raw[2 * k + j]);
		csv_number(csv, (double)part->y[k]);
		csv_end_row(csv);
	}
}

enum status points_write(const struct dataset *data, const char *path, struct err *err)
{
	struct csv csv;

	if (data->raw_d != 2)
		return STATUS_OK;
	TRY(dictionary_open(&csv, path, dictionary_points, err));
	write_part(&csv, &data->train, "train");
	write_part(&csv, &data->validation, "validation");
	write_part(&csv, &data->test, "test");
	return csv_close(&csv, err);
}
