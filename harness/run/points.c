/* Samples of a two-dimensional data set, back in raw coordinates. */
#include "harness/run/points.h"

#include "harness/store/csv.h"

static const char *const header[] = {"part", "x1", "x2", "y", NULL};

static void write_part(struct csv *csv, const struct dataset *data, const struct part *part,
		       const char *name)
{
	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		csv_text(csv, name);
		for (ptrdiff_t j = 0; j < 2; j++) {
			double scale = data->scale[j];

			csv_number(csv, scale > 0 ? (double)mat_get(part->X, k, j) / scale +
							    data->shift[j]
						  : data->shift[j]);
		}
		csv_number(csv, (double)part->y[k]);
		csv_end_row(csv);
	}
}

enum status points_write(const struct dataset *data, const char *path, struct err *err)
{
	struct csv csv;

	if (data->raw_d != 2)
		return STATUS_OK;
	TRY(csv_open(&csv, path, header, err));
	write_part(&csv, data, &data->train, "train");
	write_part(&csv, data, &data->validation, "validation");
	write_part(&csv, data, &data->test, "test");
	return csv_close(&csv, err);
}
