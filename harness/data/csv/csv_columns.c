/* Columns of a CSV file. See csv_columns.h. */
#include "harness/data/csv/csv_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unnamed[] = "Unnamed: "; /* what pandas calls a column without a name */

/* What becomes of each field of a record. */
enum use { USE_FEATURE, USE_ONE_HOT, USE_DROPPED, USE_TARGET };

/* The layout on its way. */
struct search {
	const struct csv_head *head;
	struct csv_layout *layout;
	enum use *use;
};

const char *csv_columns_text(const struct csv_layout *layout, size_t field,
			     char text[CSV_NAME_ROOM])
{
	if (layout->names)
		snprintf(text, CSV_NAME_ROOM, "column %zu (\"%.*s\")", field, CSV_SHOWN,
			 layout->names[field]);
	else
		snprintf(text, CSV_NAME_ROOM, "column %zu", field);
	return text;
}

/* Columns with this name: how many, and the first one. */
static size_t count_named(const struct csv_layout *layout, const char *name, size_t *first)
{
	size_t count = 0;

	for (size_t j = layout->names ? layout->fields : 0; j-- > 0;) {
		if (strcmp(layout->names[j], name) != 0)
			continue;
		*first = j;
		count++;
	}
	return count;
}

const char *csv_columns_option(const struct csv_layout *layout, size_t field,
			       char text[CSV_NAME_ROOM])
{
	const char *name = layout->names ? layout->names[field] : NULL;
	char index[24];
	size_t first;

	snprintf(index, sizeof index, "%zu", field);
	if (name && name[0] == '\0' && count_named(layout, index, &first) > 0)
		snprintf(text, CSV_NAME_ROOM, "\"\""); /* the index would name another column */
	else if (name && name[0] && strlen(name) <= CSV_SHOWN &&
		 !strpbrk(name, ",[]{}:#&*!|>'\"%@`\n\r") && count_named(layout, name, &first) == 1)
		snprintf(text, CSV_NAME_ROOM, "%s", name);
	else
		snprintf(text, CSV_NAME_ROOM, "%s", index);
	return text;
}

bool csv_columns_target(const struct csv_layout *layout, size_t field)
{
	for (size_t t = 0; t < layout->targets; t++)
		if (layout->target[t] == field)
			return true;
	return false;
}

bool csv_columns_listed(struct texts list, const struct csv_field *name)
{
	for (size_t i = 0; i < list.count; i++)
		if (csv_field_is(name, list.at[i]))
			return true;
	return false;
}

/* `; it has "age", "size"`, or that there is no header. */
static void list_columns(const struct csv_layout *layout, char *to, size_t room)
{
	size_t used = (size_t)snprintf(to, room, "%s",
				       layout->names ? "; it has" : ", which has no header");

	for (size_t j = 0; layout->names && j < layout->fields && used < room; j++)
		used += (size_t)snprintf(to + used, room - used, "%s \"%.*s\"", j ? "," : "",
					 CSV_SHOWN, layout->names[j]);
}

/* For messages: the source that was asked. */
static const char *source_of(const struct csv_head *head)
{
	return head->options->arff ? "arff" : "csv";
}

/* A column by name, else by index from 0. Of two columns with a name the one that is left if the
 * other is dropped. */
static enum status find_column(const struct search *s, const char *option, const char *text,
			       size_t *column, struct err *err)
{
	const struct csv_layout *layout = s->layout;
	char *end, columns[600];
	unsigned long index;

	if (count_named(layout, text, column) > 0) {
		size_t first = layout->fields;

		for (size_t j = *column; j < layout->fields; j++) {
			if (s->use[j] == USE_DROPPED || strcmp(layout->names[j], text) != 0)
				continue;
			if (first < layout->fields)
				return err_set(err, STATUS_SPEC,
					       "%s.%s: two columns of %s are named \"%.*s\", %zu "
					       "and %zu: name them by index",
					       source_of(s->head), option, layout->path, CSV_SHOWN,
					       text, first, j);
			first = j;
		}
		if (first < layout->fields)
			*column = first;
		return STATUS_OK;
	}
	index = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0') {
		list_columns(layout, columns, sizeof columns);
		return err_set(err, STATUS_SPEC, "%s.%s: no column is named \"%s\" in %s%s",
			       source_of(s->head), option, text, layout->path, columns);
	}
	if (index >= layout->fields)
		return err_set(err, STATUS_SPEC,
			       "%s.%s: expected a column from 0 to %zu of %s, got \"%s\"",
			       source_of(s->head), option, layout->fields - 1, layout->path, text);
	*column = index;
	return STATUS_OK;
}

/* Of an ARFF file: categories are declared, and only they and numbers are features. */
static enum status take_type(const struct search *s, size_t j, bool *one_hot, struct err *err)
{
	const struct csv_head *head = s->head;
	char option[CSV_NAME_ROOM];

	if (!head->types)
		return STATUS_OK;
	*one_hot = *one_hot || head->types[j].values;
	if (!head->types[j].other)
		return STATUS_OK;
	return err_at(
		err, STATUS_SPEC,
		(struct err_place){head->path, head->first[j].line, head->first[j].col},
		"attribute \"%.*s\": expected numbers or a list of values, got \"%.40s\"; leave "
		"it out, drop: [%s]",
		CSV_SHOWN, s->layout->names[j], head->types[j].other,
		csv_columns_option(s->layout, j, option));
}

/* The columns of `drop` or `one_hot`. */
static enum status find_list(const struct search *s, const char *option, const struct texts *list,
			     enum use use, struct err *err)
{
	size_t column = 0;

	for (size_t i = 0; i < list->count; i++) {
		TRY(find_column(s, option, list->at[i], &column, err));
		if (s->use[column] != USE_FEATURE)
			return err_set(err, STATUS_SPEC, "%s.%s: \"%s\" is %s", source_of(s->head),
				       option, list->at[i],
				       s->use[column] == use ? "named twice" : "a dropped column");
		s->use[column] = use;
	}
	return STATUS_OK;
}

/* The label, or a target, must not be named otherwise, and no feature may have its name. */
static enum status check_label(const struct search *s, size_t label, struct err *err)
{
	static const char *const options[] = {
		[USE_ONE_HOT] = "one_hot", [USE_DROPPED] = "drop", [USE_TARGET] = "targets"};
	const struct csv_options *o = s->head->options;
	const struct csv_layout *layout = s->layout;
	bool one = o->targets.count == 0;
	char name[CSV_NAME_ROOM];

	if (s->use[label] != USE_FEATURE)
		return err_set(err, STATUS_SPEC, "%s.%s: \"%s\" is %s", source_of(s->head),
			       options[s->use[label]], csv_columns_option(layout, label, name),
			       one                           ? "the label column"
			       : s->use[label] == USE_TARGET ? "named twice"
							     : "a target column");
	for (size_t j = 0; layout->names && j < layout->fields; j++)
		if (j != label && s->use[j] != USE_DROPPED && layout->names[j][0] &&
		    strcmp(layout->names[j], layout->names[label]) == 0)
			return err_at(err, STATUS_SPEC,
				      (struct err_place){layout->path, s->head->first[j].line,
							 s->head->first[j].col},
				      "two columns are named \"%.*s\", %zu and %zu, and %s%s "
				      "is one of them: name it by index and drop the other, "
				      "drop: [%zu]",
				      CSV_SHOWN, layout->names[j], j, label,
				      one ? "label: " : "a target", one ? o->label : "", j);
	s->use[label] = USE_TARGET;
	return STATUS_OK;
}

/* The column of the label, or those of `targets`. */
static enum status find_targets(const struct search *s, struct err *err)
{
	const struct csv_options *o = s->head->options;
	struct csv_layout *out = s->layout;
	size_t count = o->targets.count;
	size_t *target = ARENA_ARRAY(s->head->arena, size_t, count ? count : 1);

	out->target = target;
	out->targets = count ? count : 1;
	if (count > 0 && strcmp(o->label, "last") != 0)
		return err_set(err, STATUS_SPEC,
			       "%s.label: targets stands in its place, leave one of them out",
			       source_of(s->head));
	for (size_t t = 0; t < count; t++) {
		TRY(find_column(s, "targets", o->targets.at[t], &target[t], err));
		TRY(check_label(s, target[t], err));
	}
	if (count > 0)
		return STATUS_OK;
	*target = strcmp(o->label, "first") == 0 ? 0 : out->fields - 1;
	if (strcmp(o->label, "first") != 0 && strcmp(o->label, "last") != 0)
		TRY(find_column(s, "label", o->label, target, err));
	return check_label(s, *target, err);
}

/* What may be wrong with a file of one column. */
static const char *narrow_hint(const struct csv_head *head)
{
	static const struct {
		char sign;
		const char *hint;
	} hints[] = {{';', ": fields may be separated by \";\", separator: \";\""},
		     {'\t', ": fields may be separated by tabs, separator: tab"},
		     {'|', ": fields may be separated by \"|\", separator: \"|\""},
		     {',', ": fields may be separated by \",\", separator: \",\""},
		     {' ', ": fields may be separated by blanks, separator: whitespace"}};

	if (!head->options->comment && head->first[0].length > 0 && head->first[0].at[0] == '#')
		return ": if lines that start with \"#\" are comments, say comment: \"#\"";
	for (size_t i = 0; head->count == 1 && i < sizeof hints / sizeof *hints; i++)
		if (memchr(head->first[0].at, hints[i].sign, head->first[0].length))
			return hints[i].hint;
	return "";
}

static void read_names(const struct csv_head *head, struct csv_layout *out)
{
	const char **names = ARENA_ARRAY(head->arena, const char *, head->count);

	for (size_t j = 0; j < head->count; j++)
		names[j] = arena_text_n(head->arena, head->first[j].at, head->first[j].length);
	*out = (struct csv_layout){.path = head->path,
				   .fields = head->count,
				   .names = head->header ? names : NULL,
				   .types = head->types};
}

enum status csv_columns_find(const struct csv_head *head, struct csv_layout *out, struct err *err)
{
	const struct csv_options *o = head->options;
	struct search search = {head, out, ARENA_ARRAY(head->arena, enum use, head->count)};
	size_t *column = ARENA_ARRAY(head->arena, size_t, head->count);
	bool *one_hot = ARENA_ARRAY(head->arena, bool, head->count);
	const struct csv_layout *layout;
	char option[CSV_NAME_ROOM];

	read_names(head, out);
	TRY(find_list(&search, "drop", &o->drop, USE_DROPPED, err));
	TRY(find_list(&search, "one_hot", &o->one_hot, USE_ONE_HOT, err));
	TRY(find_targets(&search, err));
	/* A feature without a name is hardly one. */
	layout = search.layout;
	for (size_t j = 0; layout->names && j < layout->fields; j++) {
		const char *name = layout->names[j];
		const struct csv_field *at = &search.head->first[j];

		if (search.use[j] == USE_TARGET || search.use[j] == USE_DROPPED ||
		    (name[0] && strncmp(name, unnamed, sizeof unnamed - 1) != 0))
			continue;
		return err_at(err, STATUS_SPEC, (struct err_place){layout->path, at->line, at->col},
			      "column %zu has no name%s: leave it out, drop: [%s], or give it a "
			      "name in the file",
			      j, j == 0 ? ", like the row index that pandas and R write" : "",
			      csv_columns_option(layout, j, option));
	}

	for (size_t j = 0; j < out->fields; j++) { /* features in the order of the file */
		if (search.use[j] == USE_TARGET || search.use[j] == USE_DROPPED)
			continue;
		one_hot[out->d] = search.use[j] == USE_ONE_HOT;
		TRY(take_type(&search, j, &one_hot[out->d], err));
		column[out->d++] = j;
	}
	out->column = column;
	out->one_hot = one_hot;
	if (out->d == 0)
		return err_set(err, STATUS_SPEC, "%s: no feature column is left in %s%s",
			       source_of(head), head->path, narrow_hint(head));
	return STATUS_OK;
}

/* --- the test file -------------------------------------------------------- */

/* A column of the training file in the test file. */
static enum status match(const struct csv_layout *train, const struct csv_layout *test,
			 size_t column, size_t *out, struct err *err)
{
	struct err_place at = {.source = test->path};
	const char *name = train->names[column];
	size_t twice, found = count_named(test, name, out);
	char columns[600];

	if (found == 1 && count_named(train, name, &twice) == 1)
		return STATUS_OK;
	list_columns(test, columns, sizeof columns);
	if (found == 0)
		return err_at(err, STATUS_ENV, at, "no column is named \"%.*s\" as in %s%s",
			      CSV_SHOWN, name, train->path, columns);
	return err_at(err, STATUS_ENV, at,
		      "columns stand in another order than in %s, and two are named \"%.*s\"",
		      train->path, CSV_SHOWN, name);
}

/* A label given by its position must stand there in both files. */
static enum status check_position(const struct csv_head *head, const struct csv_layout *train,
				  const struct csv_layout *test, struct err *err)
{
	const char *label = head->options->label, *name = train->names[*train->target];
	size_t there = *train->target, named;

	if (head->options->targets.count > 0)
		return STATUS_OK;
	if (strcmp(label, "last") == 0)
		there = test->fields - 1;
	else if (strcmp(label, "first") != 0 && count_named(train, label, &named) > 0)
		return STATUS_OK;
	if (there < test->fields && strcmp(test->names[there], name) == 0)
		return STATUS_OK;
	return err_at(err, STATUS_SPEC, (struct err_place){.source = test->path},
		      "label: %s is \"%.*s\" in %s, here it is \"%.*s\"; name the label, label: "
		      "%.*s, and columns are found by their names",
		      label, CSV_SHOWN, name, train->path, CSV_SHOWN,
		      there < test->fields ? test->names[there] : "", CSV_SHOWN, name);
}

/* What is said of columns found by name. */
static const char *match_note(const struct csv_layout *train, const struct csv_layout *test,
			      struct arena *arena)
{
	size_t first, last = 0, extra = 0;

	for (size_t j = 0; j < test->fields; j++) {
		if (count_named(train, test->names[j], &first) > 0)
			continue;
		last = j;
		extra++;
	}
	if (extra == 0)
		return "columns of the test file found by their names, as its header differs";
	return arena_format(arena,
			    "columns of the test file found by their names; %zu of it %s not in "
			    "the training file, such as \"%.*s\"",
			    extra, extra == 1 ? "is" : "are", CSV_SHOWN, test->names[last]);
}

enum status csv_columns_match(const struct csv_head *head, const struct csv_layout *train,
			      struct csv_layout *out, const char **note, struct err *err)
{
	size_t *column, *target;
	bool same;

	read_names(head, out);
	out->d = train->d;
	out->one_hot = train->one_hot;
	out->column = train->column;
	out->targets = train->targets;
	out->target = train->target;
	same = out->fields == train->fields;
	*note = NULL;
	if (same && !out->names != !train->names)
		*note = "one of training and test file has a header: columns taken in one order";
	if (!out->names || !train->names)
		return same ? STATUS_OK
			    : err_at(err, STATUS_ENV, (struct err_place){.source = out->path},
				     "%zu columns, but %s has %zu", out->fields, train->path,
				     train->fields);
	for (size_t j = 0; same && j < out->fields; j++)
		same = strcmp(out->names[j], train->names[j]) == 0;
	if (same)
		return STATUS_OK;

	*note = match_note(train, out, head->arena);
	TRY(check_position(head, train, out, err));
	out->target = target = ARENA_ARRAY(head->arena, size_t, train->targets);
	for (size_t t = 0; t < train->targets; t++)
		TRY(match(train, out, train->target[t], &target[t], err));
	out->column = column = ARENA_ARRAY(head->arena, size_t, train->d);
	for (size_t k = 0; k < train->d; k++)
		TRY(match(train, out, train->column[k], &column[k], err));
	return STATUS_OK;
}
