/* What a mistyped name may have meant, for messages. */
#ifndef CORE_NEAREST_H
#define CORE_NEAREST_H

#include <stddef.h>

/* The name closest to `name`, or NULL if none is close. */
const char *nearest_name(const char *name, const char *const *names, size_t count);

#endif
