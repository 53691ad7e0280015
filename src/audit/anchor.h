// audit/anchor.h -- the newest event of the log, noted where the files' owner does not come by
// alone.
//
// Whoever can write to the folder can cut events off the end of the log, or write the chain anew
// from any place on. The anchor lies in the database and is only ever of events that are on the
// disk: a log that does not lead to it was shortened or rewritten, no crash does that.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "audit/chain.h"
#include "base/result.h"
#include "db/database.h"

namespace sluice::audit {

class AnchorStore {
 public:
  virtual ~AnchorStore() = default;
  // Nothing: none was ever noted.
  virtual Result<std::optional<Head>> Load() = 0;
  virtual Status Save(const Head& head, TimePoint now) = 0;
};

// The tables of this room, for Database::Migrate.
std::span<const db::Migration> Migrations();

// One row for each log. The database is borrowed.
class DatabaseAnchors final : public AnchorStore {
 public:
  explicit DatabaseAnchors(db::Database& database, std::string log = "main")
      : database_(database), log_(std::move(log)) {}
  Result<std::optional<Head>> Load() override;
  Status Save(const Head& head, TimePoint now) override;

 private:
  db::Database& database_;
  std::string log_;
};

}  // namespace sluice::audit
