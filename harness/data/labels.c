/* Distinct labels in an open hash table. */
#include "harness/data/labels.h"
#include "harness/data/number.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST_ROOM = 16,
	LISTED = 12 /* labels an error message names */
};

struct key {
	const char *text;
	size_t length;
	bool numeric;
	double value;
};

static struct key key_of(const char *text, size_t length)
{
	struct key key = {.text = text, .length = length};

	key.numeric = number_parse(text, length, &key.value);
	if (key.numeric)
		key.value += 0.0; /* -0 becomes 0 */
	return key;
}

/* FNV-1a over the bytes that decide equality. */
static uint64_t hash(struct key key)
{
	const unsigned char *at = key.numeric ? (const void *)&key.value : (const void *)key.text;
	size_t length = key.numeric ? sizeof key.value : key.length;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		h = (h ^ at[i]) * 0x100000001b3u;
	return h ^ h >> 32;
}

static bool same(const struct label *label, struct key key)
{
	if (label->numeric != key.numeric)
		return false;
	if (key.numeric)
		return label->value == key.value;
	return strncmp(label->text, key.text, key.length) == 0 && label->text[key.length] == '\0';
}

/* The slot of a key: the one that holds it, or the free one where it belongs. */
static size_t *slot_of(const struct labels *labels, struct key key)
{
	size_t mask = labels->slot_count - 1;
	size_t i = (size_t)hash(key) & mask;

	while (labels->slots[i] && !same(&labels->at[labels->slots[i] - 1], key))
		i = (i + 1) & mask;
	return &labels->slots[i];
}

/* Twice the room; old arrays stay in the arena, which costs as much again at most. */
static void grow(struct labels *labels)
{
	struct label *old = labels->at;

	labels->room = labels->room ? 2 * labels->room : FIRST_ROOM;
	labels->at = ARENA_ARRAY(labels->arena, struct label, labels->room);
	if (labels->count)
		memcpy(labels->at, old, labels->count * sizeof *old);
	labels->slot_count = 4 * labels->room;
	labels->slots = ARENA_ARRAY(labels->arena, size_t, labels->slot_count);
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *l = &labels->at[i];

		*slot_of(labels, key_of(l->text, strlen(l->text))) = i + 1;
	}
}

struct labels labels_new(struct arena *arena)
{
	struct labels labels = {.arena = arena};

	grow(&labels);
	return labels;
}

size_t labels_add(struct labels *labels, const char *text, size_t length, size_t rows)
{
	struct key key = key_of(text, length);
	size_t *slot = slot_of(labels, key);
	size_t index;

	if (!*slot) {
		if (labels->count == labels->room) {
			grow(labels);
			slot = slot_of(labels, key);
		}
		labels->at[labels->count] = (struct label){
			.text = arena_text_n(labels->arena, text, length),
			.numeric = key.numeric,
			.value = key.value,
		};
		*slot = ++labels->count;
	}
	index = *slot - 1;
	labels->at[index].count += rows;
	return index;
}

size_t labels_find(const struct labels *labels, const char *text)
{
	size_t found = *slot_of(labels, key_of(text, strlen(text)));

	return found ? found - 1 : labels->count;
}

bool labels_wanted(struct texts classes, double value)
{
	double one;

	for (size_t i = 0; i < classes.count; i++)
		if (number_parse(classes.at[i], strlen(classes.at[i]), &one) && one == value)
			return true;
	return classes.count == 0;
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
		used += (size_t)snprintf(to + used, room - used, "%s\"%.40s\" (%zu row%s)",
					 i ? ", " : "", l->text, l->count,
					 l->count == 1 ? "" : "s");
	}
	if (shown < labels->count && used < room)
		snprintf(to + used, room - used, " and %zu more", labels->count - shown);
}

static enum status pick_named(const struct labels *labels, struct texts classes, size_t pick[2],
			      struct err *err)
{
	char found[800];

	if (classes.count != 2)
		return err_set(err, STATUS_SPEC, "classes: expected two labels, got %zu",
			       classes.count);
	for (size_t i = 0; i < 2; i++) {
		pick[i] = labels_find(labels, classes.at[i]);
		if (pick[i] < labels->count && labels->at[pick[i]].count > 0)
			continue;
		list(labels, found, sizeof found);
		return err_set(err, STATUS_SPEC,
			       "classes: no row has the label \"%.40s\"; found %s", classes.at[i],
			       found);
	}
	if (pick[0] == pick[1])
		return err_set(err, STATUS_SPEC,
			       "classes: expected two different labels, got \"%.40s\" twice",
			       classes.at[0]);
	return STATUS_OK;
}

enum status labels_pick(const struct labels *labels, struct texts classes, size_t pick[2],
			struct err *err)
{
	bool in_order;
	char found[800];

	if (classes.count > 0)
		return pick_named(labels, classes, pick, err);
	list(labels, found, sizeof found);
	if (labels->count < 2)
		return err_set(err, STATUS_ENV, "one class only: %s",
			       labels->count ? found : "no row");
	if (labels->count > 2)
		return err_set(err, STATUS_SPEC,
			       "classes: %zu labels occur, name two of them; found %s",
			       labels->count, found);
	in_order = ascending(&labels->at[0], &labels->at[1]);
	pick[0] = !in_order;
	pick[1] = in_order;
	return STATUS_OK;
}
