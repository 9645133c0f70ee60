#!/bin/sh
# Plant the faults of tests/mutants/*.list one at a time and run the tests that belong to the file:
# run.sh BUILD (from the repository root; `make mutants` builds what it needs). ONLY: faults in files
# whose name contains this. The exit status is 1 if a fault survived that its list does not explain, or
# if a test fails without one.
set -eu

build=$1
room=$build/mutants
lists=$(ls tests/mutants/*.list)
mkdir -p "$room"
: >"$room/times"

entries() { # entries TASK [ENTRY]
	# shellcheck disable=SC2086 # a list of words
	awk -v task="$1" -v entry="${2:-0}" -f tests/mutants/mutants.awk $lists
}

# The program or script that is this test, for programs of the folder $1.
command_of() {
	case $2 in
	*.sh) echo "bash tests/$2" ;;
	*) echo "$1/double/tests/$2" ;;
	esac
}

# run FOLDER TEST SECONDS: its exit status; its output is in $room/log.
run() {
	# shellcheck disable=SC2046 # the command is words
	RELUBENCH=$1/relubench OMP_NUM_THREADS=1 CMOCKA_MESSAGE_OUTPUT=stdout \
		timeout -k 5 "$3" $(command_of "$1" "$2") </dev/null >"$room/log" 2>&1 || return 1
	! grep -q '^not ok' "$room/log"
}

# The time limit of a test with a fault: what it took without one, ten times, and half a minute.
limit_of() {
	known=$(awk -v test="$1" '$1 == test { print $2 }' "$room/times")
	if [ -z "$known" ]; then
		start=$(date +%s)
		if ! run "$build" "$1" 600; then
			echo "tests/$1 fails without a fault:" >&2
			sed 's/^/      /' "$room/log" >&2
			exit 2
		fi
		known=$(($(date +%s) - start))
		echo "$1 $known" >>"$room/times"
	fi
	echo $((10 * known + 30))
}

# What in the log of a failed test says which of its cases failed.
failed_cases() {
	sed -n -e 's/^\[  FAILED  \] \([a-z_0-9A-Z]*\)$/\1/p' -e 's/^not ok \([^:]*\).*/\1/p' "$room/log" |
		sort -u | head -n 3 | tr '\n' ' '
}

# attempt ENTRY FILE TEST...: plant and run; "killed by ...", "survived" or "does not build".
attempt() {
	entry=$1
	file=$2
	shift 2
	mkdir -p "$room/$(dirname "$file")"
	entries plant "$entry" >"$room/$file"
	# shellcheck disable=SC2086 # programs: only when a script runs them
	if ! MUTANT=$file TESTS=$* ${MAKE:-make} -s --no-print-directory mutant-built \
		>"$room/log" 2>&1; then
		echo "does not build: $(grep -m 1 error "$room/log")"
		return
	fi
	for test in "$@"; do
		limit=$(limit_of "$test")
		if ! run "$room" "$test" "$limit"; then
			echo "killed by $test: $(failed_cases)"
			return
		fi
	done
	echo "survived $*"
}

entries check
begun=$(date +%s)
entries list | grep -F -e "${ONLY:-}" >"$room/entries" || :
killed=0
survived=0
explained=0
while read -r entry file tests; do
	entries say "$entry" >"$room/said"
	# shellcheck disable=SC2086 # a list of words
	verdict=$(attempt "$entry" "$file" $tests)
	reason=$(sed -n 2p "$room/said")
	case $verdict in
	killed*)
		killed=$((killed + 1))
		[ -z "$reason" ] || verdict="$verdict (its list says that it survives)"
		;;
	*)
		if [ -n "$reason" ]; then
			explained=$((explained + 1))
			verdict="$verdict ($reason)"
		else
			survived=$((survived + 1))
			verdict="SURVIVED: $verdict"
		fi
		;;
	esac
	echo "$(head -n 1 "$room/said") [$file]: $verdict"
done <"$room/entries"
echo "$(wc -l <"$room/entries") faults: $killed killed, $explained explained," \
	"$survived survived ($(($(date +%s) - begun)) s)"
[ "$survived" -eq 0 ]
