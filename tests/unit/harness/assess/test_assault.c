/* Attacks of a cell: order of rows and accuracies, zero gradients, and that what an attack gives
 * back is not believed. */
#include "harness/assess/assault.h"

#include "harness/assess/target.h"
#include "solvers/model/attack.h"
#include "tests/attack_fixture.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct attack attack_fgsm, attack_pgd, attack_worst, attack_strong;

enum { N = 60, D = 5 };

/* --- attacks that lie ------------------------------------------------------------------------ */

static void effort(const void *options, long *steps, long *restarts)
{
	(void)options;
	*steps = *restarts = 1;
}

static void leaves_ball(const void *options, struct attack_job *job, struct arena *arena)
{
	(void)options;
	(void)arena;
	mat_set(job->worst, 7, 1, mat_get(job->X, 7, 1) + (real)(1.001 * job->threat.eps));
}

static void moves_bias(const void *options, struct attack_job *job, struct arena *arena)
{
	(void)options;
	(void)arena;
	mat_set(job->worst, 7, D - 1, mat_get(job->X, 7, D - 1) + (real)1e-6);
}

static void leaves_box(const void *options, struct attack_job *job, struct arena *arena)
{
	(void)options;
	(void)arena;
	mat_set(job->worst, 7, 1, job->threat.upper[1] + (real)1e-6);
}

static void claims_a_margin(const void *options, struct attack_job *job, struct arena *arena)
{
	(void)options;
	(void)arena;
	job->margin[7] -= (real)1e-6;
}

static void is_not_a_number(const void *options, struct attack_job *job, struct arena *arena)
{
	(void)options;
	(void)arena;
	mat_set(job->worst, 7, 1, (real)NAN);
}

/* Honest points, but it forgets what it was given. */
static void forgets(const void *options, struct attack_job *job, struct arena *arena)
{
	struct model_work work = net_work_new(arena, model_width(job->model));

	(void)options;
	mat_copy(job->worst, job->X);
	model_forward(job->model, job->X, job->margin, &work);
	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		job->margin[k] *= job->y[k];
	if (job->threat.eps < 0.2) /* one point less for the smaller radius */
		attack_pgd.run(options, job, arena);
}

#define FAKE(name_, run_, pools_)                                                             \
	{                                                                                     \
		.base = {.name = (name_)}, .run = (run_), .effort = effort, .pools = (pools_) \
	}

static const struct attack fakes[] = {
	FAKE("leaves_ball", leaves_ball, false),
	FAKE("moves_bias", moves_bias, false),
	FAKE("leaves_box", leaves_box, false),
	FAKE("claims_a_margin", claims_a_margin, false),
	FAKE("is_not_a_number", is_not_a_number, false),
};

static const struct attack forgetful = FAKE("forgets", forgets, false);
static const struct attack forgetful_worst = FAKE("forgets", forgets, true);

/* --- a cell in memory ------------------------------------------------------------------------ */

struct room {
	struct attack_fixture t;
	struct dataset data;
	struct attack_options entry[8];
	struct cell cell;
	struct assessed out[8];
	size_t count;              /* of rows */
	struct attack_row row[16]; /* of all entries */
	struct evidence *evidence;
	struct err err;
};

static const double radii[] = {0.1, 0.3}, clip[] = {-8, 8};

static void room_make(struct room *room)
{
	*room = (struct room){.t = attack_fixture_make(N, D, false)};
	for (ptrdiff_t k = 0; k < N; k++)
		mat_set(room->t.job.X, k, D - 1, 1);
	attack_fixture_margins(&room->t, room->t.job.X, room->t.job.margin);
	for (ptrdiff_t k = 0; k < N; k++) /* labels again: a quarter is wrong */
		((real *)room->t.job.y)[k] *= (room->t.job.margin[k] > 0) == (k % 4 > 0) ? 1 : -1;
	room->data = (struct dataset){.test = {.X = room->t.job.X, .y = (real *)room->t.job.y},
				      .bias = D - 1};
	room->cell = (struct cell){.seed = 3, .attack = {0, room->entry}};
}

static void room_leave(struct room *room)
{
	arena_release(&room->t.arena);
}

/* One more entry of `attack`. */
static struct attack_options *add(struct room *room, const struct attack *attack,
				  const char *options)
{
	struct attack_options *o = &room->entry[room->cell.attack.count++];

	*o = (struct attack_options){
		.attack = {&attack->base, toy_options(&attack->base, options, &room->t.arena)},
		.eps = {2, radii},
		.threat = {.clip = {2, clip}}};
	return o;
}

static enum status fire(struct room *room)
{
	const struct assess_order order = {.cell = &room->cell,
					   .data = &room->data,
					   .model = &room->t.net.base,
					   .evidence = room->evidence};
	enum status status;

	room->err = (struct err){0};
	room->count = 0;
	status = assault_run(&order, &room->t.arena, room->out, &room->err);
	for (size_t i = 0; i < room->cell.attack.count && status == STATUS_OK; i++)
		for (size_t k = 0; k < room->out[i].count; k++)
			room->row[room->count++] = room->out[i].row[k];
	return status;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void what_cannot_be_true_is_an_error(void **state)
{
	static const char *const messages[] = {
		("attack leaves_ball: expected test sample 7 within linf 0.1 of the clean point, "
		 "got 0.1001"),
		"attack moves_bias: expected feature 4 of test sample 7 in [1, 1], got 1.000001",
		"attack leaves_box: expected feature 1 of test sample 7 in [-8, 8], got 8.000001",
		"attack claims_a_margin: expected the margin ",
		"attack is_not_a_number: expected ",
	};
	static const double wide[] = {100};

	(void)state;
	for (size_t i = 0; i < sizeof fakes / sizeof *fakes; i++) {
		struct room room;

		room_make(&room);
		add(&room, &fakes[i], "{}");
		if (fakes[i].run == leaves_box) /* the ball shall not be in the way */
			room.entry[0].eps = (struct reals){1, wide};
		assert_int_equal(fire(&room), STATUS_FAILED);
		if (strncmp(room.err.text, messages[i], strlen(messages[i])) != 0)
			fail_msg("%s", room.err.text);
		room_leave(&room);
	}
}

static void accuracy_that_rises_is_an_error(void **state)
{
	struct room room;

	(void)state;
	room_make(&room);
	add(&room, &forgetful, "{}")->attack.options =
		toy_options(&attack_pgd.base, "{}", &room.t.arena);
	assert_int_equal(fire(&room), STATUS_FAILED);
	assert_non_null(strstr(room.err.text, "attack forgets: expected a robust accuracy of at "
					      "most "));
	assert_non_null(strstr(room.err.text, "that of a smaller eps, got "));
	room_leave(&room);
}

static void worst_case_above_a_member_is_an_error(void **state)
{
	static const double one[] = {0.3};
	struct room room;

	(void)state;
	room_make(&room);
	add(&room, &forgetful_worst, "{}")->eps = (struct reals){1, one};
	add(&room, &attack_pgd, "{}")->eps = (struct reals){1, one};
	assert_int_equal(fire(&room), STATUS_FAILED);
	assert_non_null(strstr(room.err.text, "that of pgd, got "));
	room_leave(&room);
}

/* The worst case comes first in the spec and has no attack of its own that would find anything. */
static void worst_case_is_fed_by_the_other_entries(void **state)
{
	struct room room;

	(void)state;
	room_make(&room);
	add(&room, &attack_worst, "{of: [{fgsm: {slope: 0}}]}");
	add(&room, &attack_pgd, "{}");
	assert_int_equal(fire(&room), STATUS_OK);
	assert_int_equal(room.count, 4);
	for (size_t e = 0; e < 2; e++) {
		check_at_most(room.row[e].robust_accuracy, room.row[2 + e].robust_accuracy);
		check_below(room.row[e].robust_accuracy, room.row[e].accuracy);
	}
	assert_string_equal(room.row[0].attack, "worst"); /* rows as in the spec */
	room_leave(&room);
}

static void more_restarts_start_from_fewer(void **state)
{
	struct room room;

	(void)state;
	room_make(&room);
	add(&room, &attack_pgd, "{steps: 2, restarts: 3}")->name = "many";
	add(&room, &attack_pgd, "{steps: 2, restarts: 1}")->name = "few";
	add(&room, &attack_strong, "{}");
	assert_int_equal(fire(&room), STATUS_OK);
	for (size_t e = 0; e < 2; e++) {
		check_at_most(room.row[e].robust_accuracy, room.row[2 + e].robust_accuracy);
		check_at_most(room.row[4 + e].robust_accuracy, room.row[e].robust_accuracy);
	}
	assert_string_equal(room.row[0].attack, "many");
	room_leave(&room);
}

/* What the attacks of one norm found is no point of the other's ball. */
static void threats_do_not_mix(void **state)
{
	struct room room;

	(void)state;
	room_make(&room);
	add(&room, &attack_pgd, "{}");
	add(&room, &attack_worst, "{of: [{fgsm: {slope: 0}}]}")->threat.norm = NORM_L2;
	assert_int_equal(fire(&room), STATUS_OK);
	check_above(room.row[3].robust_accuracy, room.row[1].robust_accuracy);
	room_leave(&room);
}

static void zero_gradients_are_counted(void **state)
{
	struct room room;
	double flat = 0;

	(void)state;
	room_make(&room);
	attack_fixture_margins(&room.t, room.t.job.X, room.t.job.margin);
	for (ptrdiff_t k = 0; k < N; k++)
		flat += room.t.job.margin[k] > 1;
	add(&room, &attack_fgsm, "{}");
	add(&room, &attack_fgsm, "{slope: 0}")->name = "hinge";
	assert_int_equal(fire(&room), STATUS_OK);
	check_above(flat, 0);
	check_below(flat, N);
	check_equal(room.row[0].zero_gradient, 0);
	check_close(room.row[2].zero_gradient, flat / N, 0, 1e-12);
	for (ptrdiff_t i = 0; i < D - 1; i++) /* only the bias, which nobody may touch, is left */
		for (ptrdiff_t j = 0; j < FIXTURE_WIDTH; j++)
			mat_set(room.t.net.U, i, j, 0);
	assert_int_equal(fire(&room), STATUS_OK);
	check_equal(room.row[0].zero_gradient, 1);
	room_leave(&room);
}

/* The finding of row `row` of attack.csv. */
static const struct finding *finding_of(const struct room *room, size_t row)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < room->evidence->count; i++) {
		const struct finding *f = &room->evidence->at[i];

		if (strcmp(f->aim->name, room->row[row].attack) == 0 &&
		    fabs(f->eps - room->row[row].eps) < 1e-12)
			found = f;
	}
	assert_non_null(found);
	return found;
}

static void margins_of_every_entry_and_eps_are_evidence(void **state)
{
	struct room room;
	struct evidence evidence;
	double lower[N], upper[N];

	(void)state;
	room_make(&room);
	evidence = evidence_new(&room.t.arena, 5);
	room.evidence = &evidence;
	add(&room, &attack_worst, "{of: [fgsm]}");
	add(&room, &attack_pgd, "{steps: 2}")->name = "short";
	assert_int_equal(fire(&room), STATUS_OK);
	assert_int_equal(evidence.count, 4);
	for (size_t row = 0; row < 4; row++) {
		const struct finding *f = finding_of(&room, row);
		double robust = 0;

		for (ptrdiff_t k = 0; k < N; k++)
			robust += f->upper[k] > 0;
		check_close(robust / N, room.row[row].robust_accuracy, 0, 1e-12);
	}
	for (size_t k = 0; k < N; k++)
		lower[k] = upper[k] = finding_of(&room, 3)->upper[k] + (k == 7);
	evidence_bounds(&evidence, finding_of(&room, 3)->aim, 0.3, lower, upper, N);
	assert_int_equal(evidence_check(&evidence, &room.err), STATUS_FAILED);
	assert_non_null(strstr(room.err.text, "test sample "));
	room_leave(&room);
}

/* f = 0 is wrong for both classes. */
static void network_without_neurons_has_no_accuracy(void **state)
{
	struct room room;

	(void)state;
	room_make(&room);
	room.t.net.U.cols = 0;
	add(&room, &attack_strong, "{}");
	assert_int_equal(fire(&room), STATUS_OK);
	for (size_t e = 0; e < 2; e++) {
		check_equal(room.row[e].accuracy, 0);
		check_equal(room.row[e].robust_accuracy, 0);
		check_equal(room.row[e].zero_gradient, 1);
	}
	room_leave(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_true_is_an_error),
		cmocka_unit_test(accuracy_that_rises_is_an_error),
		cmocka_unit_test(worst_case_above_a_member_is_an_error),
		cmocka_unit_test(worst_case_is_fed_by_the_other_entries),
		cmocka_unit_test(more_restarts_start_from_fewer),
		cmocka_unit_test(threats_do_not_mix),
		cmocka_unit_test(zero_gradients_are_counted),
		cmocka_unit_test(margins_of_every_entry_and_eps_are_evidence),
		cmocka_unit_test(network_without_neurons_has_no_accuracy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
