/* Options of the command line: found by name, letter or beginning, bound through their rows. */
#include "harness/cli/cli_option.h"

#include "harness/cli/cli_print.h"
#include "harness/spec/bind/bind.h"

#include <errno.h>
#include <string.h>

enum {
	HELP_COLUMN = 26, /* where the docs of the options start */
	MOST_OPTIONS = EXPECT_NAMES
};

/* Every verb takes it. */
static const struct cli_option help_option = {
	.row = {OPTION_FIELD(struct cli_args, help), .initial = "false", .doc = "this help"},
	.letter = 'h'};

/* The options of a verb as they are read: the last value of each as text, or NULL. */
struct reading {
	const struct cli_verb *verb;
	size_t count;
	const struct cli_option *option[MOST_OPTIONS];
	const char *value[MOST_OPTIONS];
	char **argv; /* the next argument */
	struct cli_args *args;
};

static struct reading read_verb(const struct cli_verb *verb, char **argv, struct cli_args *args)
{
	struct reading r = {.verb = verb, .argv = argv, .args = args};

	for (const struct cli_option *o = verb->options; o && o->row.name; o++)
		r.option[r.count++] = o;
	r.option[r.count++] = &help_option;
	return r;
}

/* What binds the value: for a value of the spec its row there. */
static const struct option *row_of(const struct cli_option *option)
{
	return option->path && *option->path ? spec_option(option->path) : &option->row;
}

void cli_help(const struct cli_verb *verb)
{
	const struct reading r = read_verb(verb, NULL, NULL);

	printf("usage: relubench %s%s%s%s\n\n%s\n\noptions:\n", verb->name,
	       verb->operands ? " " : "", verb->operands ? verb->operands : "",
	       verb->options ? " [options]" : "", verb->doc);
	for (size_t i = 0; i < r.count; i++) {
		const struct cli_option *o = r.option[i];
		const struct option *row = row_of(o);
		bool number = row->type == OPTION_INT || row->type == OPTION_REAL;
		char letter[] = {'-', o->letter, ',', ' ', '\0'}, expected[EXPECT_ROOM], doc[1024];
		int used = printf("  %s--%s%s%s", o->letter ? letter : "", o->row.name,
				  o->argument ? " " : "", o->argument ? o->argument : "");

		expect_row(row, expected, sizeof expected);
		snprintf(doc, sizeof doc, "%s%s%s", o->row.doc, number ? ": " : "",
			 number ? expected : "");
		cli_print_doc((size_t)used, HELP_COLUMN, doc, stdout);
	}
}

/* --- finding -------------------------------------------------------------------------------------
 */

static int refuse(const char *option, const char *why)
{
	cli_say(stderr, "relubench: %s %s\n", option, why);
	return STATUS_SPEC;
}

/* "unknown option ...", or which ones a beginning may stand for. */
static int refuse_name(const struct reading *r, const char *given, size_t matching)
{
	size_t length = strlen(given);
	const char *names[MOST_OPTIONS], *text = "";

	for (size_t i = 0; i < r->count; i++) {
		const char *name = arena_format(&r->args->arena, "--%s", r->option[i]->row.name);

		names[i] = name;
		if (strncmp(name, given, length) == 0)
			text = arena_format(&r->args->arena, "%s%s%s", text, *text ? ", " : "",
					    name);
	}
	if (!matching)
		return cli_unknown("option", given, names, r->count);
	return refuse(arena_format(&r->args->arena, "option \"%s\"", given),
		      arena_format(&r->args->arena, "may be one of %s", text));
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* `value` is what stands behind the option in the same argument, or NULL. */
static int take(struct reading *r, size_t index, const char *value)
{
	const struct cli_option *option = r->option[index];
	struct cli_args *args = r->args;
	const char *name = arena_format(&args->arena, "--%s", option->row.name);

	if (!option->argument && value)
		return refuse(name, "takes no value");
	if (option->argument && !value && !*r->argv)
		return refuse(name, "needs a value");
	if (!option->argument)
		value = "true";
	else if (!value)
		value = *r->argv++;
	r->value[index] = value;
	if (option->path)
		args->set[args->set_count++] =
			*option->path ? arena_format(&args->arena, "%s=%s", option->path, value)
				      : value;
	return STATUS_OK;
}

/* "--name=value" or "--name" "value"; the name or a beginning that no other option has. */
static int take_long(struct reading *r, const char *text)
{
	size_t length = strcspn(text, "="), index = 0, matching = 0;

	for (size_t i = 0; i < r->count; i++) {
		const char *name = r->option[i]->row.name;

		if (strncmp(name, text, length) != 0)
			continue;
		index = i;
		matching++;
		if (!name[length]) {
			matching = 1;
			break;
		}
	}
	if (matching != 1 || length == 0)
		return refuse_name(r, arena_format(&r->args->arena, "--%.*s", (int)length, text),
				   matching);
	return take(r, index, text[length] ? text + length + 1 : NULL);
}

/* "-q", "-j2", "-j" "2", or several: "-qj2" */
static int take_letters(struct reading *r, const char *letters)
{
	int status = STATUS_OK;

	while (*letters && status == STATUS_OK) {
		char given[] = {'-', *letters++, '\0'};
		size_t index = 0;
		const char *value = NULL;

		while (index < r->count && r->option[index]->letter != given[1])
			index++;
		if (index == r->count)
			return refuse_name(r, given, 0);
		if (r->option[index]->argument && *letters) {
			value = letters;
			letters = "";
		}
		status = take(r, index, value);
	}
	return status;
}

/* Texts to values; what is not given has its default, which is all zeros. */
static int bind_options(const struct reading *r)
{
	struct arena *arena = &r->args->arena;
	struct problems *problems = ARENA_NEW(arena, struct problems);
	struct bind bind = {.arena = arena, .problems = problems};

	for (size_t i = 0; i < r->count; i++) {
		const struct cli_option *option = r->option[i];
		const struct option *row = row_of(option);
		struct node node = {.at = {arena_format(arena, "--%s", option->row.name), 0, 0},
				    .plain = option->path && *option->path,
				    .text = r->value[i]};
		void *field = option->path ? arena_alloc(arena, 1, bind_size(row))
					   : (char *)r->args + row->offset;

		if (node.text)
			bind_value(&bind, row, &node, NULL, field);
		else if (!option->row.initial)
			bind_missing(&bind, row, &node, NULL);
	}
	cli_print_problems(problems);
	return problems->count ? STATUS_SPEC : STATUS_OK;
}

static int parse(const struct cli_verb *verb, int argc, char **argv, struct cli_args *args)
{
	struct reading r = read_verb(verb, argv, args);
	bool only_operands = false;
	int status = STATUS_OK;

	args->operand = ARENA_ARRAY(&args->arena, char *, argc + 1);
	args->set = ARENA_ARRAY(&args->arena, const char *, argc + 1);
	while (*r.argv && status == STATUS_OK) {
		char *text = *r.argv++;

		if (only_operands || text[0] != '-' || !text[1])
			args->operand[args->count++] = text;
		else if (strcmp(text, "--") == 0)
			only_operands = true;
		else if (text[1] == '-')
			status = take_long(&r, text + 2);
		else
			status = take_letters(&r, text + 1);
	}
	args->help = r.value[r.count - 1];
	if (status != STATUS_OK || args->help)
		return status;
	if (args->count >= verb->least && args->count <= verb->most)
		return bind_options(&r);
	cli_say(stderr, "usage: relubench %s %s\n", verb->name,
		verb->operands ? verb->operands : "");
	return STATUS_SPEC;
}

int cli_run_verb(const struct cli_verb *verb, int argc, char **argv)
{
	struct cli_args args = {0};
	int status = parse(verb, argc, argv, &args);

	if (status == STATUS_OK && args.help)
		cli_help(verb);
	else if (status == STATUS_OK)
		status = verb->run(&args);
	arena_release(&args.arena);
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == STATUS_OK) {
		cli_say(stderr, "standard output: cannot write: %s\n", strerror(errno));
		status = STATUS_ENV;
	}
	return status;
}
