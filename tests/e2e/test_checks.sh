#!/bin/bash
# What runs and checks the tests: the runner counts what cmocka 1.1.5 to 2.0 and scripts print, the style
# check refuses assertions that hide numbers, and the house is counted as it stands.
. tests/e2e/lib.sh

# counts NAME EXPECTED STATUS: the runner's last line for a program that prints stdin and ends so.
counts()
{
	local said

	cat >printed
	printf '#!/bin/sh\ncat %s\nexit %s\n' "$work/printed" "$3" >program
	chmod +x program
	said=$(cd "$repository" && sh tests/run.sh "$work/program" | tail -n 1)
	check "$1" "$said" [ "$said" = "$2" ]
}

counts "cmocka 1.1.5" "3 passed, 1 failed, 1 skipped" 1 <<'END'
[==========] Running 5 test(s).
[ RUN      ] one
[       OK ] one
[  PASSED  ] 3 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] three

 1 SKIPPED TEST(S)
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] 2 tests of a kind

 1 FAILED TEST(S)
END
counts "cmocka 1.1.7 and 2.0 name the group" "12 passed, 2 failed, 1 skipped" 2 <<'END'
[==========] tests: Running 15 test(s).
[ RUN      ] one
[       OK ] one
[==========] tests: 15 test(s) run.
[  PASSED  ] 12 test(s).
[  SKIPPED ] tests: 1 test(s), listed below:
[  SKIPPED ] three
[  FAILED  ] tests: 2 test(s), listed below:
[  FAILED  ] two
END
counts "summary behind an unfinished line" "4 passed, 0 failed" 0 <<'END'
[==========] tests: Running 4 test(s).
tests/unit/x.c:5: a note[  PASSED  ] 4 test(s).
END
counts "two groups in a program" "3 passed, 0 failed" 0 <<'END'
[==========] 1 test(s) run.
[  PASSED  ] 1 test(s).
[==========] 2 test(s) run.
[  PASSED  ] 2 test(s).
END
counts "TAP of a script" "2 passed, 1 failed, 1 skipped" 0 <<'END'
1..4
ok 1 - first
ok second
not ok 3 - third
ok 4 # SKIP no program for it
# ok - tests
END
counts "a crash after tests that passed" "2 passed, 1 failed" 139 <<'END'
[       OK ] one
[  PASSED  ] 2 test(s).
END
counts "no test" "0 passed, 1 failed" 0 </dev/null

printf '#!/bin/sh\n[ "$CMOCKA_MESSAGE_OUTPUT" = stdout ] && echo ok\n' >program
chmod +x program
CMOCKA_MESSAGE_OUTPUT=xml sh "$repository/tests/run.sh" "$work/program" >out
check "the user's message format of cmocka is not used" "$(cat out)" grep -q "^1 passed, 0 failed" out

# style NAME EXPECTED: the number of complaints about a test file with the statement of stdin.
style()
{
	local found

	{ printf 'static void test(void)\n{\n'; cat; printf '}\n'; } >sample.c
	found=$(awk -f "$repository/tests/check/style.awk" sample.c | grep -c 'tests/close.h')
	check "$1" "$found complaints" [ "$found" -eq "$2" ]
}

style "comparisons of numbers are refused" 5 <<'END'
	assert_true(a < b);
	for (i = 0; i < n; i++)
		assert_true(fabs(x[i] -
				 y[i]) <= 1e-9);
	assert_false(value == 3);
	assert_true(isnan(x));
	assert_true(done && count >= 2);
END
style "truths and texts are not" 0 <<'END'
	assert_true(find("a < b", &at));
	assert_true(strcmp(name, "<") == 0 || memcmp(a, b, sizeof a) != 0);
	assert_false(row->done);
	check_below(a, b);
	if (a < b)
		assert_true(seen);
END

# A house of two folders: low (two rooms, one of them cut off the other) and high, which stands on it.
mkdir -p house/solvers/low house/solvers/high house/baselines house/harness house/tests/check
cp "$repository/tests/house.sh" house/tests
# its limits: what it has, where that is not zero
sed 's/\(limit\["\(room cycles\|upward rooms\|sibling exports\|dead exports\|test exports\|misplaced\)"\] =\).*/\1 2/' \
	"$repository/tests/check/house.awk" >house/tests/check/house.awk
cd house || exit 1
printf 'solvers/low -> <x.h>\nsolvers/high -> solvers/low\n' >tests/deps.allow
printf 'int low(int a);\nint low_part(int a);\nint low_tested(void);\n' >solvers/low/low.h
printf 'int part_of_low(int a);\n' >solvers/low/inner.h
cat >solvers/low/low.c <<'END'
#include "solvers/low/inner.h"
#include "solvers/low/low.h"
static int once(int a)
{
	return a + 1;
}
static int twice(int a)
{
	return a + 2;
}
static int listed(int a)
{
	return a + 3;
}
static int (*const table[])(int) = {listed};
int low(int a)
{
	return once(twice(a)) + part_of_low(a) + table[0](a);
}
int low_part(int a)
{
	return twice(a);
}
int low_tested(void)
{
	return 1;
}
END
cat >solvers/low/part.c <<'END'
#include "solvers/low/inner.h"
#include "solvers/low/low.h"
int part_of_low(int a)
{
	return low_part(a);
}
END
printf 'int high(void);\n' >solvers/high/high.h
cat >solvers/high/high.c <<'END'
#include "solvers/high/high.h"
#include "solvers/low/low.h"
int high(void)
{
	return low(1);
}
END
printf 'int main(void)\n{\n\treturn low_tested();\n}\n' >tests/test_low.c
# built: the table of the house; the status is that of the limits
built()
{
	local file

	for file in solvers/*/*.c; do
		mkdir -p "build/${file%/*}"
		cc -I. -c -o "build/${file%.c}.o" "$file" || return
	done
	mkdir -p build/baselines build/harness
	sh tests/house.sh build >../out 2>&1
}

# figure NAME VALUE: a row of that table
figure()
{
	check "house: $1 is $2" "$(grep "^$1 " ../out)" grep -Eq "^$1 +$2( |\$)" ../out
}

check "house: within the limits" "$(cat ../out)" built
figure "folder cycles" 0
figure "upward folders" 0
figure "room cycles" 2
figure "upward rooms" 1
figure "back doors" 0
figure "sibling exports" 1
figure "dead exports" 1
figure "test exports" 1
figure "misplaced" 1
figure "single caller %" 33.3
figure "product lines" 44
check "house: names what it counts" "$(LIST='sibling exports' sh tests/house.sh build)" \
	sh -c 'LIST="sibling exports" sh tests/house.sh build |
	grep -q "^solvers/low/part.c: part_of_low for solvers/low/low.c"'
sed -i 's/low_part(a)/low_part(a) + high()/; 1i #include "solvers/high/high.h"' solvers/low/part.c
built
check "house: a cycle of folders breaks the limit" "$(cat ../out)" grep -q '^folder cycles  *2 .*OVER' ../out
figure "upward folders" 1
check "house: and the status says so" "status 0" sh -c '! sh tests/house.sh build >/dev/null'
cd ..

# A repository of one file: its tests, and a make that "builds" the file with a fault.
mkdir -p small/tests/mutants small/build/mutants
cp "$repository/tests/mutants/mutants.awk" "$repository/tests/mutants/run.sh" small/tests/mutants
cd small || exit 1
printf '#!/bin/sh\n# three\necho 3\necho 3 >&2\n' >three.sh
printf '[ "$($RELUBENCH)" = 3 ] && echo ok value || echo not ok value: other\n' >tests/value.sh
printf '#!/bin/sh\ncp "build/mutants/$MUTANT" build/mutants/relubench\nchmod +x build/mutants/relubench\n' >make
chmod +x three.sh make
cp three.sh build/relubench
cat >tests/mutants/some.list <<'END'
# a comment
file: three.sh
tests: value.sh

@ another value
- # three
- echo 3
+ # three
+ echo 4

@ a comment of another kind
- # three
+ # drei

@ nothing on standard error
- echo 3 >&2
+ :
survives: nobody reads it
END

# planted EXPECTED NAME PATTERN: plant all; the exit status, and a line of the output.
planted()
{
	local status=0

	MAKE=$work/small/make sh tests/mutants/run.sh build >../out 2>&1 || status=$?
	check "faults: exit status, $2" "$status: $(cat ../out)" [ "$status" -eq "$1" ]
	says "faults: $2" "$3" ../out
}

planted 1 "killed" "some.list:5: another value .three.sh.: killed by value.sh: value"
says "faults: survived" "some.list:11: a comment of another kind .three.sh.: SURVIVED" ../out
says "faults: explained" "nothing on standard error .*(nobody reads it)" ../out
says "faults: the sum" "3 faults: 1 killed, 1 explained, 1 survived" ../out
check "faults: the file is as it was" "$(cat three.sh)" cmp -s three.sh build/relubench
sed -i '/another kind/,/drei/d' tests/mutants/some.list
planted 0 "none survived" "2 faults: 1 killed, 1 explained, 0 survived"
ONLY=other planted 0 "none of this name" "0 faults"
sed -i 's/^- echo 3 >&2/- echo 3/' tests/mutants/some.list
planted 1 "ambiguous texts are errors" "some.list:12: the text occurs 2 times in three.sh"
sed -i 's/^- echo 3$/- echo 5/' tests/mutants/some.list
planted 1 "texts that are gone are errors" "some.list:12: the text is gone from three.sh"
printf 'exit 1\n' >tests/value.sh
cat >tests/mutants/some.list <<'END'
file: three.sh
tests: value.sh
@ whatever
- # three
+ # four
END
planted 2 "a test that fails without a fault" "tests/value.sh fails without a fault"
cd ..
