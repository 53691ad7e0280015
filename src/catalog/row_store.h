// catalog/row_store.h -- the catalog's rows in the database.
//
// Securables have one table whatever their kind: the columns that all have, and the rest as JSON
// (row_json.h). Grants have their own, since a share may have ten thousand of which a change
// touches one. The picture in memory is what answers; rows are read at start and when another
// process wrote.
#pragma once

#include <span>

#include "catalog/catalog.h"
#include "db/database.h"

namespace sluice::catalog {

// Every form the tables ever had, in order; never changed once released.
std::span<const db::Migration> Migrations();

class RowStore final : public Store {
 public:
  // The database has been migrated and outlives the store.
  explicit RowStore(db::Database& database) : database_(database) {}

  Result<Picture> Load() override;
  Result<int64_t> Write(const std::vector<RowChange>& changes, int64_t generation) override;
  Result<int64_t> Generation() override;

 private:
  db::Database& database_;
};

}  // namespace sluice::catalog
