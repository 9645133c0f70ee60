/* A stored cell with its data and its network, from the files of its record. */
#ifndef VERIFY_RELOAD_H
#define VERIFY_RELOAD_H

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "harness/store/modelfile.h"
#include "harness/store/result.h"

struct reload {
	struct cell cell;
	struct result result;
	struct dataset data;
	struct modelfile file;  /* its model is NULL if the method makes none */
	struct outputs outputs; /* of one that gives these alone, else NULL pointers */
};

/* `record`: the folder of the cell. The data are read from where they were or, if they are not
 * there any more, from where inputs_find finds them in the folder `data` (NULL: none). Errors: a
 * damaged record (STATUS_FAILED), a record or data that cannot be read, data of another checksum,
 * or that do not fit together. */
enum status reload_record(const char *record, const char *data, struct arena *arena,
			  struct reload *out, struct err *err);

#endif
