#!/bin/sh
# Run test programs and scripts: run.sh PROGRAM...
# As many at once as there are cores, at most 4; TEST_JOBS: another number.
#
# One line each; the output of those that fail. cmocka programs are counted by cmocka's own summary
# ("[  PASSED  ] 3 test(s)."; since 1.1.7 the group's name stands before some counts), the others by
# their lines "ok ..." and "not ok ..." ("ok ... # SKIP ..." is a skipped one). The last line is the
# sum; the exit status is 1 if anything failed. TEST_TIMEOUT: seconds for each program.
set -eu

limit=${TEST_TIMEOUT:-600}
export CMOCKA_MESSAGE_OUTPUT=stdout
export OMP_WAIT_POLICY=passive # threads that spin for one another starve on a busy machine

# "passed failed skipped" of the output on stdin.
count() {
	awk '
	# the count of a summary line of this kind, which may stand behind an unfinished line
	function summary(kind,    text) {
		if (!match($0, "\\[  " kind " *\\] (.*: )?[0-9]+ test\\(s\\)"))
			return 0
		text = substr($0, RSTART, RLENGTH - length(" test(s)"))
		sub(/.* /, "", text)
		return text
	}
	{
		passed += summary("PASSED")
		failed += summary("FAILED")
		skipped += summary("SKIPPED")
	}
	/^ok/ { if (/# *SKIP/) skipped++; else passed++ }
	/^not ok/ { failed++ }
	END { print passed + 0, failed + 0, skipped + 0 }'
}

# run_one LOGS PROGRAM: the verdict, to a file whose name is the answer; its first line is
# "passed failed skipped".
run_one() {
	program=$2
	log=$(mktemp "$1/log.XXXXXX")
	case $program in
	*.sh) runner="bash $program" ;;
	*/*) runner=$program ;;
	*) runner=./$program ;;
	esac
	start=$(date +%s)
	status=0
	# shellcheck disable=SC2086 # runner may be two words
	timeout -k 10 "$limit" $runner </dev/null >"$log" 2>&1 || status=$?
	seconds=$(($(date +%s) - start))

	# shellcheck disable=SC2046 # three numbers
	set -- $(count <"$log")
	problem=
	if [ "$status" -ne 0 ] && [ "$seconds" -ge "$limit" ]; then
		problem="stopped after $limit s"
	elif [ "$status" -ne 0 ] && [ "$2" -eq 0 ]; then
		problem="exit status $status"
	elif [ $(($1 + $2 + $3)) -eq 0 ]; then
		problem="ran no test"
	fi
	bad=$2
	[ -z "$problem" ] || bad=$((bad + 1))
	verdict=PASS
	[ "$bad" -eq 0 ] || verdict=FAIL
	{
		echo "$1 $bad $3"
		printf '%s  %s: %d passed, %d failed' "$verdict" "$program" "$1" "$bad"
		[ "$3" -eq 0 ] || printf ', %d skipped' "$3"
		printf ' (%d s)%s\n' "$seconds" "${problem:+: $problem}"
		[ "$bad" -eq 0 ] || sed 's/^/      /' "$log"
	} >"$log.verdict"
	echo "$log.verdict"
}

if [ "$1" = --one ]; then
	run_one "$2" "$3"
	exit 0
fi

cores=$(nproc)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
: >"$logs/counts"
printf '%s\n' "$@" | xargs -P "${TEST_JOBS:-$((cores < 4 ? cores : 4))}" -I PROGRAM \
	sh "$0" --one "$logs" PROGRAM |
	while read -r verdict; do
		sed 1d "$verdict"
		sed -n 1p "$verdict" >>"$logs/counts"
	done
# shellcheck disable=SC2046 # four numbers
set -- $# $(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0, NR }' "$logs/counts")
passed=$2
failed=$(($3 + $1 - $5)) # a program without a verdict has failed
skipped=$4

if [ "$skipped" -eq 0 ]; then
	echo "$passed passed, $failed failed"
else
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
