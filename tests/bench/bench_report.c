/* Aggregating 10,000 finished cells: 4 data sets, 5 methods of 50 settings, 10 repetitions, with
 * traces and attacks as real cells have them. The aim is less than 5 s, gnuplot aside: PATH is
 * empty here, so that scripts and data are written but nothing is drawn. */
#include "harness/file/folder.h"
#include "harness/report/records/select.h"
#include "harness/report/report.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/summary.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = 4, METHODS = 5, RATES = 10, BETAS = 5, REPEATS = 10, TRACE = 30 };
enum { CELLS = DATA * METHODS * RATES * BETAS * REPEATS };

static const double aim = 5; /* s */

/* Without fsync: this only makes the files to read. */
static FILE *open_in(const char *folder, const char *name)
{
	char path[600];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void put_cell_json(const char *folder, int data, int method, int setting, int repetition)
{
	FILE *file = open_in(folder, "cell.json");

	fprintf(file,
		"{\"seed\":1,\"repetition\":%d,\"precision\":\"double\",\"data\":{\"name\":"
		"\"data%d\",\"csv\":{\"path\":\"somewhere/data.csv\",\"test\":null,\"separator\":"
		"\",\",\"header\":\"auto\",\"label\":\"last\",\"drop\":[],\"missing\":\"drop\"},"
		"\"split\":{\"test\":0.3,\"validation\":0.1,\"stratified\":true}},\"train\":{"
		"\"name\":\"method%d\",\"solver\":\"admm\",\"loss\":{\"squared\":{}},\"beta\":%d,"
		"\"average\":false,\"fresh\":0,\"select\":{\"by\":\"%s\"}},\"stop\":{"
		"\"iterations\":1000,"
		"\"gap\":0.0001},\"swept\":[{\"path\":\"rate\",\"value\":%d},{\"path\":\"beta\","
		"\"value\":%d}]}",
		repetition, data, method, setting % BETAS,
		method % 2 ? "validation_accuracy" : "none", setting / BETAS, setting % BETAS);
	fclose(file);
}

static void put_result(const char *folder, int data, int method, int repetition, double x)
{
	FILE *file = open_in(folder, "result.json");

	fprintf(file,
		"{\"cell\":\"%d\",\"data\":\"data%d\",\"method\":\"method%d\",\"solver\":\"admm\","
		"\"loss\":\"squared\",\"repetition\":%d,\"status\":\"%s\",\"outcome\":"
		"\"converged\",\"suspect\":null,\"n_train\":500,\"n_validation\":80,\"n_test\":250,"
		"\"d\":6,\"iterations\":100,\"objective\":%.17g,\"objective_network\":%.17g,"
		"\"lower_bound\":%.17g,\"gap\":%.17g,\"feasibility\":0,\"train_accuracy\":%.17g,"
		"\"validation_accuracy\":%.17g,\"test_accuracy\":%.17g,\"majority\":0.51,"
		"\"load_s\":0.001,\"setup_s\":0.01,\"solve_s\":%.17g,\"eval_s\":0.01,\"attack_s\":"
		"0.02,\"peak_mem_bytes\":16867328,\"threads\":1,\"patterns\":60,\"neurons\":120,"
		"\"precision\":\"double\",\"seed\":1,\"message\":null}",
		repetition, data, method, repetition, x < 0.01 ? "failed" : "ok", 20 + x, 20 + x,
		19 + x, x / 1000, 0.9 + x / 20, 0.8 + x / 10, 0.8 + x / 11, 0.1 + x);
	fclose(file);
}

static void put_tables(const char *folder, double x)
{
	FILE *trace = open_in(folder, "trace.csv"), *attack = open_in(folder, "attack.csv");

	fputs("iteration,seconds,objective,objective_network,lower_bound,gap,primal_residual,"
	      "dual_residual,train_accuracy,validation_accuracy,test_accuracy\n",
	      trace);
	for (int i = 1; i <= TRACE; i++)
		fprintf(trace, "%d,%.17g,%.17g,%.17g,,%.17g,%.17g,,%.17g,%.17g,%.17g\n", i,
			(0.1 + x) * i / TRACE, 20 + x + 1.0 / i, 20 + x + 1.0 / i, x / i,
			x / (i * i), 0.9 - x / i, 0.8 - x / i, 0.8 - x / i);
	fclose(trace);
	fputs("attack,norm,eps,units,accuracy,robust_accuracy,robust_accuracy_lo,"
	      "robust_accuracy_hi,n,steps,restarts,seconds\n",
	      attack);
	for (int k = 0; k < 2; k++)
		for (int e = 0; e < 4; e++)
			fprintf(attack, "%s,linf,%g,prepared,%.17g,%.17g,%.17g,%.17g,250,40,5,1\n",
				k ? "pgd" : "fgsm", 0.05 * e, 0.8 + x / 11, 0.8 - 0.1 * e - x / 11,
				0.75 - 0.1 * e, 0.85 - 0.1 * e);
	fclose(attack);
}

/* A number in [0, 1) that looks random. */
static double noise(unsigned at)
{
	return fmod((double)(at * 2654435761u % 1000003u) / 1000003.0, 1);
}

static enum status put_cell(const char *root, int data, int method, int number, unsigned at)
{
	char folder[512];
	struct err err = {0};

	snprintf(folder, sizeof folder, "%s/cells/%016x", root, at);
	if (folder_make(folder, &err) != STATUS_OK) {
		err_print(&err, stderr);
		return err.status;
	}
	put_cell_json(folder, data, method, number / REPEATS, number % REPEATS);
	put_result(folder, data, method, number % REPEATS, noise(at));
	put_tables(folder, noise(at));
	return STATUS_OK;
}

static enum status fabricate(const char *root)
{
	unsigned at = 0;

	for (int d = 0; d < DATA; d++)
		for (int m = 0; m < METHODS; m++)
			for (int s = 0; s < RATES * BETAS * REPEATS; s++)
				TRY(put_cell(root, d, m, s, ++at));
	return STATUS_OK;
}

static double lap(const char *what, double start)
{
	printf("  %-28s %6.3f s\n", what, omp_get_wtime() - start);
	return omp_get_wtime();
}

/* The parts of report_build that are more than a file of numbers. */
static void time_parts(const char *root)
{
	struct arena arena = {0};
	struct records records;
	struct err err = {0};
	double at = omp_get_wtime();

	if (records_load(root, &arena, &records, &err) != STATUS_OK) {
		err_print(&err, stderr);
		exit(1);
	}
	at = lap("load and group", at);
	summary_write_cells(&records, &err);
	summary_write_attacks(&records, &err);
	at = lap("summary.csv and attack.csv", at);
	summary_sheet(&records);
	summary_attack_sheet(&records);
	summary_cell_sheet(&records, "SPEC");
	at = lap("tables", at);
	paired_sheet(&records);
	at = lap("paired differences", at);
	summary_select_sheet(&records);
	lap("selection", at);
	printf("  memory                       %6.0f MiB\n", (double)arena.bytes / 1048576);
	arena_release(&arena);
}

int main(void)
{
	struct experiment experiment = {
		.name = "bench", .path = "bench.yaml", .style.look = style_unset()};
	const char *tmp = getenv("TMPDIR");
	char root[256];
	struct err err = {0};
	double start, seconds;

	snprintf(root, sizeof root, "%s/relubench-bench-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(root) || setenv("PATH", root, 1) != 0)
		return 1;
	start = omp_get_wtime();
	if (fabricate(root) != STATUS_OK)
		return 1;
	printf("%d cells, written in %.1f s\n", CELLS, omp_get_wtime() - start);
	time_parts(root);
	start = omp_get_wtime();
	if (report_build(&experiment, root, &err) != STATUS_OK)
		err_print(&err, stderr);
	seconds = omp_get_wtime() - start;
	printf("report_build without gnuplot   %6.3f s, aim %.0f s: %s\n", seconds, aim,
	       seconds < aim ? "met" : "MISSED");
	folder_remove(root, &err);
	return err.status == STATUS_OK && seconds < aim ? 0 : 1;
}
