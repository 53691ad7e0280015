#include "catalog/shares.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/locations.h"
#include "catalog/quotas.h"
#include "catalog/securables.h"

namespace sluice::catalog {
namespace {

Status CheckIsNew(const Picture& picture, const std::string& name, const Id& but) {
  TRY(CheckName(name));
  const Securable* taken = picture.FindByName(Kind::kShare, name);
  if (taken != nullptr && taken->id != but) return AlreadyExists(Kind::kShare, name);
  return {};
}

Status Allow(const Decision& decision) {
  if (!decision.allowed) return Denied(decision);
  return {};
}

// What the caller may do of `change`.
Status CheckRights(const Access& access, const Securable& share, const ShareChange& change) {
  const bool more_than_owner =
      change.new_name || change.comment || change.storage_root || !change.updates.empty();
  if (change.owner) TRY(Allow(access.May(Action::kChangeOwner, share)));
  if (more_than_owner || !change.owner) TRY(Allow(access.May(Action::kModify, share)));
  if (change.new_name && *change.new_name != share.name) {
    TRY(Allow(access.May(Action::kRename, share)));
  }
  return {};
}

Status CheckStorageRoot(const std::string& url) {
  if (url.size() <= kLongestUrl) return {};
  return InvalidParameter(fmt::format("storage_root has at most {} bytes.", kLongestUrl));
}

struct Changed {
  SecurablePtr before;
  Securable after;
};

// The share as `change` makes it.
Result<Changed> Apply(Edit& edit, const Quotas& quotas, const std::string& name,
                      const ShareChange& change) {
  const Picture& picture = edit.picture();
  const Access access = AccessOf(edit);
  const Securable* before = TRY(FindShareFor(picture, access, name));
  TRY(CheckRights(access, *before, change));
  Changed share{.before = picture.FindShared(before->id), .after = *before};
  Securable& after = share.after;
  TRY(UpdateObjects(edit, quotas, after, change.updates));
  if (change.new_name) {
    TRY(CheckIsNew(picture, *change.new_name, before->id));
    if (!EqualsIgnoreCase(after.name, *change.new_name)) {
      after.As<Share>().named_at = edit.now();
    }
    after.name = *change.new_name;
  }
  if (change.owner) {
    const Principal* owner = picture.FindPrincipalByName(*change.owner);
    if (owner == nullptr) return NoSuchPrincipal(*change.owner);
    after.owner = owner->id;
  }
  if (change.comment) after.comment = *change.comment;
  if (change.storage_root) {
    TRY(CheckStorageRoot(*change.storage_root));
    after.As<Share>().storage_root = *change.storage_root;
  }
  return share;
}

// Tables whose history or changes begin to be shared, and nobody said from where on.
std::vector<SharedObject*> WithoutStart(Changed& share) {
  const std::vector<SharedObject>& before = share.before->As<Share>().objects;
  std::vector<SharedObject*> found;
  for (SharedObject& object : share.after.As<Share>().objects) {
    if (object.kind != Kind::kTable || object.start_version) continue;
    if (!object.history && !object.cdf_enabled) continue;
    const auto was = std::ranges::find(before, object.id, &SharedObject::id);
    // A history without a start is all of it, and remains so. Changes alone need one.
    const bool remains = was != before.end() && was->history && object.history;
    if (!remains) found.push_back(&object);
  }
  return found;
}

using Starts = std::map<Id, int64_t>;  // by table

// Storage may take its time: so this is found out for a change that is not made yet.
Result<Starts> FindStarts(Catalog& catalog, const Caller& caller, const std::string& name,
                          const ShareChange& change, const NewestVersion& newest) {
  Starts starts;
  Edit plan(*catalog.Now(), caller, catalog.clock().Now(), catalog.random());
  Changed share = TRY(Apply(plan, catalog.quotas(), name, change));
  for (const SharedObject* object : WithoutStart(share)) {
    const Securable& table = *plan.picture().Find(object->object);
    const Result<int64_t> version = newest(table.As<Table>().storage_location);
    if (!version) {
      Error error = version.error();
      error.message = fmt::format(
          "What changes in '{}' is shared from its present version on, which cannot be found: {} "
          "Or give a start_version.",
          plan.picture().FullName(table), error.message);
      return std::unexpected(std::move(error));
    }
    starts.emplace(table.id, *version);
  }
  return starts;
}

}  // namespace

Result<const Securable*> FindShareFor(const Picture& picture, const Access& access,
                                      std::string_view name) {
  const Securable* share = picture.FindByName(Kind::kShare, name);
  if (share == nullptr || !access.May(Action::kSee, *share).allowed) {
    return DoesNotExist(Kind::kShare, name);
  }
  return share;
}

Result<SecurablePtr> CreateShare(Catalog& catalog, const Caller& caller, const NewShare& share) {
  SecurablePtr made;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Picture& picture = edit.picture();
    const Access access(picture, caller.principal, edit.now());
    TRY(Allow(access.MayCreate(Kind::kShare, picture.metastore())));
    TRY(CheckIsNew(picture, share.name, {}));
    TRY(CheckStorageRoot(share.storage_root));
    TRY(CheckQuota(picture, catalog.quotas(), Kind::kShare, picture.metastore()));
    const Id id = edit.Create(Securable{.parent = picture.metastore().id,
                                        .name = share.name,
                                        .owner = caller.principal,
                                        .comment = share.comment,
                                        .details = Share{.storage_root = share.storage_root}});
    made = edit.picture().FindShared(id);
    return {};
  }));
  return made;
}

Result<SecurablePtr> UpdateShare(Catalog& catalog, const Caller& caller, const std::string& name,
                                 const ShareChange& change, const NewestVersion& newest) {
  Starts starts;
  if (newest) starts = TRY(FindStarts(catalog, caller, name, change, newest));
  SecurablePtr changed;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    Changed share = TRY(Apply(edit, catalog.quotas(), name, change));
    for (SharedObject* object : WithoutStart(share)) {
      if (!newest) break;
      const auto start = starts.find(object->object);
      if (start == starts.end()) {
        return Fail(Code::kConflict, "The share was changed by somebody else. Try again.");
      }
      object->start_version = start->second;
      object->starts_after = true;
    }
    const Id id = share.after.id;
    edit.Update(std::move(share.after));
    changed = edit.picture().FindShared(id);
    return {};
  }));
  return changed;
}

Status DeleteShare(Catalog& catalog, const Caller& caller, const std::string& name) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Picture& picture = edit.picture();
    const Access access(picture, caller.principal, edit.now());
    const Securable* share = TRY(FindShareFor(picture, access, name));
    TRY(Allow(access.May(Action::kDelete, *share)));
    edit.EraseSecurable(Id(share->id));
    return {};
  });
}

}  // namespace sluice::catalog
