"""api/unity.yaml holds: requests made from it, right ones and wrong ones, never get an answer that it does not
have. Seeded, so that each run is the same; few enough to end within a minute.

env  SLUICE_API_EXAMPLES  requests per operation that are made up, beside those at the limits (default 6)
     SLUICE_API_SEED      another run
"""
from __future__ import annotations

import dataclasses
import os
import pathlib
import random

import hypothesis
import pytest
import schemathesis
from databricks.sdk.service.sharing import AuthenticationType
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance, negative_data_rejection, response_schema_conformance, status_code_conformance)

API = pathlib.Path(__file__).resolve().parents[2] / "api" / "unity.yaml"
EXAMPLES = int(os.environ.get("SLUICE_API_EXAMPLES", "6"))
SEED = int(os.environ.get("SLUICE_API_SEED", "20260101"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

# They may take away what the others stand on, the metastore's name or the token that is asked with: so they are
# asked of a server of their own.
APART = {"deleteMetastore", "deleteMetastoreAssignment", "createMetastoreAssignment", "updateMetastoreAssignment",
         "updateMetastore", "revokeDbToken", "deleteUser", "updateUser", "replaceUser", "deleteGroup"}
description = schemathesis.openapi.from_path(str(API))
# What other methods get is the same everywhere, 405, and stands in no description.
description.config.phases.coverage.unexpected_methods = set()


@dataclasses.dataclass
class Shop:
    server: object
    reader: str  # the token of a recipient
    names: dict[str, str]  # path parameter, or part of a path before it -> what there is


def furnish(provider) -> Shop:
    """Something of each kind, so that not every request ends with "does not exist"."""
    provider.namespace("main", "sales")
    provider.table("main.sales.orders")
    provider.share("open", "main.sales.orders")
    provider.reader("partner", "open")
    reader = provider.reader("steady", "open")
    made = {}
    for key, path, body in (
            ("requests", "/api/2.1/sluice/requests", {"kind": "feedback", "share": "open", "comment": "c"}),
            ("notification-destinations", "/api/2.0/notification-destinations",
             {"display_name": "ops", "config": {"generic_webhook": {"url": "http://127.0.0.1:1/"}}})):
        answer = provider.server.ask("POST", path, json=body, token=reader.token if key == "requests" else None)
        assert answer.status_code == 200, answer.text
        made[key] = answer.json()["id"]
    provider.w.providers.create("elsewhere", AuthenticationType.TOKEN,
                                recipient_profile_str=reader.path.read_text())
    return Shop(provider.server, reader.token, {
        "shares": "open", "recipients": "partner", "providers": "elsewhere", "catalogs": "main",
        "schemas": "main.sales", "tables": "main.sales.orders", "catalog": "main", "schema": "main.sales",
        "table": "main.sales.orders", "share": "open", "recipient": "partner", "shared_name": "open.sales.orders",
        "metastores": provider.w.metastores.summary().metastore_id, "storage-credentials": "local",
        "Users": provider.w.current_user.me().id, "provider_name": "elsewhere", **made})


@pytest.fixture(scope="module")
def shop(standing):
    return furnish(standing)


@pytest.fixture(scope="module")
def shop_apart(standing_apart):
    return furnish(standing_apart)


def point_at_what_there_is(case, names):
    """Puts names that are there into the path, where they were made up soundly; what is there stays so."""
    made_up = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if case.operation.method.upper() == "DELETE" or made_up is None or made_up.mode.is_negative:
        return
    words = case.operation.path.split("/")
    for before, word in zip(words, words[1:]):
        name = word.strip("{}")
        if name not in case.path_parameters:
            continue
        kind = case.path_parameters.get(before.strip("{}"), before)  # .../{securable_type}/{full_name}
        known = names.get(name) or names.get(str(kind).lower()) or names.get(kind)
        if known:
            case.path_parameters[name] = known
    if isinstance(case.body, dict):
        case.body.pop("new_name", None)


def holds_null(value) -> bool:
    if isinstance(value, (dict, list)):
        return any(holds_null(v) for v in (value.values() if isinstance(value, dict) else value))
    return value is None


def is_held_to_its_schema(case) -> bool:
    """Whether a request against the schema has to be refused. Not a GET, whose parameters may be other people's;
    not where null stands for what is not given; not SCIM's resources, of which most is passed over."""
    return not (case.operation.method.upper() == "GET" or "/scim/" in case.operation.path or holds_null(case.body))


@pytest.mark.filterwarnings("ignore")
@description.parametrize()
@hypothesis.settings(max_examples=EXAMPLES, deadline=None, database=None,
                     phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),  # shrinking has no bound
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.seed(SEED)
def test_operation(case, shop, shop_apart):
    """Most of them are of what there is, others as they were made up."""
    apart = case.operation.definition.raw["operationId"] in APART
    at = shop_apart if apart else shop
    token = at.reader if "/sluice/recipient/" in case.operation.path else at.server.admin_token
    checks = CHECKS + [negative_data_rejection] * is_held_to_its_schema(case)
    if random.Random(repr(case.path_parameters)).random() < 0.7:
        point_at_what_there_is(case, at.names)
    answer = case.call(base_url=at.server.origin, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    case.validate_response(answer, checks=checks)


def test_all_operations_are_asked():
    assert APART <= {o.definition.raw["operationId"] for o in EVERY}
    assert len(EVERY) == sum(len([m for m in item if m in ("get", "post", "put", "patch", "delete")])
                             for item in description.raw_schema["paths"].values())


EVERY = [o.ok() for o in description.get_all_operations() if isinstance(o, Ok)]


@pytest.mark.parametrize("operation", EVERY, ids=lambda o: o.label)
def test_without_a_token(operation, shop):
    """Each operation that wants a token says so before anything else."""
    if operation.definition.raw.get("security") == []:
        pytest.skip("public")
    path = "".join("x" if c == "{" else c for c in operation.path if c != "}")
    for token in ("", "nonsense"):
        answer = shop.server.ask(operation.method, path, token=token, json={})
        assert answer.status_code == 401, f"{answer.status_code} {answer.text}"
        assert answer.json()["error_code"] == "UNAUTHENTICATED"
        assert "www-authenticate" in answer.headers
