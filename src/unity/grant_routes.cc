// w.grants. Source: databricks-sdk, catalog.GrantsAPI.
#include <charconv>
#include <set>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/grants.h"
#include "catalog/share_grants.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using catalog::Assignment;
using catalog::Inherited;

// Pages hold privileges, and all those of a principal together.
constexpr int64_t kSmallestPage = 150;
constexpr size_t kPage = 1000;
constexpr size_t kMostChanges = 1000;

Result<catalog::Target> TargetOf(const net::Request& request) {
  const auto kind = catalog::ParseKind(request.Param("securable_type"));
  if (!kind) {
    return catalog::InvalidParameter("The securable type is not one that this server has.");
  }
  return catalog::Target{*kind, request.Param("full_name")};
}

// How many privileges a page has at least; nothing: all of them.
Result<std::optional<size_t>> PageSize(const net::Request& request, std::string_view name) {
  const auto text = request.query.Find(name);
  if (!text) return std::nullopt;
  int64_t wanted = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), wanted);
  const bool sound = failure == std::errc() && end == text->data() + text->size();
  if (!sound || wanted < 0 || (wanted > 0 && wanted < kSmallestPage)) {
    return catalog::InvalidParameter(std::string(name) + " must be 0, or at least 150.");
  }
  return wanted == 0 ? kPage : static_cast<size_t>(wanted);
}

json::Object DirectJson(const Assignment& assignment) {
  json::Array privileges;
  json::Object ends;
  for (const catalog::HeldPrivilege& held : assignment.privileges) {
    const std::string_view name = catalog::PrivilegeName(held.privilege);
    privileges.emplace_back(name);
    if (held.expires_at) ends[name] = ToUnixMillis(*held.expires_at);
  }
  json::Object object{{"principal", assignment.name}, {"privileges", std::move(privileges)}};
  if (!ends.empty()) object["expires_at"] = std::move(ends);
  return object;
}

json::Object EffectiveJson(const catalog::Picture& picture, const Assignment& assignment) {
  json::Array privileges;
  for (const catalog::HeldPrivilege& held : assignment.privileges) {
    json::Object one{{"privilege", catalog::PrivilegeName(held.privilege)}};
    if (held.inherited_from != nullptr) {
      one["inherited_from_type"] = catalog::KindName(held.inherited_from->kind());
      one["inherited_from_name"] = picture.FullName(*held.inherited_from);
    }
    privileges.push_back(std::move(one));
  }
  return {{"principal", assignment.name}, {"privileges", std::move(privileges)}};
}

struct Listing {
  Inherited inherited;
  std::string_view size_field;
  std::string_view items_field;
};

Result<net::Response> List(const Services& services, const net::Request& request,
                           const Listing& listing) {
  const catalog::Target target = TRY(TargetOf(request));
  std::optional<size_t> size = TRY(PageSize(request, listing.size_field));
  if (!size && listing.size_field == "page_size") size = kPage;
  const auto picture = services.catalog.Now();
  const TimePoint now = services.clock.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal, now);
  const catalog::GrantQuery query{
      .inherited = listing.inherited,
      .principal = std::string(request.query.Find("principal").value_or(""))};
  const std::vector<Assignment> assignments =
      TRY(catalog::ListGrants(*picture, access, now, target, query));
  const std::string after = TRY(ReadPageToken(request));
  json::Array items;
  json::Object body;
  size_t taken = 0;
  std::string last;
  for (const Assignment& one : assignments) {
    if (one.principal <= after) continue;
    if (size && taken >= *size) {
      body["next_page_token"] = PageTokenBehind(request, last);
      break;
    }
    taken += one.privileges.size();
    last = one.principal;
    items.push_back(listing.inherited == Inherited::kYes ? EffectiveJson(*picture, one)
                                                         : DirectJson(one));
  }
  body[listing.items_field] = std::move(items);
  return JsonResponse(std::move(body));
}

Result<net::Response> GetPermissions(const Services& services, const net::Request& request) {
  return List(services, request, {Inherited::kNo, "max_results", "privilege_assignments"});
}
Result<net::Response> GetEffective(const Services& services, const net::Request& request) {
  return List(services, request, {Inherited::kYes, "max_results", "privilege_assignments"});
}
Result<net::Response> ListAssignments(const Services& services, const net::Request& request) {
  return List(services, request, {Inherited::kNo, "page_size", "privilege_assignments"});
}
Result<net::Response> ListEffective(const Services& services, const net::Request& request) {
  return List(services, request, {Inherited::kYes, "page_size", "effective_privilege_assignments"});
}

Result<std::vector<catalog::PrivilegeChange>> ReadChanges(const Fields& fields) {
  std::vector<catalog::PrivilegeChange> changes;
  TRY(fields.Objects("changes", [&](const Fields& given) -> Status {
    if (changes.size() == kMostChanges) {
      return catalog::InvalidParameter("There may be 1000 changes at once at most.");
    }
    catalog::PrivilegeChange change;
    change.principal = TRY(given.RequiredText("UpdatePermissions", "principal"));
    change.add = TRY(given.Texts("add"));
    change.remove = TRY(given.Texts("remove"));
    if (const auto ends = TRY(given.Int("expires_at"))) change.expires_at = FromUnixMillis(*ends);
    changes.push_back(std::move(change));
    return {};
  }));
  return changes;
}

Status Update(const Services& services, const net::Request& request, const catalog::Target& target,
              const std::vector<catalog::PrivilegeChange>& changes) {
  const catalog::Caller caller = CallerOf(services, request);
  if (target.kind != catalog::Kind::kShare) {
    return catalog::UpdateGrants(services.catalog, caller, target, changes);
  }
  std::vector<catalog::GrantChange> of_recipients;
  of_recipients.reserve(changes.size());
  for (const catalog::PrivilegeChange& change : changes) {
    of_recipients.push_back({change.principal, change.add, change.remove, change.expires_at});
  }
  TRY(catalog::UpdateSharePermissions(services.catalog, caller, std::string(target.full_name),
                                      of_recipients));
  return {};
}

Result<net::Response> UpdatePermissions(const Services& services, const net::Request& request) {
  const catalog::Target target = TRY(TargetOf(request));
  const Body body = TRY(Body::Parse(request));
  const bool omit = TRY(body.fields().Flag("omit_permissions_in_response")).value_or(false);
  const std::vector<catalog::PrivilegeChange> changes = TRY(ReadChanges(body.fields()));
  TRY(Update(services, request, target, changes));
  if (omit) return JsonResponse(json::Object());
  // What those have now that were named; whoever may grant sees it. Nobody asks for the rights
  // again: who took the last one from himself is told so, too.
  const auto picture = services.catalog.Now();
  const catalog::Access server(*picture, {}, services.clock.Now());
  std::set<std::string> named;
  for (const catalog::PrivilegeChange& change : changes) named.insert(AsciiLower(change.principal));
  json::Array items;
  for (const Assignment& one :
       TRY(catalog::ListGrants(*picture, server, services.clock.Now(), target, {}))) {
    if (named.contains(AsciiLower(one.name))) items.push_back(DirectJson(one));
  }
  return JsonResponse(json::Object{{"privilege_assignments", std::move(items)}});
}

}  // namespace

Rows GrantRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kUser = net::Access::kUser;
  const std::string at = "/{securable_type}/{full_name}";
  const std::string unity = "/2.1/unity-catalog/";
  return {
      {kGet, unity + "permissions" + at, kUser, kMemory, With(services, GetPermissions),
       "getPermissions"},
      {kPatch, unity + "permissions" + at, kUser, kStorage, With(services, UpdatePermissions),
       "updatePermissions", Describe({"changes"})},
      {kGet, unity + "effective-permissions" + at, kUser, kMemory, With(services, GetEffective),
       "getEffectivePermissions"},
      {kGet, unity + "privilege-assignments" + at, kUser, kMemory, With(services, ListAssignments),
       "listPrivilegeAssignments"},
      {kGet, unity + "effective-privilege-assignments" + at, kUser, kMemory,
       With(services, ListEffective), "listEffectivePrivilegeAssignments"},
  };
}

}  // namespace sluice::unity
