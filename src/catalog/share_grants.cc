#include "catalog/share_grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "catalog/errors.h"
#include "catalog/shares.h"

namespace sluice::catalog {
namespace {

Status CheckPrivileges(const std::vector<std::string>& privileges) {
  for (const std::string& text : privileges) {
    const std::optional<Privilege> privilege = ParsePrivilege(text);
    if (!privilege) return InvalidParameter(fmt::format("'{}' is not a privilege.", text));
    if (!IsGrantable(*privilege, Kind::kShare)) {
      return InvalidParameter(
          fmt::format("Privilege {} is not applicable to a share: recipients are granted SELECT.",
                      PrivilegeName(*privilege)));
    }
  }
  return {};
}

// Grants are in order of principals; a share may have ten thousand.
auto PlaceOf(auto& grants, std::string_view recipient) {
  return std::ranges::lower_bound(grants, recipient, std::less<>{}, &Grant::principal);
}

void Put(std::vector<Grant>& grants, Grant grant) {
  const auto at = PlaceOf(grants, grant.principal);
  if (at != grants.end() && at->principal == grant.principal) {
    *at = std::move(grant);
  } else {
    grants.insert(at, std::move(grant));
  }
}

void Erase(std::vector<Grant>& grants, std::string_view recipient) {
  const auto at = PlaceOf(grants, recipient);
  if (at != grants.end() && at->principal == recipient) grants.erase(at);
}

Status Apply(const Picture& picture, const Access& access, const GrantChange& change,
             Securable& share) {
  if (change.recipient.empty()) return MissingField("UpdateSharePermissions", "principal");
  TRY(CheckPrivileges(change.add));
  TRY(CheckPrivileges(change.remove));
  const Securable* recipient = picture.FindByName(Kind::kRecipient, change.recipient);
  // Who uses a recipient sees it, and who sees the share those that it is granted to.
  const bool uses = recipient != nullptr && access.May(Action::kUse, *recipient).allowed;
  const bool granted = recipient != nullptr && GrantOf(share, recipient->id) != nullptr;
  if (!uses && (!granted || !change.add.empty())) {
    return DoesNotExist(Kind::kRecipient, change.recipient);
  }
  if (!change.add.empty()) {
    const Decision gives = access.May(Action::kManageGrants, share);
    if (!gives.allowed) return Denied(gives);
    Put(share.grants, {.principal = recipient->id,
                       .privilege = Privilege::kSelect,
                       .expires_at = change.expires_at});
  }
  if (!change.remove.empty()) {
    const Decision takes = access.May(Action::kTakeBackGrants, share);
    if (!takes.allowed) return Denied(takes);
    Erase(share.grants, recipient->id);
  }
  return {};
}

}  // namespace

Result<SecurablePtr> ChangeSharePermissions(Edit& edit, const std::string& share,
                                            const std::vector<GrantChange>& changes) {
  const Picture& picture = edit.picture();
  const Access access(picture, edit.caller().principal, edit.now());
  const Securable* before = TRY(FindShareFor(picture, access, share));
  const Id id = before->id;
  Securable after = *before;
  for (const GrantChange& change : changes) TRY(Apply(picture, access, change, after));
  if (after.grants != before->grants) edit.Update(std::move(after));
  return edit.picture().FindShared(id);
}

Result<SecurablePtr> UpdateSharePermissions(Catalog& catalog, const Caller& caller,
                                            const std::string& share,
                                            const std::vector<GrantChange>& changes) {
  SecurablePtr changed;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    changed = TRY(ChangeSharePermissions(edit, share, changes));
    return {};
  }));
  return changed;
}

const Grant* GrantOf(const Securable& share, std::string_view recipient) {
  const auto at = PlaceOf(share.grants, recipient);
  return at == share.grants.end() || at->principal != recipient ? nullptr : &*at;
}

}  // namespace sluice::catalog
