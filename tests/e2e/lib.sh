# What the end-to-end tests share; to be sourced. RELUBENCH: the program (default build/relubench).
# Each test prints "ok NAME" or "not ok NAME" with a reason; files go to a folder that is removed.
set -u

program=$(realpath "${RELUBENCH:-build/relubench}")
relubench=$program
repository=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C NO_COLOR=1
unset RELUBENCH_DATA COLUMNS

# RELUBENCH_PYTHON: the python3 of tests that need packages; they are skipped where it has none of them.
if [ -n "${RELUBENCH_PYTHON:-}" ]; then
	mkdir "$work/.python"
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$RELUBENCH_PYTHON" >"$work/.python/python3"
	chmod +x "$work/.python/python3"
	PATH=$work/.python:$PATH
fi

# has NAME MODULES: has python3 these? If not, the test is skipped and says so.
has()
{
	python3 -c "import $2" 2>/dev/null && return
	echo "ok $1 # SKIP python3 has no $2"
	return 1
}

ok()
{
	echo "ok $1"
}

not_ok()
{
	echo "not ok $1: ${2:-}"
}

# check NAME REASON COMMAND...: is COMMAND true?
check()
{
	local name=$1 reason=$2

	shift 2
	if "$@"; then ok "$name"; else not_ok "$name" "$reason"; fi
}

# run_it EXPECTED ARGUMENT...: run relubench; its outputs are in $work/out and $work/err. The first
# difference from the expected exit status is said.
run_it()
{
	local expected=$1 status=0

	shift
	"$relubench" "$@" >out 2>err </dev/null || status=$?
	[ "$status" -eq "$expected" ] && return
	echo "# relubench $*: exit status $status, expected $expected"
	sed 's/^/#   /' err
	return 1
}

# expect NAME STATUS ARGUMENT...: the exit status is this one.
expect()
{
	local name=$1

	shift
	if run_it "$@"; then ok "$name"; else not_ok "$name" "exit status"; fi
}

# says NAME PATTERN [FILE]: the last messages (or FILE) match.
says()
{
	local file=${3:-err}

	if grep -q -e "$2" "$file"; then ok "$1"; else not_ok "$1" "no \"$2\" in: $(cat "$file")"; fi
}

# One message: one line on stderr.
says_once()
{
	check "$1" "more or less than one line: $(cat err)" [ "$(wc -l <err)" -eq 1 ]
}

# tiny_spec NAME [REPEATS] [ITERATIONS]: 3 cells a repetition, a few milliseconds each. Writes NAME.yaml.
tiny_spec()
{
	cat >"$1.yaml" <<-END
	name: $1
	seed: 7
	repeats: ${2:-2}
	resources: {jobs: 2, threads: 1, time_limit: 1m}
	data:
	  - name: moons
	    generate: {kind: moons, n: 60, noise: 0.1}
	    split: {test: 0.3}
	    prepare: [bias]
	train:
	  - {name: admm, solver: admm, patterns: [5, 8], beta: 0.1}
	  - {name: sgd, solver: sgd, width: 8, epochs: 5, batch: 16, learning_rate: 0.05, beta: 0.1}
	stop: {iterations: ${3:-20}}
	attack:
	  - {attack: fgsm, norm: linf, eps: [0, 0.1]}
	END
}

# npy FILE ROWS COLUMNS NUMBER...: an NPY file of bytes, row by row.
npy()
{
	local file=$1 shape="($2, $3)" number

	shift 3
	printf '\223NUMPY\001\000v\000%-117s\n' \
		"{'descr': '|u1', 'fortran_order': False, 'shape': $shape, }" >"$file"
	for number; do
		# shellcheck disable=SC2059 # the format is the byte
		printf "\\$(printf %03o "$number")"
	done >>"$file"
}

# record DIR METHOD KEY: a value of the record of the first cell of a method, without quotes.
record()
{
	local cell

	for cell in "$1"/cells/*; do
		grep -q "^  \"method\": \"$2\"" "$cell/result.json" || continue
		sed -n "s/^  \"$3\": //p" "$cell/result.json" | sed 's/,$//; s/^"//; s/"$//'
		return
	done
}

# Names of the cells of a results folder.
cells_of()
{
	(cd "$1/cells" && ls)
}

count_cells()
{
	cells_of "$1" | wc -l
}

# Everything that the cells of a folder hold, but times and memory.
values_of()
{
	local cell

	for cell in "$1"/cells/*; do
		echo "== ${cell##*/}"
		ls "$cell"
		grep -v -e '_s":' -e peak_mem_bytes -e '"date"' -e '"timing"' -e '"switches_' -e '"core_share"' -e '"load_average"' "$cell/result.json"
		cat "$cell/cell.json"
		cut -d, -f1,4- "$cell/trace.csv" # without times
		cut -d, -f1-11,13- "$cell/attack.csv" # without seconds
		cksum <"$cell/model.npz"
		cksum <"$cell/points.csv"
	done 2>/dev/null
}

# same NAME DIR DIR: both have the same cells with the same values.
same()
{
	values_of "$2" >a.values
	values_of "$3" >b.values
	check "$1" "$(diff a.values b.values | head -n 5)" cmp -s a.values b.values
}

# processes PATTERN [PARENT]: numbers of the living processes whose command line matches (by /proc: a
# bare system has no pgrep).
processes()
{
	local folder line

	for folder in /proc/[0-9]*; do
		line=$(tr '\0' ' ' 2>/dev/null <"$folder/cmdline") || continue
		[ -z "${2:-}" ] || grep -q "^PPid:[[:space:]]*$2\$" "$folder/status" 2>/dev/null || continue
		# shellcheck disable=SC2254 # a pattern
		case $line in
		$1) echo "${folder#/proc/}" ;;
		esac
	done
}

# flowers SEED KINDS ROWS [SPREAD]: a table of two or three kinds of flowers in turn, each around a point of its own, by a
# fixed congruential sequence; they mix more the larger SPREAD is (1.4).
flowers()
{
	awk -v s="$1" -v kinds="$2" -v rows="$3" -v spread="${4:-1.4}" 'BEGIN {
		print "a,b,kind"
		for (i = 0; i < rows; i++) {
			for (j = 0; j < 2; j++) { s = (s * 1103515245 + 12345) % 2147483648; u[j] = s / 2147483648 - 0.5 }
			c = i % kinds
			printf "%.4f,%.4f,%s\n", u[0] * spread + (c == 0), u[1] * spread + (c == 1), c == 0 ? "rose" : c == 1 ? "tulip" : "aster"
		}
	}'
}

# unchecked RECORD...: make records such as an earlier version wrote, without what the files are checked by.
unchecked()
{
	local record

	for record; do
		rm -f "$record/record.json"
		sed -i '/^  "format": /d' "$record/result.json"
	done
}

# The statuses of all cells of a folder: "2 ok 1 oom".
statuses_of()
{
	cat "$1"/cells/*/result.json 2>/dev/null | sed -n 's/^  "status": "\(.*\)",*$/\1/p' | sort |
		uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? " " : ""), $1, $2 }'
}

# statuses NAME DIR EXPECTED
statuses()
{
	check "$1" "$(statuses_of "$2")" [ "$(statuses_of "$2")" = "$3" ]
}

# A copy of the program in $work/bin whose worker is a shell script: it does what CASES (arms of a
# `case` over the text of the cell) say, and calls the real worker otherwise.
with_worker()
{
	local real

	real=$(dirname "$program")/relubench-worker-double
	mkdir -p bin
	cp -f "$program" bin/relubench
	cat >bin/relubench-worker-double <<-END
	#!/bin/sh
	case \$(cat "\$1/cell.json") in
	$1
	esac
	exec "$real" "\$@"
	END
	chmod +x bin/relubench-worker-double
	relubench=$work/bin/relubench
}

without_worker()
{
	relubench=$program
}
