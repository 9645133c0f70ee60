/* The two files of a plot: gnuplot's script and its data, in blocks that the script counts. */
#ifndef REPORT_SCRIPT_H
#define REPORT_SCRIPT_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>
#include <stdio.h>

struct script {
	FILE *dat, *gp;
	const char *dat_path, *gp_path;
	size_t blocks, items;
};

/* <folder>/<stem>.dat and <stem>.gp; the folder is made. */
enum status script_open(struct script *script, const char *folder, const char *stem,
			struct arena *arena, struct err *err);
/* The first failure of any write is reported here. */
enum status script_close(struct script *script, struct err *err);

/* Write a text in quotes, so that gnuplot draws it unchanged (with `noenhanced`); as the label of a
 * tic, which gnuplot takes for a format, with script_tic. */
void script_text(struct script *script, const char *text);
void script_tic(struct script *script, const char *text);

/* Begin a block of data (columns are named in a comment), and write its rows; what is not finite is
 * written as "?". Returns the gnuplot index of the block. */
size_t script_block(struct script *script, const char *title, const char *columns);
void script_row(struct script *script, size_t count, const double *values);

/* Add to the panel's plot command: a formatted gnuplot plot item (without the comma). */
void script_item(struct script *script, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
