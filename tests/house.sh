#!/bin/sh
# The plan of the house in figures, with their limits: house.sh OBJECTS (from the repository root), after a
# build into OBJECTS/. LIST=FIGURE names what a figure counts: LIST='sibling exports'.
set -eu

objects=$1
# shellcheck disable=SC2046 # file names without blanks
find "$objects/solvers" "$objects/baselines" "$objects/harness" -name '*.o' -exec nm -A {} + |
	awk -v objects="$objects" -f tests/check/house.awk tests/deps.allow \
		$(find solvers baselines harness -name '*.[ch]' -o -name '*.def') \
		$(find tests -name '*.[ch]') object=1 -
