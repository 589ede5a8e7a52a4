"""How well columns are recognised, on published tables that were not used to write or tune the detectors.

The tables, their sources and licences stand in tests/data/identifiers/README.md; none was made by Faker. Labels were
given by hand before the first run. A column counts as found where the type is right: a wrong type is both a false
alarm and a miss. `pytest -s` prints every mistake.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ppml_core.data.identifiers import detect
from ppml_core.data.reading import read_table

TABLES = Path(__file__).parents[3] / "data" / "identifiers"
LABELS: dict[str, dict[str, str | None]] = {
    "febrl1": {
        "rec_id": "record_number", "given_name": "name", "surname": "name", "street_number": None,
        "address_1": "address", "address_2": "address", "suburb": None, "postcode": "postal_code", "state": None,
        "date_of_birth": "date_of_birth", "soc_sec_id": "national_id",
    },
    "chinook_customers": {
        "customer_id": "record_number", "first_name": "name", "last_name": "name", "company": None,
        "address": "address", "city": None, "state": None, "country": None, "postal_code": "postal_code",
        "phone": "phone", "fax": "phone", "email": "email", "support_rep_id": None,
    },
    "titanic": {
        "pclass": None, "survived": None, "name": "name", "sex": None, "age": None, "sibsp": None, "parch": None,
        "ticket": "record_number", "fare": None, "cabin": None, "embarked": None, "boat": None, "body": "record_number",
        "home.dest": None,
    },
    "airports": {
        "iata": "record_number", "name": None, "city": None, "state": None, "country": None,
        "latitude": "coordinates", "longitude": "coordinates",
    },
    "planes": {
        "tailnum": "record_number", "year": None, "type": None, "manufacturer": None, "model": None, "engines": None,
        "seats": None, "speed": None, "engine": None,
    },
    "us_employment": {
        "month": None, "nonfarm": None, "private": None, "goods_producing": None, "service_providing": None,
        "private_service_providing": None, "mining_and_logging": None, "construction": None,
    },
    "northwind_customers": {
        "customerID": "record_number", "companyName": None, "contactName": "name", "contactTitle": None,
        "address": "address", "city": None, "region": None, "postalCode": "postal_code", "country": None,
        "phone": "phone", "fax": "phone",
    },
    "us_senators": {
        "last_name": "name", "first_name": "name", "middle_name": "name", "full_name": "name",
        "birthday": "date_of_birth", "gender": None, "type": None, "state": None, "senate_class": None, "party": None,
        "url": "url", "address": "address", "phone": "phone", "bioguide_id": "record_number",
        "govtrack_id": "record_number",
    },
    "district_offices": {
        "bioguide": "record_number", "id": "record_number", "address": "address", "building": None, "city": None,
        "fax": "phone", "phone": "phone", "state": None, "suite": None, "zip": "postal_code",
        "latitude": "coordinates", "longitude": "coordinates",
    },
}  # fmt: skip


def test_precision_and_recall_by_column_on_published_tables() -> None:
    right = alarms = misses = 0
    mistakes = []
    for table, labels in LABELS.items():
        file = TABLES / f"{table}.csv"
        findings = detect(read_table(file, file.name))
        assert set(findings) == set(labels), table
        for column, label in labels.items():
            finding = findings[column]
            found = finding.type if finding else None
            right += found == label is not None
            alarms += found is not None and found != label
            misses += label is not None and found != label
            if found != label:
                mistakes.append(f"{table}.{column}: {label or 'none'} taken for {found or 'none'}")
    precision, recall = right / (right + alarms), right / (right + misses)
    columns = sum(len(labels) for labels in LABELS.values())
    print(f"\n{len(LABELS)} tables, {columns} columns, {right + misses} of them identifiers")
    print(f"precision {precision:.3f}, recall {recall:.3f}", *mistakes, sep="\n  ")
    assert len(LABELS) >= 8
    assert columns >= 60
    assert right + misses >= 25
    assert precision >= 0.9
    assert recall >= 0.85


def test_the_tables_are_those_of_the_readme_unchanged() -> None:
    said = (TABLES / "README.md").read_text(encoding="utf-8")
    files = sorted(TABLES.glob("*.csv"))
    assert {file.stem for file in files} == set(LABELS)
    for file in files:
        assert f"`{file.name}`" in said
        assert hashlib.sha256(file.read_bytes()).hexdigest() in said, file.name
