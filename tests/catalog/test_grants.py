"""Principal x call: what the server allows is what unity_rules.py says, row by row.

Each principal gets a world of its own (catalog, schema, table, share, recipient, ...), in which it owns and
holds exactly what its row says; everything else belongs to the administrator. What a call destroys has a
twin for that purpose, so that the order of the rows does not matter.

env  SLUICE_GRANTS  "all": every row; otherwise all that a right decides, and a fixed fifth of what others are refused
"""
from __future__ import annotations

import os
import zlib

import pytest
import unity_rules as rules
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.catalog import AwsIamRoleRequest
from databricks.sdk.service.iam import Patch, PatchOp
from databricks.sdk.service.sharing import AuthenticationType
from providing import ADD, REMOVE, Provider, eventually
from unity_rules import PRINCIPALS, Principal, who

KINDS = {"table": "table", "schema": "schema", "catalog": "catalog", "metastore": "metastore",
         "credential": "storage_credential", "location": "external_location"}
# What a row destroys or uses up is a twin; the table "_2" is in the share, "_granted" may read it.
TWINS = {"table": ("", "_2", "_3"), "recipient": ("", "_2", "_granted"), "credential": ("",), "metastore": ("",)}


def twins(kind):
    return TWINS.get(kind, ("", "_2"))


class World:
    """The objects of one row; `sdk` is the principal's."""

    def __init__(self, provider: Provider, number: int, row: Principal, chiefs, profile: str):
        self.provider, self.w, self.n, self.profile = provider, provider.w, number, profile
        self.email = f"p{number}@example.com"
        self.sdk, user = provider.user(self.email)
        self.principal = self.email
        if row.by_group:
            self.principal = f"group{number}"
            provider.group(self.principal, user)
        if row.admin:
            chiefs(user)
        self.metastore = self.w.metastores.summary().metastore_id
        self.owner: dict[str, str] = {}
        self._make()
        for kind in row.owns:
            self._give_away(kind)
        for given in sorted(row.given):
            privilege, kind = given.split(" on ")
            for twin in twins(kind):
                provider.allow(KINDS[kind], self.full_name(kind, twin), self.principal, privilege)

    def full_name(self, kind, twin=""):
        n = self.n
        return {"catalog": f"c{twin}{n}", "schema": f"c{n}.s{twin}", "table": f"c{n}.s.t{twin}",
                "share": f"share{twin}{n}", "recipient": f"r{twin}{n}", "provider": f"p{twin}{n}",
                "credential": f"cred{n}", "location": f"loc{twin}{n}", "metastore": self.metastore}[kind]

    def _make(self):
        w, p, name = self.w, self.provider, self.full_name
        for twin in twins("catalog"):
            w.catalogs.create(name("catalog", twin))
        for twin in twins("schema"):
            w.schemas.create(f"s{twin}", name("catalog"))
        for twin in twins("table"):
            p.table(name("table", twin))
        for twin in twins("location"):
            folder = p.lake / name("location", twin)
            folder.mkdir()
            w.external_locations.create(name("location", twin), folder.as_uri(), "local")
        for twin in twins("share"):
            p.share(name("share", twin))
        p.update(name("share"), (ADD, name("table", "_2")))
        for twin in twins("recipient"):
            p.recipient(name("recipient", twin))
        p.grant(name("share"), name("recipient", "_granted"))
        for twin in twins("provider"):
            w.providers.create(name("provider", twin), AuthenticationType.TOKEN, recipient_profile_str=self.profile)
        w.storage_credentials.create(name("credential"), skip_validation=True, aws_iam_role=AwsIamRoleRequest(
            "arn:aws:iam::123456789012:role/r"))

    def _give_away(self, kind):
        calls = {"catalog": self.w.catalogs, "schema": self.w.schemas, "table": self.w.tables,
                 "share": self.w.shares, "recipient": self.w.recipients, "provider": self.w.providers,
                 "location": self.w.external_locations,
                 "credential": self.w.storage_credentials}
        for twin in twins(kind):
            calls[kind].update(self.full_name(kind, twin), owner=self.principal)
        self.owner[kind] = self.principal

    def owner_of(self, kind):
        return self.owner.get(kind, self.w.current_user.me().user_name)


def _seen(listing, name):
    """A list never refuses: what may not be seen is left out of it."""
    if not any(name in (x.name, getattr(x, "full_name", None)) for x in listing):
        raise NotFound(f"{name} is not in the list")


# {call: what the principal does}; the rule has the name of the call up to the first blank.
CALLS = {
    "get_catalog": lambda o, w: w.catalogs.get(o("catalog")),
    "get_catalog in list": lambda o, w: _seen(w.catalogs.list(), o("catalog")),
    "update_catalog": lambda o, w: w.catalogs.update(o("catalog"), comment="c"),
    "set_owner_of_catalog": lambda o, w: w.catalogs.update(o("catalog"), owner=o.owner("catalog")),
    "delete_catalog": lambda o, w: w.catalogs.delete(o("catalog", "_2"), force=True),
    "create_catalog": lambda o, w: w.catalogs.create(o.new("catalog")),
    "create_schema": lambda o, w: w.schemas.create(o.new("schema"), o("catalog")),
    "get_schema": lambda o, w: w.schemas.get(o("schema")),
    "update_schema": lambda o, w: w.schemas.update(o("schema"), comment="c"),
    "rename_schema": lambda o, w: o.there_and_back(w.schemas, "schema"),
    "delete_schema": lambda o, w: w.schemas.delete(o("schema", "_2")),
    "get_table": lambda o, w: w.tables.get(o("table")),
    "table_exists": lambda o, w: _true(w.tables.exists(o("table")).table_exists),
    "set_owner_of_table": lambda o, w: w.tables.update(o("table"), owner=o.owner("table")),
    "delete_table": lambda o, w: w.tables.delete(o("table", "_3")),
    "grant_on_table": lambda o, w: o.allow("table", w),
    "grant_on_catalog": lambda o, w: o.allow("catalog", w),
    "grant_on_metastore": lambda o, w: o.allow("metastore", w),
    "create_share": lambda o, w: w.shares.create(o.new("share")),
    "get_share": lambda o, w: w.shares.get(o("share")),
    "get_share in list": lambda o, w: _seen(w.shares.list_shares(), o("share")),
    "get_share_permissions": lambda o, w: w.shares.share_permissions(o("share")),
    "update_share": lambda o, w: w.shares.update(o("share"), comment="c"),
    "rename_share": lambda o, w: o.there_and_back(w.shares, "share"),
    "set_owner_of_share": lambda o, w: w.shares.update(o("share"), owner=o.owner("share")),
    "add_to_share": lambda o, w: o.provider.update(o("share"), (ADD, o("table")), client=w),
    "remove_from_share": lambda o, w: o.provider.update(o("share"), (REMOVE, o("table", "_2")), client=w),
    "grant_share": lambda o, w: o.provider.grant(o("share"), o("recipient"), client=w),
    "revoke_share": lambda o, w: o.provider.revoke(o("share"), o("recipient", "_granted"), client=w),
    "delete_share": lambda o, w: w.shares.delete(o("share", "_2")),
    "create_recipient": lambda o, w: w.recipients.create(o.new("recipient"), AuthenticationType.TOKEN),
    "get_recipient": lambda o, w: w.recipients.get(o("recipient")),
    "get_recipient in list": lambda o, w: _seen(w.recipients.list(), o("recipient")),
    "get_recipient_permissions": lambda o, w: w.recipients.share_permissions(o("recipient")),
    "update_recipient": lambda o, w: w.recipients.update(o("recipient"), comment="c"),
    "rename_recipient": lambda o, w: o.there_and_back(w.recipients, "recipient"),
    "rotate_recipient": lambda o, w: w.recipients.rotate_token(o("recipient"), 0),
    "delete_recipient": lambda o, w: w.recipients.delete(o("recipient", "_2")),
    "create_provider": lambda o, w: w.providers.create(
        o.new("provider"), AuthenticationType.TOKEN, recipient_profile_str=o.world.profile),
    "get_provider": lambda o, w: w.providers.get(o("provider")),
    "list_provider in list": lambda o, w: _seen(w.providers.list(), o("provider")),
    "list_shares_of_provider": lambda o, w: list(w.providers.list_shares(o("provider"))),
    "update_provider": lambda o, w: w.providers.update(o("provider"), comment="c"),
    "update_provider profile": lambda o, w: w.providers.update(
        o("provider"), recipient_profile_str=o.world.profile),
    "rename_provider": lambda o, w: o.there_and_back(w.providers, "provider"),
    "set_owner_of_provider": lambda o, w: w.providers.update(o("provider"), owner=o.owner("provider")),
    "delete_provider": lambda o, w: w.providers.delete(o("provider", "_2")),
    "create_location": lambda o, w: w.external_locations.create(
        o.new("location"), f"s3://bucket/{o.new('location')}", o("credential"), skip_validation=True),
    "get_location": lambda o, w: w.external_locations.get(o("location")),
    "delete_location": lambda o, w: w.external_locations.delete(o("location", "_2")),
    "create_credential": lambda o, w: w.storage_credentials.create(
        o.new("cred"), skip_validation=True, aws_iam_role=AwsIamRoleRequest("arn:aws:iam::123456789012:role/x")),
    "get_metastore": lambda o, w: w.metastores.get(o("metastore")),
    "list_metastores": lambda o, w: list(w.metastores.list()),
    "update_metastore": lambda o, w: w.metastores.update(o("metastore"), delta_sharing_organization_name="we"),
    "get_summary": lambda o, w: w.metastores.summary(),
    "create_user": lambda o, w: w.users.create(user_name=f"{o.new('user')}@example.com"),
}


def _true(found):
    if not found:
        raise NotFound("there is no such table, it says")


class Names:
    """What the calls above name: objects of a world by kind and twin, new names, its owners."""

    def __init__(self, world: World):
        self.world, self.provider = world, world.provider

    def __call__(self, kind, twin=""):
        return self.world.full_name(kind, twin)

    def owner(self, kind):
        return self.world.owner_of(kind)

    def new(self, stem):
        return f"new_{stem}_{self.world.n}"

    def allow(self, kind, client):
        privilege = {"table": "SELECT", "catalog": "USE_CATALOG", "metastore": "CREATE_CATALOG"}[kind]
        asker = Provider.__new__(Provider)
        asker.w = client
        asker.allow(kind, self(kind), "everybody", privilege)

    def there_and_back(self, calls, kind):
        *above, name = self(kind).split(".")
        calls.update(self(kind), new_name=f"renamed_{name}")
        calls.update(".".join([*above, f"renamed_{name}"]), new_name=name)


def rule_of(call: str):
    return getattr(rules, call.split()[0])


def _is_asked(principal, call):
    answer, of_stranger = (rule_of(call)(PRINCIPALS[p]) for p in (principal, "stranger"))
    if answer is None:
        return False
    everything = os.environ.get("SLUICE_GRANTS") == "all"
    return everything or answer != of_stranger or zlib.crc32(f"{principal}: {call}".encode()) % 5 == 0


ROWS = [(p, c) for p in PRINCIPALS for c in CALLS if _is_asked(p, c)]


@pytest.fixture(scope="module")
def world(standing):
    """world(principal): made when it is first asked for."""
    w = standing.w

    def chief(user):
        w.groups.patch(admins.id, operations=[_add_member(user)])

    admins, = w.groups.list(filter='displayName eq "admins"')  # it owns the metastore from the start
    standing.group("everybody")
    profile = standing.reader("myself").path.read_text()  # providers are this server
    made: dict[str, World] = {}

    def get(name):
        if name not in made:
            made[name] = World(standing, len(made), PRINCIPALS[name], chief, profile)
        return made[name]
    return get


def _add_member(user):
    return Patch(op=PatchOp.ADD, path="members", value=[{"value": user.id}])


@pytest.mark.parametrize("principal, call", ROWS, ids=[f"{p}: {c}" for p, c in ROWS])
def test_row(world, principal, call):
    here = world(principal)
    allowed = rule_of(call)(PRINCIPALS[principal])
    before = here.provider.newest_event(principal=here.email)
    try:
        CALLS[call](Names(here), here.sdk)
    except (PermissionDenied, NotFound) as error:
        assert not allowed, f"{rule_of(call).__doc__}\nrefused: {error}"
        if "in list" not in call and call != "table_exists":  # which refuse nothing: they leave out
            event = eventually(lambda: _newer(here, before))
            assert event["response"]["status_code"] in (403, 404), "not in the audit log"
    else:
        assert allowed, f"{rule_of(call).__doc__}\nwas allowed"


def _newer(here, before):
    """The principal's newest event; what finds events follows the log by a moment."""
    event = here.provider.newest_event(principal=here.email)
    return event if event != before else None


# ---- the model itself

@pytest.mark.model
@pytest.mark.parametrize("call", CALLS)
def test_every_call_tells_principals_apart(call):
    """A rule that says the same of everybody proves nothing."""
    said = {rule_of(call)(p) for p in PRINCIPALS.values()}
    assert said >= ({True} if call == "get_summary" else {True, False})


@pytest.mark.model
def test_every_principal_differs_from_the_stranger():
    answers = {name: tuple(rule_of(c)(p) for c in CALLS) for name, p in PRINCIPALS.items()}
    same = [n for n, a in answers.items() if a == answers["stranger"]]
    # Rights that by themselves give nothing are worth their rows.
    assert set(same) <= {"stranger", "owner of the schema", "owner of the table", "SELECT without USE",
                         "SELECT without USE CATALOG", "ALL PRIVILEGES on table", "CREATE SCHEMA",
                         "SET SHARE PERMISSION", "CREATE EXTERNAL LOCATION on metastore",
                         "CREATE EXTERNAL LOCATION on credential"}


@pytest.mark.model
def test_the_rows_leave_nothing_out():
    assert {p for p, _ in ROWS} == set(PRINCIPALS)
    answers = {(c, rule_of(c)(PRINCIPALS[p])) for p, c in ROWS}
    assert answers >= {(c, answer) for c in CALLS for answer in (True, False)} - {("get_summary", False)}


@pytest.mark.model
def test_rules_that_people_get_wrong():
    assert not who("ALL_PRIVILEGES on catalog").has("MANAGE", "table")
    assert who("SELECT on catalog").has("SELECT", "table") and not who("SELECT on table").has("SELECT", "schema")
    assert rules.get_table(who("SELECT on table")) is False
    assert rules.get_table(who(*rules.IN, "SELECT on schema")) is True
    assert rules.update_share(who(admin=True)) is False and rules.set_owner_of_share(who(admin=True)) is True
    assert rules.rename_recipient(who(owns="recipient")) is False
    assert rules.rename_recipient(who(owns="recipient", admin=True)) is True
    assert rules.delete_provider(who(admin=True)) is True and rules.delete_recipient(who(admin=True)) is False
    assert rules.rename_provider(who(owns="provider")) is False
    assert rules.update_provider(who("USE_PROVIDER on metastore")) is False
    assert rules.grant_share(who(owns="share")) is False
    assert rules.grant_share(who("USE_RECIPIENT on metastore", owns="share")) is True
    assert rules.add_to_share(who("SELECT on table", owns="share")) is False
    assert rules.reads(who(owns="catalog")) is None


@pytest.mark.model
def test_the_open_rows_are_few():
    open_rows = [(p, c) for p in PRINCIPALS for c in CALLS if rule_of(c)(PRINCIPALS[p]) is None]
    assert len(open_rows) < 0.05 * len(PRINCIPALS) * len(CALLS), open_rows
