/* summary.csv, attack.csv, certify.csv, columns.csv and the tables, from the records. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"
#include "harness/store/rows.h"
#include "solvers/core/status.h"

/* One row per cell; one row per cell, attack and eps; the same for certificates. Written to
 * <folder>/summary.csv, attack.csv and certify.csv. */
enum status summary_write_cells(const struct records *records, struct err *err);
enum status summary_write_attacks(const struct records *records, struct err *err);
enum status summary_write_certificates(const struct records *records, struct err *err);

/* The columns of these and of the other CSV files of a results folder and of a cell: one row per
 * file and column, with its type as pandas names it, unit and meaning. Written to
 * <folder>/columns.csv. */
enum status summary_write_columns(const struct records *records, struct err *err);

/* One row per (data, method, swept values), aggregated over repetitions. */
struct sheet summary_sheet(const struct records *records);
/* One row per (data, method, swept values, attack, eps), aggregated over repetitions. */
struct sheet summary_attack_sheet(const struct records *records);
/* The same for certificates. */
struct sheet summary_certify_sheet(const struct records *records);
/* Every setting of the methods that select (select.h): the table of tables/sweep.md. No rows if
 * there is none. */
struct sheet summary_select_sheet(const struct records *records);
/* One row per cell with status, outcome, times and the command that computes it. */
struct sheet summary_cell_sheet(const struct records *records, const char *spec_path);

/* What the numbers of the last four are. */
extern const char summary_attack_note[], summary_certify_note[], summary_select_note[],
	summary_cell_note[];

/* "12 cells: 11 ok, 1 timeout; median (10-90 % quantiles) of up to 5 repetitions": what a table
 * shows. */
const char *summary_caption(const struct records *records);

#endif
