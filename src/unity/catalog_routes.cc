// Catalogs. Source: databricks-sdk, catalog.CatalogsAPI. Of what a body may hold besides, options,
// isolation_mode, enable_predictive_optimization, managed_encryption_settings and
// custom_max_retention_hours are passed over.
#include "catalog/catalogs.h"
#include "catalog/errors.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

json::Object Render(const catalog::Picture& picture, const catalog::Securable& securable) {
  json::Object object;
  object["id"] = securable.id;
  object["name"] = securable.name;
  object["full_name"] = securable.name;
  object["catalog_type"] = "MANAGED_CATALOG";
  object["isolation_mode"] = "OPEN";
  object["securable_type"] = "CATALOG";
  PutText(object, "storage_root", securable.As<catalog::CatalogDetails>().storage_root);
  PutText(object, "storage_location", catalog::ManagedFolder(securable));
  PutMap(object, "properties", securable.properties);
  PutCommon(object, picture, securable);
  return object;
}

Result<net::Response> Answer(const Services& services, const catalog::Id& id,
                             std::string_view name) {
  const Seen seen = TRY(FindMade(services, {Kind::kCatalog, name}, id));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> List(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const catalog::Access access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  picture->VisitChildren(Kind::kCatalog, picture->metastore().id, page.after(),
                         [&](const catalog::SecurablePtr& one) {
                           std::optional<json::Object> item;
                           if (access.May(catalog::Action::kSee, *one).allowed) {
                             item = Render(*picture, *one);
                           }
                           return page.Take(one->name, std::move(item));
                         });
  return std::move(page).Finish("catalogs");
}

Result<net::Response> Create(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewCatalog wanted;
  wanted.name = TRY(fields.RequiredText("CreateCatalog", "name"));
  for (const std::string_view foreign : {"connection_name", "provider_name", "share_name"}) {
    if (!TRY(fields.Text(foreign)).value_or("").empty()) {
      return Fail(Code::kUnsupported,
                  "Foreign catalogs and catalogs of shares are not supported yet: leave out " +
                      std::string(foreign) + ".");
    }
  }
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  wanted.properties = TRY(fields.Map("properties")).value_or(catalog::Properties());
  wanted.storage_root = TRY(fields.Text("storage_root")).value_or("");
  const catalog::Id id = TRY(catalog::CreateCatalog(services.catalog, CallerOf(services, request),
                                                    services.options.local_roots, wanted));
  return Answer(services, id, wanted.name);
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  const Seen seen = TRY(FindSeen(services, request, {Kind::kCatalog, request.Param("name")}));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const catalog::CommonChange change = TRY(CommonChangeOf(body.fields()));
  const catalog::Target target{Kind::kCatalog, request.Param("name")};
  const catalog::Id id =
      TRY(catalog::UpdateSecurable(services.catalog, CallerOf(services, request), target, change));
  return Answer(services, id, target.full_name);
}

Result<net::Response> Delete(const Services& services, const net::Request& request) {
  const catalog::Force force = TRY(ForceOf(request));
  TRY(catalog::DeleteCatalog(services.catalog, CallerOf(services, request), request.Param("name"),
                             force));
  return EmptyResponse();
}

}  // namespace

Rows CatalogRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string all = "/2.1/unity-catalog/catalogs";
  const std::string one = all + "/{name}";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, all, Work::kMemory, List, "listCatalogs"));
  rows.push_back(row(kPost, all, Work::kStorage, Create, "createCatalog"));
  rows.back().describe = Describe({"name", "comment", "properties", "storage_root"});
  rows.push_back(row(kGet, one, Work::kMemory, Get, "getCatalog"));
  rows.push_back(row(kPatch, one, Work::kStorage, Update, "updateCatalog"));
  rows.back().describe = Describe({"new_name", "owner", "comment", "properties"});
  rows.push_back(row(kDelete, one, Work::kStorage, Delete, "deleteCatalog"));
  return rows;
}

}  // namespace sluice::unity
