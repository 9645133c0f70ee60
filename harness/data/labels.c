/* Distinct labels, in one index of numbers and one of texts. */
#include "harness/data/labels.h"
#include "harness/data/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST_ROOM = 16,
	LISTED = 12,        /* labels an error message names */
	NAME_SHOWN = 40,    /* bytes of each */
	MOST_CLASSES = 1000 /* of labels that no spec names */
};

static const double exact = 9007199254740992; /* 2^53 */

struct key {
	const char *text;
	size_t length;
	bool numeric;
	double value;
};

static struct key key_of(const char *text, size_t length)
{
	struct key key = {.text = text, .length = length};

	/* from 2^53 on different texts may have one value */
	key.numeric = number_parse(text, length, &key.value) && fabs(key.value) < exact;
	if (key.numeric)
		key.value += 0.0; /* -0 becomes 0 */
	return key;
}

/* Twice the room; old arrays stay in the arena, which costs as much again at most. */
static void grow(struct labels *labels)
{
	struct label *old = labels->at;

	labels->room = labels->room ? 2 * labels->room : FIRST_ROOM;
	labels->at = ARENA_ARRAY(labels->arena, struct label, labels->room);
	if (labels->count)
		memcpy(labels->at, old, labels->count * sizeof *old);
}

struct labels labels_new(struct arena *arena)
{
	struct labels labels = {.arena = arena};

	labels.numbers = index_new(FIRST_ROOM, arena);
	labels.texts = index_new(FIRST_ROOM, arena);
	grow(&labels);
	return labels;
}

static ptrdiff_t find(const struct labels *labels, struct key key)
{
	if (key.numeric)
		return index_find_bytes(&labels->numbers, &key.value, sizeof key.value);
	return index_find_bytes(&labels->texts, key.text, key.length);
}

size_t labels_add(struct labels *labels, const char *text, size_t length, size_t rows)
{
	struct key key = key_of(text, length);
	ptrdiff_t found = find(labels, key);
	struct label *new;

	if (found != INDEX_NONE) {
		labels->at[found].count += rows;
		return (size_t)found;
	}
	if (labels->count == labels->room)
		grow(labels);
	new = &labels->at[labels->count];
	*new = (struct label){.text = arena_text_n(labels->arena, text, length),
			      .numeric = key.numeric,
			      .value = key.value,
			      .count = rows};
	if (key.numeric)
		index_place_bytes(&labels->numbers, &new->value, sizeof new->value, labels->count);
	else
		index_place_bytes(&labels->texts, new->text, length, labels->count);
	return labels->count++;
}

size_t labels_find_n(const struct labels *labels, const char *text, size_t length)
{
	ptrdiff_t found = find(labels, key_of(text, length));

	return found == INDEX_NONE ? labels->count : (size_t)found;
}

size_t labels_find(const struct labels *labels, const char *text)
{
	return labels_find_n(labels, text, strlen(text));
}

/* The end of the label that starts at `at` in a group. */
static const char *group_next(const char *at)
{
	return at + strcspn(at, "|");
}

/* A label that is a number holds no "|", so a text with one is a group here. */
bool labels_wanted(struct texts classes, double value)
{
	double one;

	for (size_t i = 0; i < classes.count; i++)
		for (const char *at = classes.at[i], *end; at; at = *end ? end + 1 : NULL) {
			end = group_next(at);
			if (number_parse(at, (size_t)(end - at), &one) && one == value)
				return true;
		}
	return classes.count == 0;
}

static bool same_keys(struct key a, struct key b)
{
	if (a.numeric != b.numeric)
		return false;
	if (a.numeric)
		return a.value == b.value;
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

bool labels_named(struct texts classes, const char *text, size_t length)
{
	const struct key key = key_of(text, length);

	for (size_t i = 0; i < classes.count; i++) {
		const char *group = classes.at[i];

		if (same_keys(key_of(group, strlen(group)), key))
			return true;
		for (const char *at = group, *end; at; at = *end ? end + 1 : NULL) {
			end = group_next(at);
			if (same_keys(key_of(at, (size_t)(end - at)), key))
				return true;
		}
	}
	return false;
}

/* Numbers by value, before texts by their bytes. */
static bool ascending(const struct label *a, const struct label *b)
{
	if (a->numeric && b->numeric)
		return a->value < b->value;
	if (a->numeric != b->numeric)
		return a->numeric;
	return strcmp(a->text, b->text) < 0;
}

/* The smallest label above `last` (NULL: of all). */
static const struct label *next_label(const struct labels *labels, const struct label *last)
{
	const struct label *next = NULL;

	for (size_t i = 0; i < labels->count; i++) {
		const struct label *l = &labels->at[i];

		if ((!last || ascending(last, l)) && (!next || ascending(l, next)))
			next = l;
	}
	return next;
}

/* `"0" (12 rows), "1" (3 rows)` in ascending order, with an end such as ` and 3 more` if there are
 * many. */
static void list(const struct labels *labels, char *to, size_t room)
{
	size_t shown = labels->count < LISTED ? labels->count : LISTED;
	const struct label *l = NULL;
	size_t used = 0;

	to[0] = '\0';
	for (size_t i = 0; i < shown && used < room; i++) {
		l = next_label(labels, l);
		used += (size_t)snprintf(to + used, room - used, "%s\"%.40s\"", i ? ", " : "",
					 l->text);
		if (used < room && l->count == 0)
			used += (size_t)snprintf(to + used, room - used,
						 " (in the test part only)");
		else if (used < room)
			used += (size_t)snprintf(to + used, room - used, " (%zu row%s)", l->count,
						 l->count == 1 ? "" : "s");
	}
	if (shown < labels->count && used < room)
		snprintf(to + used, room - used, " and %zu more", labels->count - shown);
}

void labels_sort(const struct labels *labels, const struct label **sorted)
{
	for (size_t i = 0; i < labels->count; i++)
		sorted[i] = next_label(labels, i ? sorted[i - 1] : NULL);
}

/* Put the labels of a text of `classes` into its class; *rows: of that class. A text that occurs as
 * a label is that label, also with a "|" in it. */
static enum status assign_group(const struct labels *labels, struct texts classes, size_t class,
				struct label_classes *out, size_t *rows, struct err *err)
{
	const char *group = classes.at[class];
	size_t index = labels_find(labels, group);
	bool whole = index < labels->count;
	char found[800];

	*rows = 0;
	out->name[class] = whole ? labels->at[index].text : group;
	for (const char *at = group, *end; at; at = *end ? end + 1 : NULL) {
		size_t length = whole ? strlen(group) : (size_t)(group_next(at) - at);
		int shown = (int)(length < NAME_SHOWN ? length : NAME_SHOWN);

		end = at + length;
		if (length == 0 && group[0])
			return err_set(err, STATUS_SPEC,
				       "classes: expected labels joined by \"|\", got an empty one "
				       "in \"%.40s\"",
				       group);
		index = labels_find_n(labels, at, length);
		if (index == labels->count) {
			list(labels, found, sizeof found);
			return err_set(err, STATUS_SPEC,
				       "classes: no row has the label \"%.*s\"; found %s", shown,
				       at, found);
		}
		if (out->of[index] >= 0)
			return err_set(err, STATUS_SPEC,
				       "classes: expected every label once, got \"%.*s\" in "
				       "\"%.40s\" and in \"%.40s\"",
				       shown, at, classes.at[out->of[index]], group);
		out->of[index] = (int)class;
		*rows += labels->at[index].count;
	}
	return STATUS_OK;
}

/* What speaks against a class for each of more than two labels, with the remedy; NULL: nothing. */
static const char *hardly_classes(const struct labels *labels)
{
	size_t texts = 0, broken = 0, rows = 0;

	for (size_t i = 0; i < labels->count; i++) {
		const struct label *l = &labels->at[i];

		texts += !l->numeric;
		broken += l->numeric && l->value != floor(l->value);
		rows += l->count;
	}
	if (texts == 1)
		return "; if a text among numbers is the name of the column, say header: yes";
	if (broken > 0)
		return "; numeric targets need task: regression";
	if (labels->count > MOST_CLASSES || (labels->count > LISTED && 2 * labels->count > rows))
		return texts == 0 ? "; numeric targets need task: regression"
				  : "; is it the column of the labels?";
	return NULL;
}

/* One class per label, in ascending order. */
static enum status pick_all(const struct labels *labels, struct label_classes *out, struct err *err)
{
	const char *hint = labels->count > 2 ? hardly_classes(labels) : NULL;
	const struct label **sorted;
	char found[800];

	list(labels, found, sizeof found);
	if (labels->count < 2)
		return err_set(err, STATUS_ENV, "one class only: %s",
			       labels->count ? found : "no row");
	if (hint)
		return err_set(err, STATUS_SPEC,
			       "classes: %zu labels occur, name those, or groups of them, that are "
			       "classes; found %s%s",
			       labels->count, found, hint);
	sorted = ARENA_ARRAY(labels->arena, const struct label *, labels->count);
	labels_sort(labels, sorted);
	for (size_t class = 0; class < labels->count; class ++) {
		out->of[sorted[class] - labels->at] = (int)class;
		out->name[class] = sorted[class]->text;
	}
	return STATUS_OK;
}

enum status labels_pick(const struct labels *labels, struct texts classes,
			struct label_classes *out, struct err *err)
{
	size_t count = classes.count ? classes.count : labels->count;
	size_t *rows = ARENA_ARRAY(labels->arena, size_t, count);
	char found[800];

	*out = (struct label_classes){.of = ARENA_ARRAY(labels->arena, int, labels->count),
				      .count = count,
				      .name = ARENA_ARRAY(labels->arena, const char *, count)};
	for (size_t i = 0; i < labels->count; i++)
		out->of[i] = -1;
	if (classes.count == 0)
		return pick_all(labels, out, err);
	if (classes.count < 2)
		return err_set(err, STATUS_SPEC,
			       "classes: expected at least two labels or groups of labels, got %zu",
			       classes.count);
	for (size_t class = 0; class < count; class ++)
		TRY(assign_group(labels, classes, class, out, &rows[class], err));
	for (size_t class = 0; class < count; class ++) {
		if (rows[class] > 0) /* labels that the test part alone has make no class */
			continue;
		list(labels, found, sizeof found);
		return err_set(
			err, STATUS_SPEC,
			"classes: no row of the training part has the label \"%.40s\"; found "
			"%s",
			classes.at[class], found);
	}
	return STATUS_OK;
}

int labels_class(const struct labels *labels, const struct label_classes *classes, const char *text)
{
	size_t index = labels_find(labels, text);

	return index < labels->count ? classes->of[index] : -1;
}
