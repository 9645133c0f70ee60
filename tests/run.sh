#!/bin/sh
# Run test programs and scripts: run.sh PROGRAM...
#
# One line each; the output of those that fail. cmocka programs are counted by cmocka's own summary
# ("[  PASSED  ] 3 test(s)."; since 1.1.7 the group's name stands before some counts), the others by
# their lines "ok ..." and "not ok ..." ("ok ... # SKIP ..." is a skipped one). The last line is the
# sum; the exit status is 1 if anything failed. TEST_TIMEOUT: seconds for each program.
set -eu

limit=${TEST_TIMEOUT:-600}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0
skipped=0
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

for program in "$@"; do
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
	passed=$((passed + $1))
	failed=$((failed + bad))
	skipped=$((skipped + $3))
	verdict=PASS
	[ "$bad" -eq 0 ] || verdict=FAIL
	printf '%s  %s: %d passed, %d failed' "$verdict" "$program" "$1" "$bad"
	[ "$3" -eq 0 ] || printf ', %d skipped' "$3"
	printf ' (%d s)%s\n' "$seconds" "${problem:+: $problem}"
	[ "$bad" -eq 0 ] || sed 's/^/      /' "$log"
done

if [ "$skipped" -eq 0 ]; then
	echo "$passed passed, $failed failed"
else
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
