// catalog/tables.h -- tables: where they lie is checked before anything there is touched.
//
//   const TablePlan plan = TRY(PlanTable(catalog, caller, roots, wanted));
//   std::vector<Column> columns = ...;  // read from plan.location, or written there
//   return CreateTable(catalog, caller, plan, std::move(columns));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "catalog/securables.h"

namespace sluice::catalog {

struct NewTable {
  std::string name;
  std::string catalog_name;
  std::string schema_name;
  TableType type = TableType::kExternal;
  std::string storage_location{};  // as given; empty for managed tables, whose place is made
  std::string comment{};
  Properties properties{};
};

// A table that may be made.
struct TablePlan {
  NewTable table;
  Id id;
  std::string location;  // in normal form
};

// Errors: kNotFound          the schema
//         kPermissionDenied  without CREATE_TABLE, USE_SCHEMA, USE_CATALOG; or the right to store
//                            tables there (CheckMayStoreTable)
//         kAlreadyExists     the name
//         kInvalidArgument   the name, the location, another table there
Result<TablePlan> PlanTable(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                            const NewTable& wanted);
// Everything is checked anew. Errors: as PlanTable
Result<Id> CreateTable(Catalog& catalog, const Caller& caller, const TablePlan& plan,
                       std::vector<Column> columns);

// Its data stays where it is, a managed table's too.
// Errors: kNotFound, kPermissionDenied; kInvalidArgument  it is in a share
Status DeleteTable(Catalog& catalog, const Caller& caller, std::string_view full_name);

}  // namespace sluice::catalog
