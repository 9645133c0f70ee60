# `export`: the data of a stored cell as the trainer saw them, bit for bit, with their rows in the source.
. "$(dirname "$0")/lib.sh"

# numbers TYPE FILE: those of an array, one per line
numbers()
{
	od -A n -v -w8 -t "$1" -j 128 "$2" | awk '{print $1 + 0}'
}

# 60 rows: the place in the file, a feature that every seventh row lacks, a label of three
awk 'BEGIN { for (i = 0; i < 60; i++) print i "," (i % 7 == 3 ? "?" : i * i % 11) "," substr("abc", i % 3 + 1, 1) }' >rows.csv
for name in given single; do
	cat >$name.sh <<-END
	mkdir -p $work/$name
	cp *.npy $work/$name
	exit 1
	END
done
cat >spec.yaml <<'END'
name: spec
precision: double
data:
  - name: rows
    csv: {path: rows.csv, header: no, missing: drop}
    classes: [a, c]
    split: {test: 0.2, validation: 0.2}
    limit: {train: 15, random: true}
    prepare: [bias]
train:
  - {solver: external, command: [sh], script: given.sh, beta: 0.1}
END
sed 's/^name: spec/name: single/; s/double/single/; s/bias/standardize, {pca: {components: 2}}, bias/; s/given/single/' spec.yaml >single.yaml
run_it 1 run spec.yaml --quiet
run_it 1 run single.yaml --quiet
cell=$(basename results/spec/cells/*)
single=$(basename results/single/cells/*)

expect "export" 0 export results/spec "$cell"
says "it says where" "^data-$cell\$" out
for file in X_train y_train X_validation y_validation; do
	check "$file is what the trainer saw" "differs" cmp "given/$file.npy" "data-$cell/$file.npy"
done
for part in train validation test; do
	numbers d8 "data-$cell/rows_$part.npy" >rows
	n=$(wc -l <rows)
	numbers f8 "data-$cell/X_$part.npy" | head -n "$n" >first
	check "rows of the $part part are those of the source" "$(paste rows first | head -n 3)" cmp rows first
	check "there are some" "$n" [ "$n" -gt 3 ]
	awk 'NR == FNR { split("-1 0 1", y, " "); want[FNR] = y[$1 % 3 + 1]; next } { bad += $1 != want[FNR] }
		END { exit bad > 0 }' rows /dev/stdin <<-END
	$(numbers f8 "data-$cell/y_$part.npy")
	END
	check "targets of the $part part are those of these rows" "differ" [ $? -eq 0 ]
done
check "the parts share no row" "$(cat rows)" [ -z "$(for part in train validation test; do
	numbers d8 "data-$cell/rows_$part.npy"
done | sort -n | uniq -d)" ]
says "names of columns" '"bias"' "data-$cell/data.json"
says "classes" '"a"' "data-$cell/data.json"
says "stages" '"stages"' "data-$cell/data.json"
says "the cell" '"solver"' "data-$cell/data.json"
check "the preparation is there" "missing" [ -s "data-$cell/preparation.npz" ]

expect "a folder that is there is left alone" 4 export results/spec "$cell"
says "it says so" "^data-$cell: is there already; --out" err
echo mine >"data-$cell/mine"
rm "data-$cell/X_test.npy"
expect "--out writes to it" 0 export results/spec "$cell" --out "data-$cell"
check "the files are there again" "missing" [ -s "data-$cell/X_test.npy" ]
check "and others stay" "gone" [ -s "data-$cell/mine" ]

expect "single precision" 0 export results/single "$single" -o deep/one
for file in X_train y_train X_validation y_validation; do
	check "$file in single precision" "differs" cmp "single/$file.npy" "deep/one/$file.npy"
done
check "it is single" "$(head -c 128 deep/one/X_train.npy)" grep -q "<f4" deep/one/X_train.npy

mkdir moved
mv rows.csv moved
expect "data that are gone" 4 export results/spec "$cell" -o none
says "are named" "rows.csv"
expect "data that moved" 0 export results/spec "$cell" -o none --data moved
check "are the same" "differ" cmp given/X_train.npy none/X_train.npy
expect "a folder that cannot be made" 4 export results/spec "$cell" --out spec.yaml/x --data moved
says "has its name" "spec.yaml"
expect "no such cell" 4 export results/spec zzz
