// Storage credentials. Source: databricks-sdk, catalog.StorageCredentialsAPI. isolation_mode and
// skip_validation are passed over: nothing is validated unless asked (validate).
#include "catalog/credentials.h"
#include "catalog/errors.h"
#include "unity/body.h"
#include "unity/credential_content.h"
#include "unity/description.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"
#include "unity/validate_credential.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

json::Object Render(const catalog::Picture& picture, const catalog::Securable& securable) {
  json::Object object;
  object["id"] = securable.id;
  object["name"] = securable.name;
  object["full_name"] = securable.name;
  object["read_only"] = securable.As<catalog::StorageCredential>().read_only;
  object["used_for_managed_storage"] = false;
  object["isolation_mode"] = "ISOLATION_MODE_OPEN";
  PutContent(object, securable);
  PutCommon(object, picture, securable);
  return object;
}

Result<net::Response> Answer(const Services& services, const catalog::Id& id,
                             std::string_view name) {
  const Seen seen = TRY(FindMade(services, {Kind::kStorageCredential, name}, id));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> List(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  picture->VisitChildren(Kind::kStorageCredential, picture->metastore().id, page.after(),
                         [&](const catalog::SecurablePtr& one) {
                           std::optional<json::Object> item;
                           if (access.May(catalog::Action::kSee, *one).allowed) {
                             item = Render(*picture, *one);
                           }
                           return page.Take(one->name, std::move(item));
                         });
  return std::move(page).Finish("storage_credentials");
}

Result<net::Response> Create(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewCredential wanted;
  wanted.name = TRY(fields.RequiredText("CreateStorageCredential", "name"));
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  wanted.read_only = TRY(fields.Flag("read_only")).value_or(false);
  auto content = TRY(ContentOf(fields, "CreateStorageCredential"));
  if (!content) return catalog::MissingField("CreateStorageCredential", "aws_iam_role");
  wanted.content = *std::move(content);
  const catalog::Id id =
      TRY(catalog::CreateCredential(services.catalog, CallerOf(services, request), wanted));
  return Answer(services, id, wanted.name);
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  const Seen seen =
      TRY(FindSeen(services, request, {Kind::kStorageCredential, request.Param("name")}));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::CredentialChange change;
  change.common = TRY(CommonChangeOf(fields));
  change.content = TRY(ContentOf(fields, "UpdateStorageCredential"));
  change.read_only = TRY(fields.Flag("read_only"));
  const auto name = request.Param("name");
  const catalog::Id id =
      TRY(catalog::UpdateCredential(services.catalog, CallerOf(services, request), name, change));
  return Answer(services, id, name);
}

Result<net::Response> Delete(const Services& services, const net::Request& request) {
  const catalog::Force force = TRY(ForceOf(request));
  TRY(catalog::DeleteCredential(services.catalog, CallerOf(services, request),
                                request.Param("name"), force));
  return EmptyResponse();
}

}  // namespace

Rows StorageCredentialRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string all = "/2.1/unity-catalog/storage-credentials";
  const std::string one = all + "/{name}";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, all, Work::kMemory, List, "listStorageCredentials"));
  rows.push_back(row(kPost, all, Work::kStorage, Create, "createStorageCredential"));
  rows.back().describe = Describe({"name", "comment", "read_only"}, TellContent);
  rows.push_back(row(kGet, one, Work::kMemory, Get, "getStorageCredential"));
  rows.push_back(row(kPatch, one, Work::kStorage, Update, "updateStorageCredential"));
  rows.back().describe =
      Describe({"new_name", "owner", "comment", "properties", "read_only"}, TellContent);
  rows.push_back(row(kDelete, one, Work::kStorage, Delete, "deleteStorageCredential"));
  rows.push_back(row(kPost, "/2.1/unity-catalog/validate-storage-credentials", Work::kStorage,
                     ValidateCredential, "validateStorageCredential"));
  rows.back().describe =
      Describe({"storage_credential_name", "external_location_name", "url"}, TellContent);
  return rows;
}

}  // namespace sluice::unity
