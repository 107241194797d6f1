"""`python -m tests.golden FILE` feeds a golden file to the product's own functions and prints {case id: result}.

A refused input is {"error": CODE}; a type that is not built is left out. Neither database nor Django is needed.

A domain is a module of this package named like the file's `domain`. It has `RUNNERS`: type → function of the case's
`input`, returning plain data (instants as ISO text in UTC, exact fractions as "p/q"). An error with a `code` counts as
refused, any other is a bug and ends the run. `with_shared(input, document)`, if there, adds what the file holds for
all its cases.
"""

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


def run(document):
    domain = load(document["domain"])
    runners = getattr(domain, "RUNNERS", {})
    return {case["id"]: answer(domain, case, document) for case in document["cases"] if case["type"] in runners}


def load(name):
    module = f"{__package__}.{name}"
    return import_module(module) if name.isidentifier() and find_spec(module) else None


def answer(domain, case, document):
    with_shared = getattr(domain, "with_shared", lambda given, _: given)
    try:
        return domain.RUNNERS[case["type"]](with_shared(case["input"], document))
    except Exception as error:
        if not isinstance(getattr(error, "code", None), str):
            raise
        return {"error": error.code}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.golden FILE")
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text("utf-8"))), indent=1, ensure_ascii=False))
