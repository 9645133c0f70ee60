"""A results folder as Arrow files, with the type, unit and meaning of every column:
`python3 to_arrow.py results/quickstart out` writes summary.arrow, attack.arrow, certify.arrow and
trace.arrow, the traces of all cells, to the folder `out`."""

import pathlib
import sys

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.feather
except ImportError as missing:
    print(f"to_arrow.py: {missing}; pip install pyarrow", file=sys.stderr)
    sys.exit(4)


def load(path, types):
    convert = pa.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    table = pa.csv.read_csv(path, parse_options=parse, convert_options=convert)
    for i, field in enumerate(table.schema):
        if field.type == pa.string():  # a ' before what a spreadsheet would take for a formula
            plain = pc.replace_substring_regex(table[i], r"^'('*[=+\-@\t\r])", r"\1")
            table = table.set_column(i, field, plain)
    return table


def main(folder, out):
    words = ["file", "column", "type", "unit", "network", "data", "meaning"]
    columns = load(folder / "columns.csv", {word: pa.string() for word in words}).to_pylist()

    def typed(path, file):
        mine = {c["column"]: c for c in columns if c["file"] == file}
        types = {"string": pa.string(), "float64": pa.float64()}
        table = load(path, {name: types[c["type"]] for name, c in mine.items()})
        return table.cast(pa.schema([
            field.with_metadata({word: mine[field.name][word] or "" for word in words[3:]})
            for field in table.schema]))

    def save(table, name):
        pa.feather.write_feather(table, str(out / name), compression="uncompressed")
        print(out / name, f"{table.num_rows} rows, {table.num_columns} columns")

    out.mkdir(parents=True, exist_ok=True)
    for name in ["summary", "attack", "certify"]:
        save(typed(folder / f"{name}.csv", f"{name}.csv"), f"{name}.arrow")
    traces = []
    for path in sorted(folder.glob("cells/*/trace.csv")):
        table = typed(path, "cells/*/trace.csv")
        cell = pa.array([path.parent.name] * table.num_rows, pa.string())
        traces.append(table.add_column(0, "cell", cell))
    if traces:
        save(pa.concat_tables(traces), "trace.arrow")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: to_arrow.py RESULTS_FOLDER OUT")
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
