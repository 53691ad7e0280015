// Schemas. Source: databricks-sdk, catalog.SchemasAPI. enable_predictive_optimization and
// custom_max_retention_hours are passed over.
#include "catalog/catalogs.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

json::Object Render(const catalog::Picture& picture, const catalog::Securable& securable) {
  const catalog::Securable* parent = picture.Find(securable.parent);
  json::Object object;
  object["schema_id"] = securable.id;
  object["name"] = securable.name;
  object["full_name"] = picture.FullName(securable);
  object["catalog_name"] = parent == nullptr ? "" : parent->name;
  object["catalog_type"] = "MANAGED_CATALOG";
  PutText(object, "storage_root", securable.As<catalog::SchemaDetails>().storage_root);
  PutText(object, "storage_location", catalog::ManagedFolder(securable));
  PutMap(object, "properties", securable.properties);
  PutCommon(object, picture, securable);
  return object;
}

Result<net::Response> Answer(const Services& services, const catalog::Id& id,
                             std::string_view name) {
  const Seen seen = TRY(FindMade(services, {Kind::kSchema, name}, id));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> List(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const std::string name = TRY(RequiredQuery(request, "ListSchemas", "catalog_name"));
  const Seen parent = TRY(FindSeen(services, request, {Kind::kCatalog, name}));
  const catalog::Access access =
      AccessOf(*parent.picture, services.catalog, CallerOf(services, request));
  parent.picture->VisitChildren(Kind::kSchema, parent.securable->id, page.after(),
                                [&](const catalog::SecurablePtr& one) {
                                  std::optional<json::Object> item;
                                  if (access.May(catalog::Action::kSee, *one).allowed) {
                                    item = Render(*parent.picture, *one);
                                  }
                                  return page.Take(one->name, std::move(item));
                                });
  return std::move(page).Finish("schemas");
}

Result<net::Response> Create(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewSchema wanted;
  wanted.name = TRY(fields.RequiredText("CreateSchema", "name"));
  wanted.catalog_name = TRY(fields.RequiredText("CreateSchema", "catalog_name"));
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  wanted.properties = TRY(fields.Map("properties")).value_or(catalog::Properties());
  wanted.storage_root = TRY(fields.Text("storage_root")).value_or("");
  const catalog::Id id = TRY(catalog::CreateSchema(services.catalog, CallerOf(services, request),
                                                   services.options.local_roots, wanted));
  return Answer(services, id, wanted.name);
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  const Seen seen = TRY(FindSeen(services, request, {Kind::kSchema, request.Param("full_name")}));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const catalog::CommonChange change = TRY(CommonChangeOf(body.fields()));
  const catalog::Target target{Kind::kSchema, request.Param("full_name")};
  const catalog::Id id =
      TRY(catalog::UpdateSecurable(services.catalog, CallerOf(services, request), target, change));
  return Answer(services, id, target.full_name);
}

Result<net::Response> Delete(const Services& services, const net::Request& request) {
  const catalog::Force force = TRY(ForceOf(request));
  TRY(catalog::DeleteSchema(services.catalog, CallerOf(services, request),
                            request.Param("full_name"), force));
  return EmptyResponse();
}

}  // namespace

Rows SchemaRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string all = "/2.1/unity-catalog/schemas";
  const std::string one = all + "/{full_name}";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, all, Work::kMemory, List, "listSchemas"));
  rows.push_back(row(kPost, all, Work::kStorage, Create, "createSchema"));
  rows.back().describe =
      Describe({"name", "catalog_name", "comment", "properties", "storage_root"});
  rows.push_back(row(kGet, one, Work::kMemory, Get, "getSchema"));
  rows.push_back(row(kPatch, one, Work::kStorage, Update, "updateSchema"));
  rows.back().describe = Describe({"new_name", "owner", "comment", "properties"});
  rows.push_back(row(kDelete, one, Work::kStorage, Delete, "deleteSchema"));
  return rows;
}

}  // namespace sluice::unity
