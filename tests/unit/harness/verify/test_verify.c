/* `verify` passes every record that a run leaves, and notices each number of it that is changed or
 * taken away, a changed network, exchanged rows, and what it does not know. */
#include "harness/verify/plain.h"
#include "harness/verify/plain_ball.h"
#include "harness/verify/verify.h"
#include "tests/toy.h"

#include <math.h>
#include <stdio.h>

#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

#include <omp.h>

static const char probes[] =
	"attack:\n"
	"  - {attack: pgd, norm: linf, eps: [0.1, 0.4], steps: 5}\n"
	"  - {attack: fgsm, norm: linf, units: raw, clip: [-9, 9], eps: 0.05}\n"
	"certify:\n"
	"  - {certificate: crown, norm: l2, eps: [0.02, 0.3]}\n"
	"  - {certificate: exact, norm: l1, eps: 0.2, units: raw, part: train}\n";

static const char *const methods[] = {
	"solver: ipm, patterns: 8, beta: 0.05, fresh: 20, stop: {iterations: 60}",
	"solver: scp, neurons: 20, loss: squared_hinge, average: true, beta: 0.01, stop: "
	"{iterations: 40}",
	"solver: adam, width: 8, epochs: 30, loss: {huber: {delta: 0.5}}, beta: 0.01",
	"solver: robust_admm, patterns: 8, loss: hinge, eps: 0.1, beta: 0.1, stop: {iterations: "
	"100}",
	"solver: robust_restriction, width: 8, loss: logistic, norm: l1, eps: 0.1, beta: 0.1, "
	"stop: "
	"{iterations: 50}",
	"solver: linear_robust, loss: hinge, norm: l2, eps: 0.1, beta: 0.1, stop: {iterations: 50}",
};

enum { METHODS = sizeof methods / sizeof *methods };

static struct verify verify(void)
{
	struct verify out;
	struct err err = {0};

	if (verify_record(folder, NULL, &arena, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return out;
}

static void make(size_t method)
{
	struct verify out;

	pose(methods[method], probes);
	compute();
	out = verify();
	for (size_t i = 0; i < out.count; i++)
		if (out.figure[i].state != VERIFY_AGREES)
			fail_msg("%s: %s: %s", methods[method], out.figure[i].name,
				 out.figure[i].how ? out.figure[i].how : "differs");
}

static void write_result(const struct result *result)
{
	struct err err = {0};

	assert_int_equal(result_write(result, path_in("result.json"), &err), STATUS_OK);
}

/* What it says of `objective`, the first figure of that name. */
static enum verify_state worst_state(struct verify out)
{
	for (size_t i = 0; i < out.count; i++)
		if (strcmp(out.figure[i].name, "objective") == 0)
			return out.figure[i].state;
	return VERIFY_UNKNOWN;
}

/* Every number of the record: another value, and none. */
/* It says how the run went, not what it gave, or only the state of the solver tells. */
static bool is_unseen(const struct field *field)
{
	static const char *const names[] = {
		"feasibility", "fresh",          "violation",          "patterns",
		"threads",     "peak_mem_bytes", "switches_voluntary", "switches_involuntary",
		"core_share",  "load_average"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], field->name) == 0)
			return true;
	return field_is_time(field);
}

static void changed_numbers_are_noticed(void **state)
{
	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		struct result kept;
		int checked = 0;

		make(m);
		assert_int_equal(
			result_read(path_in("result.json"), &arena, &kept, &(struct err){0}),
			STATUS_OK);
		for (const struct field *f = rows_result.field; f->name; f++) {
			struct result changed = kept;
			double was = field_number(f, &kept);

			if (isnan(was) || is_unseen(f))
				continue;
			field_set_number(f, &changed, was + fmax(1e-3, 0.01 * fabs(was)));
			write_result(&changed);
			if (verify_good((struct verify[]){verify()}))
				fail_msg("%s: %s changed", methods[m], f->name);
			field_set_number(f, &changed, NAN);
			write_result(&changed);
			if (verify_good((struct verify[]){verify()}))
				fail_msg("%s: %s taken away", methods[m], f->name);
			checked++;
		}
		check_at_least(checked, 12);
		write_result(&kept);
	}
}

/* Three classes around three points. */
static const char *flowers(void)
{
	struct text rows = text_new(&arena);

	text_format(&rows, "a,b,kind\n");
	for (int i = 0; i < 45; i++)
		text_format(&rows, "%.3f,%.3f,%c\n", sin(3.1 * i) + (i % 3 == 0),
			    cos(1.7 * i) + i % 3, 'p' + i % 3);
	write_text("flowers.csv", rows.at);
	return arena_format(&arena,
			    "name: tiny\nseed: 4\ndata:\n  - {name: flowers, csv: {path: %s}, "
			    "prepare: [standardize, bias]}\n",
			    path_in("flowers.csv"));
}

/* Of several classes the worst case lies between both ends: an exact one may be neither above nor
 * below, a certificate not below. */
static void worst_cases_of_several_classes_are_held(void **state)
{
	static const struct {
		const char *train;
		bool exact;
	} methods_of[] = {
		{"solver: linear_robust, loss: hinge, norm: l2, eps: 0.1, beta: 0.1", true},
		{"solver: linear_robust, loss: hinge, average: true, eps: 0.1, beta: 0.01", true},
		{"solver: linear_robust, loss: logistic, norm: l2, eps: 0.1, beta: 0.1", false},
		{"solver: robust_admm, patterns: 20, loss: hinge, norm: l1, eps: 0.02, beta: 0.1, "
		 "stop: {iterations: 100}",
		 true},
		{"solver: robust_restriction, width: 8, loss: hinge, eps: 0.1, beta: 0.1", false},
	};

	(void)state;
	for (size_t m = 0; m < sizeof methods_of / sizeof *methods_of; m++) {
		struct result kept, changed;

		pose_on(flowers(), methods_of[m].train, "");
		kept = changed = compute();
		if (!verify_good((struct verify[]){verify()}))
			fail_msg("%s", methods_of[m].train);
		changed.objective = 0.7 * kept.objective;
		write_result(&changed);
		assert_false(verify_good((struct verify[]){verify()}));
		changed.objective = 1.01 * kept.objective;
		changed.gap = changed.gap_raw = 1 - kept.lower_bound / changed.objective;
		write_result(&changed);
		assert_int_equal(worst_state(verify()),
				 methods_of[m].exact ? VERIFY_DIFFERS : VERIFY_AGREES);
	}
}

static void a_changed_network_is_noticed(void **state)
{
	struct modelfile model;
	struct err err = {0};
	struct verify out;

	(void)state;
	make(2);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &model, &err), STATUS_OK);
	net_of(model.model)->alpha[3] *= (real)1.01;
	assert_int_equal(modelfile_save(path_in("model.npz"), &model, &err), STATUS_OK);
	out = verify();
	assert_false(verify_good(&out));
}

/* Rows a and b of a table exchanged, its header being row 0. */
static void exchange(const char *name, int a, int b)
{
	const char *text, *lines[32];
	char *out = ARENA_ARRAY(&arena, char, 1 << 14);
	int count = 0;

	assert_int_equal(store_read_text(path_in(name), &arena, &text, &(struct err){0}),
			 STATUS_OK);
	for (char *copy = (char *)(uintptr_t)arena_text(&arena, text), *line = strtok(copy, "\n");
	     line; line = strtok(NULL, "\n"))
		lines[count++] = line;
	check_below(a, count);
	check_below(b, count);
	for (int i = 0; i < count; i++)
		sprintf(out + strlen(out), "%s\n", lines[i == a ? b : i == b ? a : i]);
	write_text(name, out);
}

static void exchanged_rows_are_noticed(void **state)
{
	static const char *const names[] = {"attack.csv", "certify.csv"};

	(void)state;
	make(0);
	for (size_t i = 0; i < 2; i++) {
		struct verify out;

		exchange(names[i], 1, 2);
		out = verify();
		assert_false(verify_good(&out));
		exchange(names[i], 1, 2);
		out = verify();
		assert_true(verify_good(&out));
	}
}

/* The first `from` in a file; returns the text that the file had. */
static const char *replace(const char *name, const char *from, const char *to)
{
	const char *text, *at;

	assert_int_equal(store_read_text(path_in(name), &arena, &text, &(struct err){0}),
			 STATUS_OK);
	at = strstr(text, from);
	assert_non_null(at);
	write_text(name,
		   arena_format(&arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
	return text;
}

static void changed_rows_are_noticed(void **state)
{
	static const char *const changes[][3] = {
		{"attack.csv", "pgd,linf,0.1", "pgd,linf,0.11"},
		{"attack.csv", "pgd,linf,0.1", "pgd,l2,0.1"},
		{"attack.csv", "fgsm", "pgd"},
		{"attack.csv", "raw", "prepared"},
		{"attack.csv", "robust_accuracy,", "robust_acuracy,"},
		{"attack.csv", "-inf", "-1"}, /* the box */
		{"certify.csv", "test", "train"},
		{"certify.csv", "crown", "exact"},
		{"certify.csv", "-inf", "-1"},
	};

	(void)state;
	make(0);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const char *kept = replace(changes[i][0], changes[i][1], changes[i][2]);
		struct verify out;

		out = verify();
		if (verify_good(&out))
			fail_msg("%s for %s in %s", changes[i][2], changes[i][1], changes[i][0]);
		write_text(changes[i][0], kept);
	}
	assert_true(verify_good((struct verify[]){verify()}));
	remove(path_in("certify.csv"));
	assert_false(verify_good((struct verify[]){verify()}));
}

/* The zero network is wrong everywhere, in the record as here. */
static void outputs_of_zero_are_wrong(void **state)
{
	struct result r;
	struct verify out;

	(void)state;
	pose("solver: ipm, patterns: 8, beta: 1e6, stop: {iterations: 60}", "");
	r = compute();
	check_at_most(r.train_accuracy, 0);
	check_at_most(r.test_accuracy, 0);
	out = verify();
	assert_true(verify_good(&out));
	r.train_accuracy = 1;
	write_result(&r);
	out = verify();
	assert_false(verify_good(&out));
}

static double dual_length(long norm, const double u[2])
{
	return norm == NORM_LINF ? fabs(u[0]) + fabs(u[1])
	       : norm == NORM_L2 ? hypot(u[0], u[1])
				 : fmax(fabs(u[0]), fabs(u[1]));
}

/* Around a linear network all is closed: the attack finds the minimum, and no point inside the
 * ball, of a certificate or an attack, is taken for one outside. */
static void balls_are_those_of_the_definition(void **state)
{
	const double u[] = {0.8, -0.5};
	struct reload stored = {.data = {.bias = 2}};
	struct part part = {.X = mat_new(&arena, 1, 3), .y = ARENA_ARRAY(&arena, real, 1)};
	struct threat_options ball_of = {0};
	struct aim aim = {.what = "certificate",
			  .name = "crown",
			  .part = &part,
			  .part_name = "test",
			  .threat = &ball_of};

	(void)state;
	stored.file.model = model_new(&model_relu, &arena, (struct model_size){3, 1, 1});
	for (ptrdiff_t i = 0; i < 3; i++) {
		mat_set(net_of(stored.file.model)->U, i, 0,
			(real)(i < 2 ? u[i] : 9)); /* always active */
		mat_set(part.X, 0, i, (real)(i < 2 ? 0.3 : 1));
	}
	net_of(stored.file.model)->alpha[0] = part.y[0] = 1;
	for (ball_of.norm = NORM_LINF; ball_of.norm <= NORM_L1; ball_of.norm++) {
		struct plain_ball ball = plain_ball_new(&stored, &aim, 0.2, &arena);
		double clean = plain_ball_margin(&ball, 0, (double[]){0, 0, 0});
		double least = plain_ball_attack(&ball, 0);

		check_close(clean, 9 + 0.3 * (u[0] + u[1]), 0, 1e-12);
		check_close(least, clean - 0.2 * dual_length(ball_of.norm, u), 0, 1e-12);
		check_below(plain_ball_excess(&ball, 0, (double[]){0.2, 0, 0}), 1e-12);
		check_above(plain_ball_excess(&ball, 0, (double[]){0, -0.21, 0}), 0.009);
		check_above(plain_ball_excess(&ball, 0, (double[]){0, 0, 0.01}), 0.009);
		if (ball_of.norm == NORM_LINF)
			check_at_most(plain_ball_excess(&ball, 0, (double[]){0.2, 0.2, 0}), 1e-3);
		else
			check_above(plain_ball_excess(&ball, 0, (double[]){0.2, 0.2, 0}), 1e-3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(changed_numbers_are_noticed),
		IN_FOLDER(worst_cases_of_several_classes_are_held),
		IN_FOLDER(a_changed_network_is_noticed),
		IN_FOLDER(exchanged_rows_are_noticed),
		IN_FOLDER(changed_rows_are_noticed),
		IN_FOLDER(outputs_of_zero_are_wrong),
		cmocka_unit_test(balls_are_those_of_the_definition),
	};

	omp_set_num_threads(1); /* on nets so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
