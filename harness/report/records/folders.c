/* Labels of folders, names of what several of them have, and what differs between them. */
#include "harness/report/records/folders.h"
#include "harness/file/folder.h"
#include "harness/store/cellfile.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- labels ----------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The last `parts` names of an absolute path. */
static const char *end_of(const char *path, size_t parts)
{
	const char *from = path + strlen(path);

	while (from > path && parts > 0) {
		from--;
		parts -= *from == '/';
	}
	return *from == '/' ? from + 1 : from;
}

/* Labels of folders that were given none: as little of their paths as tells them apart. */
static void label_by_paths(const struct folders *folders, const char *const *absolute)
{
	const char **label = ARENA_ARRAY(folders->arena, const char *, folders->count);

	for (size_t i = 0; i < folders->count; i++) {
		size_t parts = 1, j = 0;

		label[i] = folders->at[i].label;
		while (!folders->at[i].label && j < folders->count) {
			const char *mine = end_of(absolute[i], parts);
			bool whole = mine == absolute[i] + 1,
			     other = j != i && !folders->at[j].label;

			if (other && !whole && strcmp(mine, end_of(absolute[j], parts)) == 0) {
				parts++;
				j = 0;
			} else {
				j++;
			}
		}
		if (!label[i])
			label[i] = end_of(absolute[i], parts);
	}
	for (size_t i = 0; i < folders->count; i++)
		folders->at[i].label = label[i];
}

static enum status check_labels(const struct folders *folders, const char *const *absolute,
				struct err *err)
{
	for (size_t i = 0; i < folders->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct folder_of *a = &folders->at[j], *b = &folders->at[i];

			if (strcmp(absolute[i], absolute[j]) == 0)
				return err_at(err, STATUS_SPEC, (struct err_place){b->path, 0, 0},
					      "the folder is named twice");
			if (strcmp(a->label, b->label) == 0)
				return err_set(err, STATUS_SPEC,
					       "label \"%s\" is given to two folders, %s and %s",
					       b->label, a->path, b->path);
		}
	return STATUS_OK;
}

enum status folders_load(char *const *operand, size_t count, struct arena *arena,
			 struct folders *out, struct err *err)
{
	const char **absolute = ARENA_ARRAY(arena, const char *, count);

	*out = (struct folders){arena, count, ARENA_ARRAY(arena, struct folder_of, count)};
	for (size_t i = 0; i < count; i++) {
		struct folder_of *folder = &out->at[i];
		const char *equals = strchr(operand[i], '='), *path;

		folder->path = operand[i];
		if (equals && !is_folder(operand[i])) {
			folder->label =
				arena_text_n(arena, operand[i], (size_t)(equals - operand[i]));
			folder->path = equals + 1;
		}
		path = folder->path;
		if (folder->label && !*folder->label)
			return err_set(err, STATUS_SPEC,
				       "%s: expected a label before the =", operand[i]);
		if (!is_folder(arena_format(arena, "%s/cells", path)))
			return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
				      "is not a results folder: it has no cells");
		absolute[i] = folder_absolute(path, arena);
	}
	label_by_paths(out, absolute);
	TRY(check_labels(out, absolute, err));
	for (size_t i = 0; i < count; i++) {
		struct folder_of *folder = &out->at[i];

		TRY(records_load(folder->path, arena, &folder->records, err));
		if (folder->records.count == 0)
			return err_at(err, STATUS_ENV, (struct err_place){folder->path, 0, 0},
				      "has no records: nothing of it is computed yet");
	}
	return STATUS_OK;
}

/* --- what differs ----------------------------------------------------------------------------- */

const char *folders_machine(const struct result *result, struct arena *arena)
{
	if (!result->host && !result->cpu)
		return NULL;
	return arena_format(arena, "%s, %s", result->host ? result->host : "unknown",
			    result->cpu ? result->cpu : "unknown");
}

const char *folders_program(const struct result *result, struct arena *arena)
{
	(void)arena;
	return result->program;
}

const char *folders_precision(const struct result *result, struct arena *arena)
{
	(void)arena;
	return result->precision;
}

const char *folders_seed(const struct result *result, struct arena *arena)
{
	return isnan(result->seed) ? NULL : arena_format(arena, "%.0f", result->seed);
}

const char *folders_values(const struct records *records, folders_pick *of)
{
	struct arena *arena = records->arena;
	struct index known = index_new(records->count, arena);
	struct text text = text_new(arena);
	size_t count = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const char *value = records_ok(r) ? of(&r->result, arena) : NULL;

		if (!value || !*value || index_place(&known, value, count) != count)
			continue;
		text_item(&text, ", ", "%s", value);
		count++;
	}
	return text.at;
}

static const struct {
	const char *name;
	folders_pick *of;
} kinds[] = {{"machines", folders_machine},
	     {"programs", folders_program},
	     {"precisions", folders_precision},
	     {"seeds", folders_seed}};

/* "machines (before: a, AMD; after: b, Intel); seeds (before: 1; after: 2)"; NULL: nothing. */
static const char *differences(const struct folders *folders)
{
	struct text all = text_new(folders->arena);

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct text text = text_new(folders->arena);
		const char *first = folders_values(&folders->at[0].records, kinds[k].of);
		bool differ = false;

		for (size_t i = 0; i < folders->count; i++) {
			const char *values = folders_values(&folders->at[i].records, kinds[k].of);

			differ = differ || strcmp(values, first) != 0;
			text_item(&text, "; ", "%s: %s", folders->at[i].label,
				  *values ? values : "not recorded");
		}
		if (differ)
			text_item(&all, ", ", "%s (%s)", kinds[k].name, text.at);
	}
	return all.length ? all.at : NULL;
}

/* --- names ------------------------------------------------------------------------------------ */

/* A name of the records of some folders, and which of these it is one name of. */
struct shared {
	const char *name;
	size_t *class; /* of each folder; folders->count: it does not occur there */
	size_t classes;
};

/* The first cell of each folder on the same problem and repetition. */
struct problem {
	const char *data;
	const struct record **of;
};

struct problems_of {
	size_t count;
	struct problem *at;
};

static struct problems_of problems_of(const struct folders *folders, size_t records)
{
	struct arena *arena = folders->arena;
	struct problems_of out = {0, ARENA_ARRAY(arena, struct problem, records)};
	struct index index = index_new(records, arena);

	for (size_t f = 0; f < folders->count; f++)
		for (size_t i = 0; i < folders->at[f].records.count; i++) {
			const struct records *from = &folders->at[f].records;
			const struct record *r = &from->at[i];
			const char *key =
				arena_format(arena, "%s\n%s", from->groups[r->group].problem,
					     records_draw(&r->result, arena));
			size_t place = index_place(&index, key, out.count);

			if (place == out.count)
				out.at[out.count++] = (struct problem){
					r->result.data,
					ARENA_ARRAY(arena, const struct record *, folders->count)};
			if (!out.at[place].of[f] || !records_ok(out.at[place].of[f]))
				out.at[place].of[f] = r;
		}
	return out;
}

static bool other_size(double a, double b)
{
	return a < b || a > b;
}

/* What is not known of a damaged or failed cell differs from nothing. */
static bool same_data(const struct record *a, const struct record *b)
{
	const struct result *r = &a->result, *s = &b->result;

	if (a->files && b->files && strcmp(a->files, b->files) != 0)
		return false;
	if (other_size(r->n_train, s->n_train) || other_size(r->n_test, s->n_test) ||
	    other_size(r->n_validation, s->n_validation) || other_size(r->d, s->d))
		return false;
	return !a->sample || !b->sample || cellfile_same_sample(a->sample, b->sample);
}

/* May data of this name in folders f and g be one? */
static bool agree(const struct problems_of *all, const char *data, size_t f, size_t g)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct problem *p = &all->at[i];

		if (strcmp(p->data, data) == 0 && p->of[f] && p->of[g] &&
		    !same_data(p->of[f], p->of[g]))
			return false;
	}
	return true;
}

/* Each folder joins the first class whose folders it agrees with; `all` NULL: none. */
static void classify(struct shared *shared, const struct folders *folders,
		     const struct problems_of *all, const bool *has)
{
	for (size_t f = 0; f < folders->count; f++) {
		size_t class = has[f] ? 0 : folders->count;

		for (size_t g = 0; g < f && has[f];) {
			if (shared->class[g] != class || (all && agree(all, shared->name, f, g))) {
				g++;
			} else {
				class ++;
				g = 0;
			}
		}
		shared->class[f] = class;
		if (has[f] && class >= shared->classes)
			shared->classes = class + 1;
	}
}

/* The name in a folder: "admm (after)"; as it is where it is one. */
static const char *labelled(const struct shared *shared, const struct folders *folders, size_t f)
{
	struct text labels = text_new(folders->arena);

	if (shared->classes < 2)
		return shared->name;
	for (size_t g = 0; g < folders->count; g++)
		if (shared->class[g] == shared->class[f])
			text_item(&labels, ", ", "%s", folders->at[g].label);
	return arena_format(folders->arena, "%s (%s)", shared->name, labels.at);
}

/* All names, in order of appearance. `all`: of data; NULL: of methods, which are one nowhere. */
static struct shared *share_names(const struct folders *folders, const struct problems_of *all,
				  size_t records, struct index *index, size_t *count)
{
	struct arena *arena = folders->arena;
	struct shared *out = ARENA_ARRAY(arena, struct shared, records);
	bool *has = ARENA_ARRAY(arena, bool, records * folders->count);

	*count = 0;
	for (size_t f = 0; f < folders->count; f++) {
		const struct records *r = &folders->at[f].records;
		const char *const *names = all ? r->data : r->methods;

		for (size_t i = 0; i < (all ? r->data_count : r->method_count); i++) {
			size_t place = index_place(index, names[i], *count);

			out[place].name = names[i];
			*count += place == *count;
			has[place * folders->count + f] = true;
		}
	}
	for (size_t i = 0; i < *count; i++) {
		out[i].class = ARENA_ARRAY(arena, size_t, folders->count);
		classify(&out[i], folders, all, has + i * folders->count);
	}
	return out;
}

/* "moons (before), moons (after)" of the data that are not one; NULL: all are. */
static const char *other_data(const struct folders *folders, const struct shared *data,
			      size_t count)
{
	struct text text = text_new(folders->arena);

	for (size_t i = 0; i < count; i++) {
		size_t next = 0; /* class, each of which is named once */

		for (size_t f = 0; data[i].classes > 1 && f < folders->count; f++)
			if (data[i].class[f] == next) {
				text_item(&text, ", ", "%s", labelled(&data[i], folders, f));
				next++;
			}
	}
	return text.length ? text.at : NULL;
}

static const char *hardware(const struct folders *folders)
{
	struct text text = text_new(folders->arena);
	const char *first = folders->at[0].records.caption;
	bool differ = false;

	for (size_t f = 0; f < folders->count; f++) {
		differ = differ || strcmp(folders->at[f].records.caption, first) != 0;
		text_item(&text, "; ", "%s: %s", folders->at[f].label,
			  folders->at[f].records.caption);
	}
	return differ ? text.at : first;
}

/* A record and what it is placed by: data, method, folder, its place there. */
struct placed {
	const struct record *record;
	size_t by[5];
};

static int by_place(const void *a, const void *b)
{
	const struct placed *p = a, *q = b;
	size_t i = 0;

	while (i < sizeof p->by / sizeof *p->by - 1 && p->by[i] == q->by[i])
		i++;
	return (p->by[i] > q->by[i]) - (p->by[i] < q->by[i]);
}

/* Names of data and of methods. */
struct sharing {
	struct index of_data, of_methods; /* places below */
	struct shared *data, *methods;
	size_t data_count, method_count;
};

/* All records under their new names: those of one method stand together, folder by folder. */
static void add_records(struct records *out, const struct folders *folders,
			const struct sharing *names, size_t total)
{
	struct arena *arena = folders->arena;
	struct placed *placed = ARENA_ARRAY(arena, struct placed, total);

	for (size_t f = 0, at = 0; f < folders->count; f++) {
		const struct records *from = &folders->at[f].records;

		for (size_t i = 0; i < from->count; i++) {
			const struct result *r = &from->at[i].result;
			size_t data = (size_t)index_find(&names->of_data, r->data);
			size_t method = (size_t)index_find(&names->of_methods, r->method);

			placed[at++] = (struct placed){
				&from->at[i], {data, names->data[data].class[f], method, f, i}};
		}
	}
	qsort(placed, total, sizeof *placed, by_place);
	out->at = ARENA_ARRAY(arena, struct record, total);
	for (size_t i = 0; i < total; i++) {
		const struct shared *data = &names->data[placed[i].by[0]];
		const struct shared *method = &names->methods[placed[i].by[2]];
		struct record *r = &out->at[out->count++];
		struct record_origin *origin = ARENA_NEW(arena, struct record_origin);
		size_t f = placed[i].by[3];

		*r = *placed[i].record;
		*origin = (struct record_origin){f, folders->at[f].label, records_key(r, arena),
						 data->name, method->name};
		r->origin = origin;
		r->result.data = labelled(data, folders, f);
		r->result.method = labelled(method, folders, f);
	}
}

struct records folders_join(const struct folders *folders)
{
	struct arena *arena = folders->arena;
	struct records out = {.arena = arena, .caption = hardware(folders)};
	const char *others, *differ = differences(folders);
	struct problems_of problems;
	struct sharing names;
	size_t total = 0;

	for (size_t f = 0; f < folders->count; f++) {
		const struct records *from = &folders->at[f].records;

		total += from->count;
		out.incomplete += from->incomplete;
		out.missing += from->missing;
		out.left_out += from->left_out;
		out.checked += from->checked;
		out.damaged += from->damaged;
		out.unchecked += from->unchecked;
	}
	names.of_data = index_new(total, arena);
	names.of_methods = index_new(total, arena);
	problems = problems_of(folders, total);
	names.data = share_names(folders, &problems, total, &names.of_data, &names.data_count);
	names.methods = share_names(folders, NULL, total, &names.of_methods, &names.method_count);
	add_records(&out, folders, &names, total);
	others = other_data(folders, names.data, names.data_count);
	if (others)
		out.warning = arena_format(arena,
					   "Data of one name are not the same in all folders (%s): "
					   "they are not paired",
					   others);
	if (differ)
		out.time_warning = arena_format(
			arena, "The folders differ in %s: times are to be compared with care",
			differ);
	records_group(&out);
	return out;
}

static struct texts spread(const struct records *joined, const struct texts *names, bool of_data)
{
	struct arena *arena = joined->arena;
	const char **at = ARENA_ARRAY(arena, const char *, names->count + joined->count);
	struct texts out = {0, at};

	for (size_t i = 0; i < names->count; i++) {
		size_t before = out.count;

		for (size_t k = 0; k < joined->count; k++) {
			const struct record *r = &joined->at[k];
			const char *plain = of_data ? r->origin->data : r->origin->method;
			const char *name = of_data ? r->result.data : r->result.method;

			if ((strcmp(plain, names->at[i]) == 0 || strcmp(name, names->at[i]) == 0) &&
			    records_index(at, out.count, name) == out.count)
				at[out.count++] = name;
		}
		if (out.count == before && records_index(at, before, names->at[i]) == before)
			at[out.count++] = names->at[i];
	}
	return out;
}

struct texts folders_methods(const struct records *joined, const struct texts *names)
{
	return spread(joined, names, false);
}

struct texts folders_data(const struct records *joined, const struct texts *names)
{
	return spread(joined, names, true);
}
