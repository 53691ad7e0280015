// catalog/securables.h -- what all kinds of objects have in common: to be found, named, owned,
// changed and deleted.
//
// The operations of each kind stand in its own file (catalogs, tables, credentials ...); they are
// made of these.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/access.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// The rights of who makes a change. `edit` must be held, and not be altered while it is asked.
Access AccessOf(const Edit& edit);
// The same for a look.
Access AccessOf(const Picture& picture, const Catalog& catalog, const Caller& caller);

// An object that the caller may see. Errors: kNotFound  it is not there, or not for this caller
Result<const Securable*> FindVisible(const Picture& picture, const Access& access, Kind kind,
                                     std::string_view full_name);

// Unity Catalog's rules: at most 255 characters, none of them a control, ' ', '/' or '.'.
// Errors: kInvalidArgument
Status CheckName(std::string_view name);
// Errors: kAlreadyExists
Status CheckIsFree(const Picture& picture, Kind kind, const Id& parent, std::string_view name);
// A sound name that nobody has. Errors: as both
Status CheckNewName(const Picture& picture, Kind kind, const Id& parent, std::string_view name);

// Who owns what is made now: the caller; for the server itself the metastore's owner.
Id OwnerOfNew(const Edit& edit);

// What can be changed of every object; nothing: stays as it is.
struct CommonChange {
  std::optional<std::string> new_name{};
  std::optional<std::string> owner{};  // a principal's name
  std::optional<std::string> comment{};
  std::optional<Properties> properties{};  // in place of all there were

  // Nothing but, perhaps, the owner: that much is open to more callers.
  bool OwnerAtMost() const { return !new_name && !comment && !properties; }
};

// The object that a change is about.
struct Target {
  Kind kind;
  std::string_view full_name;
};

// Changes what is common, and then by `more` (null: nothing) what is the kind's own; both on a copy
// that replaces the object. Returns its id.
// Errors: kNotFound, kPermissionDenied, kInvalidArgument, those of `more`
//         kAlreadyExists  the name is taken, here or in a share that has the object or its tables
Result<Id> UpdateSecurable(Catalog& catalog, const Caller& caller, const Target& target,
                           const CommonChange& change,
                           const std::function<Status(Edit&, Securable&)>& more = {});

// Finds what the caller may delete. Errors: kNotFound, kPermissionDenied
Result<const Securable*> FindToDelete(const Picture& picture, const Access& access,
                                      const Target& target);

// Whether an object and what is below it goes, too, that stands in its way otherwise.
enum class Force { kNo, kYes };

// kInvalidArgument "INVALID_STATE": the object is in use, or not empty.
std::unexpected<Error> InUse(std::string message);

// Objects that were put into shares stay as long as they are in one, whatever force is used:
// recipients must not lose a table by accident. A table of a schema that was shared as a whole may
// go: that grant is on whatever the schema holds.
// Errors: kInvalidArgument  "DELTA_SHARING_SECURABLE_DELETE_BLOCKED"; the message names the shares
//                           that the caller may see
Status CheckNotShared(const Picture& picture, const Access& access,
                      std::span<const Securable* const> going);

}  // namespace sluice::catalog
