"""api/*.yaml are sound by themselves."""
import collections
import json
import re

import openapi_spec_validator
import pytest
import schemathesis
from description import load, operations, resolve

BOTH = ("unity", "sharing")


@pytest.mark.parametrize("name", BOTH)
def test_is_valid(name):
    openapi_spec_validator.validate(load(name))
    schemathesis.openapi.from_dict(load(name)).validate()


@pytest.mark.parametrize("name", BOTH)
def test_operation_ids_are_unique(name):
    ids = collections.Counter(o["operationId"] for _, _, o in operations(name))
    assert [i for i, n in ids.items() if n > 1] == []


@pytest.mark.parametrize("name", BOTH)
def test_path_parameters_are_declared(name):
    for method, path, operation in operations(name):
        given = [resolve(name, p) for p in operation.get("parameters", [])]
        declared = {p["name"] for p in given if p["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), f"{method} {path}"


@pytest.mark.parametrize("name", BOTH)
def test_every_schema_and_parameter_is_used(name):
    text = json.dumps(load(name))
    components = load(name)["components"]
    for kind in ("schemas", "parameters", "responses", "headers"):
        unused = [n for n in components.get(kind, {}) if f'"#/components/{kind}/{n}"' not in text]
        assert unused in ([], ["Line"]), kind  # a Line is what `Lines` are made of: text, not JSON


@pytest.mark.parametrize("name", BOTH)
def test_only_what_is_public_needs_no_token(name):
    """A forgotten token would be a hole: those without one are listed here."""
    public = {o["operationId"] for _, _, o in operations(name) if o.get("security") == []}
    assert public == ({"getActivationUrlInfo", "retrieveRecipientToken", "tokenLogin", "logout"} if name == "unity" else set())
    for method, path, operation in operations(name):
        if operation["operationId"] not in public and not path.startswith("/files/"):
            assert "401" in operation["responses"], f"{method} {path}"


def test_names_outside_of_databricks_paths_are_extensions():
    for method, path, operation in operations("unity"):
        ours = path.startswith("/api/2.1/sluice/")
        assert operation.get("x-sluice-extension", False) == ours, f"{method} {path}"
