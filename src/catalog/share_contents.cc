#include "catalog/share_contents.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/encoding.h"
#include "catalog/shared_objects.h"
#include "storage/location.h"
#include "storage/s3/read_policy.h"

namespace sluice::catalog {
namespace {

// The namespace of the ids of tables that are shared with their schema:
// 2f6f3c1e-5b0a-4a49-9d55-6f3f8b0f6a51. Changing it would change all of them.
constexpr std::array<unsigned char, 16> kIdNamespace = {
    0x2f, 0x6f, 0x3c, 0x1e, 0x5b, 0x0a, 0x4a, 0x49, 0x9d, 0x55, 0x6f, 0x3f, 0x8b, 0x0f, 0x6a, 0x51};

// Appends to `key`: a look-up of a table makes one text.
void AppendFolded(std::string_view text, std::string& key) {
  for (const char c : text) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string KeyOf(std::string_view schema, std::string_view table) {
  std::string key;
  key.reserve(schema.size() + 1 + table.size());
  AppendFolded(schema, key);
  key += '\x1f';  // no name holds it
  AppendFolded(table, key);
  return key;
}

// The folder of a table that recipients may be given keys for, as they know it: keys open every
// version, row and column, so it takes a table that is shared as a whole. Empty: there is none.
std::string DirectoryOf(const Picture& picture, const SharedObject& object,
                        const std::string& url) {
  const bool whole =
      object.history && object.start_version.value_or(0) == 0 && object.partitions.tuples.empty();
  if (!whole) return {};
  const Securable* location = picture.LocationAround(Kind::kExternalLocation, url);
  if (location == nullptr) return {};
  const auto& access = location->As<ExternalLocation>().directory_access;
  const auto folder = storage::ParseLocation(url);
  if (!access || !folder || folder->kind != storage::Location::Kind::kS3) return {};
  if (!storage::ReadPolicy(folder->bucket, folder->path, *access)) return {};
  return folder->Text();
}

}  // namespace

// Gathers the contents of a share.
class ShareContents::Making {
 public:
  Making(ShareContents& contents, const Picture& picture, TimePoint now)
      : contents_(contents),
        share_(*contents.share_),
        picture_(picture),
        now_(now),
        owner_(picture, share_.owner, now) {}

  void Run() {
    const std::vector<SharedObject>& objects = share_.As<Share>().objects;
    // Tables by name first: they go before what comes with a schema under the same name.
    for (const SharedObject& object : objects) {
      if (object.kind == Kind::kTable) AddTable(object);
    }
    for (const SharedObject& object : objects) {
      if (object.kind == Kind::kSchema) AddSchema(object);
    }
    for (auto& [folded, schema] : schemas_) contents_.listed_.schemas.push_back(std::move(schema));
    for (SharedSchema& schema : contents_.listed_.schemas) {
      std::ranges::sort(schema.tables, std::less<>{},
                        [](const auto& table) { return AsciiLower(table->name); });
      schema.tables.shrink_to_fit();
    }
    if (lends_) ListLinksOnly();
  }

 private:
  void AddTable(const SharedObject& object) {
    const Securable* table = picture_.Find(object.object);
    const auto name = NameOf(picture_, object);
    if (table == nullptr || !name) return;
    Watch(*table);
    Add(object, object.id, *name, *table, !MayHandOut(picture_, owner_, *table).allowed);
  }

  void AddSchema(const SharedObject& object) {
    const Securable* schema = picture_.Find(object.object);
    if (schema == nullptr) return;
    Watch(*schema);
    const bool denied = !MayHandOut(picture_, owner_, *schema).allowed;
    const bool alike = denied || owner_.May(Action::kReadData, *schema).allowed;
    if (!denied) Listed(schema->name);
    picture_.VisitChildren(Kind::kTable, schema->id, {}, [&](const SecurablePtr& table) {
      if (!alike) WatchGrants(*table);
      Add(object, crypto::UuidV5(kIdNamespace, share_.id + '/' + table->id),
          {schema->name, table->name}, *table,
          denied || (!alike && !ComesWithSchema(owner_, *table)));
      return true;
    });
  }

  void Add(const SharedObject& object, std::string id, const NameInShare& name,
           const Securable& source, bool denied) {
    const size_t index = contents_.tables_.size();
    if (!contents_.by_name_.emplace(KeyOf(name.schema, name.table), index).second) return;
    auto table = std::make_shared<SharedTable>();
    table->share = share_.name;
    table->schema = name.schema;
    table->name = name.table;
    table->id = std::move(id);
    table->share_id = share_.id;
    table->location = source.As<catalog::Table>().storage_location;
    table->history_shared = object.history;
    table->cdf_shared = SharesChanges(object);
    table->start_version = object.start_version.value_or(0);
    table->starts_after = object.starts_after;
    contents_.by_id_.emplace(table->id, index);
    std::shared_ptr<const SharedTable> links_only = table;
    if (std::string directory = DirectoryOf(picture_, object, table->location);
        !directory.empty()) {
      links_only = std::make_shared<const SharedTable>(*table);
      table->directory = std::move(directory);
      lends_ = true;
    }
    if (!denied) Listed(name.schema).tables.push_back(table);
    contents_.tables_.push_back({std::move(table), std::move(links_only), &object, denied});
  }

  void ListLinksOnly() {
    contents_.links_only_ = contents_.listed_;
    for (SharedSchema& schema : contents_.links_only_.schemas) {
      for (std::shared_ptr<const SharedTable>& table : schema.tables) {
        table = contents_.FindById(table->id)->links_only;
      }
    }
  }

  SharedSchema& Listed(const std::string& name) {
    SharedSchema& schema = schemas_[AsciiLower(name)];
    if (schema.name.empty()) {
      schema.share = share_.name;
      schema.name = name;
    }
    return schema;
  }

  // What decides about the owner's access to `source`.
  void Watch(const Securable& source) {
    for (const Securable* at : picture_.Chain(source)) {
      WatchGrants(*at);
      if (at->kind() != Kind::kCatalog) continue;
      const auto seen =
          std::ranges::find(contents_.trees_, at->id, &std::pair<Id, uint64_t>::first);
      if (seen != contents_.trees_.end()) continue;
      contents_.trees_.emplace_back(at->id, picture_.tree_version(at->id));
    }
  }

  void WatchGrants(const Securable& on) {
    for (const Grant& grant : on.grants) {
      if (!grant.expires_at || *grant.expires_at <= now_) continue;
      contents_.until_ = std::min(contents_.until_.value_or(*grant.expires_at), *grant.expires_at);
    }
  }

  ShareContents& contents_;
  const Securable& share_;
  const Picture& picture_;
  const TimePoint now_;
  const Access owner_;
  bool lends_ = false;                           // some table has a directory
  std::map<std::string, SharedSchema> schemas_;  // by folded name
};

ShareContents::ShareContents(const Picture& picture, SecurablePtr share, TimePoint now)
    : share_(std::move(share)),
      principals_version_(picture.principals_version()),
      locations_version_(picture.locations_version()) {
  listed_.name = share_->name;
  listed_.id = share_->id;
  Making(*this, picture, now).Run();
  tables_.shrink_to_fit();
}

bool ShareContents::Holds(const Picture& picture, const Securable& share, TimePoint now) const {
  if (&share != share_.get() || picture.principals_version() != principals_version_) return false;
  if (picture.locations_version() != locations_version_) return false;
  if (until_ && now >= *until_) return false;
  return std::ranges::all_of(
      trees_, [&](const auto& tree) { return picture.tree_version(tree.first) == tree.second; });
}

const ShareContents::Table* ShareContents::Find(std::string_view schema,
                                                std::string_view table) const {
  const auto found = by_name_.find(KeyOf(schema, table));
  return found == by_name_.end() ? nullptr : &tables_[found->second];
}

const ShareContents::Table* ShareContents::FindById(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tables_[found->second];
}

}  // namespace sluice::catalog
