#include "catalog/access.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::catalog {
namespace {

using enum Action;

std::string Spoken(Privilege privilege) {
  std::string words(PrivilegeName(privilege));
  std::ranges::replace(words, '_', ' ');
  return words;
}

Decision Allow(std::string reason) { return {true, std::move(reason)}; }
Decision Refuse(std::string reason) { return {false, std::move(reason)}; }

// All of them; the first refusal counts.
Decision All(std::initializer_list<Decision> needed) {
  for (const Decision& one : needed) {
    if (!one.allowed) return one;
  }
  return *needed.begin();
}

}  // namespace

Access::Access(const Picture& picture, std::string_view principal, TimePoint now)
    : picture_(picture),
      is_server_(principal.empty()),
      now_(now),
      name_(picture.PrincipalName(principal)) {
  const Principal* who = picture.FindPrincipal(principal);
  // Who was deactivated has no rights, by no way.
  if (who == nullptr || !who->active) return;
  identities_.emplace_back(principal);
  for (size_t i = 0; i < identities_.size(); ++i) {
    const Id member = identities_[i];
    for (const Id& group : picture.GroupsOf(member)) {
      if (std::ranges::find(identities_, group) == identities_.end()) identities_.push_back(group);
    }
  }
  if (const Principal* everyone = picture.FindPrincipalByName(kAllUsers)) {
    identities_.push_back(everyone->id);
  }
}

bool Access::Is(std::string_view principal) const {
  return std::ranges::find(identities_, principal) != identities_.end();
}

bool Access::IsMetastoreAdmin() const { return is_server_ || Is(picture_.metastore().owner); }

// The first that allows. A refusal: the first one's, which callers make the most telling.
Decision Access::Any(std::initializer_list<Decision> ways) const {
  for (const Decision& way : ways) {
    if (way.allowed) return way;
  }
  return *ways.begin();
}

Decision Access::OwnsIt(const Securable& on) const {
  const std::string object = fmt::format("{} {}", KindWords(on.kind()), picture_.FullName(on));
  if (is_server_) return Allow("the server itself");
  if (!Is(on.owner)) return Refuse(fmt::format("{} does not own {}", name_, object));
  if (on.owner == identities_.front()) return Allow(fmt::format("{} owns {}", name_, object));
  return Allow(
      fmt::format("{} owns {} through group {}", name_, object, picture_.PrincipalName(on.owner)));
}

Decision Access::HoldsAnywhere(Privilege privilege, const Securable& on) const {
  if (is_server_) return Allow("the server itself");
  for (const Securable* at : picture_.Chain(on)) {
    // What is granted on the metastore is not inherited.
    if (at->kind() == Kind::kMetastore && at != &on) break;
    for (const Grant& grant : at->grants) {
      const bool fits =
          grant.privilege == privilege ||
          (grant.privilege == Privilege::kAllPrivileges && InAllPrivileges(privilege));
      if (!fits || !grant.HoldsAt(now_) || !Is(grant.principal)) continue;
      std::string reason = fmt::format("{} has {} on {} {}", name_, Spoken(grant.privilege),
                                       KindWords(at->kind()), picture_.FullName(*at));
      if (grant.principal != identities_.front()) {
        reason += fmt::format(" through group {}", picture_.PrincipalName(grant.principal));
      }
      return Allow(std::move(reason));
    }
  }
  return Refuse(fmt::format("{} does not have {} on {} '{}'", name_, Spoken(privilege),
                            KindWords(on.kind()), picture_.FullName(on)));
}

Decision Access::Holds(Privilege privilege, const Securable& on) const {
  Decision held = HoldsAnywhere(privilege, on);
  if (held.allowed || !InAllPrivileges(privilege)) return held;
  Decision owned = OwnsIt(on);
  return owned.allowed ? owned : held;
}

// The owner of the object or of one above it, the administrators, whoever has MANAGE.
Decision Access::Manages(const Securable& on, Administrators administrators) const {
  Decision held = HoldsAnywhere(Privilege::kManage, on);
  if (held.allowed) return held;
  for (const Securable* at : picture_.Chain(on)) {
    const bool of_metastore = at->kind() == Kind::kMetastore && at != &on;
    if (of_metastore && administrators == Administrators::kNo) continue;
    Decision owned = OwnsIt(*at);
    if (owned.allowed) return owned;
  }
  return Refuse(fmt::format("{} is neither the owner of {} '{}' nor has MANAGE on it", name_,
                            KindWords(on.kind()), picture_.FullName(on)));
}

// The same, with the way to it: administrators and the owner of the catalog need no USE, all others
// do.
Decision Access::ManagesHere(const Securable& on, Administrators administrators) const {
  Decision manages = Manages(on, administrators);
  if (!manages.allowed) return manages;
  for (const Securable* at : picture_.Chain(on)) {
    if (at->kind() != Kind::kCatalog && at->kind() != Kind::kMetastore) continue;
    if (OwnsIt(*at).allowed) return manages;
  }
  return All({manages, ReachesTable(on)});
}

// USE SCHEMA and USE CATALOG of what is around a table or schema.
Decision Access::ReachesTable(const Securable& table) const {
  Decision last = Allow("nothing is above it");
  for (const Securable* at : picture_.Chain(table)) {
    if (at == &table) continue;
    if (at->kind() == Kind::kSchema) last = Holds(Privilege::kUseSchema, *at);
    if (at->kind() == Kind::kCatalog) last = Holds(Privilege::kUseCatalog, *at);
    if (!last.allowed) return last;
  }
  return last;
}

// Any privilege that is for objects of its kind.
Decision Access::HoldsAny(const Securable& on) const {
  for (const Privilege privilege : GrantableOn(on.kind())) {
    Decision held = Holds(privilege, on);
    if (held.allowed) return held;
  }
  return HoldsAnywhere(Privilege::kBrowse, on);
}

Decision Access::SeesInTree(const Securable& on) const {
  if (const Decision manages = ManagesHere(on); manages.allowed) return manages;
  if (const Decision browses = HoldsAnywhere(Privilege::kBrowse, on); browses.allowed) {
    return browses;
  }
  if (on.kind() != Kind::kTable) return MayOnTree(kUse, on);
  return All({Any({Holds(Privilege::kSelect, on), HoldsAny(on)}), ReachesTable(on)});
}

Decision Access::MayOnTree(Action action, const Securable& on) const {
  const Kind kind = on.kind();
  switch (action) {
    case kSee: return SeesInTree(on);
    case kReadData:
      if (kind == Kind::kTable) return All({Holds(Privilege::kSelect, on), ReachesTable(on)});
      // Owning it gives no data of what is below: granted is granted on all of it.
      if (kind == Kind::kSchema) {
        return All({HoldsAnywhere(Privilege::kSelect, on), MayOnTree(kUse, on)});
      }
      if (kind == Kind::kCatalog) {
        return Refuse(fmt::format("a {} has no data of its own", KindWords(kind)));
      }
      return Any({Holds(Privilege::kReadFiles, on), OwnsIt(on)});
    case kUse:
      if (kind == Kind::kCatalog) return Holds(Privilege::kUseCatalog, on);
      if (kind == Kind::kTable) return ReachesTable(on);
      return All({Holds(Privilege::kUseSchema, on), ReachesTable(on)});
    case kModify: return ManagesHere(on, Administrators::kNo);
    case kRename: {
      Decision modifies = ManagesHere(on, Administrators::kNo);
      const Securable* parent = picture_.Find(on.parent);
      if (kind != Kind::kSchema || parent == nullptr) return modifies;
      return All({modifies, MayCreate(kind, *parent)});
    }
    case kDelete: {
      // What leads to storage is its owner's to take away.
      const bool in_tree = kind == Kind::kCatalog || kind == Kind::kSchema || kind == Kind::kTable;
      return ManagesHere(on, in_tree ? Administrators::kYes : Administrators::kNo);
    }
    case kChangeOwner:
    case kSeeGrants:
    case kManageGrants:
    case kTakeBackGrants: return ManagesHere(on);
  }
  return Refuse("an action that nobody knows");
}

Decision Access::MayOnShare(Action action, const Securable& share) const {
  const Securable& metastore = picture_.metastore();
  Decision owns = OwnsIt(share);
  const Decision administers = OwnsIt(metastore);
  switch (action) {
    case kSee:
    case kUse:
    case kSeeGrants:
      return Any({HoldsAnywhere(Privilege::kUseShare, metastore), owns, administers});
    case kReadData:
    case kModify:
    case kDelete: return owns;
    case kRename: return All({owns, MayCreate(Kind::kShare, metastore)});
    case kChangeOwner:
    case kManageGrants:
      return Any({owns, administers,
                  All({HoldsAnywhere(Privilege::kUseShare, metastore),
                       HoldsAnywhere(Privilege::kSetSharePermission, metastore)})});
    case kTakeBackGrants:
      return Any({owns, administers, HoldsAnywhere(Privilege::kUseShare, metastore)});
  }
  return Refuse("an action that nobody knows");
}

Decision Access::MayOnRegistered(Action action, const Securable& on, Privilege use) const {
  const Securable& metastore = picture_.metastore();
  switch (action) {
    case kSee:
    case kUse:
    case kSeeGrants: return Any({HoldsAnywhere(use, metastore), OwnsIt(on), OwnsIt(metastore)});
    case kModify:
    case kChangeOwner: return Any({OwnsIt(on), OwnsIt(metastore)});
    case kRename: return All({OwnsIt(on), OwnsIt(metastore)});
    case kDelete:
      // REST reference: recipients are their owner's to delete, providers administrators' as well.
      if (on.kind() == Kind::kProvider) return Any({OwnsIt(on), OwnsIt(metastore)});
      return OwnsIt(on);
    case kReadData:
    case kManageGrants:
    case kTakeBackGrants: return OwnsIt(on);
  }
  return Refuse("an action that nobody knows");
}

Decision Access::May(Action action, const Securable& on) const {
  if (is_server_) return Allow("the server itself");
  if (identities_.empty()) return Refuse("the principal does not exist or was deactivated");
  switch (on.kind()) {
    case Kind::kMetastore:
      // Its summary is for everybody who signed in.
      return action == kSee || action == kUse ? Allow("everybody may see the metastore")
                                              : Manages(on);
    case Kind::kShare: return MayOnShare(action, on);
    case Kind::kRecipient: return MayOnRegistered(action, on, Privilege::kUseRecipient);
    case Kind::kProvider: return MayOnRegistered(action, on, Privilege::kUseProvider);
    case Kind::kStorageCredential:
    case Kind::kExternalLocation:
      if (action == kSee || action == kUse) return Any({Manages(on), HoldsAny(on)});
      return MayOnTree(action, on);
    case Kind::kCatalog:
    case Kind::kSchema:
    case Kind::kTable: return MayOnTree(action, on);
  }
  return Refuse("a kind of object that nobody knows");
}

Decision Access::MayCreate(Kind kind, const Securable& parent) const {
  const auto at_metastore = [&](Privilege privilege) {
    return Any({HoldsAnywhere(privilege, picture_.metastore()), OwnsIt(picture_.metastore())});
  };
  switch (kind) {
    case Kind::kMetastore: return Refuse("a server has one metastore");
    case Kind::kStorageCredential: return at_metastore(Privilege::kCreateStorageCredential);
    case Kind::kExternalLocation: return at_metastore(Privilege::kCreateExternalLocation);
    case Kind::kCatalog: return at_metastore(Privilege::kCreateCatalog);
    case Kind::kShare: return at_metastore(Privilege::kCreateShare);
    case Kind::kRecipient: return at_metastore(Privilege::kCreateRecipient);
    case Kind::kProvider: return at_metastore(Privilege::kCreateProvider);
    case Kind::kSchema:
      if (OwnsIt(picture_.metastore()).allowed) return OwnsIt(picture_.metastore());
      return All({Holds(Privilege::kCreateSchema, parent), Holds(Privilege::kUseCatalog, parent)});
    case Kind::kTable:
      return All({Holds(Privilege::kCreateTable, parent), Holds(Privilege::kUseSchema, parent),
                  ReachesTable(parent)});
  }
  return Refuse("a kind of object that nobody knows");
}

Result<std::vector<Explained>> ExplainAccess(const Access& access, const Securable& on,
                                             std::string_view privilege) {
  std::vector<Explained> lines;
  if (!privilege.empty()) {
    const auto asked = ParsePrivilege(privilege);
    if (!asked) {
      return Fail(Code::kInvalidArgument, fmt::format("no such privilege: {}", privilege));
    }
    if (*asked == Privilege::kSelect && on.kind() == Kind::kTable) {
      lines.push_back({"SELECT", access.May(kReadData, on)});
    } else {
      lines.push_back({Spoken(*asked), access.Holds(*asked, on)});
    }
    return lines;
  }
  lines.push_back({"see it", access.May(kSee, on)});
  if (on.kind() == Kind::kTable) lines.push_back({"read its data", access.May(kReadData, on)});
  lines.push_back({"change it", access.May(kModify, on)});
  lines.push_back({"grant it to others", access.May(kManageGrants, on)});
  lines.push_back({"delete it", access.May(kDelete, on)});
  for (const Privilege one : GrantableOn(on.kind())) {
    Decision held = access.Holds(one, on);
    if (held.allowed) lines.push_back({Spoken(one), std::move(held)});
  }
  return lines;
}

std::unexpected<Error> Denied(const Decision& decision) {
  return Fail(Code::kPermissionDenied, decision.reason + ".");
}

}  // namespace sluice::catalog
