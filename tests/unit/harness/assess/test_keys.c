/* Keys of what is computed from a network, and records that are completed. */
#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/findings.h"
#include "harness/assess/keys.h"
#include "harness/store/entries.h"
#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static const char train[] = "solver: sgd, width: 20, epochs: 10";

#define FGSM "  - {attack: fgsm, norm: linf, eps: [0, 0.1]}\n"
#define PGD "  - {attack: pgd, norm: linf, eps: [0.1, 0.2], steps: 5, restarts: 2}\n"
#define MORE "  - {attack: pgd, name: more, norm: linf, eps: [0.1, 0.2], steps: 5, restarts: 3}\n"
#define WORST "  - {attack: worst, norm: linf, eps: [0.2]}\n"
#define EUCLID "  - {attack: fgsm, norm: l2, eps: [0.1]}\n"
#define CROWN "certify:\n  - {certificate: crown, norm: linf, eps: [0.05, 0.1]}\n"

static struct entries asked(const char *rest)
{
	struct entries entries;

	keys_of(pose(train, rest), &arena, &entries);
	return entries;
}

static const char *key(const char *rest, enum entry_kind kind, size_t entry)
{
	struct entries entries = asked(rest);

	check_below(entry, entries.of[kind].count);
	assert_int_equal(strlen(entries.of[kind].at[entry].key), 16);
	return entries.of[kind].at[entry].key;
}

static const char *attack(const char *rest, size_t entry)
{
	return key(rest, ENTRY_ATTACK, entry);
}

static void training_is_of_what_it_depends_on(void **state)
{
	static const char *const same[][2] = {
		{"name: other, solver: sgd, width: 20, epochs: 10", ""},
		{"solver: sgd, width: 20, epochs: 10", "attack:\n" FGSM},
		{"solver: sgd, width: 20, epochs: 10", CROWN},
		{"solver: sgd, width: 20, epochs: 10", "plots: [{plot: convergence}]\n"},
		{"solver: sgd, width: [20, 30], epochs: 10", ""},
		{"solver: sgd, width: 20, epochs: 10, select: validation_accuracy", ""}};
	static const char *const others[] = {
		"solver: sgd, width: 21, epochs: 10", "solver: sgd, width: 20, epochs: 11",
		"solver: sgd, width: 20, epochs: 10, beta: 0.5",
		"solver: sgd, width: 20, epochs: 10, stop: {seconds: 9}",
		"solver: sgd, width: 20, epochs: 10, loss: logistic"};
	const char *text = pose(train, "")->training;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_string_equal(pose(same[i][0], same[i][1])->training, text);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_string_not_equal(pose(others[i], "")->training, text);
	assert_string_equal(pose(train, "x-note: here\n")->training, text);
}

static void keys_are_of_options_not_of_names_or_places(void **state)
{
	const char *fgsm = attack("attack:\n" FGSM, 0);
	const char *crown = key(CROWN, ENTRY_CERTIFY, 0);

	(void)state;
	assert_string_equal(attack("attack:\n" PGD FGSM, 1), fgsm);
	assert_string_equal(attack("attack:\n" FGSM PGD WORST, 0), fgsm);
	assert_string_equal(
		attack("attack:\n  - {name: mine, attack: fgsm, norm: linf, eps: [0.1, 0]}\n", 0),
		fgsm);
	assert_string_not_equal(attack("attack:\n  - {attack: fgsm, eps: [0, 0.2]}\n", 0), fgsm);
	assert_string_not_equal(attack("attack:\n  - {attack: fgsm, eps: [0, 0.1, 0.2]}\n", 0),
				fgsm);
	assert_string_not_equal(
		attack("attack:\n  - {attack: fgsm, eps: [0, 0.1], clip: [-9, 9]}\n", 0), fgsm);
	assert_string_not_equal(
		attack("attack:\n  - {attack: fgsm, eps: [0, 0.1], units: raw}\n", 0), fgsm);
	assert_string_equal(key("attack:\n" FGSM CROWN, ENTRY_CERTIFY, 0), crown);
	assert_string_not_equal(
		key("certify:\n  - {certificate: crown, eps: [0.05, 0.1], part: train}\n",
		    ENTRY_CERTIFY, 0),
		crown);
}

/* A worst case starts from all others of its threat, more restarts from fewer of the same. */
static void keys_know_what_an_entry_starts_from(void **state)
{
	const char *worst = attack("attack:\n" WORST, 0), *more = attack("attack:\n" MORE, 0);

	(void)state;
	assert_string_not_equal(attack("attack:\n" WORST FGSM, 0), worst);
	assert_string_equal(attack("attack:\n" WORST FGSM PGD, 0),
			    attack("attack:\n" PGD FGSM WORST, 2));
	assert_string_equal(attack("attack:\n" WORST EUCLID, 0), worst);
	assert_string_not_equal(attack("attack:\n" MORE PGD, 0), more);
	assert_string_equal(attack("attack:\n" PGD MORE, 0), attack("attack:\n" PGD, 0));
	assert_string_equal(attack("attack:\n" MORE FGSM, 0), more);
}

static void a_selection_has_the_key_of_its_attack(void **state)
{
	struct entries first, second;
	const struct cell *cell;

	(void)state;
	cell = pose("solver: sgd, width: 20, select: validation_robust_accuracy", "attack:\n" PGD);
	keys_of(cell, &arena, &first);
	assert_int_equal(first.of[ENTRY_SELECT].count, 1);
	cell = pose("solver: sgd, width: 20, select: {by: validation_robust_accuracy, "
		    "attack: pgd, eps: 0.2}",
		    "attack:\n" FGSM PGD WORST);
	keys_of(cell, &arena, &second);
	assert_string_equal(first.of[ENTRY_SELECT].at[0].key, second.of[ENTRY_SELECT].at[0].key);
	assert_string_not_equal(first.asked, second.asked);
	assert_string_equal(asked("attack:\n" FGSM PGD).asked, asked("attack:\n" PGD FGSM).asked);
	keys_of(pose("solver: sgd, width: 20, select: validation_accuracy", "attack:\n" PGD),
		&arena, &second);
	assert_int_equal(second.of[ENTRY_SELECT].count, 0);
}

/* --- completing --------------------------------------------------------------------------------
 */

/* Complete the record in `folder` as the cell of `rest` asks, in <folder>/new. */
static enum status complete(const char *rest, struct err *err)
{
	const struct cell *cell = pose(train, rest);
	struct run_order order = {.progress_fd = -1, .record = folder};

	assert_int_equal(folder_make(path_in("new"), err), STATUS_OK);
	write_text("new/cell.json", cell->text);
	return run_cell(path_in("new"), &order, err);
}

/* All but seconds. */
static void expect_same_rows(const struct csv_table *a, const struct csv_table *b)
{
	assert_int_equal(a->rows, b->rows);
	assert_int_equal(a->cols, b->cols);
	for (size_t i = 0; i < a->rows * a->cols; i++)
		if (strcmp(a->header[i % a->cols], "seconds") != 0)
			assert_string_equal(a->cell[i], b->cell[i]);
}

static void expect_same_file(const char *a, const char *b)
{
	FILE *one = fopen(path_in(a), "rb"), *two = fopen(path_in(b), "rb");
	int c;

	assert_non_null(one);
	assert_non_null(two);
	do {
		c = getc(one);
		assert_int_equal(c, getc(two));
	} while (c != EOF);
	fclose(one);
	fclose(two);
}

/* What is added later has the bits of what is computed at once, and costs no training. */
static void completed_is_as_computed_at_once(void **state)
{
	static const char all[] = "attack:\n" MORE WORST FGSM PGD EUCLID CROWN;
	struct csv_table attacks, certificates;
	struct result before, after;
	struct err err = {0};

	(void)state;
	pose(train, "attack:\n" FGSM PGD);
	before = compute();
	if (complete(all, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_int_equal(access(path_in("new/model.npz"), F_OK), -1);
	assert_int_equal(access(path_in("new/trace.csv"), F_OK), -1);
	attacks = table("new/attack.csv");
	certificates = table("new/certify.csv");
	assert_int_equal(result_read(path_in("new/result.json"), &arena, &after, &err), STATUS_OK);
	assert_string_equal(after.status, "ok");
	check_equal(after.solve_s, before.solve_s);
	assert_string_equal(after.date, before.date);
	check_above(after.attack_s, before.attack_s);
	check_above(after.certify_s, 0);
	pose(train, all);
	compute();
	{
		struct csv_table at_once = table("attack.csv");

		expect_same_rows(&attacks, &at_once);
		at_once = table("certify.csv");
		expect_same_rows(&certificates, &at_once);
	}
	expect_same_file("findings.npz", "new/findings.npz");
}

/* A worst case that is added starts from the points of the others, which the record does not hold:
 * they are attacked again. By itself it would find less. */
static void a_worst_case_starts_from_what_was_there(void **state)
{
	static const char all[] =
		"attack:\n" PGD "  - {attack: worst, norm: linf, eps: [0.2], of: [fgsm]}\n";
	struct err err = {0};

	(void)state;
	pose(train, "attack:\n" PGD);
	compute();
	assert_int_equal(complete(all, &err), STATUS_OK);
	pose(train, all);
	compute();
	expect_same_file("findings.npz", "new/findings.npz");
}

/* Seconds of an entry that is taken over are those that it took. */
static void entries_keep_their_seconds(void **state)
{
	struct entries before, after;
	struct err err = {0};

	(void)state;
	pose(train, "attack:\n" FGSM);
	compute();
	assert_int_equal(entries_read(path_in("entries.json"), &arena, &before, &err), STATUS_OK);
	assert_true(before.begun && before.trained);
	assert_int_equal(complete("attack:\n" PGD FGSM, &err), STATUS_OK);
	assert_int_equal(entries_read(path_in("new/entries.json"), &arena, &after, &err),
			 STATUS_OK);
	assert_int_equal(after.of[ENTRY_ATTACK].count, 2);
	check_equal(after.of[ENTRY_ATTACK].at[1].wall_s, before.of[ENTRY_ATTACK].at[0].wall_s);
	check_equal(after.of[ENTRY_ATTACK].at[1].rows, 2);
	assert_int_equal(entries_row(&after.of[ENTRY_ATTACK], 1), 2);
}

/* Lower bounds of the record above anything that an attack can find. */
static void exaggerate(const struct cell *cell)
{
	const struct certify_options *o = cell->certify.at;
	struct dataset data;
	struct entries entries;
	struct evidence evidence = evidence_new(&arena, o->eps.count);
	struct finding_of of;
	struct err err = {0};
	double *high;

	assert_int_equal(data_load(&cell->data, (uint64_t)cell->seed, 0, &arena, &data, &err),
			 STATUS_OK);
	high = ARENA_ARRAY(&arena, double, data.test.X.rows);
	for (ptrdiff_t k = 0; k < data.test.X.rows; k++)
		high[k] = 1e9;
	keys_of(cell, &arena, &entries);
	of = (struct finding_of){entries.of[ENTRY_CERTIFY].at[0].key, certified_aim(o, &data),
				 &o->eps, true, false};
	for (size_t i = 0; i < o->eps.count; i++)
		evidence_bounds(&evidence, &of.aim, o->eps.at[i], high, high, data.test.X.rows);
	assert_int_equal(findings_write(&evidence, &of, 1, path_in("findings.npz"), &err),
			 STATUS_OK);
}

static void new_findings_are_held_against_the_record(void **state)
{
	struct err err = {0};

	(void)state;
	pose(train, CROWN);
	compute();
	assert_int_equal(complete("attack:\n" FGSM CROWN, &err), STATUS_OK);
	exaggerate(pose(train, CROWN));
	assert_int_equal(complete("attack:\n" FGSM CROWN, &err), STATUS_FAILED);
	assert_non_null(strstr(err.text, "certificate crown"));
	assert_non_null(strstr(err.text, "found by attack fgsm"));
}

static void a_record_without_findings_is_not_completed(void **state)
{
	struct err err = {0};

	(void)state;
	pose(train, CROWN);
	compute();
	assert_int_equal(unlink(path_in("findings.npz")), 0);
	assert_int_equal(complete("attack:\n" FGSM CROWN, &err), STATUS_ENV);
	assert_non_null(strstr(err.source, "findings.npz"));
}

/* A failure behind the training leaves its figures and its network to go on from. */
static void training_outlives_an_attack_that_fails(void **state)
{
	struct run_order order = {.progress_fd = -1};
	struct entries entries;
	struct result result;
	struct err err = {0};

	(void)state;
	pose(train, "attack:\n  - {attack: fgsm, eps: [0.1], clip: [0, 0.1]}\n");
	assert_int_not_equal(run_cell(folder, &order, &err), STATUS_OK);
	assert_non_null(strstr(err.text, "excludes"));
	assert_int_equal(entries_read(path_in("entries.json"), &arena, &entries, &err), STATUS_OK);
	assert_true(entries.trained);
	assert_int_equal(entries.of[ENTRY_ATTACK].count, 0);
	assert_int_equal(result_read(path_in("result.json"), &arena, &result, &err), STATUS_OK);
	check_above(result.test_accuracy, 0);
	assert_int_equal(complete("attack:\n" FGSM, &err), STATUS_OK);
}

/* --- files -------------------------------------------------------------------------------------
 */

static void requests_survive_the_round_trip(void **state)
{
	struct cellfile_swept swept = {"data.generate.noise", "a;b=\"c\",\n\xc3\xa9"};
	struct entry_note note = {.key = "0123456789abcdef",
				  .name = "my \"attack\", ;=",
				  .rows = NAN,
				  .wall_s = NAN,
				  .cpu_s = NAN,
				  .accuracy = NAN,
				  .threads = NAN};
	struct request request = {.select_by = "validation_accuracy",
				  .select_per = "auto",
				  .swept_count = 1,
				  .swept = &swept};
	struct request again;

	(void)state;
	request.entries.of[ENTRY_CERTIFY] = (struct entry_list){1, &note};
	assert_true(request_read(request_text(&request, &arena), &arena, &again));
	assert_string_equal(again.select_by, request.select_by);
	assert_string_equal(again.select_per, request.select_per);
	assert_int_equal(again.swept_count, 1);
	assert_string_equal(again.swept[0].path, swept.path);
	assert_string_equal(again.swept[0].value, swept.value);
	assert_int_equal(again.entries.of[ENTRY_ATTACK].count, 0);
	assert_string_equal(again.entries.of[ENTRY_CERTIFY].at[0].name, note.name);
	assert_false(request_read("", &arena, &again));
	assert_false(request_read("{}", &arena, &again));
	assert_false(
		request_read("{\"attack\":[{}],\"certify\":[],\"select\":[]}", &arena, &again));
}

static void what_lacks_is_told_by_kind(void **state)
{
	const struct entries few = asked("attack:\n" FGSM);
	const struct entries all = asked("attack:\n" PGD FGSM CROWN);

	(void)state;
	assert_int_equal(entries_lacking(&all, &few), 0);
	assert_string_equal(entries_text(entries_lacking(&few, &all), &arena),
			    "attacks, certificates");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(training_is_of_what_it_depends_on),
		IN_FOLDER(keys_are_of_options_not_of_names_or_places),
		IN_FOLDER(keys_know_what_an_entry_starts_from),
		IN_FOLDER(a_selection_has_the_key_of_its_attack),
		IN_FOLDER(completed_is_as_computed_at_once),
		IN_FOLDER(a_worst_case_starts_from_what_was_there),
		IN_FOLDER(entries_keep_their_seconds),
		IN_FOLDER(new_findings_are_held_against_the_record),
		IN_FOLDER(a_record_without_findings_is_not_completed),
		IN_FOLDER(training_outlives_an_attack_that_fails),
		IN_FOLDER(requests_survive_the_round_trip),
		IN_FOLDER(what_lacks_is_told_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
