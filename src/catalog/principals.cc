#include "catalog/principals.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/securables.h"

namespace sluice::catalog {
namespace {

constexpr size_t kLongestName = 320;  // of an e-mail: RFC 3696, erratum 1690
constexpr size_t kLongestText = 1024;
constexpr size_t kMostEmails = 100;
constexpr size_t kMostMembers = 10'000;

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

Status CheckAdministers(const Edit& edit, std::string_view what, PrincipalKind kind) {
  if (AccessOf(edit).IsMetastoreAdmin()) return {};
  return Fail(Code::kPermissionDenied,
              fmt::format("Only administrators can {} {}s.", what, PrincipalWords(kind)));
}

std::string_view NameField(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kUser: return "userName";
    case PrincipalKind::kGroup: return "displayName";
    case PrincipalKind::kServicePrincipal: return "applicationId";
  }
  return "name";
}

Status CheckText(std::string_view field, std::string_view text, size_t longest) {
  if (text.size() > longest) {
    return InvalidParameter(fmt::format("{} must not be longer than {} bytes.", field, longest));
  }
  if (std::ranges::any_of(text, IsControl)) {
    return InvalidParameter(fmt::format("{} must not hold control characters.", field));
  }
  return {};
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = std::string_view("0123456789abcdef").find(text[i]) != std::string_view::npos;
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

Status CheckPrincipalName(const Principal& principal) {
  const std::string_view field = NameField(principal.kind);
  const std::string& name = principal.name;
  if (name.empty()) return InvalidParameter(fmt::format("{} must not be empty.", field));
  TRY(CheckText(field, name, kLongestName));
  if (principal.kind == PrincipalKind::kServicePrincipal && !IsUuid(name)) {
    return InvalidParameter("applicationId must be a UUID.");
  }
  if (principal.kind == PrincipalKind::kUser && name.find(' ') != std::string::npos) {
    return InvalidParameter("userName must be an e-mail address or one word.");
  }
  if (name.front() == ' ' || name.back() == ' ') {
    return InvalidParameter(fmt::format("{} must not begin or end with a space.", field));
  }
  return {};
}

Status CheckNameIsFree(const Picture& picture, const Principal& principal) {
  const Principal* other = picture.FindPrincipalByName(principal.name);
  if (other == nullptr || other->id == principal.id) return {};
  return Fail(Code::kAlreadyExists,
              fmt::format("{} with name {} already exists.",
                          other->kind == PrincipalKind::kUser    ? "User"
                          : other->kind == PrincipalKind::kGroup ? "Group"
                                                                 : "Service principal",
                          other->name));
}

// `group` and all that is in it, at any depth.
std::set<Id> MembersBelow(const Picture& picture, const std::vector<Id>& members) {
  std::set<Id> found;
  std::vector<Id> open = members;
  while (!open.empty()) {
    const Id id = std::move(open.back());
    open.pop_back();
    if (!found.insert(id).second) continue;
    const Principal* member = picture.FindPrincipal(id);
    if (member != nullptr) open.insert(open.end(), member->members.begin(), member->members.end());
  }
  return found;
}

Status CheckMembers(const Picture& picture, Principal& group) {
  std::set<Id> once;
  std::erase_if(group.members, [&](const Id& id) { return !once.insert(id).second; });
  if (group.members.size() > kMostMembers) {
    return InvalidParameter(fmt::format("A group has at most {} members.", kMostMembers));
  }
  for (const Id& id : group.members) {
    const Principal* member = picture.FindPrincipal(id);
    if (member == nullptr) {
      return InvalidParameter(fmt::format("There is no principal with the id '{}'.", id));
    }
    if (member->name == kAllUsers) {
      return InvalidParameter(fmt::format("The group '{}' cannot be in a group.", kAllUsers));
    }
  }
  if (!group.id.empty() && MembersBelow(picture, group.members).contains(group.id)) {
    return InvalidParameter(
        fmt::format("The group '{}' would be in itself, directly or through others.", group.name));
  }
  return {};
}

Status CheckSound(const Picture& picture, Principal& principal) {
  TRY(CheckPrincipalName(principal));
  TRY(CheckText("displayName", principal.display_name, kLongestText));
  TRY(CheckText("externalId", principal.external_id, kLongestText));
  if (principal.emails.size() > kMostEmails) {
    return InvalidParameter(fmt::format("A user has at most {} emails.", kMostEmails));
  }
  for (const std::string& email : principal.emails) {
    TRY(CheckText("emails", email, kLongestText));
  }
  TRY(CheckNameIsFree(picture, principal));
  if (principal.kind == PrincipalKind::kGroup) return CheckMembers(picture, principal);
  principal.members.clear();
  return {};
}

std::unexpected<Error> NobodyLeft(const Picture& picture, const Id& id) {
  return InvalidParameter(
      fmt::format("'{}' must have an active user: nobody could administer the metastore any more.",
                  picture.PrincipalName(id)));
}

// Whether an active user is `id`, or in the group of that id.
bool HasActiveUser(const Picture& picture, const Id& id) {
  return std::ranges::any_of(MembersBelow(picture, {id}), [&](const Id& one) {
    const Principal* who = picture.FindPrincipal(one);
    return who != nullptr && who->kind == PrincipalKind::kUser && who->active;
  });
}

// Whoever could come in before can after: of the owner of the metastore and of "admins".
Status CheckNobodyIsLockedOut(const Picture& before, const Picture& after) {
  std::vector<Id> needed = {before.metastore().owner};
  if (const Principal* admins = before.FindPrincipalByName(kAdmins)) needed.push_back(admins->id);
  for (const Id& id : needed) {
    if (!HasActiveUser(before, id) || HasActiveUser(after, id)) continue;
    return NobodyLeft(before, id);
  }
  return {};
}

Status CheckMayChange(const Principal& before) {
  if (before.name != kAllUsers) return {};
  return InvalidParameter(
      fmt::format("The group '{}' holds everybody and cannot be changed.", kAllUsers));
}

}  // namespace

std::string_view PrincipalWords(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kUser: return "user";
    case PrincipalKind::kGroup: return "group";
    case PrincipalKind::kServicePrincipal: return "service principal";
  }
  return "principal";
}

SeenPrincipal SeenBy(const Access& access, const Principal& principal) {
  if (access.IsMetastoreAdmin()) return {principal, true};
  // A group of one's own does not tell who else is in it.
  if (principal.kind != PrincipalKind::kGroup && access.Is(principal.id)) return {principal, true};
  return {{.id = principal.id,
           .kind = principal.kind,
           .name = principal.name,
           .display_name = principal.display_name,
           .active = principal.active},
          false};
}

Status CheckMayAdminister(const Picture& picture, const Id& owner) {
  if (HasActiveUser(picture, owner)) return {};
  return NobodyLeft(picture, owner);
}

Result<Principal> CreatePrincipal(Catalog& catalog, const Caller& caller, Principal principal) {
  Principal made;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    TRY(CheckAdministers(edit, "create", principal.kind));
    Principal sound = principal;
    sound.id.clear();
    if (sound.kind == PrincipalKind::kServicePrincipal) {
      sound.name = sound.name.empty() ? edit.NewUuid() : AsciiLower(sound.name);
    }
    TRY(CheckSound(edit.picture(), sound));
    const Id id = edit.Create(std::move(sound));
    made = *edit.picture().FindPrincipal(id);
    return {};
  }));
  return made;
}

Result<const Principal*> FindPrincipal(const Picture& picture, const PrincipalRef& ref) {
  const Principal* found = picture.FindPrincipal(ref.id);
  if (found != nullptr && found->kind == ref.kind) return found;
  return Fail(Code::kNotFound,
              fmt::format("There is no {} with the id '{}'.", PrincipalWords(ref.kind), ref.id));
}

std::vector<const Principal*> PrincipalsByName(const Picture& picture, PrincipalKind kind) {
  std::vector<std::pair<std::string, const Principal*>> named;
  picture.VisitPrincipals(kind, "", [&](const Principal& principal) {
    named.emplace_back(AsciiLower(principal.name), &principal);
    return true;
  });
  std::ranges::sort(named);
  std::vector<const Principal*> principals;
  principals.reserve(named.size());
  for (const auto& [name, principal] : named) principals.push_back(principal);
  return principals;
}

Result<Principal> UpdatePrincipal(Catalog& catalog, const Caller& caller, const PrincipalRef& ref,
                                  const std::function<Status(Principal&)>& alter) {
  Principal updated;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    TRY(CheckAdministers(edit, "change", ref.kind));
    const Picture before = edit.picture();
    const Principal& found = *TRY(FindPrincipal(before, ref));
    TRY(CheckMayChange(found));
    Principal changed = found;
    TRY(alter(changed));
    changed.id = found.id;
    changed.kind = found.kind;
    if (found.kind == PrincipalKind::kServicePrincipal) changed.name = found.name;
    if (found.name == kAdmins && changed.name != kAdmins) {
      return InvalidParameter(fmt::format("The group '{}' keeps its name.", kAdmins));
    }
    TRY(CheckSound(before, changed));
    if (changed != found) edit.Update(std::move(changed));
    updated = *edit.picture().FindPrincipal(ref.id);
    return CheckNobodyIsLockedOut(before, edit.picture());
  }));
  return updated;
}

Status DeletePrincipal(Catalog& catalog, const Caller& caller, const PrincipalRef& ref) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    TRY(CheckAdministers(edit, "delete", ref.kind));
    const Picture before = edit.picture();
    const Principal& found = *TRY(FindPrincipal(before, ref));
    TRY(CheckMayChange(found));
    if (found.name == kAdmins || found.id == before.metastore().owner) {
      return InvalidParameter(
          fmt::format("'{}' cannot be deleted: it administers the metastore.", found.name));
    }
    edit.ErasePrincipal(found.id);
    return CheckNobodyIsLockedOut(before, edit.picture());
  });
}

}  // namespace sluice::catalog
