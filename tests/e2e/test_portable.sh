#!/bin/bash
# A portable build: RELUBENCH_PORTABLE, as `make PORTABLE=1 ROOT=build/portable` leaves it, gives on any
# processor what this build gives; its own programs have no instruction of AVX.
. tests/e2e/lib.sh

portable=$(cd "$repository" && realpath "${RELUBENCH_PORTABLE:-build/portable/relubench}" 2>/dev/null)
if [ ! -x "$portable" ]; then
	echo "ok a portable build # SKIP needs make PORTABLE=1 ROOT=build/portable"
	exit 0
fi
folder=$(dirname "$portable")
tiny_spec tiny 1
expect "this build" 0 run tiny.yaml --quiet --out native

# The newest worker that this processor can run is taken.
relubench=$portable
expect "a portable build" 0 run tiny.yaml --quiet --out level
wanted=
if grep -qw avx2 /proc/cpuinfo && [ -x "$folder/relubench-worker-double-x86-64-v3" ]; then wanted=" x86-64-v3"; fi
if grep -qw avx512vl /proc/cpuinfo && [ -x "$folder/relubench-worker-double-x86-64-v4" ]; then wanted=" x86-64-v4"; fi
says "the record has its instructions" "^  \"program\": \"[^\"]*[0-9a-f]$wanted\"" "$(ls level/tiny/cells/*/result.json | head -n 1)"

# Without the others the worker for any processor is.
mkdir -p plain
cp "$portable" "$folder/relubench-worker-double" plain
relubench=$work/plain/relubench
expect "on an old processor" 0 run tiny.yaml --quiet --out plain
says "the record has none" "^  \"program\": \"[^\" ]* [^\" ]*\"" "$(ls plain/tiny/cells/*/result.json | head -n 1)"

# near NAME DIR DIR: accuracies and objectives of the same cells are equal but for rounding.
near()
{
	local cell key

	for cell in "$2"/cells/*; do
		for key in objective_network train_accuracy test_accuracy objective; do
			echo "${cell##*/} $key $(sed -n "s/^  \"$key\": //p" "$cell/result.json") $(sed -n "s/^  \"$key\": //p" "$3/cells/${cell##*/}/result.json")"
		done
	done | tr -d , | awk '{ if (NF != 4 || ($3 - $4)^2 > (1e-9 * $3)^2) print; n++ } END { if (n < 12) print "only " n + 0 " values" }' >far
	check "$1" "$(cat far)" [ ! -s far ]
}
near "the same numbers as this build" native/tiny level/tiny
near "and on an old processor" native/tiny plain/tiny

if command -v objdump >/dev/null; then
	for name in relubench relubench-worker-double; do
		objdump -d --no-show-raw-insn "$folder/$name" | grep -m 1 -E '%[yz]mm|\bv[a-z]+(ps|pd|sd|ss)\b' >wide
		check "$name has no instruction of AVX" "$(cat wide)" [ ! -s wide ]
	done
	check "while a newer worker has" "none" \
		[ -n "$(objdump -d --no-show-raw-insn "$folder/relubench-worker-double-x86-64-v3" | grep -m 1 '%ymm')" ]
fi
