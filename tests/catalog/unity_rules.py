"""Who may do what: a small model of Unity Catalog's rules, written from its documentation alone.

A principal is what it owns and what it was given. A rule says of one call: True, False, or None where the
documentation leaves it open or contradicts itself (those rows are not compared). Sources: [R] the REST
reference, as the SDK's docstrings repeat it; [P] the pages of privileges and of ownership; [G] the page on
granting access to shares; [A] the pages on metastore admins; [S] the SQL reference. Where two disagree, the REST
reference is right for the call that it describes.
"""
from __future__ import annotations

import dataclasses

ABOVE = {"table": ("table", "schema", "catalog"), "schema": ("schema", "catalog"), "catalog": ("catalog",),
         "metastore": ("metastore",), "share": ("share",), "recipient": ("recipient",), "provider": ("provider",),
         "credential": ("credential",), "location": ("location",)}
# [P] ALL PRIVILEGES leaves these out.
NOT_IN_ALL = {"MANAGE", "EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION"}


@dataclasses.dataclass(frozen=True)
class Principal:
    """`owns`: "catalog", "schema", ...; `given`: {"USE_CATALOG on catalog", ...}. `admin`: it owns the
    metastore. `by_group`: a group has all that, and the principal is in it."""
    owns: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    admin: bool = False
    by_group: bool = False

    def has(self, privilege: str, on: str) -> bool:
        """The privilege itself, or ALL PRIVILEGES, on the object or above it. The metastore is not above."""
        names = {privilege} | (set() if privilege in NOT_IN_ALL else {"ALL_PRIVILEGES"})
        return any(f"{name} on {place}" in self.given for name in names for place in ABOVE[on])

    def owns_any(self, *places: str) -> bool:
        return bool(self.owns & set(places))

    def on_metastore(self, privilege: str) -> bool:
        return self.admin or self.has(privilege, "metastore")  # the owner of the metastore has them all

    @property
    def enters_catalog(self) -> bool:
        return self.owns_any("catalog") or self.has("USE_CATALOG", "catalog")

    @property
    def enters_schema(self) -> bool:
        return self.owns_any("schema", "catalog") or self.has("USE_SCHEMA", "schema")


def open_if(unclear: bool, otherwise: bool | None) -> bool | None:
    return None if unclear else otherwise


# ---- catalogs, schemas, tables

def get_catalog(p):
    """[R] admin, owner, or USE CATALOG. [P] MANAGE views its grants. BROWSE shows it only if asked for."""
    sees = p.admin or p.enters_catalog or p.has("MANAGE", "catalog")
    return open_if(p.has("BROWSE", "catalog") and not sees, sees)


def update_catalog(p):
    """[R] the owner; an admin only its owner; [P] MANAGE edits."""
    return p.owns_any("catalog") or p.has("MANAGE", "catalog")


def set_owner_of_catalog(p):
    """[R] owner or admin; [P] MANAGE."""
    return p.admin or p.owns_any("catalog") or p.has("MANAGE", "catalog")


delete_catalog = set_owner_of_catalog


def create_catalog(p):
    return p.on_metastore("CREATE_CATALOG")


def create_schema(p):
    """[R] admin or CREATE SCHEMA; [P] with USE CATALOG."""
    return p.admin or p.owns_any("catalog") or (p.has("CREATE_SCHEMA", "catalog") and p.enters_catalog)


def get_schema(p):
    """[R] admin, owner, USE SCHEMA; [P] with USE CATALOG. BROWSE shows it only if asked for."""
    sees = p.admin or p.owns_any("catalog") or (p.enters_schema and p.enters_catalog)
    return open_if(p.has("BROWSE", "schema") and not sees, sees)


def update_schema(p):
    """[R] the owner; an admin only its owner; [P] MANAGE edits; both with USE CATALOG. Whether the owner of
    the catalog may, without taking the schema first, is not said."""
    may = p.owns_any("schema") or p.has("MANAGE", "schema")
    return open_if(p.owns_any("catalog"), may and p.enters_catalog)


def rename_schema(p):
    """[R] the same, and admin or CREATE SCHEMA."""
    may = update_schema(p)
    return may and create_schema(p)


def delete_schema(p):
    """[R] owner of it or of its catalog; [P] MANAGE; both with USE CATALOG. Admins are not named, though they
    may delete what is around it and what is in it."""
    may = p.owns_any("schema") or p.has("MANAGE", "schema")
    return p.owns_any("catalog") or open_if(p.admin, may and p.enters_catalog)


def get_table(p):
    """[R] admin; owner of the catalog; owner of the schema with USE CATALOG; USE CATALOG and USE SCHEMA
    with SELECT or as owner."""
    if p.admin or p.owns_any("catalog"):
        return True
    if not p.enters_catalog:
        return open_if(p.has("BROWSE", "table"), False)
    if p.owns_any("schema"):
        return True
    found = p.enters_schema and (p.owns_any("table") or p.has("SELECT", "table"))
    # What MANAGE, MODIFY or BROWSE show of a table is not said.
    tells = any(p.has(privilege, "table") for privilege in ("BROWSE", "MANAGE", "MODIFY"))
    return open_if(not found and tells, found)


def table_exists(p):
    """[R] as get, and BROWSE on catalog or schema."""
    return True if p.has("BROWSE", "schema") else get_table(p)


def set_owner_of_table(p):
    """[R] owner of the catalog; of the schema with USE CATALOG; of the table with both; [P] MANAGE with both.
    [A] an admin gives away everything."""
    if p.admin or p.owns_any("catalog"):
        return True
    if p.owns_any("schema") and p.enters_catalog:
        return True
    may = p.owns_any("table") or p.has("MANAGE", "table")
    return may and p.enters_catalog and p.enters_schema


delete_table = set_owner_of_table  # [S] names the owner of the metastore, too


def grant_on_table(p):
    """[P] admin, owner of it or of what it lies in, MANAGE; [S] with the way to it."""
    may = p.owns_any("table", "schema") or p.has("MANAGE", "table")
    return p.admin or p.owns_any("catalog") or (may and p.enters_catalog and p.enters_schema)


def grant_on_catalog(p):
    return p.admin or p.owns_any("catalog") or p.has("MANAGE", "catalog")


def reads(p):
    """Whether the principal may SELECT from the table: it matters to the owner of a share."""
    if not (p.enters_catalog and p.enters_schema):
        return False
    direct = p.owns_any("table") or p.has("SELECT", "table")
    # Whether the owner of what it lies in may read it, without granting it to itself, is not said.
    return open_if(not direct and p.owns_any("schema", "catalog"), direct)


# ---- shares

def create_share(p):
    return p.on_metastore("CREATE_SHARE")


def get_share(p):
    """[R] USE SHARE, or the owner."""
    return p.owns_any("share") or p.on_metastore("USE_SHARE")


get_share_permissions = get_share


def update_share(p):
    """[R] the owner; an admin only its owner."""
    return p.owns_any("share")


delete_share = update_share
remove_from_share = update_share


def rename_share(p):
    """[R] the owner with CREATE SHARE."""
    return p.owns_any("share") and p.on_metastore("CREATE_SHARE")


def set_owner_of_share(p):
    """[R] owner or admin; [P] USE SHARE with SET SHARE PERMISSION."""
    return p.owns_any("share") or (p.on_metastore("USE_SHARE") and p.on_metastore("SET_SHARE_PERMISSION"))


def add_to_share(p):
    """[R] the owner, who must be able to read the table."""
    return p.owns_any("share") and reads(p)


def grant_share(p):
    """[G] (USE SHARE and SET SHARE PERMISSION, or the owner) and (USE RECIPIENT, or its owner)."""
    gives = p.owns_any("share") or (p.on_metastore("USE_SHARE") and p.on_metastore("SET_SHARE_PERMISSION"))
    return gives and (p.owns_any("recipient") or p.on_metastore("USE_RECIPIENT"))


def revoke_share(p):
    """[R] USE SHARE and SET SHARE PERMISSION, or the owner; [G] USE SHARE is enough."""
    takes = p.owns_any("share") or (p.on_metastore("USE_SHARE") and p.on_metastore("SET_SHARE_PERMISSION"))
    return open_if(not takes and p.on_metastore("USE_SHARE"), takes)


# ---- recipients

def create_recipient(p):
    return p.on_metastore("CREATE_RECIPIENT")


def get_recipient(p):
    """[R] USE RECIPIENT, owner, admin."""
    return p.owns_any("recipient") or p.on_metastore("USE_RECIPIENT")


get_recipient_permissions = get_recipient


def update_recipient(p):
    """[R] admin or owner."""
    return p.admin or p.owns_any("recipient")


def rename_recipient(p):
    """[R] both admin and owner."""
    return p.admin and p.owns_any("recipient")


def rotate_recipient(p):
    """[R] the owner."""
    return p.owns_any("recipient")


delete_recipient = rotate_recipient


# ---- providers

def create_provider(p):
    """[P] CREATE PROVIDER; [R] names the admin alone, who has it."""
    return p.on_metastore("CREATE_PROVIDER")


def list_provider(p):
    """[R] of the list: admin, USE PROVIDER, owner."""
    return p.owns_any("provider") or p.on_metastore("USE_PROVIDER")


def get_provider(p):
    """[R] admin or owner; [P] USE PROVIDER reads all providers and their shares, and the list has them."""
    return list_provider(p)


list_shares_of_provider = get_provider


def update_provider(p):
    """[R] admin or owner."""
    return p.admin or p.owns_any("provider")


set_owner_of_provider = update_provider
delete_provider = update_provider


def rename_provider(p):
    """[R] both admin and owner."""
    return p.admin and p.owns_any("provider")


# ---- storage, metastore, people

def create_location(p):
    """[R] admin, or CREATE EXTERNAL LOCATION on metastore and credential."""
    return p.admin or (p.on_metastore("CREATE_EXTERNAL_LOCATION") and
                       (p.has("CREATE_EXTERNAL_LOCATION", "credential") or p.owns_any("credential")))


def get_location(p):
    """[R] admin, owner, any privilege on it."""
    return p.admin or p.owns_any("location") or any(g.endswith(" on location") for g in p.given)


def delete_location(p):
    """[R] the owner."""
    return p.owns_any("location")


def create_credential(p):
    return p.on_metastore("CREATE_STORAGE_CREDENTIAL")


def get_metastore(p):
    """[R] an admin; the summary is for everybody."""
    return p.admin


list_metastores = get_metastore
update_metastore = get_metastore
create_user = get_metastore
grant_on_metastore = get_metastore


def get_summary(_):
    return True


# ---- the principals of the table

def who(*given: str, owns="", admin=False, by_group=False) -> Principal:
    return Principal(frozenset(owns.split()), frozenset(given), admin, by_group)


IN = ("USE_CATALOG on catalog", "USE_SCHEMA on schema")
PRINCIPALS = {
    "stranger": who(),
    "admin": who(admin=True),
    "admin who owns share and recipient": who(admin=True, owns="share recipient"),
    "owner of the catalog": who(owns="catalog"),
    "owner of the schema": who(owns="schema"),
    "owner of the schema, with USE CATALOG": who("USE_CATALOG on catalog", owns="schema"),
    "owner of the table": who(owns="table"),
    "owner of the table, with USE": who(*IN, owns="table"),
    "USE CATALOG": who("USE_CATALOG on catalog"),
    "USE CATALOG, USE SCHEMA": who(*IN),
    "SELECT without USE": who("SELECT on table"),
    "SELECT without USE SCHEMA": who("SELECT on table", "USE_CATALOG on catalog"),
    "SELECT without USE CATALOG": who("SELECT on table", "USE_SCHEMA on schema"),
    "SELECT": who(*IN, "SELECT on table"),
    "SELECT on schema": who(*IN, "SELECT on schema"),
    "all from the catalog": who("USE_CATALOG on catalog", "USE_SCHEMA on catalog", "SELECT on catalog"),
    "SELECT by group": who(*IN, "SELECT on table", by_group=True),
    "owner by group": who(*IN, owns="table share", by_group=True),
    "ALL PRIVILEGES on catalog": who("ALL_PRIVILEGES on catalog"),
    "ALL PRIVILEGES on table": who("ALL_PRIVILEGES on table"),
    "MODIFY": who(*IN, "MODIFY on table"),
    "MANAGE on catalog": who("MANAGE on catalog"),
    "MANAGE on catalog, with USE": who(*IN, "MANAGE on catalog"),
    "MANAGE on table, with USE": who(*IN, "MANAGE on table"),
    "BROWSE on catalog": who("BROWSE on catalog"),
    "owner of the schema, with CREATE SCHEMA": who("USE_CATALOG on catalog", "CREATE_SCHEMA on catalog", owns="schema"),
    "CREATE SCHEMA": who("CREATE_SCHEMA on catalog"),
    "CREATE SCHEMA, USE CATALOG": who("CREATE_SCHEMA on catalog", "USE_CATALOG on catalog"),
    "CREATE CATALOG": who("CREATE_CATALOG on metastore"),
    "CREATE SHARE": who("CREATE_SHARE on metastore"),
    "CREATE RECIPIENT": who("CREATE_RECIPIENT on metastore"),
    "USE SHARE": who("USE_SHARE on metastore"),
    "USE SHARE by group": who("USE_SHARE on metastore", by_group=True),
    "SET SHARE PERMISSION": who("SET_SHARE_PERMISSION on metastore"),
    "USE SHARE, SET SHARE PERMISSION": who("USE_SHARE on metastore", "SET_SHARE_PERMISSION on metastore"),
    "all three for grants": who("USE_SHARE on metastore", "SET_SHARE_PERMISSION on metastore",
                                "USE_RECIPIENT on metastore"),
    "USE RECIPIENT": who("USE_RECIPIENT on metastore"),
    "owner of the share": who(owns="share"),
    "owner of the share, with CREATE SHARE": who("CREATE_SHARE on metastore", owns="share"),
    "owner of the share, with SELECT": who(*IN, "SELECT on table", owns="share"),
    "owner of the share, with SELECT but not USE": who("SELECT on table", owns="share"),
    "owner of the share, with USE RECIPIENT": who("USE_RECIPIENT on metastore", owns="share"),
    "owner of the recipient": who(owns="recipient"),
    "owner of share and recipient": who(owns="share recipient"),
    "CREATE PROVIDER": who("CREATE_PROVIDER on metastore"),
    "USE PROVIDER": who("USE_PROVIDER on metastore"),
    "USE PROVIDER by group": who("USE_PROVIDER on metastore", by_group=True),
    "owner of the provider": who(owns="provider"),
    "owner of the provider, with both privileges": who("CREATE_PROVIDER on metastore", "USE_PROVIDER on metastore",
                                                       owns="provider"),
    "admin who owns the provider": who(admin=True, owns="provider"),
    "owner of the location": who(owns="location"),
    "READ FILES on location": who("READ_FILES on location"),
    "CREATE EXTERNAL LOCATION on metastore": who("CREATE_EXTERNAL_LOCATION on metastore"),
    "CREATE EXTERNAL LOCATION on credential": who("CREATE_EXTERNAL_LOCATION on credential"),
    "CREATE EXTERNAL LOCATION on both": who("CREATE_EXTERNAL_LOCATION on metastore",
                                            "CREATE_EXTERNAL_LOCATION on credential"),
    "CREATE STORAGE CREDENTIAL": who("CREATE_STORAGE_CREDENTIAL on metastore"),
}
