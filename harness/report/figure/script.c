/* gnuplot's script and its data.
 *
 * Texts stand in double quotes with every character in octal that could mean something: a quote
 * within single quotes, a brace or a backquote breaks the blocks of a script (gnuplot 5.4). */
#include "harness/report/figure/script.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "solvers/core/printable.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

enum status script_open(struct script *script, const char *folder, const char *stem,
			struct arena *arena, struct err *err)
{
	*script = (struct script){.dat_path = arena_format(arena, "%s/%s.dat", folder, stem),
				  .gp_path = arena_format(arena, "%s/%s.gp", folder, stem)};
	TRY(folder_make(folder, err));
	script->dat = io_create(script->dat_path);
	if (!script->dat)
		return io_error(err, script->dat_path, "write");
	script->gp = io_create(script->gp_path);
	if (script->gp)
		return STATUS_OK;
	io_error(err, script->gp_path, "write");
	fclose(script->dat);
	return STATUS_ENV;
}

enum status script_close(struct script *script, struct err *err)
{
	if (!io_close(script->gp))
		io_error(err, script->gp_path, "write");
	if (!io_close(script->dat))
		io_error(err, script->dat_path, "write");
	return err->status;
}

static void put_text(const char *text, const char *percent, FILE *to)
{
	char shown[PRINTABLE_BYTES];
	const char *at;

	putc('"', to);
	while (*text) {
		if (*text == '\n' || *text == '\t') {
			putc(' ', to);
			text++;
			continue;
		}
		printable_next(&text, shown);
		for (at = strcmp(shown, "%") == 0 ? percent : shown; *at; at++) {
			unsigned char c = (unsigned char)*at;
			bool plain =
				isalnum(c) || c >= 0x80 || strchr(" ,.()[]+-=:;/_<>?!&|~^*", c);

			fprintf(to, plain ? "%c" : "\\%03o", c);
		}
	}
	putc('"', to);
}

void script_text(struct script *script, const char *text)
{
	put_text(text, "%", script->gp);
}

void script_tic(struct script *script, const char *text)
{
	put_text(text, "%%", script->gp);
}

size_t script_block(struct script *script, const char *title, const char *columns)
{
	fprintf(script->dat, "%s# ", script->blocks ? "\n\n" : "");
	for (; *title; title++)
		putc((unsigned char)*title < ' ' ? ' ' : *title, script->dat);
	fprintf(script->dat, "\n# %s\n", columns);
	return script->blocks++;
}

void script_row(struct script *script, size_t count, const double *values)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			putc(' ', script->dat);
		if (isfinite(values[i]))
			fprintf(script->dat, "%.9g", values[i]);
		else
			putc('?', script->dat);
	}
	putc('\n', script->dat);
}

void script_item(struct script *script, const char *format, ...)
{
	va_list args;

	fputs(script->items++ ? ", \\\n\t" : "plot ", script->gp);
	va_start(args, format);
	vfprintf(script->gp, format, args);
	va_end(args);
}
