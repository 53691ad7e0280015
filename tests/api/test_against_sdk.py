"""api/unity.yaml has every request that the Databricks SDK makes of the services that we offer, with every
field it sends and every field it reads; and what else it has is marked as ours.

Nothing is sent: the SDK's methods are called with a recorder in the place of its HTTP client.
"""
import dataclasses
import enum
import inspect
import types
import typing

import pytest
from databricks.sdk.service import catalog, iam, settings, sharing
from description import answer_schema, operations, parameters, request_schema, resolve, shape

SERVICES = [
    sharing.SharesAPI, sharing.RecipientsAPI, sharing.RecipientActivationAPI, sharing.ProvidersAPI,
    catalog.CatalogsAPI, catalog.SchemasAPI, catalog.TablesAPI, catalog.GrantsAPI,
    catalog.StorageCredentialsAPI, catalog.ExternalLocationsAPI, catalog.MetastoresAPI,
    catalog.ResourceQuotasAPI, iam.CurrentUserAPI, iam.UsersV2API, iam.GroupsV2API,
    iam.ServicePrincipalsV2API, settings.TokensAPI,
    settings.NotificationDestinationsAPI]

# Methods that we do not offer.
LEFT_OUT = {
    "MetastoresAPI.undrop_metastore_by_id": "a deleted metastore is gone",
    "TokensAPI.update": "a token is replaced, not changed",
    **{f"UsersV2API.{m}": "rights to use passwords: there are none" for m in (
        "get_permission_levels", "get_permissions", "set_permissions", "update_permissions")}}

# Fields that mean nothing here: in requests they are ignored, in answers they never come.
NOT_HERE = {
    "custom_max_retention_hours", "managed_encryption_settings", "connection_name", "provisioning_info",
    "enable_predictive_optimization", "effective_predictive_optimization_flag", "encryption_details",
    "enable_file_events", "file_event_queue", "effective_enable_file_events", "effective_file_event_queue",
    "securable_kind_manifest", "access_point", "data_access_configuration_id", "deleted_at", "pipeline_id",
    "row_filter", "sql_path", "table_constraints", "view_definition", "view_dependencies", "mask",
    "autoscope_state", "scopes", "inferred_scopes", "backfill_scopes", "tags", "materialization_namespace",
    "materialized_table_name", "recipient_profile_str", "databricks_app_slack", "databricks_app_teams",
    "microsoft_teams", "pagerduty", "slack"}
# Secrets are never told, though the SDK would read them.
SECRETS = {"client_secret", "secret_access_key"}
# The SDK gives the parameters of a list to the get of one user too.
LIST_ONLY = {"filter", "startIndex", "count", "sortBy", "sortOrder"}
# What we have beyond this version of the SDK: other answers of Databricks have it, or newer versions.
KNOWN_TO_BE_MORE = {".id", ".comment", ".full_name", ".azure_managed_identity.credential_id"}


class Recorder:
    """Stands for the SDK's client."""

    class _Cfg:
        workspace_id = None
        account_id = None

    def __init__(self):
        self._cfg, self.calls = self._Cfg(), []

    def do(self, method, path=None, query=None, headers=None, body=None, **_):
        self.calls.append((method, path, dict(query or {}), body))
        return {}


def value(kind, name):
    """Something of that type, with every field that it has."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return value(next(a for a in typing.get_args(kind) if a is not type(None)), name)
    if origin in (list, typing.Iterator):
        return [value(typing.get_args(kind)[0], name)]
    if origin is dict:
        return {"k": value(typing.get_args(kind)[1], name)}
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: value(hints[f.name], f.name) for f in dataclasses.fields(kind)})
    return {bool: True, int: 5, float: 1.5}.get(kind, f"@{name}@")


def calls() -> list:
    return list(each_call())


def each_call():
    for service in SERVICES:
        for name, method in inspect.getmembers(service, inspect.isfunction):
            which = f"{service.__name__}.{name}"
            if not name.startswith("_") and which not in LEFT_OUT:
                yield pytest.param(service, method, id=which)


def send(service, method):
    recorder = Recorder()
    hints = typing.get_type_hints(method)
    given = {n: value(hints[n], n) for n in inspect.signature(method).parameters if n != "self"}
    answer = method(service(recorder), **given)
    if inspect.isgenerator(answer):
        list(answer)
    assert len(recorder.calls) == 1
    verb, path, query, body = recorder.calls[0]
    return verb, path, query, body, given, hints.get("return")


OPERATIONS = {(m, shape(p)): o for m, p, o in operations("unity")}


def find(verb, path, given):
    # A parameter of the path is what stands between two "@", or the number 5.
    wanted = "/".join("{}" if "@" in p or p == "5" else p for p in path.split("/"))
    assert (verb, wanted) in OPERATIONS, f"{verb} {path} is not described"
    return OPERATIONS[verb, wanted]


def missing(schema, body, at=""):
    """Fields of `body` that the schema does not have."""
    schema = resolve("unity", schema)
    if isinstance(body, list):
        return [m for item in body for m in missing(schema.get("items", {}), item, at + "[]")]
    if not isinstance(body, dict) or not schema.get("properties"):
        return []
    known = schema["properties"]
    found = [f"{at}.{k}" for k in body if k not in known and k not in NOT_HERE]
    return found + [m for k in body if k in known for m in missing(known[k], body[k], f"{at}.{k}")]


def ours(schema, body, at="", seen=()):
    """Fields of the schema that `body` does not have and that are not marked as ours."""
    schema = resolve("unity", schema)
    if schema.get("x-sluice-extension") is True or at.count(".") > 8:
        return []
    if isinstance(body, list):
        return ours(schema.get("items", {}), body[0], at + "[]") if body else []
    if not isinstance(body, dict):
        return []
    found = []
    for name, inner in schema.get("properties", {}).items():
        if name in body:
            found += ours(inner, body[name], f"{at}.{name}")
        elif inner.get("x-sluice-extension") is not True:
            found.append(f"{at}.{name}")
    return found


@pytest.mark.parametrize("service, method", calls())
def test_request(service, method):
    verb, path, query, body, given, _ = send(service, method)
    operation = find(verb, path, given)
    assert set(query) - LIST_ONLY <= set(parameters(operation, "query"))
    schema = request_schema(operation)
    assert (schema is None) == (body is None)
    assert missing(schema or {}, body) == []
    assert set(ours(schema or {}, body)) <= KNOWN_TO_BE_MORE, "not Databricks', and not marked"


@pytest.mark.parametrize("service, method", calls())
def test_answer(service, method):
    verb, path, _, _, given, kind = send(service, method)
    schema = answer_schema(find(verb, path, given))
    if kind is None or kind is type(None):
        assert schema is None or not schema.get("properties") or verb in ("POST", "PATCH", "PUT")
        return
    if typing.get_origin(kind) is not None:  # an iterator: the items of a page
        lists = [p for p in schema["properties"].values() if resolve("unity", p).get("type") == "array"
                 and "$ref" in resolve("unity", p).get("items", {})]
        assert len(lists) == 1
        schema, kind = lists[0]["items"], typing.get_args(kind)[0]
    sent = value(kind, "answer").as_dict()
    assert [m for m in missing(schema, sent) if m.rsplit(".", 1)[1] not in SECRETS] == []
    assert set(ours(schema, sent)) <= KNOWN_TO_BE_MORE, "not Databricks', and not marked"

