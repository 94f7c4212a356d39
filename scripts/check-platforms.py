"""Checks exported rules with the platforms' own Python parsers. Not part of the test suite.

  triad export sigma -o out/sigma && triad export elastic -o out/elastic
  pip install pysigma eql jsonschema
  python scripts/check-platforms.py out [--sigma-schema FOLDER]

FOLDER holds sigma-detection-rule-schema.json and sigma-correlation-rules-schema.json of the Sigma specification.
Exit status 1 when a rule is refused. docs/exports.md records the last result with versions.
"""

import argparse
import json
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import eql
import yaml
from jsonschema import Draft202012Validator
from sigma.collection import SigmaCollection
from sigma.validation import SigmaValidator
from sigma.validators.core import validators


def check_sigma(folder: Path, schemas: Path | None) -> list[str]:
    faults = []
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))]
    collection = SigmaCollection.from_yaml("---\n".join(texts))
    faults += [f"pySigma: {error}" for error in collection.errors]
    # These two fetch their lists of tags from the network.
    offline = [validator for name, validator in validators.items() if name not in ("attacktag", "d3_fendtag", "d3fendtag")]
    issues = SigmaValidator(offline).validate_rules(collection)
    serious = [issue for issue in issues if issue.severity.name == "HIGH"]
    faults += [f"pySigma: {issue}" for issue in serious]
    print(f"sigma: {len(collection.rules)} rules, pySigma {version('pysigma')}: "
          f"{len(collection.errors)} errors, {len(serious)} issues of high and {len(issues) - len(serious)} of lower severity")
    for issue in issues:
        print(f"  {issue.severity.name.lower()}: {type(issue).__name__}: {', '.join(str(rule.title) for rule in issue.rules)}")
    if schemas is not None:
        rule_schema = json.loads((schemas / "sigma-detection-rule-schema.json").read_text())
        correlation_schema = json.loads((schemas / "sigma-correlation-rules-schema.json").read_text())
        # The published identifier ends in '#', which strict readers refuse.
        for schema in (rule_schema, correlation_schema):
            schema["$schema"] = schema["$schema"].rstrip("#")
        valid = 0
        for text in texts:
            # As text: the schema wants dates as strings.
            rule = yaml.load(text, Loader=yaml.BaseLoader)
            if "correlation" in rule:
                rule["correlation"]["condition"] = {key: int(count) for key, count in rule["correlation"]["condition"].items()}
            errors = list(Draft202012Validator(correlation_schema if "correlation" in rule else rule_schema).iter_errors(rule))
            faults += [f"schema: {rule['title']}: {error.message}" for error in errors]
            valid += not errors
        print(f"sigma: {valid} of {len(texts)} files valid against the specification's JSON Schemas")
    return faults


def check_elastic(folder: Path) -> list[str]:
    faults = []
    parsed = 0
    for path in sorted(folder.glob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule["language"] != "eql":
            continue
        try:
            with eql.parser.elasticsearch_syntax, eql.parser.ignore_missing_functions:
                eql.parse_query(rule["query"])
            parsed += 1
        except eql.EqlError as error:
            faults.append(f"eql: {path.name}: {error}")
    lines = (folder / "rules.ndjson").read_text(encoding="utf-8").splitlines()
    for line in lines:
        json.loads(line)
    print(f"elastic: {parsed} EQL queries parsed by eql {version('eql')}, TOML read by Python {sys.version.split()[0]}, "
          f"{len(lines)} NDJSON lines")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sigma-schema", type=Path)
    arguments = parser.parse_args()
    faults = check_sigma(arguments.folder / "sigma", arguments.sigma_schema)
    faults += check_elastic(arguments.folder / "elastic")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
