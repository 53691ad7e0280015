// server/data_directory.h -- the folder of a server that keeps its own catalog (`--data DIR`).
//
//   sluice.db     the catalog (db/database.h), with its -wal and -shm
//   database      or the URL of the database of PostgreSQL that has the catalog; while it is there
//                 a sluice.db is none
//   master-key    32 bytes; secrets, links and tokens depend on it. Not there when the key comes
//   from
//                 the setting or the environment
//   admin-token   the token of the user "admin", as it was made last
//   audit/        the audit log (audit/log.h)
//
// All of it is the server's user's alone: folders 0700, files 0600.
#pragma once

#include <string>

#include "base/crypto/random.h"
#include "base/result.h"
#include "server/master_key.h"
#include "server/settings.h"

namespace sluice::server {

class DataDirectory {
 public:
  // Makes the folder where there is none.
  // Errors: kInvalidArgument  it cannot be made or looked at, or others may write to it; the
  //         message says what to do
  static Result<DataDirectory> Open(const std::string& path);
  // Whether a catalog belongs to the folder: it has its file, or knows its URL. True as well where
  // that cannot be looked at: Open says why.
  static bool Exists(const std::string& path);

  // From now on the catalog is in this database of PostgreSQL; empty: where it is. The folder knows
  // of it for the next time after NoteDatabase, which the caller calls once it is the right one.
  // Errors: kInvalidArgument  no URL, or the catalog is in the folder's file
  Status UseDatabase(const std::string& url);
  Status NoteDatabase() const;
  // The catalog has moved: from now on it is in this database, file() or a URL. In one step: after
  // a crash it is in the one or the other.
  Status MoveTo(const std::string& database);

  // A file, or a URL.
  const std::string& database() const { return database_; }
  bool has_own_database() const { return database_ == file(); }
  std::string file() const { return path_ + "/sluice.db"; }
  std::string database_note() const { return path_ + "/database"; }
  // Whether the folder has known a database of PostgreSQL before.
  bool has_noted_database() const { return !noted_database_.empty(); }
  std::string audit() const { return path_ + "/audit"; }
  std::string admin_token() const { return path_ + "/admin-token"; }
  const std::string& path() const { return path_; }

  // The setting's file, the environment, or DIR/master-key, which is made where there is none if it
  // `may_make` one. A catalog without its key is refused: its secrets would be lost.
  Result<MasterKey> LoadKey(const Settings& settings, Random& random, bool may_make) const;

  // Replaces the file whole, or not at all.
  Status WriteAdminToken(const std::string& token) const;

 private:
  explicit DataDirectory(std::string path)
      : path_(std::move(path)), database_(path_ + "/sluice.db") {}
  std::string path_;
  std::string database_;
  std::string noted_database_{};
};

// Whether there is a file or a folder. Errors: kInvalidArgument  one may not look there
Result<bool> IsThere(const std::string& path);

// Writes a file of mode 0600 in one step: after a crash there is the old one or the new one.
// Errors: kInvalidArgument  it cannot be written; the message names the path
Status WriteSecretFile(const std::string& path, std::string_view bytes);

}  // namespace sluice::server
