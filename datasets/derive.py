"""The bundled tables, made again from their source tables: `python datasets/derive.py FOLDER`.

FOLDER holds adult.parquet, german_credit.csv, actg175.csv, wage.csv and census_kdd.parquet as each SOURCE.md describes
them. Columns are put in the order of the schema, texts lose outer blanks, marks of absence become empty cells; what
else is changed is written below. The made-up patients come from clinic/generate.py.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent

GERMAN = {
    "... < 0 DM": "below 0 DM",
    "0 <= ... < 200 DM": "0 to below 200 DM",
    "... >= 200 DM / salary assignments for at least 1 year": "200 DM or more / salary for at least 1 year",
    "critical account/ other credits existing (not at this bank)": "critical account / other credits elsewhere",
    "no credits taken/ all credits paid back duly": "no credits taken / all paid back duly",
    "existing credits paid back duly till now": "existing credits paid back duly until now",
    "all credits at this bank paid back duly": "all credits at this bank paid back duly",
    "unknown/ no savings account": "unknown / no savings account",
    "... < 100 DM": "below 100 DM",
    "100 <= ... < 500 DM": "100 to below 500 DM",
    "500 <= ... < 1000 DM": "500 to below 1000 DM",
    ".. >= 1000 DM": "1000 DM or more",
    "... < 1 year": "below 1 year",
    "1 <= ... < 4 years": "1 to below 4 years",
    "4 <= ... < 7 years": "4 to below 7 years",
    ".. >= 7 years": "7 years or more",
    "male : single": "male: single",
    "male : divorced/separated": "male: divorced / separated",
    "male : married/widowed": "male: married / widowed",
    "female : divorced/separated/married": "female: divorced / separated / married",
    "skilled employee/ official": "skilled employee / official",
    "unskilled - resident": "unskilled resident",
    "unemployed/ unskilled - non-resident": "unemployed / unskilled non-resident",
    "management/ self-employed/ highly qualified employee/ officer": (
        "management / self-employed / highly qualified / officer"
    ),
    "True": "yes",
    "False": "no",
}


def adult(source: Path) -> pd.DataFrame:
    return pd.read_parquet(source / "adult.parquet")


def german_credit(source: Path) -> pd.DataFrame:
    table = pd.read_csv(source / "german_credit.csv", dtype={"telephone": str, "foreign_worker": str})
    return table.replace(GERMAN)


def actg175(source: Path) -> pd.DataFrame:
    return pd.read_csv(source / "actg175.csv")


def wage(source: Path) -> pd.DataFrame:
    """The labels without their numbers: "2. Married" is "Married"."""
    table = pd.read_csv(source / "wage.csv")
    for name in table.select_dtypes(exclude="number"):
        table[name] = table[name].str.replace(r"^\d\. ", "", regex=True)
    return table


def census_kdd(source: Path) -> pd.DataFrame:
    """The income classes in plain words, codes as text, and "?" as an empty cell."""
    table = pd.read_parquet(source / "census_kdd.parquet")
    words = table.select_dtypes(exclude="number").columns
    table[words] = table[words].astype("object")
    table = table.rename(columns={"income_gt_50k": "income"})
    table["income"] = table["income"].map({"- 50000.": "<=50K", "50000+.": ">50K"})
    return table.replace("?", None)


def finish(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The table in the schema's column order, its codes as text, its texts without outer blanks."""
    columns = tomllib.loads((folder / "schema.toml").read_text(encoding="utf-8"))["columns"]
    table = table[list(columns)].copy()
    for name, column in columns.items():
        if column["kind"] != "numeric":
            table[name] = table[name].astype("str").str.strip()
    return table


def main(source: Path) -> None:
    for derive in (adult, german_credit, actg175, wage, census_kdd):
        folder = HERE / derive.__name__
        table = finish(derive(source), folder)
        if derive in (adult, census_kdd):
            table.to_parquet(folder / "table.parquet", index=False, compression="zstd", compression_level=19)
        else:
            table.to_csv(folder / "table.csv", index=False, lineterminator="\n")
        print(f"{derive.__name__}: {len(table)} rows, {len(table.columns)} columns")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
