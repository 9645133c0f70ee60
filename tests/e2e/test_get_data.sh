#!/bin/bash
# experiments/get-data.sh against a mirror of files: downloads, checksums, resumption, failures.
. tests/e2e/lib.sh

mkdir -p mirror/plain mirror/packed loose/batches
seq 1 5000 >mirror/plain/a.txt
seq 1 300 >mirror/plain/b.txt
echo 1 >loose/batches/one.bin
tar -czf mirror/packed/c.tar.gz -C loose batches

sum()
{
	sha256sum <"mirror/$1" | cut -d ' ' -f 1
}

cat >list <<END
# a comment

$(sum plain/a.txt) exact plain/a.txt http://nowhere.invalid/a.txt
$(sum plain/b.txt) known plain/b.txt http://nowhere.invalid/b.txt
$(sum packed/c.tar.gz) unpack packed/c.tar.gz http://nowhere.invalid/c.tar.gz
END

# get EXPECTED SET...: run the script; its outputs are in out and err.
get()
{
	local expected=$1 status=0

	shift
	GET_DATA_LIST=$work/list RELUBENCH_DATA=$work/data MIRROR=${mirror-file://$work/mirror} \
		"$repository/experiments/get-data.sh" "$@" >out 2>err </dev/null || status=$?
	[ "$status" -eq "$expected" ]
}

one_line()
{
	[ "$(wc -l <err)" -eq 1 ] && grep -q "$1" err
}

check "all sets" "$(cat err 2>&1)" get 0
check "files are whole" "differ" cmp -s mirror/plain/a.txt data/plain/a.txt
check "an archive is unpacked" "no file" cmp -s loose/batches/one.bin data/packed/one.bin
check "no part is left" "$(find data -name '*.part')" [ -z "$(find data -name '*.part')" ]
mirror=file:///nowhere
check "what is there is not asked for again" "asked" get 0

rm -r data
check "without the mirror" "status" get 4 plain
check "one message names the file" "$(cat err)" one_line "cannot download file:///nowhere/plain/a.txt"
mirror=
check "without a network" "status" get 4 plain
check "one message names the address" "$(cat err)" one_line "cannot download http://nowhere.invalid"
unset mirror

mkdir -p data/plain
head -c 1000 mirror/plain/a.txt >data/plain/a.txt.part
check "a part is completed" "$(cat err)" get 0 plain
check "to the whole file" "differ" cmp -s mirror/plain/a.txt data/plain/a.txt
check "only what was asked for" "packed" [ ! -e data/packed ]

rm data/plain/*
cp mirror/plain/a.txt data/plain/a.txt.part
check "a whole part is taken" "$(cat err)" get 0 plain
rm data/plain/*
echo something else >data/plain/a.txt.part
check "a wrong part is replaced" "$(cat err)" get 0 plain
check "by the right file" "differ" cmp -s mirror/plain/a.txt data/plain/a.txt

rm data/plain/*
echo more >>mirror/plain/a.txt
check "a damaged file" "status" get 4 plain
check "is named" "$(cat err)" one_line "plain/a.txt is not the file that was expected"
check "and not kept" "$(ls data/plain)" [ -z "$(ls data/plain)" ]

seq 1 5000 >mirror/plain/a.txt
echo more >>mirror/plain/b.txt
check "a publisher's change" "$(cat err)" get 0 plain
check "is said" "$(cat err)" one_line "plain/b.txt differs from the copy"

check "an unknown set" "status" get 2 plane
check "names those there are" "$(cat err)" one_line 'no set "plane"; there are: packed plain'

rm -r data
mkdir -p packages/plain
echo packed otherwise >packages/plain/a.txt
export DATASETS=$work/packages
mirror=file://$work/mirror
check "what a package has installed" "$(cat err)" get 0 plain
check "is linked" "$(ls -l data/plain)" cmp -s packages/plain/a.txt data/plain/a.txt
check "the others are fetched" "$(ls data/plain)" cmp -s mirror/plain/b.txt data/plain/b.txt
unset mirror DATASETS

# The list itself: four words a line, sums of 64 digits, no path twice.
list=$repository/experiments/get-data.list
bad=$(grep -v '^#' "$list" | grep -Ev \
	'^([0-9a-f]{64}|-) (exact|known|unpack) [A-Za-z0-9_-]+/[A-Za-z0-9_.-]+ https?://[^ ]+$')
check "the list is well formed" "$bad" [ -z "$bad" ]
twice=$(grep -v '^#' "$list" | cut -d ' ' -f 3 | sort | uniq -d)
check "no file twice" "$twice" [ -z "$twice" ]
