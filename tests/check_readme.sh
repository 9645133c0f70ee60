#!/bin/sh
# The example of a method in README.md must compile: check_readme.sh COMPILER FLAG...
set -eu

awk '/^```$/ { code = 0 } code { print } /^```c$/ && !seen++ { code = 1 }' README.md |
	"$@" -x c -fsyntax-only -
echo "README: its example compiles"
