#!/bin/bash
# archive: a results folder with the checksums of its files and of its data, the same bytes each time.
. tests/e2e/lib.sh

mkdir -p home/data
awk 'BEGIN { srand(3); for (i = 0; i < 36; i++) printf "%.3f,%.3f,%d\n", rand() + i % 2, rand(), i % 2 }' \
	>home/data/points.csv
cat >home/kept.yaml <<-END
name: kept
seed: 3
resources: {jobs: 1, threads: 1}
data:
  - {name: points, csv: {path: data/points.csv}, split: {test: 12}}
train:
  - {name: admm, solver: admm, patterns: [3, 5], beta: 0.1}
stop: {iterations: 20}
attack:
  - {attack: fgsm, norm: linf, eps: [0, 0.1]}
END
cd home || exit 1
expect "run" 0 run kept.yaml --quiet
id=$(cells_of results/kept | head -n 1)
mkdir results/kept/tmp # as of a run that was killed
echo 1 >results/kept/tmp/leftover
echo 1 >results/kept/spec.yaml.tmp
expect "archive" 0 archive results/kept
says "says what it packed" "^kept.tar.gz: [0-9]* files, .*SHA256SUMS of these, DATA-SHA256SUMS of the 1 that" out
expect "archive again" 0 archive results/kept/ --output ../again.tar.gz
check "the same bytes" "they differ" cmp -s kept.tar.gz ../again.tar.gz
mv kept.tar.gz ..
cd ..

# What tar sees.
tar -tvzf kept.tar.gz >list
check "in the order of names" "$(cat list)" [ "$(awk '{ print $6 }' list | sed 1d | grep -v SUMS)" = \
	"$(awk '{ print $6 }' list | sed 1d | grep -v SUMS | LC_ALL=C sort)" ]
check "of nobody, of 1970, with plain modes" "$(cat list)" \
	[ "$(grep -vc -e '^-rw-r--r-- 0/0 .* 1970-01-01 ' -e '^drwxr-xr-x 0/0 .* 1970-01-01 ' list)" -eq 0 ]
for name in lock tmp spec.yaml.tmp; do
	check "without $name" "$(cat list)" [ "$(grep -c "kept/$name" list)" -eq 0 ]
done
mv home gone
mkdir there
tar -C there -xzf kept.tar.gz
check "all checksums agree" "they differ" bash -c 'cd there/kept && sha256sum -c --quiet --strict SHA256SUMS'
check "of every file" "$(cat there/kept/SHA256SUMS)" [ "$(find there/kept -type f | grep -vc SHA256SUMS)" -eq \
	"$(wc -l <there/kept/SHA256SUMS)" ]
check "and of the data, where they are" "they differ" \
	bash -c 'cd gone && sha256sum -c --quiet --strict ../there/kept/DATA-SHA256SUMS'

# What is done with a results folder is done with the unpacked one.
expect "report" 0 report there/kept
says "has all cells" "^2 cells: 2 ok" out
expect "verify without the data" 4 verify there/kept "$id"
expect "verify" 0 verify there/kept "$id" --data gone
expect "rerun" 0 rerun there/kept "$id" --data gone
says "the same bits" "^$id: identical" out
expect "archive of the unpacked folder" 0 archive there/kept --output third.tar.gz
rm -rf second && mkdir second && tar -C second -xzf third.tar.gz
check "has one list of checksums" "$(cat second/kept/SHA256SUMS)" [ "$(grep -c SUMS second/kept/SHA256SUMS)" -eq 0 ]

# Damage is kept, and said.
cp -r there/kept there/hurt
echo more >>"there/hurt/cells/$id/trace.csv"
expect "a damaged record" 1 archive there/hurt --output hurt.tar.gz
says "is named" "there/hurt/cells/$id/.*: damaged record: "
says "and counted" "1 damaged records, packed as they are" out

# What cannot be packed.
expect "no results folder" 4 archive gone
says "is named" "^gone: is not a results folder"
expect "into the folder itself" 2 archive there/kept --output there/kept/tables/x.tar.gz
says "says so" "lies in the folder that is packed"
ln -s /etc/passwd there/kept/link
expect "a link" 4 archive there/kept
says "is named" "kept/link: expected a file or a folder, got a link"
check "no archive is left" "$(ls)" [ ! -e kept.tar.gz.*.tmp ]
rm there/kept/link
long=$(printf 'x%.0s' $(seq 120))
echo 1 >"there/kept/$long"
expect "a name that is too long" 4 archive there/kept
says "is named" "of this name: kept/xxx"
rm "there/kept/$long"
mkdir -p "there/kept/tables/${long:0:90}/more"
echo 1 >"there/kept/tables/${long:0:90}/more/${long:0:90}"
expect "a long path" 0 archive there/kept --output long.tar.gz
check "is kept whole" "$(tar -tzf long.tar.gz)" grep -q "^kept/tables/x\{90\}/more/x\{90\}$" <(tar -tzf long.tar.gz)
expect "a place that cannot be written" 4 archive there/kept --output /dev/full/x
