// db/testing/temp_database.h -- a place for a database that lives as long as a test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "db/database.h"
#include "db/testing/postgres_server.h"

namespace sluice::db::testing {

enum class Where { kSqlite, kPostgres };

class TempDatabase {
 public:
  explicit TempDatabase(Where where = Where::kSqlite) {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-db-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "sluice.db";
    if (where == Where::kPostgres) path_ = PostgresServer::Running().NewSchema();
  }
  ~TempDatabase() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TempDatabase(const TempDatabase&) = delete;
  TempDatabase& operator=(const TempDatabase&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  // Or the URL.
  const std::string& path() const { return path_; }
  // As another process would.
  std::unique_ptr<Database> Open() const {
    auto database = Database::Open(path());
    if (!database) throw std::runtime_error(database.error().detail);
    return *std::move(database);
  }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

}  // namespace sluice::db::testing
