#!/bin/sh
# Limits of size and nesting: check_style.sh FILE... (from the repository root)
set -eu

awk -f tests/check/style.awk "$@"
