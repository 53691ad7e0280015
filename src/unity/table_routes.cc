// Tables. Source: databricks-sdk, catalog.TablesAPI.
//
// The Delta log has the last word on columns: they are read from it when a table is made, and again
// for each GET; lists show what was found last by the former. Data is never deleted.
#include <fmt/format.h>

#include "base/encoding.h"
#include "base/log.h"
#include "catalog/errors.h"
#include "catalog/tables.h"
#include "delta/commit.h"
#include "unity/body.h"
#include "unity/columns.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"
#include "unity/store_rules.h"
#include "unity/table_lists.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

// What a log says now. Errors: those of delta::Snapshots
Result<delta::VersionHeadPtr> ReadHead(const Services& services, const std::string& location) {
  const delta::Version newest = TRY(services.snapshots.NewestVersion(location));
  return services.snapshots.HeadAt(location, newest);
}

// The columns of a table that is there. The message of a failure never holds its place.
Result<std::vector<catalog::Column>> ReadColumns(const Services& services,
                                                 const std::string& location) {
  TRY(CheckIsSupported(location));
  const Result<delta::VersionHeadPtr> head = ReadHead(services, location);
  if (head) return ColumnsOf((*head)->metadata);
  if (head.error().code == Code::kNotFound) {
    return Fail(Code::kInvalidArgument,
                "The storage location is not a Delta table: no _delta_log was found there.",
                head.error().detail, "INVALID_PARAMETER_VALUE");
  }
  return std::unexpected(head.error());
}

// Writes version 0 of a managed table, and returns its columns as a reader will find them.
Result<std::vector<catalog::Column>> WriteEmptyTable(const Services& services,
                                                     const catalog::TablePlan& plan,
                                                     const std::vector<catalog::Column>& columns) {
  if (columns.empty()) return catalog::MissingField("CreateTable", "columns");
  if (catalog::KindOfUrl(plan.location) != catalog::UrlKind::kLocal) {
    return Fail(Code::kUnsupported,
                "Managed tables are made on local storage only: create the table with your engine "
                "and register it as an external one.");
  }
  delta::Metadata metadata = TRY(MetadataOf(columns));
  metadata.id = plan.id;
  metadata.created_time = ToUnixMillis(services.clock.Now());
  std::vector<catalog::Column> written = TRY(ColumnsOf(metadata));
  delta::Commit commit;
  commit.protocol = delta::Protocol{};
  commit.metadata = std::move(metadata);
  commit.operation = "CREATE TABLE";
  commit.time = services.clock.Now();
  const auto store = TRY(services.snapshots.Store(plan.location));
  TRY(delta::WriteCommit(*store, 0, commit));
  return written;
}

Result<catalog::NewTable> ParseNewTable(const Fields& fields) {
  constexpr std::string_view kOperation = "CreateTable";
  catalog::NewTable table;
  table.name = TRY(fields.RequiredText(kOperation, "name"));
  table.catalog_name = TRY(fields.RequiredText(kOperation, "catalog_name"));
  table.schema_name = TRY(fields.RequiredText(kOperation, "schema_name"));
  const std::string type = TRY(fields.RequiredText(kOperation, "table_type"));
  if (type != "MANAGED" && type != "EXTERNAL") {
    return Fail(Code::kUnsupported, "table_type must be EXTERNAL or MANAGED.");
  }
  if (TRY(fields.Text("data_source_format")).value_or("DELTA") != "DELTA") {
    return Fail(Code::kUnsupported, "data_source_format must be DELTA.");
  }
  table.type = type == "MANAGED" ? catalog::TableType::kManaged : catalog::TableType::kExternal;
  if (table.type == catalog::TableType::kExternal) {
    table.storage_location = TRY(fields.RequiredText(kOperation, "storage_location"));
  } else {
    table.storage_location = TRY(fields.Text("storage_location")).value_or("");
  }
  table.comment = TRY(fields.Text("comment")).value_or("");
  table.properties = TRY(fields.Map("properties")).value_or(catalog::Properties());
  return table;
}

Result<net::Response> Create(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const catalog::NewTable wanted = TRY(ParseNewTable(body.fields()));
  const std::vector<catalog::Column> given = TRY(ParseColumns(body.fields()));
  const catalog::Caller caller = CallerOf(services, request);
  const catalog::TablePlan plan =
      TRY(catalog::PlanTable(services.catalog, caller, services.options.local_roots, wanted));
  std::vector<catalog::Column> columns;
  if (wanted.type == catalog::TableType::kManaged) {
    columns = TRY(WriteEmptyTable(services, plan, given));
  } else {
    columns = TRY(ReadColumns(services, plan.location));
    TRY(CheckAgrees(given, columns));
  }
  const catalog::Id id =
      TRY(catalog::CreateTable(services.catalog, caller, plan, std::move(columns)));
  const Seen seen = TRY(FindMade(services, {Kind::kTable, wanted.name}, id));
  return JsonResponse(RenderTable(*seen.picture, *seen.securable, {}));
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  const Seen seen = TRY(FindSeen(services, request, {Kind::kTable, request.Param("full_name")}));
  json::Object table = RenderTable(*seen.picture, *seen.securable, {});
  // What cannot be read now is still known.
  const auto columns = ReadColumns(services, seen.securable->As<catalog::Table>().storage_location);
  if (columns) {
    table["columns"] = RenderColumns(*columns);
  } else {
    log::Warn("columns of table {} are shown as they were: {}", seen.securable->id,
              columns.error().message);
  }
  return JsonResponse(std::move(table));
}

Result<net::Response> Exists(const Services& services, const net::Request& request) {
  const auto seen = FindSeen(services, request, {Kind::kTable, request.Param("full_name")});
  json::Object body;
  body["table_exists"] = seen.has_value();
  return JsonResponse(std::move(body));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const catalog::CommonChange change = TRY(CommonChangeOf(body.fields()));
  const catalog::Target target{Kind::kTable, request.Param("full_name")};
  const catalog::Id id =
      TRY(catalog::UpdateSecurable(services.catalog, CallerOf(services, request), target, change));
  const Seen seen = TRY(FindMade(services, target, id));
  return JsonResponse(RenderTable(*seen.picture, *seen.securable, {}));
}

Result<net::Response> Delete(const Services& services, const net::Request& request) {
  TRY(catalog::DeleteTable(services.catalog, CallerOf(services, request),
                           request.Param("full_name")));
  return EmptyResponse();
}

}  // namespace

Rows TableRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string all = "/2.1/unity-catalog/tables";
  const std::string one = all + "/{full_name}";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, all, Work::kMemory, ListTables, "listTables"));
  rows.push_back(row(kPost, all, Work::kStorage, Create, "createTable"));
  rows.back().describe = Describe({"name", "catalog_name", "schema_name", "table_type",
                                   "storage_location", "comment", "properties"});
  rows.push_back(row(kGet, one, Work::kStorage, Get, "getTable"));
  rows.push_back(row(kGet, one + "/exists", Work::kMemory, Exists, "tableExists"));
  rows.push_back(row(kPatch, one, Work::kStorage, Update, "updateTable"));
  rows.back().describe = Describe({"new_name", "owner", "comment", "properties"});
  rows.push_back(row(kDelete, one, Work::kStorage, Delete, "deleteTable"));
  rows.push_back(row(kGet, "/2.1/unity-catalog/table-summaries", Work::kMemory, ListTableSummaries,
                     "listTableSummaries"));
  return rows;
}

}  // namespace sluice::unity
