/* findings.npz beside the tables of attacks and certificates. */
#include "harness/report/records/margins.h"
#include "harness/file/npz.h"
#include "harness/store/entries.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

struct reader {
	struct arena *arena;
	struct npz_file file;
	struct entries held;
	struct margins *at;
	size_t count;
};

static const double *side(struct reader *r, const char *key, size_t radius, const char *end,
			  size_t *n)
{
	const char *name = arena_format(r->arena, "%s_%zu_%s.npy", key, radius, end);
	struct npy_array shape;
	struct err ignored = {0}; /* without it there is none */
	double *values;

	if (!npz_has(&r->file, name) ||
	    npz_array(&r->file, name, r->arena, &shape, &values, &ignored) != STATUS_OK)
		return NULL;
	*n = shape.rows * shape.cols;
	return values;
}

/* The name of an entry in the plan; NULL: it is not asked for. */
static const char *asked_name(const struct request *asked, enum entry_kind kind,
			      const struct entry_note *note)
{
	const struct entry_list *wanted;
	size_t at;

	if (!asked)
		return note->name;
	wanted = &asked->entries.of[kind];
	at = entries_find(wanted, note->key);
	return at < wanted->count ? wanted->at[at].name : NULL;
}

/* The rows of an entry, the first of which is row[0]. */
static void add_entry(struct reader *r, const struct entry_note *note, const char *name,
		      const char *shape, const struct field_rows *rows)
{
	const struct attack_row *row = rows->at;

	for (size_t i = 0; i < rows->count; i++) {
		const struct attack_row *of = &row[i];
		struct margins *to = &r->at[r->count];
		size_t below = 0, far = 0;

		*to = (struct margins){.name = name,
				       .part = of->part && *of->part ? of->part : "test",
				       .ball = arena_format(r->arena, "%s, %s%s%s", of->norm,
							    rows_units_text(of->units),
							    *shape ? ", " : "", shape),
				       .eps = of->eps,
				       .accuracy = of->accuracy};
		to->lower = side(r, note->key, i, "lower", &below);
		to->upper = side(r, note->key, i, "upper", &to->n);
		to->distance = side(r, note->key, i, "distance", &far);
		r->count += to->upper && (!to->lower || below == to->n) &&
			    (!to->distance || far == to->n) && !(fabs(of->n - (double)to->n) > 0);
	}
}

/* Entries of one kind: the rows of the table belong to them one after the other. */
static void add_entries(struct reader *r, const struct record *record, enum entry_kind kind,
			const struct field_rows *table, const struct texts *shapes)
{
	const struct entry_list *held = &r->held.of[kind];
	struct attack_row *row = table->at;

	for (size_t e = 0; e < held->count && held->count == shapes->count; e++) {
		const char *name = asked_name(record->asked, kind, &held->at[e]);
		size_t first = entries_row(held, e);
		struct field_rows rows = {entries_rows(held, e), row + first};

		if (name && first + rows.count <= table->count)
			add_entry(r, &held->at[e], name, shapes->at[e], &rows);
	}
}

struct margins_list margins_of(const struct record *record, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/findings.npz", record->folder);
	struct reader r = {.arena = arena};
	struct err ignored = {0}; /* a record that is not whole says so elsewhere */
	struct field_rows attacks, certificates;
	struct cellfile cell;

	if (access(path, R_OK) != 0 || npz_open(&r.file, path, arena, &ignored) != STATUS_OK ||
	    entries_read(arena_format(arena, "%s/entries.json", record->folder), arena, &r.held,
			 &ignored) != STATUS_OK ||
	    cellfile_read(arena_format(arena, "%s/cell.json", record->folder), arena, &cell,
			  &ignored) != STATUS_OK ||
	    field_read_any(arena_format(arena, "%s/attack.csv", record->folder), &rows_attack,
			   arena, &attacks, &ignored) != STATUS_OK ||
	    field_read_any(arena_format(arena, "%s/certify.csv", record->folder), &rows_certify,
			   arena, &certificates, &ignored) != STATUS_OK)
		return (struct margins_list){0};
	r.at = ARENA_ARRAY(arena, struct margins, attacks.count + certificates.count);
	add_entries(&r, record, ENTRY_ATTACK, &attacks, &cell.attack_shapes);
	add_entries(&r, record, ENTRY_CERTIFY, &certificates, &cell.certify_shapes);
	return (struct margins_list){r.count, r.at};
}

bool margins_example(const struct record *record, struct arena *arena, struct margins_example *out)
{
	static const char *const sides[] = {"clean", "attacked", "outputs"};
	const char *path = arena_format(arena, "%s/examples.npz", record->folder);
	struct reader r = {.arena = arena};
	struct err ignored = {0};
	const struct entry_list *held = &r.held.of[ENTRY_ATTACK];
	struct field_rows attacks;
	const struct attack_row *row;

	if (access(path, R_OK) != 0 || npz_open(&r.file, path, arena, &ignored) != STATUS_OK ||
	    entries_read(arena_format(arena, "%s/entries.json", record->folder), arena, &r.held,
			 &ignored) != STATUS_OK ||
	    field_read(arena_format(arena, "%s/attack.csv", record->folder), &rows_attack, arena,
		       &attacks, &ignored) != STATUS_OK)
		return false;
	row = attacks.at;
	for (size_t e = 0; e < held->count; e++) {
		const char *name = asked_name(record->asked, ENTRY_ATTACK, &held->at[e]);
		struct npy_array shape[3];
		double *values[3];
		size_t found = 0, last;

		while (name && found < 3 &&
		       npz_array(&r.file,
				 arena_format(arena, "%s_%s.npy", held->at[e].key, sides[found]),
				 arena, &shape[found], &values[found], &ignored) == STATUS_OK)
			found++;
		if (found < 3)
			continue;
		*out = (struct margins_example){.name = name,
						.count = shape[0].shape[0],
						.features = shape[0].shape[1],
						.clean = values[0],
						.attacked = values[1],
						.outputs = values[2]};
		last = entries_row(held, e) + entries_rows(held, e); /* the largest eps */
		if (last < 1 || last > attacks.count)
			return false;
		out->part = row[last - 1].part;
		out->norm = row[last - 1].norm;
		out->units = row[last - 1].units;
		out->eps = row[last - 1].eps;
		return out->norm && out->count && shape[1].shape[0] == out->count &&
		       shape[1].shape[1] == out->features && shape[2].shape[0] == out->count;
	}
	return false;
}
