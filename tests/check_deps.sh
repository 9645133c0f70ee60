#!/bin/sh
# Direction of the includes: check_deps.sh FILE... (from the repository root)
set -eu

# shellcheck disable=SC2046 # file names without blanks
awk -f tests/check/deps.awk tests/deps.allow $(find solvers baselines harness -name '*.def') "$@" "$@"
echo "dependencies: fine ($# files)"
