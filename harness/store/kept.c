/* Records that are there, checked. */
#include "harness/store/kept.h"
#include "harness/store/manifest.h"

#include <sys/stat.h>

enum status kept_read(const char *record, struct arena *arena, struct kept *out, struct err *err)
{
	const char *path = arena_format(arena, "%s/result.json", record);
	enum manifest_state state;
	struct err found = {0};
	enum status status;
	struct stat info;

	*out = (struct kept){.present = lstat(record, &info) == 0, .result = result_empty()};
	if (!out->present)
		return STATUS_OK;
	status = manifest_check(record, arena, NULL, &state, &found);
	if (state == MANIFEST_NEWER)
		return err_at(err, status, (struct err_place){found.source, 0, 0}, "%s",
			      found.text);
	if (status == STATUS_OK)
		status = result_read(path, arena, &out->result, &found);
	if (status == STATUS_OK)
		return STATUS_OK;
	out->result = result_empty();
	out->damage = arena_format(arena, "%s: %s%s", found.source[0] ? found.source : record,
				   state == MANIFEST_DAMAGED ? "" : "damaged record: ", found.text);
	return STATUS_OK;
}
