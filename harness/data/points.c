/* Samples of a two-dimensional data set in raw coordinates. */
#include "harness/data/points.h"

#include "harness/store/rows.h"

enum status points_write(const struct dataset *data, const char *path, struct err *err)
{
	static const char *const names[] = {"train", "validation", "test"};
	const struct part *parts[] = {&data->train, &data->validation, &data->test};
	const struct point_row named = {.class = data->k > 1 && !data->regression ? "any" : NULL};
	struct arena arena = {0};
	const struct field_table *table = field_used(&rows_points, &named, 1, sizeof named, &arena);
	enum status status;
	struct csv csv;

	if (data->raw_d != 2) {
		arena_release(&arena);
		return STATUS_OK;
	}
	status = field_open(&csv, path, table, err);
	for (int p = 0; p < 3 && status == STATUS_OK; p++) {
		const struct part *part = parts[p];

		for (ptrdiff_t k = 0; k < part->X.rows; k++)
			field_put_row(&csv, table,
				      &(struct point_row){
					      .part = names[p],
					      .x1 = part->raw[2 * k],
					      .x2 = part->raw[2 * k + 1],
					      .y = part->label ? (double)part->label[k]
							       : (double)part->y[k],
					      .class = part->label ? data->classes[part->label[k]]
								   : NULL});
	}
	arena_release(&arena);
	return status == STATUS_OK ? csv_close(&csv, err) : status;
}
