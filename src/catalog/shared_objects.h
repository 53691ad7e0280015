// catalog/shared_objects.h -- what is in a share: names, rights, and the rules of a change.
//
// An object is a table, or a whole schema: all tables that are in it, now and later. Recipients
// know a table as schema.table: an alias, or the names of the source as they are at the moment. In
// a share each such name stands for one table. Rules: Databricks, "Create and manage shares".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/access.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// An object as a client describes it. What is not given stays as it was, or gets its default.
struct ObjectSpec {
  std::string name{};  // of the source: "sales.public.orders", "sales.public"
  std::string type{};  // data_object_type; empty: a table, or the object of that name
  std::optional<std::string> shared_as{};  // "schema.table", or "table" in the source's schema
  std::optional<std::string> comment{};
  std::optional<PartitionFilter> partitions{};  // without tuples: the whole table
  std::optional<bool> cdf_enabled{};
  std::optional<bool> history{};  // default: of a table no, of a schema yes
  std::optional<int64_t> start_version{};
  Id id{};  // what recipients shall know it by; empty: a new one
};

enum class ObjectAction { kAdd, kRemove, kUpdate };

struct ObjectUpdate {
  ObjectAction action = ObjectAction::kAdd;
  ObjectSpec object{};
};

// Name and schema of a table within its share.
struct NameInShare {
  std::string schema;
  std::string table;

  std::string Full() const { return schema + '.' + table; }
};
// Of an object that is a table. Nothing: the source is gone, and there is no alias.
std::optional<NameInShare> NameOf(const Picture& picture, const SharedObject& object);
// The full name of its source; the source's id where that is gone.
std::string SourceName(const Picture& picture, const SharedObject& object);

// Whether recipients may ask for changes: with the history, or where it is known from which version
// on.
bool SharesChanges(const SharedObject& object);

// Whether the owner of a share, whose rights these are, may hand out a table (SELECT, and what is
// above it) or a schema (USE SCHEMA and SELECT on it). Who has SELECT as the owner of the schema
// and no grant may if it is empty, or a table in it is readable: ComesWithSchema. Decides while the
// share lives, not only when the object is added.
Decision MayHandOut(const Picture& picture, const Access& owner, const Securable& source);
// Of a schema that may be handed out, for a table in it.
bool ComesWithSchema(const Access& owner, const Securable& table);
// As MayHandOut for an object; false where its source is gone.
bool IsActive(const Picture& picture, const Access& owner, const SharedObject& object);

// Whether a table or schema that was renamed has, or gives its tables, a name in the share that
// another one has there. `after` is the picture with the new name.
bool TakesName(const Picture& after, const Securable& share, const Securable& renamed);

// Does one update after the other to `objects` of the share, whose owner is that of `share`.
// Errors: kInvalidArgument  not one of our kinds or names, partitions of a wrong shape; a quota
//         kNotFound         no such source for caller or owner; nothing of that name in the share
//         kPermissionDenied the owner may not read the source
//         kAlreadyExists    the name is taken in the share
Status UpdateObjects(Edit& edit, const Quotas& quotas, Securable& share,
                     const std::vector<ObjectUpdate>& updates);

}  // namespace sluice::catalog
