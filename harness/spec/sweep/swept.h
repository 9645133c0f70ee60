/* One value of a sweep, as records, tables and filters name it. */
#ifndef SPEC_SWEPT_H
#define SPEC_SWEPT_H

struct swept {
	const char *path;  /* "rho", "u_update.pcg.rank", "data.generate.noise" */
	const char *value; /* canonical text */
};

#endif
