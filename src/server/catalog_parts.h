// server/catalog_parts.h -- what a server with a data directory has, and one with a YAML file has
// not: the database, the catalog and the audit log.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "audit/anchor.h"
#include "audit/denial_watch.h"
#include "audit/file_log.h"
#include "audit/usage_book.h"
#include "base/clock.h"
#include "base/crypto/random.h"
#include "catalog/catalog.h"
#include "catalog/row_store.h"
#include "db/database.h"
#include "server/data_directory.h"

namespace sluice::server {

// The steps of all rooms in the order in which they came into the world; only ever added to.
std::span<const db::Migration> DatabaseMigrations();

// The database of a data directory in its newest form.
Result<std::unique_ptr<db::Database>> OpenDatabase(const DataDirectory& directory);
// The same for a server, of which there is one. Errors: kConflict  another one runs on it
//         kInvalidArgument  there is no catalog in it, but the folder says that there was
Result<std::unique_ptr<db::Database>> OpenDatabaseToServe(const DataDirectory& directory);

// The key of the catalog in `database` (DataDirectory::LoadKey), made only if nothing can have been
// sealed there yet.
Result<MasterKey> LoadKey(const DataDirectory& directory, db::Database& database,
                          const Settings& settings, Random& random);

class CatalogParts {
 public:
  struct Start {
    std::unique_ptr<db::Database> database;  // OpenDatabaseToServe
    std::string master_key;
    bool accept_audit_break = false;
  };
  // Loads the catalog. On the first start there is an administrator afterwards, whose token lies in
  // the data directory.
  // Errors: kInvalidArgument  the key or the database is not this folder's
  //         kConflict         another server runs on this folder
  //         kCorrupt          the end of the audit log is damaged, and that is not accepted
  static Result<std::unique_ptr<CatalogParts>> Open(const DataDirectory& directory, Start start,
                                                    const Clock& clock, Random& random);

  catalog::Catalog& catalog() { return *catalog_; }
  db::Database& database() { return *database_; }
  // Into the audit log, what commands did beside this server (audit/noted_events.h).
  Status TakeNotedEvents();
  audit::FileLog& audit() { return *audit_; }
  const audit::UsageBook& usage() const { return *usage_; }
  audit::DenialWatch& denials() { return *denials_; }
  const DataDirectory& directory() const { return directory_; }
  // True when this start made the administrator.
  bool is_first_start() const { return is_first_start_; }

 private:
  explicit CatalogParts(DataDirectory directory) : directory_(std::move(directory)) {}

  DataDirectory directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<catalog::RowStore> rows_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<audit::DatabaseAnchors> anchors_;
  std::unique_ptr<audit::FileLog> audit_;
  std::unique_ptr<audit::UsageBook> usage_;
  std::unique_ptr<audit::DenialWatch> denials_;
  bool is_first_start_ = false;
};

}  // namespace sluice::server
