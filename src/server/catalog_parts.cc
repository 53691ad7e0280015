#include "server/catalog_parts.h"

#include <fmt/format.h>

#include "audit/noted_events.h"
#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "catalog/access_tokens.h"
#include "notify/rows.h"

namespace sluice::server {

namespace {

// What the key of this database opens, and no other does.
constexpr std::string_view kKeyCheck = "this database";

// What the first key sealed; empty: there was none.
Result<std::string> SealedKeyCheck(db::Session& session) {
  std::string sealed;
  TRY(session.Query("SELECT sealed FROM master_key_check", {}, [&](const db::Row& row) -> Status {
    sealed = TRY(db::Text(row, 0));
    return {};
  }));
  return sealed;
}

// Sealed by the first key that comes; from then on any other is refused, before it seals anything.
Status CheckKey(db::Database& database, const std::string& master_key, Random& random) {
  const std::string key = crypto::Hkdf(master_key, "sluice key check");
  return database.Write([&](db::Session& session) -> Status {
    std::string sealed = TRY(SealedKeyCheck(session));
    if (sealed.empty()) {
      sealed = Base64Url(crypto::Seal(key, kKeyCheck, kKeyCheck, random));
      TRY(session.Run("INSERT INTO master_key_check VALUES (?)", {sealed}));
      return {};
    }
    const auto bytes = DecodeBase64Url(sealed);
    if (bytes && crypto::Open(key, *bytes, kKeyCheck)) return {};
    return Fail(Code::kInvalidArgument,
                "the master key is not the one that this data directory was made with: its secrets "
                "cannot be read; put the right key back (master-key, masterKeyFile or "
                "SLUICE_MASTER_KEY)");
  });
}

// Whether there is no catalog yet, and nothing that a key would be needed for.
Result<bool> IsEmpty(db::Database& database) {
  bool is_empty = false;
  TRY(database.Read([&](db::Session& session) -> Status {
    is_empty = TRY(SealedKeyCheck(session)).empty();
    return session.Query("SELECT count(*) FROM securables", {}, [&](const db::Row& row) -> Status {
      is_empty = is_empty && TRY(db::Int(row, 0)) == 0;
      return {};
    });
  }));
  return is_empty;
}

}  // namespace

std::span<const db::Migration> DatabaseMigrations() {
  static const std::vector<db::Migration> kSteps = {
      catalog::Migrations()[0],
      audit::Migrations()[0],
      {.name = "master key",
       .statements = {"CREATE TABLE master_key_check (sealed TEXT NOT NULL)"}},
      catalog::Migrations()[1],
      catalog::Migrations()[2],
      notify::Migrations()[0],
      notify::Migrations()[1],
      audit::Migrations()[1],
  };
  return kSteps;
}

Result<std::unique_ptr<db::Database>> OpenDatabase(const DataDirectory& directory) {
  auto database = TRY(db::Database::Open(directory.database()));
  TRY(database->Migrate(DatabaseMigrations()));
  return database;
}

Result<std::unique_ptr<db::Database>> OpenDatabaseToServe(const DataDirectory& directory) {
  auto database = TRY(db::Database::Open(directory.database()));
  TRY(database->ServeAlone());
  TRY(database->Migrate(DatabaseMigrations()));
  if (directory.has_noted_database() && TRY(IsEmpty(*database))) {
    return Fail(Code::kInvalidArgument,
                fmt::format("{}: its database has no catalog, and it had one; put the copy of the "
                            "database back, or name the one that has it with --database",
                            directory.path()));
  }
  return database;
}

Result<MasterKey> LoadKey(const DataDirectory& directory, db::Database& database,
                          const Settings& settings, Random& random) {
  const bool may_make = TRY(IsEmpty(database));
  return directory.LoadKey(settings, random, may_make);
}

namespace {

// The log knows nothing of commands: what to do is said here.
std::unexpected<Error> AuditRefused(Error error, const DataDirectory& directory) {
  if (error.code == Code::kCorrupt) {
    error.message += fmt::format(
        ". Next: sluice audit verify --data {}; to go on as it is, start once with "
        "--accept-audit-break",
        directory.path());
  } else {
    error.message = fmt::format("{}: {}", directory.path(), error.message);
  }
  return std::unexpected(std::move(error));
}

}  // namespace

Result<std::unique_ptr<CatalogParts>> CatalogParts::Open(const DataDirectory& directory,
                                                         Start start, const Clock& clock,
                                                         Random& random) {
  std::unique_ptr<CatalogParts> parts(new CatalogParts(directory));
  parts->database_ = std::move(start.database);
  TRY(CheckKey(*parts->database_, start.master_key, random));
  TRY(directory.NoteDatabase());
  parts->rows_ = std::make_unique<catalog::RowStore>(*parts->database_);
  parts->catalog_ = TRY(catalog::Catalog::Open(*parts->rows_, clock, random,
                                               crypto::Hkdf(start.master_key, "sluice secrets")));
  const auto picture = parts->catalog_->Now();
  const catalog::Principal* admins = picture->FindPrincipalByName(catalog::kAdmins);
  // The anchors and the log's folder lock also keep a second server away.
  parts->anchors_ = std::make_unique<audit::DatabaseAnchors>(*parts->database_);
  auto log = audit::FileLog::Open({.folder = directory.audit(),
                                   .account_id = picture->metastore().id,
                                   .accept_break = start.accept_audit_break},
                                  clock, parts->anchors_.get());
  if (!log) return AuditRefused(std::move(log.error()), directory);
  parts->audit_ = *std::move(log);
  TRY(parts->TakeNotedEvents());
  parts->usage_ = TRY(audit::UsageBook::Open(directory.audit()));
  parts->denials_ = std::make_unique<audit::DenialWatch>(audit::DenialWatch::Limits{}, clock);
  if (admins == nullptr || admins->members.empty()) {
    TRY(directory.WriteAdminToken(TRY(catalog::ResetAdminToken(*parts->catalog_)).token));
    parts->is_first_start_ = true;
  }
  return parts;
}

Status CatalogParts::TakeNotedEvents() { return audit::NotedEvents(*database_).MoveTo(*audit_); }

}  // namespace sluice::server
