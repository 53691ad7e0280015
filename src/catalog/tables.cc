#include "catalog/tables.h"

#include <fmt/format.h>

#include "catalog/catalogs.h"
#include "catalog/errors.h"
#include "catalog/quotas.h"

namespace sluice::catalog {
namespace {

Result<const Securable*> CheckParent(const Edit& edit, const Quotas& quotas,
                                     const NewTable& wanted) {
  const Access access = AccessOf(edit);
  const std::string full_name = fmt::format("{}.{}", wanted.catalog_name, wanted.schema_name);
  const Securable* schema = TRY(FindVisible(edit.picture(), access, Kind::kSchema, full_name));
  const Decision decision = access.MayCreate(Kind::kTable, *schema);
  if (!decision.allowed) return Denied(decision);
  TRY(CheckNewName(edit.picture(), Kind::kTable, schema->id, wanted.name));
  TRY(CheckQuota(edit.picture(), quotas, Kind::kTable, *schema));
  return schema;
}

Status CheckPlace(const Edit& edit, TableType type, const std::string& location) {
  const Access access = AccessOf(edit);
  // Who may make managed tables was settled when the storage root was set.
  if (type == TableType::kExternal) {
    TRY(CheckMayStoreTable(edit.picture(), access, location));
  } else {
    TRY(ResolveStorage(edit.picture(), location));
  }
  return CheckNoTableAt(edit.picture(), access, location);
}

}  // namespace

Result<TablePlan> PlanTable(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                            const NewTable& wanted) {
  // An edit that nobody commits.
  Edit edit(*catalog.Now(), caller, catalog.clock().Now(), catalog.random());
  const Securable* schema = TRY(CheckParent(edit, catalog.quotas(), wanted));
  TablePlan plan{.table = wanted, .id = edit.NewUuid(), .location = {}};
  if (wanted.type == TableType::kManaged) {
    if (!wanted.storage_location.empty()) {
      return InvalidParameter(
          "A managed table has no storage_location of its own: leave it out, "
          "or make it an external table.");
    }
    plan.location = fmt::format("{}/tables/{}", TRY(ManagedRoot(edit.picture(), *schema)), plan.id);
  } else {
    plan.location = TRY(NormalUrl(wanted.storage_location, roots, AccessOf(edit)));
  }
  TRY(CheckPlace(edit, wanted.type, plan.location));
  return plan;
}

Result<Id> CreateTable(Catalog& catalog, const Caller& caller, const TablePlan& plan,
                       std::vector<Column> columns) {
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Securable* schema = TRY(CheckParent(edit, catalog.quotas(), plan.table));
    TRY(CheckPlace(edit, plan.table.type, plan.location));
    edit.Create(Securable{
        .id = plan.id,
        .parent = schema->id,
        .name = plan.table.name,
        .owner = OwnerOfNew(edit),
        .comment = plan.table.comment,
        .properties = plan.table.properties,
        .details =
            Table{.type = plan.table.type, .storage_location = plan.location, .columns = columns}});
    return {};
  }));
  return plan.id;
}

Status DeleteTable(Catalog& catalog, const Caller& caller, std::string_view full_name) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access = AccessOf(edit);
    const Securable* found = TRY(FindToDelete(edit.picture(), access, {Kind::kTable, full_name}));
    TRY(CheckNotShared(edit.picture(), access, {{found}}));
    const Id id = found->id;
    edit.EraseSecurable(id);
    return {};
  });
}

}  // namespace sluice::catalog
