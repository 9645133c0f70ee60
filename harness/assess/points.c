/* Samples of a two-dimensional data set in raw coordinates. */
#include "harness/assess/points.h"

#include "harness/store/rows.h"

static void write_part(struct csv *csv, const struct part *part, const char *name)
{
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		field_put_row(csv, &rows_points,
			      &(struct point_row){.part = name,
						  .x1 = part->raw[2 * k],
						  .x2 = part->raw[2 * k + 1],
						  .y = (double)part->y[k]});
}

enum status points_write(const struct dataset *data, const char *path, struct err *err)
{
	struct csv csv;

	if (data->raw_d != 2)
		return STATUS_OK;
	TRY(field_open(&csv, path, &rows_points, err));
	write_part(&csv, &data->train, "train");
	write_part(&csv, &data->validation, "validation");
	write_part(&csv, &data->test, "test");
	return csv_close(&csv, err);
}
