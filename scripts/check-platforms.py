"""Checks exported rules with the platforms' own Python parsers. Not part of the test suite.

  triad export all -o out
  pip install pysigma eql jsonschema ksconf sqlglot pcre2 google-re2
  pip install --ignore-requires-python detection-rules-esql-py
  python scripts/check-platforms.py out [--sigma-schema FOLDER]

Splunk's content tool wants an environment and a project of its own, with no other detections in it:
  pip install contentctl && contentctl init && cp -r out/splunk/contentctl/* . && contentctl validate
Panther's tool, in an environment of its own, runs the tests of each rule:
  pip install panther_analysis_tool && panther_analysis_tool test --path out/panther

FOLDER holds sigma-detection-rule-schema.json and sigma-correlation-rules-schema.json of the Sigma specification.
Exit status 1 when a rule is refused. docs/exports.md records the last result with versions.
"""

import argparse
import json
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import eql
import esql
import pcre2
import re2
import sqlglot
import yaml
from jsonschema import Draft202012Validator
from ksconf.conf.parser import PARSECONF_STRICT, parse_conf
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
        if rule["language"] == "esql":
            faults += check_esql(path.name, rule["query"])
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


def check_esql(name: str, query: str) -> list[str]:
    try:
        tree = esql.parse_query(query)
        esql.check_catalog_names(tree)
        esql.validate_detection_rule_query(tree)
        for release in ("8.14.0", "8.19.0", "9.0.0"):
            esql.verify_features(tree, release)
    except esql.EsqlError as error:
        return [f"esql: {name}: {error}"]
    print(f"elastic: {name} parsed and held against Elastic's demands on rules by "
          f"detection-rules-esql-py {version('detection-rules-esql-py')}")
    return []


def check_splunk(folder: Path) -> list[str]:
    """The .conf files as ksconf reads them, and that every macro which a search calls is defined."""
    def stanzas(file: str) -> dict:
        # Settings before the first stanza stand under a mark of ksconf's own.
        return {name: held for name, held in parse_conf(str(folder / file), PARSECONF_STRICT).items() if isinstance(name, str)}

    searches = stanzas("savedsearches.conf")
    macros = stanzas("macros.conf")
    defined = {name.split("(")[0] for name in macros}
    faults = []
    for name, stanza in searches.items():
        for macro in re.findall(r"`(\w+)", stanza["search"]):
            if macro not in defined:
                faults.append(f"splunk: {name}: no macro {macro}")
        if stanza["search"].count("`") % 2 or "\\\n" in stanza["search"]:
            faults.append(f"splunk: {name}: the search is broken off")
    print(f"splunk: {len(searches)} searches and {len(macros)} macros read by ksconf {version('ksconf')}; the SPL itself is not parsed")
    return faults


def check_wazuh(folder: Path) -> list[str]:
    rules = ElementTree.parse(folder / "triad_wmi_rules.xml").getroot().findall("rule")
    faults = []
    compiled = 0
    for rule in rules:
        for element in [item for item in rule if item.get("type") == "pcre2"]:
            try:
                pcre2.compile(element.text)
                compiled += 1
            except pcre2.PatternError as error:
                faults.append(f"wazuh: {rule.get('id')}: {error}")
    print(f"wazuh: {len(rules)} rules, {compiled} expressions compiled by PCRE2 (pcre2 {version('pcre2')})")
    return faults


def check_re2(folder: Path, pattern: str, expression: str) -> list[str]:
    faults = []
    compiled = 0
    for path in sorted(folder.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".yaml":
            text = yaml.safe_load(text)["queryString"]
        for body in re.findall(expression, text):
            try:
                re2.compile(body)
                compiled += 1
            except re2.error as error:
                faults.append(f"{folder.name}: {path.name}: {error}")
    print(f"{folder.name}: {compiled} expressions compiled by RE2 (google-re2 {version('google-re2')})")
    return faults


def check_qradar(folder: Path) -> list[str]:
    """AQL is SQL but for its closing LAST, and functions of its own that any SQL parser takes as they come."""
    faults = []
    paths = sorted(folder.glob("*.aql"))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        try:
            sqlglot.parse_one(re.sub(r"\nLAST 24 HOURS\s*$", "", text), read="postgres", error_level=sqlglot.ErrorLevel.RAISE)
        except sqlglot.errors.ParseError as error:
            faults.append(f"qradar: {path.name}: {error}")
    print(f"qradar: {len(paths)} searches read as SQL, without their LAST, by sqlglot {version('sqlglot')}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sigma-schema", type=Path)
    arguments = parser.parse_args()
    faults = check_sigma(arguments.folder / "sigma", arguments.sigma_schema)
    faults += check_elastic(arguments.folder / "elastic")
    faults += check_splunk(arguments.folder / "splunk")
    faults += check_qradar(arguments.folder / "qradar")
    faults += check_wazuh(arguments.folder / "wazuh")
    faults += check_re2(arguments.folder / "chronicle", "*.yaral", r"re\.regex\([^,]+, `([^`]*)`\)")
    faults += check_re2(arguments.folder / "crowdstrike", "*.yaml", r"=/((?:[^/\\]|\\.)*)/i")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
