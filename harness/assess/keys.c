/* Keys: the start of a SHA-256 over canonical texts. */
#include "harness/assess/keys.h"

#include "harness/assess/assault.h"
#include "harness/spec/bind/bind.h"
#include "harness/spec/spec.h"
#include "solvers/core/text.h"

#include <math.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_DIGITS = 16 };

static const char *hash(const char *text, struct arena *arena)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, strlen(text), hex);
	return arena_text_n(arena, hex, KEY_DIGITS);
}

static const char *text_of(const struct option *rows, const void *options, struct arena *arena)
{
	struct text w = text_new(arena);

	canon_rows(&w, rows, options);
	return w.at;
}

static const char *attack_text(const struct attack_options *o, struct arena *arena)
{
	struct attack_options nameless = *o;

	nameless.name = NULL;
	return text_of(schema_attack, &nameless, arena);
}

/* That of an entry that starts from others holds their keys. */
static const char *attack_key(const struct groups *list, const struct attack_options *o,
			      struct arena *arena)
{
	const struct attack_options *entry = list->at;
	const char **others = ARENA_ARRAY(arena, const char *, list->count);
	struct text text = text_new(arena);
	size_t count = 0;

	text_format(&text, "attack %s", attack_text(o, arena));
	for (size_t i = 0; i < list->count; i++)
		if (assault_contains(o, &entry[i]))
			others[count++] = attack_key(list, &entry[i], arena);
	qsort(others, count, sizeof *others, text_compare);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(others[i], others[i - 1]) != 0)
			text_format(&text, " %s", others[i]);
	return hash(text.at, arena);
}

const char *keys_select(const struct attack_options *o, struct arena *arena)
{
	return hash(arena_format(arena, "select %s", attack_text(o, arena)), arena);
}

/* The table names the attacks and certificates, in their order. */
static struct entry_note samples_note(const struct entries *entries, struct arena *arena,
				      struct entry_note note)
{
	struct text text = text_new(arena);

	text_add(&text, "samples");
	for (size_t kind = ENTRY_ATTACK; kind <= ENTRY_CERTIFY; kind++)
		for (size_t i = 0; i < entries->of[kind].count; i++)
			text_format(&text, " %s %s", entries->of[kind].at[i].key,
				    entries->of[kind].at[i].name);
	note.key = hash(text.at, arena);
	note.name = entry_kind_names[ENTRY_SAMPLES];
	return note;
}

void keys_of(const struct cell *cell, struct arena *arena, struct entries *out)
{
	const struct attack_options *attack = cell->attack.at, *select = cell->selects.at;
	const struct certify_options *certify = cell->certify.at;
	const size_t counts[ENTRY_KINDS] = {[ENTRY_ATTACK] = cell->attack.count,
					    [ENTRY_CERTIFY] = cell->certify.count,
					    [ENTRY_SELECT] = cell->selects.count,
					    [ENTRY_SAMPLES] = cell->samples};
	struct entry_list *of = out->of;
	struct text text = text_new(arena);
	const char **keys;
	size_t room = 0, count = 0;

	*out = (struct entries){0};
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		of[kind].count = counts[kind];
		of[kind].at = ARENA_ARRAY(arena, struct entry_note, counts[kind]);
		for (size_t i = 0; i < counts[kind]; i++)
			field_clear(&rows_entry, &of[kind].at[i]);
		room += counts[kind];
	}
	for (size_t i = 0; i < cell->attack.count; i++) {
		of[ENTRY_ATTACK].at[i].key = attack_key(&cell->attack, &attack[i], arena);
		of[ENTRY_ATTACK].at[i].name = spec_attack_name(&attack[i]);
	}
	for (size_t i = 0; i < cell->certify.count; i++) {
		of[ENTRY_CERTIFY].at[i].key =
			hash(arena_format(arena, "certify %s",
					  text_of(schema_certify, &certify[i], arena)),
			     arena);
		of[ENTRY_CERTIFY].at[i].name = certify[i].certificate.item->name;
	}
	for (size_t i = 0; i < cell->selects.count; i++) {
		of[ENTRY_SELECT].at[i].key = keys_select(&select[i], arena);
		of[ENTRY_SELECT].at[i].name = spec_attack_name(&select[i]);
	}
	if (cell->samples)
		of[ENTRY_SAMPLES].at[0] = samples_note(out, arena, of[ENTRY_SAMPLES].at[0]);

	/* one key of all, whatever their order */
	keys = ARENA_ARRAY(arena, const char *, room);
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
		for (size_t i = 0; i < counts[kind]; i++)
			keys[count++] = of[kind].at[i].key;
	qsort(keys, count, sizeof *keys, text_compare);
	for (size_t i = 0; i < count; i++)
		text_format(&text, " %s", keys[i]);
	out->asked = hash(text.at, arena);
}
