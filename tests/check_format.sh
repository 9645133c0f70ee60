#!/bin/sh
# Layout as .clang-format has it: check_format.sh FILE... Releases of clang-format differ, so only
# the one that the project uses is asked.
set -eu

release=14
for formatter in clang-format-$release clang-format; do
	case $("$formatter" --version 2>/dev/null) in
	*" version $release."*)
		"$formatter" --dry-run -Werror "$@"
		echo "format: fine ($# files)"
		exit 0
		;;
	esac
done
echo "format: clang-format $release is not installed, skipped"
