// w.users, w.groups, w.service_principals, w.current_user. Source: databricks-sdk, iam; RFC 7644.
#include <charconv>

#include "catalog/errors.h"
#include "catalog/principals.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/scim_filter.h"
#include "unity/scim_json.h"

namespace sluice::unity {
namespace {

using catalog::Principal;
using catalog::PrincipalKind;
using catalog::SeenPrincipal;

constexpr size_t kPage = 100;
constexpr size_t kLargestPage = 10'000;

net::Response Answer(const Services& services, const net::Request& request,
                     const Principal& principal, int status = 200) {
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal,
                               services.clock.Now());
  json::Object resource = ScimJson(*picture, SeenBy(access, principal));
  SelectAttributes(request, resource);
  return JsonResponse(std::move(resource), status);
}

Result<size_t> Number(const net::Request& request, std::string_view name, size_t least,
                      size_t otherwise) {
  const auto text = request.query.Find(name);
  if (!text || text->empty()) return otherwise;
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failure != std::errc() || end != text->data() + text->size()) {
    return catalog::InvalidParameter(std::string(name) + " must be a whole number.");
  }
  // RFC 7644 §3.4.2.4: what is smaller counts as the smallest.
  return number < static_cast<int64_t>(least) ? least : static_cast<size_t>(number);
}

Result<bool> Passes(const std::optional<ScimFilter>& filter, const catalog::Picture& picture,
                    const SeenPrincipal& seen) {
  if (!filter) return true;
  return filter->Matches([&](std::string_view path) { return ScimValues(picture, seen, path); });
}

// Sorted by name, whatever "sortBy" says, so that pages fit together.
Result<net::Response> ListOf(PrincipalKind kind, const Services& services,
                             const net::Request& request) {
  const size_t first = TRY(Number(request, "startIndex", 1, 1));
  const size_t count = std::min(kLargestPage, TRY(Number(request, "count", 0, kPage)));
  std::optional<ScimFilter> filter;
  if (const auto text = request.query.Find("filter"); text && !text->empty()) {
    filter = TRY(ScimFilter::Parse(*text));
  }
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal,
                               services.clock.Now());
  json::Array resources;
  size_t total = 0;
  for (const Principal* principal : catalog::PrincipalsByName(*picture, kind)) {
    const SeenPrincipal seen = SeenBy(access, *principal);
    if (!TRY(Passes(filter, *picture, seen))) continue;
    ++total;
    if (total < first || resources.size() == count) continue;
    json::Object resource = ScimJson(*picture, seen);
    SelectAttributes(request, resource);
    resources.push_back(std::move(resource));
  }
  return JsonResponse(
      json::Object{{"schemas", json::Array{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
                   {"totalResults", total},
                   {"startIndex", first},
                   {"itemsPerPage", resources.size()},
                   {"Resources", std::move(resources)}});
}

Result<net::Response> GetOf(PrincipalKind kind, const Services& services,
                            const net::Request& request) {
  const auto picture = services.catalog.Now();
  const Principal* found = TRY(catalog::FindPrincipal(*picture, {kind, request.Param("id")}));
  return Answer(services, request, *found);
}

Result<net::Response> GetMe(const Services& services, const net::Request& request) {
  const auto picture = services.catalog.Now();
  const Principal* me = picture->FindPrincipal(CallerOf(services, request).principal);
  if (me == nullptr) return catalog::NoSuchPrincipal("me");
  return Answer(services, request, *me);
}

// A body of SCIM, which may hold ten thousand members.
Result<json::Object> ReadBody(const net::Request& request) {
  Result<json::Value> value = json::Parse(request.body);
  if (value && value->is_object()) return std::move(value->as_object());
  if (!value && value.error().code != Code::kInvalidArgument) {
    return std::unexpected(std::move(value.error()));
  }
  return Fail(Code::kInvalidArgument, "The request body must be a JSON object.", {},
              "MALFORMED_REQUEST");
}

Result<net::Response> CreateOf(PrincipalKind kind, const Services& services,
                               const net::Request& request) {
  const json::Object body = TRY(ReadBody(request));
  Principal wanted{.kind = kind};
  TRY(ReadScimResource(body, wanted));
  const Principal made = TRY(
      catalog::CreatePrincipal(services.catalog, CallerOf(services, request), std::move(wanted)));
  return Answer(services, request, made, 201);
}

Result<net::Response> ReplaceOf(PrincipalKind kind, const Services& services,
                                const net::Request& request) {
  const json::Object body = TRY(ReadBody(request));
  const Principal updated = TRY(catalog::UpdatePrincipal(
      services.catalog, CallerOf(services, request), {kind, request.Param("id")},
      [&](Principal& principal) { return ReadScimResource(body, principal); }));
  return Answer(services, request, updated);
}

Result<net::Response> PatchOf(PrincipalKind kind, const Services& services,
                              const net::Request& request) {
  const json::Object body = TRY(ReadBody(request));
  const Principal updated = TRY(catalog::UpdatePrincipal(
      services.catalog, CallerOf(services, request), {kind, request.Param("id")},
      [&](Principal& principal) { return ApplyScimPatch(body, principal); }));
  return Answer(services, request, updated);
}

Result<net::Response> DeleteOf(PrincipalKind kind, const Services& services,
                               const net::Request& request) {
  TRY(catalog::DeletePrincipal(services.catalog, CallerOf(services, request),
                               {kind, request.Param("id")}));
  return net::Response{.status = 204};
}

struct Resource {
  PrincipalKind kind;
  std::string path;
  std::string_view list, create, get, replace, update, remove;  // operations
};

using Operation = Result<net::Response> (*)(PrincipalKind, const Services&, const net::Request&);

void AddRows(const Services& services, const Resource& resource, Rows& rows) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kUser = net::Access::kUser;
  const auto of = [&](Operation operation) {
    return [&services, operation, kind = resource.kind](const net::Request& request) {
      return operation(kind, services, request);
    };
  };
  const std::string one = resource.path + "/{id}";
  const auto told = Describe(
      {"userName", "displayName", "applicationId", "externalId", "active", "emails", "members"});
  const auto patched = Describe({"Operations"});
  // A list goes over all there are: not on the thread that must never wait.
  rows.push_back({kGet, resource.path, kUser, kStorage, of(ListOf), resource.list});
  rows.push_back({kPost, resource.path, kUser, kStorage, of(CreateOf), resource.create, told});
  rows.push_back({kGet, one, kUser, kMemory, of(GetOf), resource.get});
  rows.push_back({kPut, one, kUser, kStorage, of(ReplaceOf), resource.replace, told});
  rows.push_back({kPatch, one, kUser, kStorage, of(PatchOf), resource.update, patched});
  rows.push_back({kDelete, one, kUser, kStorage, of(DeleteOf), resource.remove});
}

}  // namespace

Rows ScimRoutes(const Services& services) {
  const std::string scim = "/2.0/preview/scim/v2/";
  Rows rows;
  rows.push_back({net::Method::kGet, scim + "Me", net::Access::kUser, net::Work::kMemory,
                  With(services, GetMe), "getCurrentUser"});
  AddRows(services,
          {PrincipalKind::kUser, scim + "Users", "listUsers", "createUser", "getUser",
           "replaceUser", "updateUser", "deleteUser"},
          rows);
  AddRows(services,
          {PrincipalKind::kGroup, scim + "Groups", "listGroups", "createGroup", "getGroup",
           "replaceGroup", "updateGroup", "deleteGroup"},
          rows);
  AddRows(services,
          {PrincipalKind::kServicePrincipal, scim + "ServicePrincipals", "listServicePrincipals",
           "createServicePrincipal", "getServicePrincipal", "replaceServicePrincipal",
           "updateServicePrincipal", "deleteServicePrincipal"},
          rows);
  for (net::Route& row : rows) row.render_error = RenderScimError;
  return rows;
}

}  // namespace sluice::unity
