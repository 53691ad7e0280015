// The metastore. Source: databricks-sdk, catalog.MetastoresAPI. A server has one: it can be
// changed, not made, assigned or deleted. privilege_model_version and storage_root_credential_id
// are passed over; storage_root, which only creation has in Databricks, can be set here.
#include <fmt/format.h>

#include <charconv>

#include "catalog/catalogs.h"
#include "catalog/errors.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

constexpr int64_t kWorkspace = 1;  // the only one

json::Object Render(const catalog::Picture& picture) {
  const catalog::Securable& securable = picture.metastore();
  const auto& metastore = securable.As<catalog::Metastore>();
  json::Object object;
  object["name"] = securable.name;
  object["cloud"] = metastore.cloud;
  object["region"] = metastore.region;
  object["global_metastore_id"] =
      fmt::format("{}:{}:{}", metastore.cloud, metastore.region, securable.id);
  object["delta_sharing_scope"] = metastore.sharing_scope;
  PutText(object, "delta_sharing_organization_name", metastore.organization_name);
  object["delta_sharing_recipient_token_lifetime_in_seconds"] =
      metastore.recipient_token_lifetime.count();
  object["external_access_enabled"] = metastore.external_access_enabled;
  object["privilege_model_version"] = "1.0";
  PutText(object, "storage_root", metastore.storage_root);
  PutCommon(object, picture, securable);
  return object;
}

std::unexpected<Error> OneMetastore() {
  return Fail(Code::kUnsupported, "This server has one metastore, which was made with it.");
}

Result<net::Response> Refuse(const Services& /*services*/, const net::Request& /*request*/) {
  return OneMetastore();
}

// All of it is for those who manage it; its summary is for everybody.
Result<json::Object> RenderForAdmin(const Services& services, const net::Request& request) {
  const auto picture = services.catalog.Now();
  const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  const auto decision = access.May(catalog::Action::kModify, picture->metastore());
  if (!decision.allowed) return catalog::Denied(decision);
  return Render(*picture);
}

Result<net::Response> List(const Services& services, const net::Request& request) {
  json::Array metastores;
  metastores.push_back(TRY(RenderForAdmin(services, request)));
  json::Object body;
  body["metastores"] = std::move(metastores);
  return JsonResponse(std::move(body));
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  TRY(FindSeen(services, request, {Kind::kMetastore, request.Param("id")}));
  return JsonResponse(TRY(RenderForAdmin(services, request)));
}

Result<net::Response> Summary(const Services& services, const net::Request& /*request*/) {
  return JsonResponse(Render(*services.catalog.Now()));
}

Result<net::Response> Current(const Services& services, const net::Request& /*request*/) {
  json::Object body;
  body["metastore_id"] = services.catalog.Now()->metastore().id;
  body["workspace_id"] = kWorkspace;
  return JsonResponse(std::move(body));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::MetastoreChange change;
  change.common.new_name = TRY(fields.Text("new_name"));
  change.common.owner = TRY(fields.Text("owner"));
  change.sharing_scope = TRY(fields.Text("delta_sharing_scope"));
  change.organization_name = TRY(fields.Text("delta_sharing_organization_name"));
  const auto lifetime = TRY(fields.Int("delta_sharing_recipient_token_lifetime_in_seconds"));
  if (lifetime) change.recipient_token_lifetime = std::chrono::seconds(*lifetime);
  change.external_access_enabled = TRY(fields.Flag("external_access_enabled"));
  change.storage_root = TRY(fields.Text("storage_root"));
  TRY(catalog::UpdateMetastore(services.catalog, CallerOf(services, request),
                               services.options.local_roots, request.Param("id"), change));
  return JsonResponse(Render(*services.catalog.Now()));
}

// The one workspace has the one metastore already: to say so once more changes nothing.
Result<net::Response> Assign(const Services& services, const net::Request& request) {
  const std::string_view workspace = request.Param("workspace_id");
  uint64_t number = 0;
  const auto [end, failure] =
      std::from_chars(workspace.data(), workspace.data() + workspace.size(), number);
  if (failure != std::errc() || end != workspace.data() + workspace.size()) {
    return catalog::InvalidParameter("workspace_id must be a whole number, not negative.");
  }
  const Body body = TRY(Body::Parse(request));
  const auto id = TRY(body.fields().Text("metastore_id"));
  const auto picture = services.catalog.Now();
  if (id && *id != picture->metastore().id) return catalog::DoesNotExist(Kind::kMetastore, *id);
  const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  if (!access.IsMetastoreAdmin()) {
    return Fail(Code::kPermissionDenied, "Only metastore administrators may assign a metastore.");
  }
  return EmptyResponse();
}

}  // namespace

Rows MetastoreRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string root = "/2.1/unity-catalog/";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, root + path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, "metastores", Work::kMemory, List, "listMetastores"));
  rows.push_back(row(kPost, "metastores", Work::kMemory, Refuse, "createMetastore"));
  rows.push_back(row(kGet, "metastores/{id}", Work::kMemory, Get, "getMetastore"));
  rows.push_back(row(kPatch, "metastores/{id}", Work::kStorage, Update, "updateMetastore"));
  rows.back().describe =
      Describe({"new_name", "owner", "delta_sharing_scope", "delta_sharing_organization_name",
                "delta_sharing_recipient_token_lifetime_in_seconds", "external_access_enabled",
                "storage_root"});
  rows.push_back(row(kDelete, "metastores/{id}", Work::kMemory, Refuse, "deleteMetastore"));
  rows.push_back(row(kGet, "metastore_summary", Work::kMemory, Summary, "getMetastoreSummary"));
  rows.push_back(row(kGet, "current-metastore-assignment", Work::kMemory, Current,
                     "getCurrentMetastoreAssignment"));
  const std::string assignment = "workspaces/{workspace_id}/metastore";
  rows.push_back(row(kPut, assignment, Work::kMemory, Assign, "createMetastoreAssignment"));
  rows.push_back(row(kPatch, assignment, Work::kMemory, Assign, "updateMetastoreAssignment"));
  rows.push_back(row(kDelete, assignment, Work::kMemory, Refuse, "deleteMetastoreAssignment"));
  return rows;
}

}  // namespace sluice::unity
