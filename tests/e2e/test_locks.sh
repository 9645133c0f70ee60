#!/bin/bash
# File systems without locks: it is said, and runs go on; several at once lose nothing.
. tests/e2e/lib.sh

# no_locks CODE: a library under which locks fail with this errno.
no_locks()
{
	sed "s/CODE/$1/" >locks.c <<-END
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <errno.h>
	#include <fcntl.h>
	#include <stdarg.h>
	static int pass(const char *name, int fd, int command, void *argument)
	{
		int (*next)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, name);
		if (command == F_OFD_SETLK || command == F_OFD_SETLKW || command == F_OFD_GETLK) {
			errno = CODE;
			return -1;
		}
		return next(fd, command, argument);
	}
	#define LIKE(name) int name(int fd, int command, ...) { va_list rest; void *argument; \\
		va_start(rest, command); argument = va_arg(rest, void *); va_end(rest); \\
		return pass(#name, fd, command, argument); }
	LIKE(fcntl)
	LIKE(fcntl64)
	END
	"${CC:-cc}" -shared -fPIC -o locks.so locks.c -ldl
	printf '#!/bin/sh\nLD_PRELOAD="%s/locks.so" exec "%s" "$@"\n' "$work" "$program" >locked
	chmod +x locked
	relubench=$work/locked
}

tiny_spec tiny 2
export TMPDIR=$work
expect "run with locks" 0 run tiny.yaml --quiet --out with
check "says nothing" "$(cat err)" [ ! -s err ]
for code in ENOLCK ENOSYS EOPNOTSUPP; do
	no_locks $code
	expect "$code: run" 0 run tiny.yaml --quiet --out $code
	says "$code: is said" "^$code/tiny: note: no locks on this file system"
	says_once "$code: once"
	check "$code: no other run is made up" "$(cat err)" [ -z "$(grep 'another run' err)" ]
	same "$code: the same values" with/tiny $code/tiny
	check "$code: nothing is left" "$(ls $code/tiny)" [ ! -e $code/tiny/tmp ]
done
expect "timing: exclusive" 0 run tiny.yaml --quiet --out alone --set resources.timing=exclusive
says "says that it cannot be" "timing: exclusive: no locks"
expect "status" 0 status alone/tiny
no_locks EIO
expect "a lock that fails" 4 run tiny.yaml --quiet --out other
says "says how" "lock: cannot lock: "
no_locks EAGAIN
expect "a lock that is held" 4 run tiny.yaml --quiet --out other
says "is of another run" "another run is writing to this folder; wait"

# Two runs of the same cells at once: of each cell one record is kept, and it is whole.
no_locks ENOLCK
tiny_spec twice 4
"$relubench" run twice.yaml --quiet --out both >/dev/null 2>one &
other=$!
expect "a run beside another" 0 run twice.yaml --quiet --out both
status=0
wait $other || status=$?
check "the other run" "$(cat one)" [ $status -eq 0 ]
without_worker
expect "one run" 0 run twice.yaml --quiet --out single
same "the same values" single/twice both/twice
expect "all records are whole" 0 report both/twice
