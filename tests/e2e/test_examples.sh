# What leads out of a results folder: columns.csv, the notebook, the scripts for Arrow and MLflow.
. "$(dirname "$0")/lib.sh"

examples=$repository/experiments/examples

cat >folder.yaml <<'END_OF_SPEC'
name: folder
repeats: 2
data: [{name: moons, generate: {kind: moons, n: 40, noise: 0.1}, split: {test: 0.3}, prepare: [bias]}]
train:
  - {name: "=sgd", solver: sgd, width: [4, 6], epochs: 3, beta: 0.1}
  - {name: convex, solver: ipm, patterns: 10, beta: 0.1}
attack: [{attack: fgsm, norm: linf, eps: [0.1, 0.2]}]
END_OF_SPEC
run_it 0 run folder.yaml --quiet
folder=results/folder

# columns.csv names the columns of every file, in their order
of_file() # of_file NAME: its columns by columns.csv
{
	awk -F, -v file="$1" '$1 == file {printf "%s%s", n++ ? "," : "", $2} END {print ""}' $folder/columns.csv
}
for file in summary.csv attack.csv certify.csv plan.csv data.csv; do
	check "columns of $file" "$(of_file $file)" [ "$(of_file $file)" = "$(head -n 1 $folder/$file)" ]
done
for file in trace.csv attack.csv confusion.csv; do
	check "columns of $file of a cell" "$(of_file "cells/*/$file")" [ "$(of_file "cells/*/$file")" = \
		"$(cat $folder/cells/*/$file | head -n 1)" ]
done
# the last one is of cells with three classes or more
check "columns of points.csv of a cell" "$(of_file "cells/*/points.csv")" [ "$(of_file "cells/*/points.csv")" = \
	"$(cat $folder/cells/*/points.csv | head -n 1),class" ]
says "a swept option is a number" '^summary.csv,width,float64,,,,swept option$' $folder/columns.csv
says "the unit of a time" '^summary.csv,solve_s,float64,s,' $folder/columns.csv
says "a text" '^summary.csv,method,string,text,' $folder/columns.csv

# the notebook has the lines of the script
if has "notebook" json; then
	python3 - "$examples/notebook" <<-'END_OF_PYTHON' >lines
	import json, sys
	cells = json.load(open(sys.argv[1] + "/results.ipynb"))["cells"]
	print("\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code"))
	END_OF_PYTHON
	sed '1d; /^$/d' "$examples/notebook/results.py" >script
	check "the notebook is the script" "$(sed '/^$/d' lines | diff - script)" [ -z "$(sed '/^$/d' lines | diff - script)" ]
fi
if has "figure of the notebook" "pandas, matplotlib"; then
	MPLBACKEND=svg python3 "$examples/notebook/results.py" $folder >out 2>err
	check "the notebook runs" "$(cat err)" [ $? -eq 0 ]
	says "its table" '^moons *=sgd\|^moons .*=sgd' out
	says "its figure" "</svg>" results.svg
	want=$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next} $c["method"] == "convex" {
		s += $c["test_accuracy"]; n++} END {printf "%.4f", s / n}' $folder/summary.csv)
	got=$(awk '/convex/ {printf "%.4f", $2}' out)
	check "the median of two is their mean" "$got $want" [ "$got" = "$want" ]
fi

# Arrow: types, units, and the values of summary.csv
expect "an unknown format" 2 export $folder --format arow
says "suggests one" 'did you mean "arrow"'
expect "a format and a cell" 2 export $folder 0 --format arrow
expect "neither" 2 export $folder
says "says what it needs" "needs a cell, or --format"
if has "Arrow" pyarrow; then
	expect "export --format arrow" 0 export $folder --format arrow -o arrows
	says "it says what it wrote" "^arrows/summary.arrow 6 rows" out
	python3 - <<-'END_OF_PYTHON' >found 2>&1
	import pyarrow.feather as feather
	table = feather.read_table("arrows/summary.arrow")
	field = table.schema.field("solve_s")
	print(field.type, field.metadata[b"unit"].decode(), field.metadata[b"meaning"].decode())
	print(sorted(set(table["method"].to_pylist())), table["width"].null_count)
	print(feather.read_table("arrows/attack.arrow").num_rows)
	trace = feather.read_table("arrows/trace.arrow")
	print(len(set(trace["cell"].to_pylist())), trace.schema.field("cell").type)
	END_OF_PYTHON
	says "a column has its type and unit" "^double s " found
	says "a name is as it was, and what is empty is null" "^\['=sgd', 'convex'\] 2$" found
	says "attacks have their rows" "^12$" found
	says "traces have their cells" "^6 string" found
else
	expect "without the package" 4 export $folder --format arrow
	says "it is named" "pyarrow"
fi

# MLflow: a run per row, once
if has "MLflow" "pandas, mlflow"; then
	expect "export --format mlflow" 0 export $folder --format mlflow -o mlruns
	says "it says what it added" "6 runs added, 0 were there" out
	expect "export --format mlflow again" 0 export $folder --format mlflow -o mlruns
	says "adds none" "0 runs added, 6 were there" out
	MLFLOW_ALLOW_FILE_STORE=true python3 - <<-'END_OF_PYTHON' >found 2>/dev/null
	import csv, pathlib
	from mlflow.tracking import MlflowClient
	client = MlflowClient(pathlib.Path("mlruns").resolve().as_uri())
	number = client.get_experiment_by_name("folder").experiment_id
	runs = {(r.data.tags["cell"], r.data.tags["method"]): r for r in client.search_runs([number])}
	rows = list(csv.DictReader(open("results/folder/summary.csv")))
	for row in rows:
	    run = runs[row["cell"], row["method"].lstrip("'")]
	    same = run.data.metrics["objective_network"] == float(row["objective_network"])
	    steps = client.get_metric_history(run.info.run_id, "trace/objective_network")
	    print("same" if same else "differs", run.data.params.get("width", "none"), len(steps) > 0)
	END_OF_PYTHON
	check "runs have the numbers of summary.csv" "$(cat found)" [ "$(grep -c "^same" found)" -eq 6 ]
	check "swept options are parameters" "$(cat found)" [ "$(grep -c " [46] True" found)" -eq 4 ]
else
	expect "without MLflow" 4 export $folder --format mlflow
	says "it is named" "mlflow\|pandas"
fi
