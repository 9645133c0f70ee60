/* Names of series below groups of bars. */
#include "harness/report/plots/bars.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <string.h>

#define NAME_PIXELS 7.0  /* of a character of a tic label */
#define GROUP_PIXELS 350 /* of all groups of a panel; longer names are tilted */
#define DEGREE (3.14159265358979323846 / 180)

enum {
	TILTED = 40,
	UPRIGHT = 90,
	TILTED_LETTERS = 17 /* longer ones of the first bar would be cut at the left edge */
};

void bars_tics(struct figure *figure, const struct series_list *list, const char *data, int angle)
{
	size_t place = 0;

	fputs("set xtics (", figure->gp);
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].group->data, data) != 0)
			continue;
		fputs(place ? ", " : "", figure->gp);
		figure_tic(figure, list->at[i].label);
		fprintf(figure->gp, " %zu", place++);
	}
	if (angle)
		fprintf(figure->gp, ") noenhanced rotate by %d right\n", angle);
	else
		fputs(") noenhanced norotate\n", figure->gp);
	fprintf(figure->gp, "set xrange [-0.6:%.1f]\nset offsets 0,0,0,0\n", (double)place - 0.4);
}

static size_t longest_label(const struct series_list *list)
{
	size_t longest = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t here = printable_width(list->at[i].label);

		longest = here > longest ? here : longest;
	}
	return longest;
}

int bars_angle(const struct series_list *list, const struct records *records)
{
	size_t longest = longest_label(list), most = 0;

	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(list, records->data[i]);

		most = here > most ? here : most;
	}
	if (NAME_PIXELS * (double)(longest + 1) * (double)most <= GROUP_PIXELS)
		return 0;
	return longest <= TILTED_LETTERS ? TILTED : UPRIGHT;
}

double bars_room(const struct series_list *list, int angle)
{
	double length = NAME_PIXELS * (double)longest_label(list);

	/* less the room of a flat label */
	return angle == 0 ? 0 : sin(angle * DEGREE) * length - (angle == TILTED ? 6 : 0);
}
