// External locations. Source: databricks-sdk, catalog.ExternalLocationsAPI. File events, encryption
// details, isolation_mode and skip_validation are passed over; `directory_access` is ours.
#include "catalog/external_locations.h"

#include <fmt/format.h>

#include <array>

#include "catalog/errors.h"
#include "unity/body.h"
#include "unity/credential_content.h"
#include "unity/description.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

struct AccessPart {
  std::string_view name;
  std::string storage::DirectoryAccess::* value;
};
constexpr auto kAccessParts =
    std::to_array<AccessPart>({{"role_arn", &storage::DirectoryAccess::role_arn},
                               {"external_id", &storage::DirectoryAccess::external_id},
                               {"sts_endpoint", &storage::DirectoryAccess::sts_endpoint},
                               {"kms_key_arn", &storage::DirectoryAccess::kms_key_arn}});
// In bytes; Amazon's are shorter.
constexpr size_t kLongestPart = 2048;

// {"role_arn": "...", ...}; nothing: not given. An empty object: none.
Result<std::optional<storage::DirectoryAccess>> AccessIn(const Fields& fields) {
  const std::optional<Fields> object = TRY(fields.Object("directory_access"));
  if (!object) return std::nullopt;
  storage::DirectoryAccess access;
  for (const AccessPart& part : kAccessParts) {
    std::string text = TRY(object->Text(part.name)).value_or("");
    const bool endpoint = part.name == "sts_endpoint" && !text.empty();
    if (text.size() > kLongestPart || !IsVisible(text) || (endpoint && !IsEndpoint(text))) {
      return catalog::InvalidParameter(
          fmt::format("Field directory_access.{} is not valid.", part.name));
    }
    access.*part.value = std::move(text);
  }
  // A name that is spelt otherwise must not end it.
  if (access == storage::DirectoryAccess{} && !object->IsEmpty()) {
    return catalog::InvalidParameter("Missing required field: directory_access.role_arn");
  }
  return access;
}

// What the audit log says of it: an endpoint that is none may hold a secret.
void TellAccess(const json::Object& body, net::Facts& facts) {
  const auto object = Fields(body).Object("directory_access");
  if (!object || !*object) return;
  json::Object told;
  for (const AccessPart& part : kAccessParts) {
    const auto text = (*object)->Text(part.name);
    if (!text || !*text || (part.name == "sts_endpoint" && !IsEndpoint(**text))) continue;
    told[part.name] = **text;
  }
  facts.emplace_back("directory_access", json::Serialize(told));
}

json::Object Render(const catalog::Picture& picture, const catalog::Securable& securable) {
  const auto& location = securable.As<catalog::ExternalLocation>();
  json::Object object;
  object["name"] = securable.name;
  object["url"] = location.url;
  if (const catalog::Securable* credential = picture.Find(location.credential)) {
    object["credential_name"] = credential->name;
  }
  object["credential_id"] = location.credential;
  object["read_only"] = location.read_only;
  object["fallback"] = location.fallback;
  if (location.directory_access) {
    json::Object access;
    for (const AccessPart& part : kAccessParts) {
      const std::string& text = (*location.directory_access).*part.value;
      if (!text.empty()) access[part.name] = text;
    }
    object["directory_access"] = std::move(access);
  }
  object["isolation_mode"] = "ISOLATION_MODE_OPEN";
  PutCommon(object, picture, securable);
  return object;
}

Result<net::Response> Answer(const Services& services, const catalog::Id& id,
                             std::string_view name) {
  const Seen seen = TRY(FindMade(services, {Kind::kExternalLocation, name}, id));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> List(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  picture->VisitChildren(Kind::kExternalLocation, picture->metastore().id, page.after(),
                         [&](const catalog::SecurablePtr& one) {
                           std::optional<json::Object> item;
                           if (access.May(catalog::Action::kSee, *one).allowed) {
                             item = Render(*picture, *one);
                           }
                           return page.Take(one->name, std::move(item));
                         });
  return std::move(page).Finish("external_locations");
}

Result<net::Response> Create(const Services& services, const net::Request& request) {
  constexpr std::string_view kOperation = "CreateExternalLocation";
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewLocation wanted;
  wanted.name = TRY(fields.RequiredText(kOperation, "name"));
  wanted.url = TRY(fields.RequiredText(kOperation, "url"));
  wanted.credential_name = TRY(fields.RequiredText(kOperation, "credential_name"));
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  wanted.read_only = TRY(fields.Flag("read_only")).value_or(false);
  wanted.fallback = TRY(fields.Flag("fallback")).value_or(false);
  wanted.directory_access = TRY(AccessIn(fields));
  const catalog::Id id = TRY(catalog::CreateLocation(services.catalog, CallerOf(services, request),
                                                     services.options.local_roots, wanted));
  return Answer(services, id, wanted.name);
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  const Seen seen =
      TRY(FindSeen(services, request, {Kind::kExternalLocation, request.Param("name")}));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::LocationChange change;
  change.common = TRY(CommonChangeOf(fields));
  change.url = TRY(fields.Text("url"));
  change.credential_name = TRY(fields.Text("credential_name"));
  change.read_only = TRY(fields.Flag("read_only"));
  change.fallback = TRY(fields.Flag("fallback"));
  change.directory_access = TRY(AccessIn(fields));
  const bool force = TRY(fields.Flag("force")).value_or(false);
  change.force = force ? catalog::Force::kYes : catalog::Force::kNo;
  const auto name = request.Param("name");
  const catalog::Id id = TRY(catalog::UpdateLocation(services.catalog, CallerOf(services, request),
                                                     services.options.local_roots, name, change));
  return Answer(services, id, name);
}

Result<net::Response> Delete(const Services& services, const net::Request& request) {
  const catalog::Force force = TRY(ForceOf(request));
  TRY(catalog::DeleteLocation(services.catalog, CallerOf(services, request), request.Param("name"),
                              force));
  return EmptyResponse();
}

}  // namespace

Rows ExternalLocationRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string all = "/2.1/unity-catalog/external-locations";
  const std::string one = all + "/{name}";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, all, Work::kMemory, List, "listExternalLocations"));
  rows.push_back(row(kPost, all, Work::kStorage, Create, "createExternalLocation"));
  rows.back().describe =
      Describe({"name", "url", "credential_name", "comment", "read_only", "fallback"}, TellAccess);
  rows.push_back(row(kGet, one, Work::kMemory, Get, "getExternalLocation"));
  rows.push_back(row(kPatch, one, Work::kStorage, Update, "updateExternalLocation"));
  rows.back().describe = Describe({"new_name", "owner", "url", "credential_name", "comment",
                                   "properties", "read_only", "fallback", "force"},
                                  TellAccess);
  rows.push_back(row(kDelete, one, Work::kStorage, Delete, "deleteExternalLocation"));
  return rows;
}

}  // namespace sluice::unity
