#!/bin/sh
# Line coverage of the sources after instrumented tests: coverage.sh BUILD_FOLDER
set -eu

find "$1/solvers" "$1/baselines" "$1/harness" -name '*.gcda' -exec gcov -n -r {} + 2>/dev/null |
	awk '
	/^File / { file = substr($2, 2, length($2) - 2) }
	/^Lines executed/ && file ~ /\.c$/ {
		split($2, part, ":")
		share[file] = part[2] + 0
		lines[file] = $4
		file = ""
	}
	END {
		for (file in share) {
			printf "%6.1f %%  %5d lines  %s\n", share[file], lines[file], file | "sort -n"
			covered += share[file] / 100 * lines[file]
			all += lines[file]
		}
		close("sort -n")
		if (all)
			printf "%6.1f %%  %5d lines  all\n", 100 * covered / all, all
	}'
