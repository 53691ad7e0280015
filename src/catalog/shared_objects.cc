#include "catalog/shared_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/quotas.h"

namespace sluice::catalog {
namespace {

// What Databricks shares and we do not, yet.
constexpr auto kOtherTypes = std::to_array<std::string_view>(
    {"FEATURE_SPEC", "FOREIGN_TABLE", "FUNCTION", "MATERIALIZED_VIEW", "MODEL", "NOTEBOOK_FILE",
     "STREAMING_TABLE", "VIEW", "VOLUME"});

std::string_view WordOf(Kind kind) { return kind == Kind::kSchema ? "Schema" : "Table"; }

Result<Kind> ParseType(std::string_view type) {
  if (type.empty() || type == "TABLE") return Kind::kTable;
  if (type == "SCHEMA") return Kind::kSchema;
  if (std::ranges::find(kOtherTypes, type) != kOtherTypes.end()) {
    return InvalidParameter(fmt::format(
        "Sharing of {} is not supported yet: data_object_type can be TABLE or SCHEMA.", type));
  }
  return InvalidParameter(fmt::format("'{}' is not a data_object_type.", type));
}

// The table `table` of the source's schema, or another schema's: both parts as they will stand.
Result<std::string> ParseAlias(const Picture& picture, const Securable& source,
                               const std::string& alias) {
  const size_t dot = alias.find('.');
  std::string schema =
      dot == std::string::npos ? picture.Find(source.parent)->name : alias.substr(0, dot);
  std::string table = alias.substr(dot + 1);  // npos + 1: from the beginning
  if (table.find('.') != std::string::npos) {
    return InvalidParameter("shared_as must be of the form <schema>.<table>, without a catalog.");
  }
  TRY(CheckName(NameKind::kSchema, schema));
  TRY(CheckName(NameKind::kTable, table));
  return schema + '.' + table;
}

// One change of the objects of a share.
class Changing {
 public:
  Changing(Edit& edit, const Quotas& quotas, Securable& share)
      : edit_(edit),
        picture_(edit.picture()),
        quotas_(quotas),
        share_(share),
        objects_(share.As<Share>().objects),
        caller_(picture_, edit.caller().principal, edit.now()),
        owner_(picture_, share.owner, edit.now()) {}

  Status Add(const ObjectSpec& spec);
  Status Remove(const ObjectSpec& spec);
  Status Update(const ObjectSpec& spec);

 private:
  Result<const Securable*> Source(Kind kind, const std::string& name) const;
  // What shared_as of a spec is: the name that the object has, or perhaps the one it shall get.
  enum class Alias { kAsItIs, kAsItMayBecome };
  Result<size_t> Find(const ObjectSpec& spec, Alias alias) const;
  Status Apply(const ObjectSpec& spec, const Securable& source, SharedObject& object) const;
  Status ApplyToSchema(const ObjectSpec& spec) const;
  Status CheckNameIsFree(const SharedObject& object) const;
  Status CheckSchemaIsFree(const Securable& schema) const;

  Edit& edit_;
  const Picture& picture_;
  const Quotas& quotas_;
  Securable& share_;
  std::vector<SharedObject>& objects_;
  const Access caller_;
  const Access owner_;
};

// The source, which the owner of the share may hand out. Who sees it is told why not; for others it
// does not exist.
Result<const Securable*> Changing::Source(Kind kind, const std::string& name) const {
  const Securable* source = picture_.FindByName(kind, name);
  if (source == nullptr) return DoesNotExist(kind, name);
  const Decision decision = MayHandOut(picture_, owner_, *source);
  if (decision.allowed) return source;
  const bool seen =
      caller_.May(Action::kSee, *source).allowed || owner_.May(Action::kSee, *source).allowed;
  if (!seen) return DoesNotExist(kind, name);
  return Denied(decision);
}

// The object that an update or a removal means: by the name of its source and, where a table is
// shared twice, by its name in the share.
Result<size_t> Changing::Find(const ObjectSpec& spec, Alias alias) const {
  const bool named = spec.shared_as && !spec.shared_as->empty();
  std::optional<size_t> found;
  size_t matches = 0;
  for (size_t i = 0; i < objects_.size(); ++i) {
    if (!EqualsIgnoreCase(SourceName(picture_, objects_[i]), spec.name)) continue;
    const auto name = named ? NameOf(picture_, objects_[i]) : std::nullopt;
    if (name && (EqualsIgnoreCase(name->Full(), *spec.shared_as) ||
                 EqualsIgnoreCase(name->table, *spec.shared_as))) {
      return i;
    }
    // A removal that comes twice must not take the next one.
    if (named && alias == Alias::kAsItIs && objects_[i].kind == Kind::kTable) continue;
    found = i;
    ++matches;
  }
  if (!spec.type.empty()) {
    const Kind kind = TRY(ParseType(spec.type));
    if (found && objects_[*found].kind != kind) found.reset();
    if (!found) return SharedObjectDoesNotExist(WordOf(kind), spec.name);
  }
  if (!found) return SharedObjectDoesNotExist("Table", spec.name);
  if (matches > 1) {
    return InvalidParameter(fmt::format(
        "'{}' is in the share more than once: say by shared_as which one is meant.", spec.name));
  }
  return *found;
}

Status Changing::ApplyToSchema(const ObjectSpec& spec) const {
  if (spec.shared_as && !spec.shared_as->empty()) {
    return InvalidParameter("A schema is shared under its own name: shared_as is for tables.");
  }
  if (spec.partitions && !spec.partitions->tuples.empty()) {
    return InvalidParameter("A schema is shared with all of its data: partitions are for tables.");
  }
  if (spec.start_version) {
    return InvalidParameter("A schema has no versions: start_version is for tables.");
  }
  return {};
}

// As far as the columns are known here; who reads finds out in any case.
Status CheckArePartitionColumns(const Table& table, const PartitionFilter& filter) {
  if (table.columns.empty()) return {};
  for (const PartitionTuple& tuple : filter.tuples) {
    for (const PartitionTerm& term : tuple) {
      const auto column = std::ranges::find_if(table.columns, [&](const Column& one) {
        return EqualsIgnoreCase(one.name, term.column) && one.partition_index.has_value();
      });
      if (column != table.columns.end()) continue;
      return InvalidParameter(
          fmt::format("'{}' is not a partition column of the table.", term.column));
    }
  }
  return {};
}

// Takes over what the client gave.
Status Changing::Apply(const ObjectSpec& spec, const Securable& source,
                       SharedObject& object) const {
  if (object.kind == Kind::kSchema) TRY(ApplyToSchema(spec));
  if (spec.shared_as && !spec.shared_as->empty()) {
    object.shared_as = TRY(ParseAlias(picture_, source, *spec.shared_as));
  }
  if (spec.comment) object.comment = *spec.comment;
  if (spec.partitions) {
    if (!spec.partitions->tuples.empty()) TRY(CheckPartitionFilter(*spec.partitions));
    TRY(CheckArePartitionColumns(source.As<Table>(), *spec.partitions));
    object.partitions = *spec.partitions;
  }
  if (spec.cdf_enabled) object.cdf_enabled = *spec.cdf_enabled;
  if (spec.history) object.history = *spec.history;
  if (spec.start_version) {
    if (*spec.start_version < 0) return InvalidParameter("start_version must not be negative.");
    // Clients say again what they were told; that chooses nothing.
    if (object.start_version != spec.start_version) object.starts_after = false;
    object.start_version = spec.start_version;
  }
  return {};
}

// The name of a table in the share: allowed, and no other table's.
Status Changing::CheckNameIsFree(const SharedObject& object) const {
  const std::optional<NameInShare> name = NameOf(picture_, object);
  if (!name) return {};
  TRY(CheckName(NameKind::kSchema, name->schema));
  TRY(CheckName(NameKind::kTable, name->table));
  for (const SharedObject& other : objects_) {
    if (other.id == object.id) continue;
    if (other.kind == Kind::kSchema) {
      const Securable* schema = picture_.Find(other.object);
      if (schema == nullptr || !EqualsIgnoreCase(schema->name, name->schema)) continue;
      if (picture_.FindChild(Kind::kTable, schema->id, name->table) != nullptr) {
        return SharedObjectExists(
            "Table", name->Full(),
            fmt::format("It is shared with its schema '{}'.", picture_.FullName(*schema)));
      }
      continue;
    }
    const std::optional<NameInShare> taken = NameOf(picture_, other);
    if (!taken || !EqualsIgnoreCase(taken->Full(), name->Full())) continue;
    const bool other_rows =
        other.object == object.object && other.partitions.tuples != object.partitions.tuples;
    return SharedObjectExists("Table", name->Full(),
                              other_rows ? "To share several partitions of a table, give one "
                                           "object all of them: the tuples of 'partitions' are "
                                           "joined with OR."
                                         : "");
  }
  return {};
}

// No schema of that name is shared whole, and no alias stands for another table than its own.
Status Changing::CheckSchemaIsFree(const Securable& schema) const {
  for (const SharedObject& other : objects_) {
    if (other.kind == Kind::kSchema) {
      const Securable* taken = picture_.Find(other.object);
      if (taken != nullptr && EqualsIgnoreCase(taken->name, schema.name)) {
        return SharedObjectExists("Schema", schema.name,
                                  taken == &schema ? ""
                                                   : "Schemas of one name cannot both be shared "
                                                     "whole; add their tables under aliases.");
      }
      continue;
    }
    const std::optional<NameInShare> name = NameOf(picture_, other);
    if (name && EqualsIgnoreCase(name->schema, schema.name) &&
        picture_.FindChild(Kind::kTable, schema.id, name->table) != nullptr) {
      return SharedObjectExists("Table", name->Full());
    }
  }
  return {};
}

Status Changing::Add(const ObjectSpec& spec) {
  const Kind kind = TRY(ParseType(spec.type));
  const Securable* source = TRY(Source(kind, spec.name));
  SharedObject object{.id = spec.id.empty() ? edit_.NewUuid() : spec.id,
                      .kind = kind,
                      .object = source->id,
                      .history = kind == Kind::kSchema,
                      .added_at = edit_.now(),
                      .added_by = edit_.caller().name};
  TRY(Apply(spec, *source, object));
  if (kind == Kind::kSchema) {
    // The schema hands out its tables as they are: what was said of single ones is void.
    std::erase_if(objects_, [&](const SharedObject& other) {
      const Securable* table = picture_.Find(other.object);
      return other.kind == Kind::kTable && table != nullptr && table->parent == source->id;
    });
    TRY(CheckSchemaIsFree(*source));
  } else {
    TRY(CheckNameIsFree(object));
  }
  TRY(CheckQuota(picture_, quotas_, kind, share_));
  objects_.push_back(std::move(object));
  return {};
}

Status Changing::Remove(const ObjectSpec& spec) {
  const size_t at = TRY(Find(spec, Alias::kAsItIs));
  objects_.erase(objects_.begin() + static_cast<ptrdiff_t>(at));
  return {};
}

Status Changing::Update(const ObjectSpec& spec) {
  const size_t at = TRY(Find(spec, Alias::kAsItMayBecome));
  const Securable* source = picture_.Find(objects_[at].object);
  if (source == nullptr) return SharedObjectDoesNotExist(WordOf(objects_[at].kind), spec.name);
  SharedObject changed = objects_[at];
  TRY(Apply(spec, *source, changed));
  if (changed.kind == Kind::kTable) TRY(CheckNameIsFree(changed));
  objects_[at] = std::move(changed);
  return {};
}

}  // namespace

std::optional<NameInShare> NameOf(const Picture& picture, const SharedObject& object) {
  if (!object.shared_as.empty()) {
    const size_t dot = object.shared_as.find('.');
    return NameInShare{object.shared_as.substr(0, dot), object.shared_as.substr(dot + 1)};
  }
  const Securable* table = picture.Find(object.object);
  const Securable* schema = table == nullptr ? nullptr : picture.Find(table->parent);
  if (schema == nullptr) return std::nullopt;
  return NameInShare{schema->name, table->name};
}

std::string SourceName(const Picture& picture, const SharedObject& object) {
  const Securable* source = picture.Find(object.object);
  return source == nullptr ? object.object : picture.FullName(*source);
}

bool SharesChanges(const SharedObject& object) {
  return object.history || (object.cdf_enabled && object.start_version);
}

Decision MayHandOut(const Picture& picture, const Access& owner, const Securable& source) {
  if (source.kind() == Kind::kTable) return owner.May(Action::kReadData, source);
  Decision uses = owner.May(Action::kUse, source);
  if (!uses.allowed) return uses;
  Decision reads_all = owner.May(Action::kReadData, source);
  if (reads_all.allowed) return reads_all;
  Decision owns = owner.Holds(Privilege::kSelect, source);
  if (!owns.allowed) return owns;
  bool is_empty = true;
  bool reads_one = false;
  picture.VisitChildren(Kind::kTable, source.id, {}, [&](const SecurablePtr& table) {
    is_empty = false;
    reads_one = ComesWithSchema(owner, *table);
    return !reads_one;
  });
  return is_empty || reads_one ? owns : reads_all;
}

bool ComesWithSchema(const Access& owner, const Securable& table) {
  // Most tables are of the one who made the schema: that much is quickly said.
  return owner.Owns(table) || owner.May(Action::kReadData, table).allowed;
}

bool TakesName(const Picture& after, const Securable& share, const Securable& renamed) {
  const std::vector<SharedObject>& objects = share.As<Share>().objects;
  const auto is_renamed = [&](const Securable& one) {
    return one.id == renamed.id || one.parent == renamed.id;
  };
  std::unordered_map<std::string, const Securable*> schemas;  // by folded name
  for (const SharedObject& object : objects) {
    const Securable* schema = object.kind == Kind::kSchema ? after.Find(object.object) : nullptr;
    if (schema == nullptr) continue;
    const auto [at, added] = schemas.emplace(AsciiLower(schema->name), schema);
    if (!added && (is_renamed(*schema) || is_renamed(*at->second))) return true;
  }
  std::unordered_map<std::string, bool> tables;  // by folded name: whether it is new
  for (const SharedObject& object : objects) {
    const Securable* table = object.kind == Kind::kTable ? after.Find(object.object) : nullptr;
    if (table == nullptr) continue;
    const NameInShare name = NameOf(after, object).value_or(NameInShare{});
    const bool is_new = object.shared_as.empty() && is_renamed(*table);
    const auto [at, added] = tables.emplace(AsciiLower(name.Full()), is_new);
    if (!added && (is_new || at->second)) return true;
    const auto whole = schemas.find(AsciiLower(name.schema));
    if (whole == schemas.end()) continue;
    const Securable* other = after.FindChild(Kind::kTable, whole->second->id, name.table);
    if (other != nullptr && (is_new || is_renamed(*other))) return true;
  }
  return false;
}

bool IsActive(const Picture& picture, const Access& owner, const SharedObject& object) {
  const Securable* source = picture.Find(object.object);
  return source != nullptr && MayHandOut(picture, owner, *source).allowed;
}

Status UpdateObjects(Edit& edit, const Quotas& quotas, Securable& share,
                     const std::vector<ObjectUpdate>& updates) {
  if (updates.size() > quotas.updates_per_change) {
    return InvalidParameter(fmt::format("At most {} objects can be updated at once; these are {}.",
                                        quotas.updates_per_change, updates.size()));
  }
  Changing changing(edit, quotas, share);
  for (const ObjectUpdate& update : updates) {
    if (update.object.name.empty()) return MissingField("UpdateShare", "data_object.name");
    switch (update.action) {
      case ObjectAction::kAdd: TRY(changing.Add(update.object)); break;
      case ObjectAction::kRemove: TRY(changing.Remove(update.object)); break;
      case ObjectAction::kUpdate: TRY(changing.Update(update.object)); break;
    }
  }
  return {};
}

}  // namespace sluice::catalog
