/* Worst points in the units of the source. */
#include "harness/assess/adversarial.h"

#include "harness/assess/keys.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/file/npy_file.h"
#include "harness/spec/bind/bind.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char columns_name[] = "columns.npy";

const char *adversarial_name(const char *key, size_t radius, struct arena *arena)
{
	return arena_format(arena, "%s_%zu_points.npy", key, radius);
}

static const char *rows_name(const struct adversarial *a, size_t entry)
{
	return arena_format(a->arena, "%s_rows.npy", a->wanted->at[entry].key);
}

struct adversarial adversarial_new(const struct cell *cell, const struct dataset *data,
				   const struct entry_list *wanted, struct arena *arena)
{
	const struct attack_options *attack = cell->attack.at;
	struct adversarial out = {cell, data, wanted, arena, 0, 1, NULL};

	for (size_t i = 0; i < cell->attack.count; i++)
		out.room += attack[i].eps.count + 1;
	out.at = ARENA_ARRAY(arena, struct npz_entry, out.room);
	return out;
}

/* Entries of the same content are written once. */
static void add(struct adversarial *a, const char *name, const double *at, size_t rows, size_t cols)
{
	struct npy_array shape = {.kind = 'f',
				  .size = sizeof(double),
				  .dimensions = cols > 0 ? 2 : 1,
				  .shape = {rows, cols}};
	struct npz_entry *to = &a->at[a->count];

	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i].name, name) == 0)
			return;
	*to = (struct npz_entry){.name = name,
				 .at = (const char *)at,
				 .run = rows * (cols > 0 ? cols : 1) * sizeof *at,
				 .runs = 1};
	npy_write_header(to->header, &shape);
	a->count++;
}

/* What all entries share, and the rows of this one. */
static void add_places(struct adversarial *a, size_t entry, const struct part *part)
{
	size_t n = (size_t)part->X.rows;
	double *columns, *rows = ARENA_ARRAY(a->arena, double, n);
	struct stage_columns raw;

	if (stages_columns(&a->data->stages, a->arena, &raw))
		return;
	columns = ARENA_ARRAY(a->arena, double, raw.count);
	for (size_t j = 0; j < raw.count; j++)
		columns[j] = (double)raw.column[j];
	for (size_t k = 0; k < n; k++)
		rows[k] = (double)part->row[k];
	add(a, columns_name, columns, raw.count, 0);
	add(a, rows_name(a, entry), rows, n, 0);
}

void adversarial_look(void *context, const struct aim *aim, const struct attack_job *job)
{
	struct adversarial *a = context;
	const struct attack_options *attack = a->cell->attack.at, *o = aim->entry;
	struct err ignored = {0}; /* the aim has passed target_check */
	size_t entry = 0, radius = 0, n = (size_t)job->X.rows;
	struct stage_columns raw;
	const real *scale;
	double *points;

	while (entry < a->cell->attack.count && &attack[entry] != o)
		entry++;
	if (entry == a->cell->attack.count || !o->export ||
	    stages_columns(&a->data->stages, a->arena, &raw) ||
	    target_scale(aim, a->data, a->arena, &scale, &ignored) != STATUS_OK)
		return;
	while (fabs(o->eps.at[radius] - job->threat.eps) > 0)
		radius++;
	points = ARENA_ARRAY(a->arena, double, n *raw.count);
	for (size_t i = 0; i < n * raw.count; i++) {
		ptrdiff_t k = (ptrdiff_t)(i / raw.count), j = (ptrdiff_t)(i % raw.count);
		double unit = scale ? (double)scale[j] : 1;
		double prepared = (double)mat_get(job->worst, k, j) * unit;

		points[i] = raw.shift[j];
		if (raw.scale[j] < 0 || raw.scale[j] > 0)
			points[i] += prepared / raw.scale[j];
	}
	add_places(a, entry, aim->part);
	add(a, adversarial_name(a->wanted->at[entry].key, radius, a->arena), points, n, raw.count);
}

enum status adversarial_keep(struct adversarial *a, size_t entry, const char *path, struct err *err)
{
	const struct attack_options *o = (const struct attack_options *)a->cell->attack.at + entry;
	struct npz_file file;

	if (!o->export || access(path, F_OK) != 0) /* of a part without samples */
		return STATUS_OK;
	TRY(npz_open(&file, path, a->arena, err));
	add_places(a, entry, target_part(a->data, o->part));
	for (size_t i = 0; i < o->eps.count; i++) {
		const char *name = adversarial_name(a->wanted->at[entry].key, i, a->arena);
		struct npy_array shape;
		double *values;

		if (!npz_has(&file, name))
			continue;
		TRY(npz_array(&file, name, a->arena, &shape, &values, err));
		add(a, name, values, shape.shape[0], shape.shape[1]);
	}
	return STATUS_OK;
}

enum status adversarial_write(struct adversarial *a, const char *path, struct err *err)
{
	const char *tmp = arena_format(a->arena, "%s.tmp", path);

	if (a->count == 0)
		return STATUS_OK;
	TRY(npz_write(tmp, a->at, a->count, err));
	return io_rename(tmp, path) ? STATUS_OK : io_error(err, path, "write");
}

/* The arrays that all radii of an entry share. */
static enum status read_entry(const struct npz_file *file, struct adversarial_points *like,
			      struct arena *arena, struct err *err)
{
	struct npy_array shape;
	double *columns, *rows;

	TRY(npz_array(file, columns_name, arena, &shape, &columns, err));
	like->p = shape.shape[0];
	TRY(npz_array(file, arena_format(arena, "%s_rows.npy", like->key), arena, &shape, &rows,
		      err));
	like->n = shape.shape[0];
	like->columns = columns;
	like->rows = rows;
	return STATUS_OK;
}

enum status adversarial_points(const char *record, const struct cell *cell, struct arena *arena,
			       struct adversarial_points **out, size_t *count, struct err *err)
{
	const char *path = arena_format(arena, "%s/" ADVERSARIAL_FILE, record);
	const struct attack_options *attack = cell->attack.at;
	struct entries entries;
	struct npz_file file;
	size_t room = 0;

	*count = 0;
	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(npz_open(&file, path, arena, err));
	keys_of(cell, arena, &entries);
	for (size_t i = 0; i < cell->attack.count; i++)
		room += attack[i].eps.count;
	*out = ARENA_ARRAY(arena, struct adversarial_points, room);
	for (size_t i = 0; i < cell->attack.count; i++) {
		struct adversarial_points one = {.of = &attack[i],
						 .key = entries.of[ENTRY_ATTACK].at[i].key};

		for (size_t r = 0; r < attack[i].eps.count; r++) {
			const char *name = adversarial_name(one.key, r, arena);
			struct npy_array shape;
			double *points;

			if (!npz_has(&file, name))
				continue;
			if (!one.rows)
				TRY(read_entry(&file, &one, arena, err));
			TRY(npz_array(&file, name, arena, &shape, &points, err));
			one.points = points;
			one.radius = r;
			if (shape.shape[0] != one.n || shape.shape[1] != one.p)
				return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
					      "%s: expected %zu x %zu, got %zu x %zu", name, one.n,
					      one.p, shape.shape[0], shape.shape[1]);
			(*out)[(*count)++] = one;
		}
	}
	return STATUS_OK;
}

/* --- files --------------------------------------------------------------------------------------
 */

struct copying {
	struct npz_file file;
	struct arena arena;
	const char *folder;
};

/* The array `from` of the record as the file `to`, whose name may have any character. */
static enum status copy_array(struct copying *c, const char *from, const char *to, struct err *err)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	char *name = arena_text(&c->arena, to);
	struct npy_array shape;
	double *values;

	for (char *at = name; *at; at++)
		*at = strchr(plain, *at) ? *at : '_';
	TRY(npz_array(&c->file, from, &c->arena, &shape, &values, err));
	shape = (struct npy_array){.kind = 'f',
				   .size = sizeof *values,
				   .dimensions = shape.dimensions,
				   .shape = {shape.shape[0], shape.shape[1]}};
	return npy_write(arena_format(&c->arena, "%s/adversarial_%s.npy", c->folder, name), &shape,
			 values, 0, err);
}

static enum status copy_entry(struct copying *c, const char *key, const struct attack_options *o,
			      struct err *err)
{
	for (size_t i = 0; i < o->eps.count; i++) {
		char eps[SCALAR_ROOM];
		const char *to;

		scalar_print_real(o->eps.at[i], eps);
		to = arena_format(&c->arena, "%s_%s_%s%s_%s", spec_attack_name(o),
				  threat_norms[o->threat.norm],
				  o->threat.units == UNITS_RAW ? "raw_" : "", eps,
				  spec_parts[o->part]);
		TRY(copy_array(c, adversarial_name(key, i, &c->arena), to, err));
		TRY(copy_array(c, arena_format(&c->arena, "%s_rows.npy", key),
			       arena_format(&c->arena, "%s_rows", to), err));
	}
	return STATUS_OK;
}

static enum status copy_all(struct copying *c, const char *record, struct err *err)
{
	const char *path = arena_format(&c->arena, "%s/cell.json", record), *text;
	struct entries entries;
	struct cell cell;

	TRY(store_read_text(path, &c->arena, &text, err));
	TRY(spec_read_cell(text, path, &c->arena, &cell, err));
	TRY(npz_open(&c->file, arena_format(&c->arena, "%s/%s", record, ADVERSARIAL_FILE),
		     &c->arena, err));
	keys_of(&cell, &c->arena, &entries);
	TRY(copy_array(c, columns_name, "columns", err));
	for (size_t i = 0; i < cell.attack.count; i++) {
		const struct attack_options *o = (const struct attack_options *)cell.attack.at + i;
		const char *key = entries.of[ENTRY_ATTACK].at[i].key;

		if (npz_has(&c->file, adversarial_name(key, 0, &c->arena)))
			TRY(copy_entry(c, key, o, err));
	}
	return STATUS_OK;
}

enum status adversarial_export(const char *record, const char *folder, struct err *err)
{
	struct copying c = {.folder = folder};
	enum status status = STATUS_OK;

	if (access(arena_format(&c.arena, "%s/%s", record, ADVERSARIAL_FILE), F_OK) == 0)
		status = copy_all(&c, record, err);
	arena_release(&c.arena);
	return status;
}
