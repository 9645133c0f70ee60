/* Several outputs with neurons of their own. See separate.h. */
#include "solvers/cvx/separate.h"

#include <math.h>
#include <string.h>

struct separate {
	const struct trainer *one;
	ptrdiff_t count; /* of programs */
	ptrdiff_t k;
	struct problem *problem;   /* count; of one: not used */
	void **state;              /* count */
	struct progress *progress; /* count: of the last step of each */
};

const char *const separate_names[] = {"separate", NULL};

bool separate_takes(const struct problem *problem, const char **wanted)
{
	const struct loss_outputs *outputs = problem->loss.loss->outputs;

	*wanted =
		"a loss that is a sum over the outputs, such as squared, for neurons of their own";
	return problem->y.k < 2 || (outputs && outputs->sum);
}

static struct targets column(struct targets y, ptrdiff_t c)
{
	return (struct targets){
		.n = y.n, .k = 1, .at = y.at ? y.at + c * y.n : NULL, .weight = y.weight};
}

struct problem separate_output(const struct problem *problem, ptrdiff_t c)
{
	struct problem one = *problem;

	one.y = column(problem->y, c);
	one.y_validation = column(problem->y_validation, c);
	return one;
}

enum status separate_setup(struct separate_plan plan, const struct problem *problem,
			   const void *options, struct arena *arena, void **state, struct err *err)
{
	struct separate *s = ARENA_NEW(arena, struct separate);

	s->one = plan.one;
	s->k = problem->y.k;
	s->count = plan.divides ? s->k : 1;
	s->state = ARENA_ARRAY(arena, void *, s->count);
	*state = s;
	if (s->count == 1)
		return s->one->setup(problem, options, arena, &s->state[0], err);
	s->problem = ARENA_ARRAY(arena, struct problem, s->count);
	s->progress = ARENA_ARRAY(arena, struct progress, s->count);
	for (ptrdiff_t c = 0; c < s->count; c++) {
		s->problem[c] = separate_output(problem, c);
		TRY(c > 0 && plan.beside
			    ? plan.beside(&s->problem[c], options, s->state[0], arena, &s->state[c],
					  err)
			    : s->one->setup(&s->problem[c], options, arena, &s->state[c], err));
	}
	return STATUS_OK;
}

/* The larger one, or the one that is a number. */
static double larger(double a, double b)
{
	return b > a || isnan(a) ? b : a;
}

/* Programs that have ended rest; all end once each has. */
void separate_step(void *state, struct progress *progress)
{
	struct separate *s = state;
	enum outcome end = OUTCOME_CONVERGED;

	if (s->count == 1) {
		s->one->step(s->state[0], progress);
		return;
	}
	*progress = (struct progress){0, NAN, NAN, .end = OUTCOME_RUNNING};
	for (ptrdiff_t c = 0; c < s->count; c++) {
		struct progress *p = &s->progress[c];

		if (p->end == OUTCOME_RUNNING) {
			*p = (struct progress){NAN, NAN, NAN, .end = OUTCOME_RUNNING};
			s->one->step(s->state[c], p);
		}
		progress->objective += p->objective;
		progress->primal_residual = larger(progress->primal_residual, p->primal_residual);
		progress->dual_residual = larger(progress->dual_residual, p->dual_residual);
		if (!progress->failure)
			progress->failure = p->failure;
		if (p->end == OUTCOME_RUNNING ||
		    (p->end != OUTCOME_CONVERGED && end != OUTCOME_RUNNING))
			end = p->end;
	}
	progress->end = end;
}

ptrdiff_t separate_width(const void *state)
{
	const struct separate *s = state;
	ptrdiff_t width = 0;

	for (ptrdiff_t c = 0; c < s->count; c++)
		width += s->one->width(s->state[c]);
	return width;
}

void separate_clear(struct multinet *net)
{
	net->U.cols = 0;
	mat_fill(net->A, 0);
}

struct net separate_room(const struct multinet *net, ptrdiff_t c)
{
	struct net one = {.base = {&model_relu}, .U = net->U};

	one.U.at += net->U.cols * net->U.stride;
	one.U.cols = net->A.rows - net->U.cols;
	one.alpha = mat_col(net->A, c) + net->U.cols;
	return one;
}

void separate_take(struct multinet *net, const struct net *one)
{
	net->U.cols += one->U.cols;
}

static void assemble(const struct separate *s, void (*part)(const void *, struct model *),
		     struct model *model)
{
	struct multinet *net;

	if (s->count == 1) {
		part(s->state[0], model);
		return;
	}
	net = multinet_of(model);
	separate_clear(net);
	for (ptrdiff_t c = 0; c < s->count; c++) {
		struct net one = separate_room(net, c);

		part(s->state[c], &one.base);
		separate_take(net, &one);
	}
}

void separate_model(const void *state, struct model *model)
{
	const struct separate *s = state;

	assemble(s, s->one->model, model);
}

void separate_repaired(const void *state, struct model *model)
{
	const struct separate *s = state;

	assemble(s, s->one->repaired, model);
}

void separate_add_certificate(struct certificate *sum, const struct certificate *one)
{
	sum->objective += one->objective;
	sum->feasibility = fmax(sum->feasibility, one->feasibility);
	sum->upper += one->upper;
	sum->lower_bound += one->lower_bound;
	sum->scope = one->scope;
}

void separate_certify(void *state, struct certificate *certificate)
{
	struct separate *s = state;
	struct certificate one;

	if (s->count == 1) {
		s->one->certify(s->state[0], certificate);
		return;
	}
	*certificate = (struct certificate){0};
	for (ptrdiff_t c = 0; c < s->count; c++) {
		s->one->certify(s->state[c], &one);
		separate_add_certificate(certificate, &one);
	}
}

void separate_violation(void *state, long draws, struct violation *out)
{
	struct separate *s = state;

	*out = (struct violation){0};
	for (ptrdiff_t c = 0; c < s->count; c++) {
		struct violation one;

		s->one->violation(s->state[c], draws, &one);
		out->draws += one.draws;
		out->violated += one.violated;
	}
}

/* Those of the first program; notes of others that say something else, with their number. */
void separate_facts(const void *state, struct facts *facts)
{
	const struct separate *s = state;
	const struct fact *first;
	const char *said;

	s->one->facts(s->state[0], facts);
	if (s->count == 1)
		return;
	facts_text(facts, "output", "separate");
	first = facts_find(facts, "note");
	said = first ? first->text : "";
	for (ptrdiff_t c = 1; c < s->count; c++) {
		struct facts own = {.arena = facts->arena};
		const struct fact *note;

		s->one->facts(s->state[c], &own);
		note = facts_find(&own, "note");
		if (note && strcmp(said, note->text) != 0)
			facts_note(facts,
				   arena_format(facts->arena, "output %td: %s", c + 1, note->text));
	}
}

void separate_forecast(const struct trainer *one, const void *options, struct trainer_shape shape,
		       struct forecast *out)
{
	double k = (double)shape.k;

	shape.k = 1;
	one->forecast(options, shape, out);
	out->setup_flops *= k;
	out->iteration_flops *= k;
	out->certificate_flops *= k;
}
