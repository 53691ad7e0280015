#include "unity/scim_json.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "unity/errors.h"
#include "unity/list.h"

namespace sluice::unity {
namespace {

using catalog::Principal;
using catalog::PrincipalKind;

std::string_view ResourceName(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kUser: return "User";
    case PrincipalKind::kGroup: return "Group";
    case PrincipalKind::kServicePrincipal: return "ServicePrincipal";
  }
  return "";
}

std::string Reference(const Principal& principal) {
  return std::string(ResourceName(principal.kind)) + "s/" + principal.id;
}

// {"value": id, "display": name, "$ref": "Users/12"}
json::Array Members(const catalog::Picture& picture, const std::vector<catalog::Id>& ids) {
  json::Array list;
  for (const catalog::Id& id : ids) {
    const Principal* one = picture.FindPrincipal(id);
    if (one == nullptr) continue;
    const std::string& shown = one->display_name.empty() ? one->name : one->display_name;
    list.push_back(json::Object{{"value", id}, {"display", shown}, {"$ref", Reference(*one)}});
  }
  return list;
}

// Whoever signs in with an address has that one where no other is known.
std::vector<std::string> EmailsOf(const catalog::SeenPrincipal& seen) {
  const Principal& principal = seen.principal;
  const bool address = principal.name.find('@') != std::string::npos;
  if (seen.whole && principal.emails.empty() && address) return {principal.name};
  return principal.emails;
}

json::Array EmailJson(const std::vector<std::string>& emails) {
  json::Array list;
  for (const std::string& email : emails) {
    list.push_back(json::Object{{"value", email}, {"type", "work"}, {"primary", list.empty()}});
  }
  return list;
}

// "userName,emails.value" -> {"username", "emails"}
std::set<std::string> NamedAttributes(std::string_view list) {
  std::set<std::string> names;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string name = AsciiLower(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    std::erase(name, ' ');
    if (name.starts_with("urn:")) name.erase(0, name.rfind(':') + 1);
    name = name.substr(0, name.find('.'));
    if (!name.empty()) names.insert(std::move(name));
  }
  return names;
}

std::vector<std::string> Names(const catalog::Picture& picture,
                               const std::vector<catalog::Id>& ids) {
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const catalog::Id& id : ids) names.push_back(picture.PrincipalName(id));
  return names;
}

}  // namespace

json::Object ScimJson(const catalog::Picture& picture, const catalog::SeenPrincipal& seen) {
  const Principal& principal = seen.principal;
  const std::string_view resource = ResourceName(principal.kind);
  json::Object object{
      {"schemas", json::Array{"urn:ietf:params:scim:schemas:core:2.0:" + std::string(resource)}},
      {"id", principal.id}};
  PutText(object, "externalId", principal.external_id);
  if (principal.kind == PrincipalKind::kGroup) {
    object["displayName"] = principal.name;
    if (!principal.members.empty()) object["members"] = Members(picture, principal.members);
    object["meta"] = json::Object{{"resourceType", "Group"}};
  } else {
    const bool user = principal.kind == PrincipalKind::kUser;
    object[user ? "userName" : "applicationId"] = principal.name;
    PutText(object, "displayName", principal.display_name);
    object["active"] = principal.active;
    json::Array emails = EmailJson(EmailsOf(seen));
    if (user && !emails.empty()) object["emails"] = std::move(emails);
  }
  const std::vector<catalog::Id>& groups = picture.GroupsOf(principal.id);
  if (seen.whole && !groups.empty()) object["groups"] = Members(picture, groups);
  return object;
}

void SelectAttributes(const net::Request& request, json::Object& resource) {
  const std::set<std::string> wanted =
      NamedAttributes(request.query.Find("attributes").value_or(""));
  const std::set<std::string> excluded =
      NamedAttributes(request.query.Find("excludedAttributes").value_or(""));
  if (wanted.empty() && excluded.empty()) return;
  json::Object kept;
  for (const auto& member : resource) {
    const std::string name = AsciiLower(member.key());
    const bool always = name == "id" || name == "schemas" || name == "username" ||
                        name == "applicationid" ||
                        (name == "displayname" && resource.if_contains("meta") != nullptr);
    const bool asked = wanted.empty() ? !excluded.contains(name) : wanted.contains(name);
    if (always || asked) kept[member.key()] = member.value();
  }
  resource = std::move(kept);
}

Result<std::vector<std::string>> ScimValues(const catalog::Picture& picture,
                                            const catalog::SeenPrincipal& seen,
                                            std::string_view path) {
  using List = std::vector<std::string>;
  const Principal& principal = seen.principal;
  const bool group = principal.kind == PrincipalKind::kGroup;
  const bool user = principal.kind == PrincipalKind::kUser;
  if (path == "id") return List{principal.id};
  if (path == "externalid") return List{principal.external_id};
  if (path == "displayname") return List{group ? principal.name : principal.display_name};
  if (path == "groups" || path == "groups.value") {
    return seen.whole ? List(picture.GroupsOf(principal.id)) : List();
  }
  if (path == "groups.display") {
    return seen.whole ? Names(picture, picture.GroupsOf(principal.id)) : List();
  }
  if (path == "entitlements" || path == "entitlements.value" || path == "roles" ||
      path == "roles.value") {
    return List();
  }
  if (path == "meta.resourcetype") return List{std::string(ResourceName(principal.kind))};
  if (user && path == "username") return List{principal.name};
  if (user && (path == "emails" || path == "emails.value")) return EmailsOf(seen);
  if (user && path == "emails.type") return EmailsOf(seen).empty() ? List() : List{"work"};
  if (!user && !group && path == "applicationid") return List{principal.name};
  if (!group && path == "active") return List{principal.active ? "true" : "false"};
  if (group && (path == "members" || path == "members.value")) return principal.members;
  if (group && path == "members.display") return Names(picture, principal.members);
  return catalog::InvalidParameter("A filter on '" + std::string(path) +
                                   "' is not supported for this type.");
}

net::Response RenderScimError(const Error& error) {
  net::Response response = RenderError(error);
  std::string& body = std::get<std::string>(response.body);
  body.insert(1, R"("schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":")" +
                     std::to_string(response.status) + R"(",)");
  return response;
}

}  // namespace sluice::unity
