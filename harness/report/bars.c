/* Names of series below groups of bars. */
#include "harness/report/bars.h"

#include <string.h>

#define NAME_PIXELS 7.0  /* of a character of a tic label */
#define GROUP_PIXELS 350 /* of all groups of a panel; longer names are tilted */

void bars_tics(struct figure *figure, const struct series_list *list, const char *data, bool tilted)
{
	size_t place = 0;

	fputs("set xtics (", figure->gp);
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].group->data, data) != 0)
			continue;
		fputs(place ? ", " : "", figure->gp);
		figure_text(figure, list->at[i].label);
		fprintf(figure->gp, " %zu", place++);
	}
	fprintf(figure->gp, ") noenhanced %s\n", tilted ? "rotate by 40 right" : "norotate");
	fprintf(figure->gp, "set xrange [-0.6:%.1f]\nset offsets 0,0,0,0\n", (double)place - 0.4);
}

bool bars_tilt(const struct series_list *list, const struct records *records)
{
	size_t longest = 0, most = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t here = strlen(list->at[i].label);

		longest = here > longest ? here : longest;
	}
	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(list, records->data[i]);

		most = here > most ? here : most;
	}
	return NAME_PIXELS * (double)(longest + 1) * (double)most > GROUP_PIXELS;
}

double bars_room(const struct series_list *list)
{
	size_t longest = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t here = strlen(list->at[i].label);

		longest = here > longest ? here : longest;
	}
	return NAME_PIXELS * (double)longest / 2 -
	       10; /* sin(30 deg), less the room of a flat label */
}
