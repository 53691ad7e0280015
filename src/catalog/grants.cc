#include "catalog/grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "catalog/errors.h"

namespace sluice::catalog {
namespace {

Result<std::vector<Privilege>> ReadPrivileges(const std::vector<std::string>& names, Kind kind) {
  std::vector<Privilege> privileges;
  for (const std::string& name : names) {
    const std::optional<Privilege> privilege = ParsePrivilege(name);
    if (!privilege) return InvalidParameter(fmt::format("'{}' is not a privilege.", name));
    if (!IsGrantable(*privilege, kind)) {
      return InvalidParameter(fmt::format("Privilege {} is not applicable to a {}.",
                                          PrivilegeName(*privilege), KindWords(kind)));
    }
    privileges.push_back(*privilege);
  }
  return privileges;
}

auto KeyOf(const Grant& grant) { return std::tie(grant.principal, grant.privilege); }

auto PlaceOf(std::vector<Grant>& grants, const Grant& grant) {
  return std::ranges::lower_bound(grants, KeyOf(grant), {}, KeyOf);
}

void Put(std::vector<Grant>& grants, Grant grant) {
  const auto at = PlaceOf(grants, grant);
  if (at != grants.end() && KeyOf(*at) == KeyOf(grant)) {
    *at = std::move(grant);
  } else {
    grants.insert(at, std::move(grant));
  }
}

void Erase(std::vector<Grant>& grants, const Grant& grant) {
  const auto at = PlaceOf(grants, grant);
  if (at != grants.end() && KeyOf(*at) == KeyOf(grant)) grants.erase(at);
}

Status Apply(const Picture& picture, const PrivilegeChange& change, Securable& on) {
  if (change.principal.empty()) return MissingField("UpdatePermissions", "principal");
  const std::vector<Privilege> add = TRY(ReadPrivileges(change.add, on.kind()));
  const std::vector<Privilege> remove = TRY(ReadPrivileges(change.remove, on.kind()));
  const Principal* who = picture.FindPrincipalByName(change.principal);
  if (who == nullptr) return NoSuchPrincipal(change.principal);
  for (const Privilege one : add) Put(on.grants, {who->id, one, change.expires_at});
  for (const Privilege one : remove) Erase(on.grants, {who->id, one});
  return {};
}

// The principal that a list is cut down to, and those that count as it.
class Wanted {
 public:
  Wanted(const Picture& picture, const GrantQuery& query, TimePoint now, Id id)
      : id_(std::move(id)) {
    if (!id_.empty() && query.inherited == Inherited::kYes) groups_.emplace(picture, id_, now);
  }
  // As whom `principal` is listed; empty: not at all.
  Id ListedAs(const Id& principal) const {
    if (id_.empty() || principal == id_) return principal;
    return groups_ && groups_->Is(principal) ? id_ : Id();
  }

 private:
  Id id_;
  std::optional<Access> groups_;
};

// Of whom a list of the grants on `on` is to tell; empty: of all.
Result<Id> IdOf(const Picture& picture, const Access& access, const Securable& on,
                const std::string& name) {
  if (name.empty()) return Id();
  if (on.kind() == Kind::kShare) {
    const Securable* recipient = picture.FindByName(Kind::kRecipient, name);
    // Who sees a share sees those that it is granted to, and no others for it.
    const bool known = recipient != nullptr &&
                       (access.May(Action::kSee, *recipient).allowed ||
                        std::ranges::count(on.grants, recipient->id, &Grant::principal) > 0);
    if (!known) return DoesNotExist(Kind::kRecipient, name);
    return recipient->id;
  }
  const Principal* principal = picture.FindPrincipalByName(name);
  if (principal == nullptr) return NoSuchPrincipal(name);
  return principal->id;
}

std::string NameOf(const Picture& picture, Kind kind, const Id& id) {
  const Securable* recipient = kind == Kind::kShare ? picture.Find(id) : nullptr;
  return recipient == nullptr ? picture.PrincipalName(id) : recipient->name;
}

void Add(std::vector<HeldPrivilege>& held, HeldPrivilege one) {
  const auto same = std::ranges::find_if(held, [&](const HeldPrivilege& other) {
    return other.privilege == one.privilege && other.inherited_from == one.inherited_from;
  });
  if (same == held.end()) {
    held.push_back(one);
  } else if (same->expires_at && (!one.expires_at || *one.expires_at > *same->expires_at)) {
    *same = one;  // through two groups: what lasts longer
  }
}

}  // namespace

Status ChangeGrants(Edit& edit, const Target& target, const std::vector<PrivilegeChange>& changes) {
  const Picture& picture = edit.picture();
  const Access access = AccessOf(edit);
  const Securable& before = *TRY(FindVisible(picture, access, target.kind, target.full_name));
  const Decision manages = access.May(Action::kManageGrants, before);
  if (!manages.allowed) return Denied(manages);
  Securable after = before;
  std::ranges::sort(after.grants, {}, KeyOf);
  for (const PrivilegeChange& change : changes) TRY(Apply(picture, change, after));
  if (after.grants != before.grants) edit.Update(std::move(after));
  return {};
}

Status UpdateGrants(Catalog& catalog, const Caller& caller, const Target& target,
                    const std::vector<PrivilegeChange>& changes) {
  return catalog.Change(caller, [&](Edit& edit) { return ChangeGrants(edit, target, changes); });
}

Result<std::vector<Assignment>> ListGrants(const Picture& picture, const Access& access,
                                           TimePoint now, const Target& target,
                                           const GrantQuery& query) {
  const Securable& on = *TRY(FindVisible(picture, access, target.kind, target.full_name));
  const Id only = TRY(IdOf(picture, access, on, query.principal));
  const Decision sees = access.May(Action::kSeeGrants, on);
  if (!sees.allowed && !only.empty() && !access.Is(only)) return Denied(sees);
  const Wanted wanted(picture, query, now, only);
  std::map<Id, std::vector<HeldPrivilege>> found;
  for (const Securable* at : picture.Chain(on)) {
    const bool is_above = at != &on;
    // What is granted on the metastore is not inherited.
    if (is_above && (query.inherited == Inherited::kNo || at->kind() == Kind::kMetastore)) break;
    for (const Grant& grant : at->grants) {
      if (!grant.HoldsAt(now)) continue;
      if (!sees.allowed && !access.Is(grant.principal)) continue;
      const Id as = wanted.ListedAs(grant.principal);
      if (as.empty()) continue;
      Add(found[as], {grant.privilege, grant.expires_at, at == &on ? nullptr : at});
    }
  }
  std::vector<Assignment> assignments;
  assignments.reserve(found.size());
  for (auto& [id, privileges] : found) {
    assignments.push_back({id, NameOf(picture, target.kind, id), std::move(privileges)});
  }
  return assignments;
}

}  // namespace sluice::catalog
