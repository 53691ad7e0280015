#include "catalog/securables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/shared_objects.h"

namespace sluice::catalog {
namespace {

constexpr size_t kLongestName = 255;  // characters

// Shares named in one message; more help nobody.
constexpr size_t kMostNamed = 10;

bool IsForbidden(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '.' || c == 0x7f;
}

// Of UTF-8: all bytes but those that continue a character.
size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

Status Rename(const Picture& picture, const std::string& new_name, Securable& securable) {
  if (new_name == securable.name) return {};
  TRY(CheckName(new_name));
  // Another spelling of its own name is free.
  if (AsciiLower(new_name) != AsciiLower(securable.name)) {
    TRY(CheckIsFree(picture, securable.kind(), securable.parent, new_name));
  }
  securable.name = new_name;
  return {};
}

Status ApplyCommon(const Picture& picture, const CommonChange& change, Securable& securable) {
  if (change.new_name) TRY(Rename(picture, *change.new_name, securable));
  if (change.owner) {
    const Principal* owner = picture.FindPrincipalByName(*change.owner);
    if (owner == nullptr) return NoSuchPrincipal(*change.owner);
    securable.owner = owner->id;
  }
  if (change.comment) securable.comment = *change.comment;
  if (change.properties) securable.properties = *change.properties;
  return {};
}

// "'retail', 2 other(s)": names of those alone that the caller sees.
std::string SharesInWords(const Access& access, std::span<const Securable* const> shares) {
  std::vector<std::string> named;
  size_t others = 0;
  for (const Securable* share : shares) {
    if (named.size() < kMostNamed && access.May(Action::kSee, *share).allowed) {
      named.push_back('\'' + share->name + '\'');
    } else {
      ++others;
    }
  }
  if (others > 0) named.push_back(fmt::format("{} other(s)", others));
  return fmt::format("{}", fmt::join(named, ", "));
}

// In a share each name stands for one table: who renames something cannot take that of another
// table there, in shares that are not his neither.
Status CheckNamesInShares(const Picture& picture, const Access& access, const Securable& renamed) {
  if (renamed.kind() != Kind::kSchema && renamed.kind() != Kind::kTable) return {};
  const Securable& before = *picture.Find(renamed.id);
  if (EqualsIgnoreCase(before.name, renamed.name)) return {};
  std::map<std::string, const Securable*> shares;  // by folded name
  const auto add = [&](const Id& object) {
    for (const Securable* share : picture.SharesWith(object)) {
      shares.emplace(AsciiLower(share->name), share);
    }
  };
  add(renamed.id);
  if (renamed.kind() == Kind::kSchema) {
    picture.VisitChildren(Kind::kTable, renamed.id, {}, [&](const SecurablePtr& table) {
      add(table->id);
      return true;
    });
  }
  Picture after = picture;
  after.Put(std::make_shared<const Securable>(renamed));
  std::vector<const Securable*> taken;
  for (const auto& [name, share] : shares) {
    if (TakesName(after, *share, renamed)) taken.push_back(share);
  }
  if (taken.empty()) return {};
  return Fail(Code::kAlreadyExists,
              fmt::format("The {} '{}' cannot be renamed to '{}': another table would have the "
                          "same name in these shares: {}. Remove it there, or share it under an "
                          "alias.",
                          KindWords(renamed.kind()), picture.FullName(before), renamed.name,
                          SharesInWords(access, taken)),
              {}, "RESOURCE_ALREADY_EXISTS");
}

bool HoldsItself(const Securable& share, const Id& object) {
  return std::ranges::any_of(share.As<Share>().objects,
                             [&](const SharedObject& one) { return one.object == object; });
}

}  // namespace

Access AccessOf(const Edit& edit) { return {edit.picture(), edit.caller().principal, edit.now()}; }

Access AccessOf(const Picture& picture, const Catalog& catalog, const Caller& caller) {
  return {picture, caller.principal, catalog.clock().Now()};
}

Result<const Securable*> FindVisible(const Picture& picture, const Access& access, Kind kind,
                                     std::string_view full_name) {
  const Securable* found = picture.FindByName(kind, full_name);
  if (found == nullptr || !access.May(Action::kSee, *found).allowed) {
    return DoesNotExist(kind, full_name);
  }
  return found;
}

Status CheckName(std::string_view name) {
  if (name.empty()) return InvalidParameter("A name must not be empty.");
  if (CountCharacters(name) > kLongestName) {
    return InvalidParameter(
        fmt::format("'{}...' is not a valid name: it is longer than {} characters.",
                    name.substr(0, 20), kLongestName));
  }
  if (std::ranges::any_of(name, IsForbidden)) {
    return InvalidParameter(
        fmt::format("'{}' is not a valid name: periods, spaces, forward slashes and control "
                    "characters are not allowed.",
                    name));
  }
  return {};
}

Status CheckIsFree(const Picture& picture, Kind kind, const Id& parent, std::string_view name) {
  if (picture.FindChild(kind, parent, name) == nullptr) return {};
  const Securable* above = picture.Find(parent);
  const bool in_tree = above != nullptr && above->kind() != Kind::kMetastore;
  return AlreadyExists(
      kind, in_tree ? picture.FullName(*above) + '.' + std::string(name) : std::string(name));
}

Status CheckNewName(const Picture& picture, Kind kind, const Id& parent, std::string_view name) {
  TRY(CheckName(name));
  return CheckIsFree(picture, kind, parent, name);
}

Id OwnerOfNew(const Edit& edit) {
  const Id& caller = edit.caller().principal;
  return caller.empty() ? edit.picture().metastore().owner : caller;
}

Result<Id> UpdateSecurable(Catalog& catalog, const Caller& caller, const Target& target,
                           const CommonChange& change,
                           const std::function<Status(Edit&, Securable&)>& more) {
  Id id;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Access access = AccessOf(edit);
    const Securable* found =
        TRY(FindVisible(edit.picture(), access, target.kind, target.full_name));
    const bool owner_at_most = change.OwnerAtMost() && !more;
    const bool renames = change.new_name && *change.new_name != found->name;
    const Decision decision = access.May(renames         ? Action::kRename
                                         : owner_at_most ? Action::kChangeOwner
                                                         : Action::kModify,
                                         *found);
    if (!decision.allowed) return Denied(decision);
    Securable changed = *found;
    TRY(ApplyCommon(edit.picture(), change, changed));
    if (renames) TRY(CheckNamesInShares(edit.picture(), access, changed));
    if (more) TRY(more(edit, changed));
    id = changed.id;
    if (changed != *found) edit.Update(std::move(changed));
    return {};
  }));
  return id;
}

Result<const Securable*> FindToDelete(const Picture& picture, const Access& access,
                                      const Target& target) {
  const Securable* found = TRY(FindVisible(picture, access, target.kind, target.full_name));
  const Decision decision = access.May(Action::kDelete, *found);
  if (!decision.allowed) return Denied(decision);
  return found;
}

std::unexpected<Error> InUse(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message), {}, "INVALID_STATE");
}

Status CheckNotShared(const Picture& picture, const Access& access,
                      std::span<const Securable* const> going) {
  for (const Securable* object : going) {
    std::vector<const Securable*> shares = picture.SharesWith(object->id);
    std::erase_if(shares, [&](const Securable* share) { return !HoldsItself(*share, object->id); });
    if (shares.empty()) continue;
    return Fail(Code::kInvalidArgument,
                fmt::format("The {} '{}' cannot be deleted while it is shared: remove it first "
                            "from these shares: {}.",
                            KindWords(object->kind()), picture.FullName(*object),
                            SharesInWords(access, shares)),
                {}, "DELTA_SHARING_SECURABLE_DELETE_BLOCKED");
  }
  return {};
}

}  // namespace sluice::catalog
