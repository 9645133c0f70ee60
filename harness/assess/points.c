/* Samples of a two-dimensional data set in raw coordinates. */
#include "harness/assess/points.h"

#include "harness/store/rows.h"

enum status points_write(const struct dataset *data, const char *path, struct err *err)
{
	static const char *const names[] = {"train", "validation", "test"};
	const struct part *parts[] = {&data->train, &data->validation, &data->test};
	struct csv csv;

	if (data->raw_d != 2)
		return STATUS_OK;
	TRY(field_open(&csv, path, &rows_points, err));
	for (int p = 0; p < 3; p++) {
		const struct part *part = parts[p];

		for (ptrdiff_t k = 0; k < part->X.rows; k++)
			field_put_row(&csv, &rows_points,
				      &(struct point_row){.part = names[p],
							  .x1 = part->raw[2 * k],
							  .x2 = part->raw[2 * k + 1],
							  .y = part->label ? (double)part->label[k]
									   : (double)part->y[k]});
	}
	return csv_close(&csv, err);
}
