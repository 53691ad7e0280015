#include "catalog/row_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "base/encoding.h"
#include "catalog/request_rows.h"
#include "catalog/row_json.h"

namespace sluice::catalog {
namespace {

using db::Row;
using db::Session;
using db::Value;

std::unexpected<Error> Unreadable(std::string detail) {
  return Fail(Code::kCorrupt, "the database holds a row that cannot be read", std::move(detail));
}

Value OfTime(const std::optional<TimePoint>& time) {
  return time ? Value(ToUnixMillis(*time)) : Value(std::monostate());
}

std::optional<TimePoint> TimeIn(const Row& row, size_t column) {
  const auto* ms = std::get_if<int64_t>(&row[column]);
  return ms == nullptr ? std::nullopt : std::optional(FromUnixMillis(*ms));
}

// The tables of the first form.
constexpr std::string_view kSecurables =
    "CREATE TABLE securables (id TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT NOT NULL, "
    "folded_name TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, comment TEXT NOT NULL, "
    "properties TEXT NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, "
    "updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL, details TEXT NOT NULL, "
    "UNIQUE (kind, parent, folded_name))";
constexpr std::string_view kGrants =
    "CREATE TABLE grants (securable TEXT NOT NULL REFERENCES securables (id), "
    "principal TEXT NOT NULL, privilege TEXT NOT NULL, expires_at INTEGER, "
    "PRIMARY KEY (securable, principal, privilege))";
constexpr std::string_view kPrincipals =
    "CREATE TABLE principals (id TEXT PRIMARY KEY, kind INTEGER NOT NULL, "
    "folded_name TEXT NOT NULL UNIQUE, name TEXT NOT NULL, details TEXT NOT NULL)";
constexpr std::string_view kAccessTokens =
    "CREATE TABLE access_tokens (id TEXT PRIMARY KEY, principal TEXT NOT NULL, "
    "hash TEXT NOT NULL UNIQUE, comment TEXT NOT NULL, created_at INTEGER NOT NULL, "
    "expires_at INTEGER)";
// The second form: browsers that are signed in.
constexpr std::string_view kBrowserSessions =
    "CREATE TABLE browser_sessions (hash TEXT PRIMARY KEY, token TEXT NOT NULL, "
    "created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)";

Result<int64_t> ReadGeneration(Session& session) {
  int64_t generation = 0;
  TRY(session.Query("SELECT number FROM catalog_generation", {}, [&](const Row& row) -> Status {
    generation = TRY(db::Int(row, 0));
    return {};
  }));
  return generation;
}

// By principal, then privilege, as Securable::grants.
bool ComesBefore(const Grant& a, const Grant& b) {
  return std::tie(a.principal, a.privilege, a.expires_at) <
         std::tie(b.principal, b.privilege, b.expires_at);
}

Status WriteGrants(Session& session, const Securable& securable, const Securable* before) {
  static const std::vector<Grant> kNone;
  std::vector<Grant> changed;
  const auto collect = [&](const std::vector<Grant>& from, const std::vector<Grant>& without) {
    changed.clear();
    std::ranges::set_difference(from, without, std::back_inserter(changed), ComesBefore);
  };
  const std::vector<Grant>& old = before == nullptr ? kNone : before->grants;
  collect(old, securable.grants);
  for (const Grant& grant : changed) {
    TRY(session.Run("DELETE FROM grants WHERE securable = ? AND principal = ? AND privilege = ?",
                    {securable.id, grant.principal, std::string(PrivilegeName(grant.privilege))}));
  }
  collect(securable.grants, old);
  for (const Grant& grant : changed) {
    TRY(session.Run(
        "INSERT INTO grants (securable, principal, privilege, expires_at) VALUES (?, ?, ?, ?)",
        {securable.id, grant.principal, std::string(PrivilegeName(grant.privilege)),
         OfTime(grant.expires_at)}));
  }
  return {};
}

Status WriteSecurable(Session& session, const RowChange& change) {
  if (change.securable == nullptr) {
    TRY(session.Run("DELETE FROM grants WHERE securable = ?", {change.id}));
    TRY(session.Run("DELETE FROM securables WHERE id = ?", {change.id}));
    return {};
  }
  const Securable& s = *change.securable;
  TRY(session.Run(
      "INSERT INTO securables (id, kind, parent, folded_name, name, owner, comment, properties, "
      "created_at, created_by, updated_at, updated_by, details) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET folded_name = excluded.folded_name, name = excluded.name, "
      "parent = excluded.parent, owner = excluded.owner, comment = excluded.comment, "
      "properties = excluded.properties, updated_at = excluded.updated_at, "
      "updated_by = excluded.updated_by, details = excluded.details",
      {s.id, std::string(KindName(s.kind())), s.parent, AsciiLower(s.name), s.name, s.owner,
       s.comment, WriteProperties(s.properties), ToUnixMillis(s.created_at), s.created_by,
       ToUnixMillis(s.updated_at), s.updated_by, WriteDetails(s.details)}));
  return WriteGrants(session, s, change.before.get());
}

Status WritePrincipalRow(Session& session, const RowChange& change) {
  if (change.principal == nullptr) {
    TRY(session.Run("DELETE FROM principals WHERE id = ?", {change.id}));
    return {};
  }
  const Principal& p = *change.principal;
  TRY(session.Run(
      "INSERT INTO principals (id, kind, folded_name, name, details) "
      "VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET folded_name = excluded.folded_name, "
      "name = excluded.name, details = excluded.details",
      {p.id, static_cast<int64_t>(p.kind), AsciiLower(p.name), p.name, WritePrincipal(p)}));
  return {};
}

Status WriteAccessToken(Session& session, const RowChange& change) {
  if (change.token == nullptr) {
    TRY(session.Run("DELETE FROM access_tokens WHERE id = ?", {change.id}));
    return {};
  }
  const AccessToken& t = *change.token;
  TRY(session.Run(
      "INSERT INTO access_tokens (id, principal, hash, comment, created_at, expires_at) "
      "VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET comment = excluded.comment, "
      "expires_at = excluded.expires_at",
      {t.id, t.principal, WriteDigest(t.hash), t.comment, ToUnixMillis(t.created_at),
       OfTime(t.expires_at)}));
  return {};
}

Status WriteSession(Session& session, const RowChange& change) {
  if (change.session == nullptr) {
    TRY(session.Run("DELETE FROM browser_sessions WHERE hash = ?", {change.id}));
    return {};
  }
  const BrowserSession& s = *change.session;
  TRY(session.Run(
      "INSERT INTO browser_sessions (hash, token, created_at, expires_at) VALUES (?, ?, ?, ?)",
      {change.id, WriteDigest(s.token), ToUnixMillis(s.created_at), ToUnixMillis(s.expires_at)}));
  return {};
}

using GrantsOf = std::map<Id, std::vector<Grant>, std::less<>>;

Result<GrantsOf> ReadGrants(Session& session) {
  GrantsOf grants;
  TRY(session.Query("SELECT securable, principal, privilege, expires_at FROM grants", {},
                    [&](const Row& row) -> Status {
                      const std::string name = TRY(db::Text(row, 2));
                      const auto privilege = ParsePrivilege(name);
                      if (!privilege) return Unreadable("privilege " + name);
                      Grant grant{.principal = TRY(db::Text(row, 1)), .privilege = *privilege};
                      grant.expires_at = TimeIn(row, 3);
                      grants[TRY(db::Text(row, 0))].push_back(std::move(grant));
                      return {};
                    }));
  for (auto& [id, list] : grants) std::ranges::sort(list, ComesBefore);
  return grants;
}

Result<Securable> ReadSecurable(const Row& row) {
  const std::string kind_name = TRY(db::Text(row, 1));
  const auto kind = ParseKind(kind_name);
  if (!kind) return Unreadable("kind " + kind_name);
  Securable s;
  s.id = TRY(db::Text(row, 0));
  s.parent = TRY(db::Text(row, 2));
  s.name = TRY(db::Text(row, 3));
  s.owner = TRY(db::Text(row, 4));
  s.comment = TRY(db::Text(row, 5));
  s.properties = TRY(ReadProperties(TRY(db::Text(row, 6))));
  s.created_at = FromUnixMillis(TRY(db::Int(row, 7)));
  s.created_by = TRY(db::Text(row, 8));
  s.updated_at = FromUnixMillis(TRY(db::Int(row, 9)));
  s.updated_by = TRY(db::Text(row, 10));
  s.details = TRY(ReadDetails(*kind, TRY(db::Text(row, 11))));
  return s;
}

Status ReadSecurables(Session& session, GrantsOf& grants, PictureContent& content) {
  return session.Query(
      "SELECT id, kind, parent, name, owner, comment, properties, created_at, created_by, "
      "updated_at, updated_by, details FROM securables",
      {}, [&](const Row& row) -> Status {
        Securable securable = TRY(ReadSecurable(row));
        const auto found = grants.find(securable.id);
        if (found != grants.end()) securable.grants = std::move(found->second);
        content.securables.push_back(std::make_shared<const Securable>(std::move(securable)));
        return {};
      });
}

Status ReadPrincipals(Session& session, PictureContent& content) {
  TRY(session.Query("SELECT id, kind, name, details FROM principals", {},
                    [&](const Row& row) -> Status {
                      Principal p;
                      p.id = TRY(db::Text(row, 0));
                      p.kind = static_cast<PrincipalKind>(TRY(db::Int(row, 1)));
                      p.name = TRY(db::Text(row, 2));
                      TRY(ReadPrincipal(TRY(db::Text(row, 3)), p));
                      content.principals.push_back(std::make_shared<const Principal>(std::move(p)));
                      return {};
                    }));
  return session.Query(
      "SELECT id, principal, hash, comment, created_at, expires_at FROM access_tokens", {},
      [&](const Row& row) -> Status {
        AccessToken t;
        t.id = TRY(db::Text(row, 0));
        t.principal = TRY(db::Text(row, 1));
        t.hash = TRY(ReadDigest(TRY(db::Text(row, 2))));
        t.comment = TRY(db::Text(row, 3));
        t.created_at = FromUnixMillis(TRY(db::Int(row, 4)));
        t.expires_at = TimeIn(row, 5);
        content.access_tokens.push_back(std::make_shared<const AccessToken>(std::move(t)));
        return {};
      });
}

Status ReadSessions(Session& session, PictureContent& content) {
  return session.Query("SELECT hash, token, created_at, expires_at FROM browser_sessions", {},
                       [&](const Row& row) -> Status {
                         BrowserSession s;
                         s.hash = TRY(ReadDigest(TRY(db::Text(row, 0))));
                         s.token = TRY(ReadDigest(TRY(db::Text(row, 1))));
                         s.created_at = FromUnixMillis(TRY(db::Int(row, 2)));
                         s.expires_at = FromUnixMillis(TRY(db::Int(row, 3)));
                         content.sessions.push_back(std::make_shared<const BrowserSession>(s));
                         return {};
                       });
}

}  // namespace

std::span<const db::Migration> Migrations() {
  static const std::vector<db::Migration> kMigrations = {
      {.name = "catalog",
       .statements = {"CREATE TABLE catalog_generation (number INTEGER NOT NULL)",
                      "INSERT INTO catalog_generation VALUES (0)", kSecurables, kGrants,
                      kPrincipals, kAccessTokens}},
      {.name = "browser sessions", .statements = {kBrowserSessions}},
      RequestMigration(),
  };
  return kMigrations;
}

Result<Picture> RowStore::Load() {
  PictureContent content;
  TRY(database_.Read([&](Session& session) -> Status {
    GrantsOf grants = TRY(ReadGrants(session));
    TRY(ReadSecurables(session, grants, content));
    TRY(ReadPrincipals(session, content));
    TRY(ReadSessions(session, content));
    return ReadRequests(session, content.requests);
  }));
  return Picture::Of(std::move(content));
}

Result<int64_t> RowStore::Write(const std::vector<RowChange>& changes, int64_t generation) {
  TRY(database_.Write([&](Session& session) -> Status {
    if (TRY(ReadGeneration(session)) != generation) {
      return Fail(Code::kConflict, "the catalog was changed by another process; try again");
    }
    for (const RowChange& change : changes) {
      switch (change.what) {
        case RowChange::What::kSecurable: TRY(WriteSecurable(session, change)); break;
        case RowChange::What::kPrincipal: TRY(WritePrincipalRow(session, change)); break;
        case RowChange::What::kAccessToken: TRY(WriteAccessToken(session, change)); break;
        case RowChange::What::kSession: TRY(WriteSession(session, change)); break;
        case RowChange::What::kRequest:
          TRY(WriteRequest(session, change.id, change.request.get()));
          break;
      }
    }
    TRY(session.Run("UPDATE catalog_generation SET number = ?", {generation + 1}));
    return {};
  }));
  return generation + 1;
}

Result<int64_t> RowStore::Generation() {
  int64_t generation = 0;
  TRY(database_.Read([&](Session& session) -> Status {
    generation = TRY(ReadGeneration(session));
    return {};
  }));
  return generation;
}

}  // namespace sluice::catalog
