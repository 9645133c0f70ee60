/* Distances to the decision boundary, from files of records, against loops over the samples. */
#include "harness/file/folder.h"
#include "harness/file/npz.h"
#include "harness/report/series/distance.h"
#include "harness/store/entries.h"
#include "tests/close.h"
#include "tests/report_fixture.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

enum { SAMPLES = 6, NETWORKS = 2, RADII = 3, CERTIFIED = 2 };

static const double radii[RADII] = {0.1, 0.2, 0.4};
static const char attack_key[] = "aaaaaaaaaaaaaaaa", other_key[] = "bbbbbbbbbbbbbbbb",
		  certify_key[] = "cccccccccccccccc";

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

/* True distances of the samples of two networks; 0: misclassified. */
static const double truth[NETWORKS][SAMPLES] = {{0, 0.05, 0.15, 0.3, 0.41, 0.9},
						{0, 0, 0.1, 0.2, 0.35, 0.7}};

/* Lowest y f in a ball of this radius, with the sign that the distance says. */
static double lowest(size_t network, size_t k, double radius)
{
	return truth[network][k] - radius;
}

static struct npz_entry array(const char *key, size_t radius, const char *end, const double *at)
{
	struct npz_entry out = {.name = arena_format(arena, "%s_%zu_%s.npy", key, radius, end),
				.at = (const char *)at,
				.run = SAMPLES * sizeof *at,
				.runs = 1};
	struct npy_array shape = {
		.kind = 'f', .size = sizeof(double), .dimensions = 1, .shape = {SAMPLES, 1}};

	npy_write_header(out.header, &shape);
	return out;
}

/* The attack finds every point but those of sample 3, and the certificate proves all but for
 * sample 5; an attack that the plan does not ask for has broken everything. */
static void write_record(struct record *record, size_t network)
{
	const char *folder = arena_format(arena, "%s/cell%zu", room, network);
	const char *attacks = "attack,norm,eps,units,accuracy,robust_accuracy,n\n",
		   *certificates =
			   "certificate,norm,eps,units,part,accuracy,certified_accuracy,n\n";
	struct npz_entry arrays[RADII + 1 + 2 * CERTIFIED];
	struct entry_note attack[] = {{.key = other_key, .name = "old", .rows = 1},
				      {.key = attack_key, .name = "pgd", .rows = RADII}};
	struct entry_note certify[] = {{.key = certify_key, .name = "exact", .rows = CERTIFIED}};
	struct entries held = {
		.of = {[ENTRY_ATTACK] = {2, attack}, [ENTRY_CERTIFY] = {1, certify}}};
	double *broken = ARENA_ARRAY(arena, double, SAMPLES), accuracy = 0;
	struct err err = {0};
	size_t count = 0;

	assert_int_equal(folder_make(folder, &err), STATUS_OK);
	for (size_t k = 0; k < SAMPLES; k++) {
		broken[k] = -1;
		accuracy += (truth[network][k] > 0) / (double)SAMPLES;
	}
	attacks = arena_format(arena, "%sold,linf,0.01,prepared,%.17g,0,%d\n", attacks, accuracy,
			       SAMPLES);
	arrays[count++] = array(other_key, 0, "upper", broken);
	for (size_t i = 0; i < RADII; i++) {
		double *upper = ARENA_ARRAY(arena, double, SAMPLES),
		       *lower = ARENA_ARRAY(arena, double, SAMPLES);

		for (size_t k = 0; k < SAMPLES; k++) {
			upper[k] = k == 3 ? 1 : lowest(network, k, radii[i]);
			lower[k] = k == 5 ? -1 : lowest(network, k, radii[i]);
		}
		attacks = arena_format(arena, "%spgd,linf,%g,prepared,%.17g,0,%d\n", attacks,
				       radii[i], accuracy, SAMPLES);
		arrays[count++] = array(attack_key, i, "upper", upper);
		if (i >= CERTIFIED)
			continue;
		certificates = arena_format(arena, "%sexact,linf,%g,prepared,test,%.17g,0,%d\n",
					    certificates, radii[i], accuracy, SAMPLES);
		arrays[count++] = array(certify_key, i, "lower", lower);
		arrays[count++] = array(certify_key, i, "upper", upper);
	}
	assert_int_equal(
		npz_write(arena_format(arena, "%s/findings.npz", folder), arrays, count, &err),
		STATUS_OK);
	assert_int_equal(entries_write(&held, arena_format(arena, "%s/entries.json", folder), &err),
			 STATUS_OK);
	assert_int_equal(
		store_write_text(arena_format(arena, "%s/attack.csv", folder), attacks, &err),
		STATUS_OK);
	assert_int_equal(
		store_write_text(arena_format(arena, "%s/certify.csv", folder), certificates, &err),
		STATUS_OK);
	assert_int_equal(store_write_text(arena_format(arena, "%s/cell.json", folder),
					  "{\"attack\": [{\"clip\": [0, 1]}, {\"clip\": []}], "
					  "\"certify\": [{\"clip\": []}]}\n",
					  &err),
			 STATUS_OK);
	record->folder = folder;
}

static struct records two_networks(void)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .test = 0.8},
		{"moons", "a", .repetition = 1, .test = 0.7},
	};
	static struct entry_note attack[] = {{.key = attack_key, .name = "renamed"}};
	static struct entry_note certify[] = {{.key = certify_key, .name = "proof"}};
	static const struct request asked = {
		.entries.of = {[ENTRY_ATTACK] = {1, attack}, [ENTRY_CERTIFY] = {1, certify}}};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);

	for (size_t i = 0; i < NETWORKS; i++) {
		write_record(&records.at[i], i);
		records.at[i].asked = &asked;
	}
	return records;
}

/* The share of all samples that are certainly at most `radius` away: misclassified, or broken in a
 * tried ball that fits; and of those that may be: not proven in a tried ball that holds it. */
static double least(double radius)
{
	double near = 0;

	for (size_t i = 0; i < NETWORKS; i++)
		for (size_t k = 0; k < SAMPLES; k++) {
			bool found = truth[i][k] <= 0;

			for (size_t e = 0; e < RADII; e++)
				found = found ||
					(k != 3 && radii[e] <= radius && truth[i][k] <= radii[e]);
			near += found;
		}
	return near / (NETWORKS * SAMPLES);
}

static double most(double radius)
{
	double near = 0;

	for (size_t i = 0; i < NETWORKS; i++)
		for (size_t k = 0; k < SAMPLES; k++) {
			bool proven = false;

			for (size_t e = 0; e < CERTIFIED; e++)
				proven = proven ||
					 (k != 5 && radii[e] >= radius && truth[i][k] > radii[e]);
			near += !proven;
		}
	return near / (NETWORKS * SAMPLES);
}

static void shares_are_counts_of_samples(void **state)
{
	struct records records = two_networks();
	struct distance distance[NETWORKS];

	(void)state;
	for (size_t i = 0; i < NETWORKS; i++) {
		struct margins_list list = margins_of(&records.at[i], arena);

		assert_int_equal(list.count, RADII + CERTIFIED);
		distance[i] = distance_new(SAMPLES, arena);
		for (size_t m = 0; m < list.count; m++) {
			assert_string_equal(list.at[m].ball, "linf, prepared features");
			distance_learn(&distance[i], &list.at[m]);
		}
		check_equal(distance[i].attacked, radii[RADII - 1]);
		check_equal(distance[i].proven, radii[CERTIFIED - 1]);
	}
	for (double radius = 0.01; radius < 0.5; radius += 0.01) {
		check_close(distance_least(distance, NETWORKS, radius), least(radius), 0, 1e-15);
		if (radius <= radii[CERTIFIED - 1])
			check_close(distance_most(distance, NETWORKS, radius), most(radius), 0,
				    1e-15);
	}
}

static void curves_are_steps_over_tried_radii(void **state)
{
	const struct {
		long part, settings;
		struct texts methods;
	} options = {0, 0, {0}};
	struct records records = two_networks();
	bool written = false;
	const char *text;
	double got[3];

	(void)state;
	assert_true(fixture_plot("boundary_distance", &options, &records, &written));
	assert_true(written);
	text = fixture_text(&records, "boundary_distance", ".dat");
	for (size_t row = 0; row <= RADII; row++) {
		double eps = row ? radii[row - 1] : 0;

		assert_true(fixture_numbers(text, "# moons: a, at least", row, 2, got));
		check_equal(got[0], eps);
		check_close(got[1], 100 * least(eps), 1e-8, 0);
	}
	assert_true(fixture_numbers(text, "# moons: a, at most", 0, 2, got));
	check_close(got[1], 100 * least(0), 1e-8, 0);
	for (size_t row = 1; row <= CERTIFIED; row++) { /* it rises behind the radius before */
		assert_true(fixture_numbers(text, "# moons: a, at most", row, 2, got));
		check_equal(got[0], row > 1 ? radii[row - 2] : 0);
		check_close(got[1], 100 * most(radii[row - 1]), 1e-8, 0);
	}
	assert_true(fixture_numbers(text, "# moons: a, between", 2, 3, got));
	check_equal(got[0], radii[0]);
	check_close(got[1], 100 * least(radii[0]), 1e-8, 0);
	check_close(got[2], 100 * most(radii[1]), 1e-8, 0);
	text = fixture_text(&records, "boundary_distance", ".gp");
	assert_non_null(strstr(text, "eps (linf, prepared features; test part)"));
	assert_non_null(strstr(text, "or proof found a point so near"));
	assert_non_null(strstr(text, "2 cells in all"));
}

/* Another part has none of these samples. */
static void a_part_without_samples_has_no_plot(void **state)
{
	const struct {
		long part, settings;
		struct texts methods;
	} options = {1, 0, {0}};
	struct records records = two_networks();
	bool written = true;

	(void)state;
	assert_true(fixture_plot("boundary_distance", &options, &records, &written));
	assert_false(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_counts_of_samples),
		cmocka_unit_test(curves_are_steps_over_tried_radii),
		cmocka_unit_test(a_part_without_samples_has_no_plot),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
