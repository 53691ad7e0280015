#include "server/config_shares.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "catalog/names.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

class SharesReader {
 public:
  explicit SharesReader(ConfigReader& reader) : reader_(reader) {}
  std::vector<catalog::ShareEntry> Read(const YamlNode& list);

 private:
  using Names = ConfigReader::Names;

  catalog::ShareEntry ReadShare(const YamlNode& node, Names& names);
  catalog::SchemaEntry ReadSchema(const YamlNode& node, const std::string& share, Names& names);
  catalog::TableEntry ReadTable(const YamlNode& node, const std::string& schema, Names& names);
  void CheckLocation(const YamlNode& node);
  void CheckId(const YamlNode& node, const catalog::TableEntry& table);
  std::string ReadName(const Fields& fields, const YamlNode& owner, catalog::NameKind kind,
                       std::string_view parent, Names& names);

  ConfigReader& reader_;
  std::unordered_map<std::string, std::pair<std::string, int>> location_of_id_;
};

std::vector<catalog::ShareEntry> SharesReader::Read(const YamlNode& list) {
  std::vector<catalog::ShareEntry> shares;
  Names names;
  for (const YamlNode& node : list.children) {
    if (node.kind != YamlNode::Kind::kMap) {
      reader_.Problem(node.line, "a share must hold keys: name, schemas");
      continue;
    }
    shares.push_back(ReadShare(node, names));
  }
  return shares;
}

catalog::ShareEntry SharesReader::ReadShare(const YamlNode& node, Names& names) {
  catalog::ShareEntry share;
  const Fields fields = reader_.ReadMap(node, "shares[]");
  share.name = ReadName(fields, node, catalog::NameKind::kShare, "", names);
  const YamlNode* schemas = fields.Find("schemas");
  if (schemas == nullptr) return share;
  Names schema_names;
  for (const YamlNode& child : schemas->children) {
    if (child.kind != YamlNode::Kind::kMap) {
      reader_.Problem(child.line, "a schema must hold keys: name, tables");
      continue;
    }
    share.schemas.push_back(ReadSchema(child, share.name, schema_names));
  }
  return share;
}

catalog::SchemaEntry SharesReader::ReadSchema(const YamlNode& node, const std::string& share,
                                              Names& names) {
  catalog::SchemaEntry schema;
  const Fields fields = reader_.ReadMap(node, "shares[].schemas[]");
  schema.name = ReadName(fields, node, catalog::NameKind::kSchema, share, names);
  const YamlNode* tables = fields.Find("tables");
  if (tables == nullptr) return schema;
  Names table_names;
  const std::string full = share + '.' + schema.name;
  schema.tables.reserve(tables->children.size());
  for (const YamlNode& child : tables->children) {
    if (child.kind != YamlNode::Kind::kMap) {
      reader_.Problem(child.line, "a table must hold keys: name, location");
      continue;
    }
    schema.tables.push_back(ReadTable(child, full, table_names));
  }
  return schema;
}

catalog::TableEntry SharesReader::ReadTable(const YamlNode& node, const std::string& schema,
                                            Names& names) {
  constexpr std::string_view kGroup = "shares[].schemas[].tables[]";
  catalog::TableEntry table;
  const Fields fields = reader_.ReadMap(node, kGroup);
  table.name = ReadName(fields, node, catalog::NameKind::kTable, schema, names);
  if (!Holds(node, "location")) reader_.Problem(node.line, "the table has no 'location'");
  for (const auto& [setting, child] : fields.all()) {
    // Assign has checked number and flag, so that neither fails here.
    if (child->key == "location") {
      CheckLocation(*child);
      table.location = child->text;
    } else if (child->key == "id") {
      table.id = child->text;
    } else if (child->key == "historyShared") {
      table.history_shared = ParseFlag(*setting, child->text).value_or(false);
    } else if (child->key == "startVersion") {
      table.start_version = ParseWholeNumber(*setting, child->text).value_or(0);
    }
  }
  if (const YamlNode* id = fields.Find("id"); id != nullptr && !table.id.empty()) {
    CheckId(*id, table);
  }
  return table;
}

// As far as the text tells; whether a table lies there is seen when it is opened.
void SharesReader::CheckLocation(const YamlNode& node) {
  const auto location = storage::ParseLocation(node.text);
  if (location.has_value()) return;
  const Error& error = location.error();
  if (error.code == Code::kUnsupported) {
    reader_.Warn(node.line,
                 fmt::format("{}: queries of this table will be refused", error.message));
  } else {
    reader_.Problem(node.line, error.message);
  }
}

void SharesReader::CheckId(const YamlNode& node, const catalog::TableEntry& table) {
  const auto [at, is_new] = location_of_id_.try_emplace(table.id, table.location, node.line);
  if (is_new || at->second.first == table.location) return;
  reader_.Problem(node.line, fmt::format("the id {} is that of another location in line {}",
                                         Shown(table.id), at->second.second));
}

std::string SharesReader::ReadName(const Fields& fields, const YamlNode& owner,
                                   catalog::NameKind kind, std::string_view parent, Names& names) {
  const bool is_share = kind == catalog::NameKind::kShare;
  const std::string_view word =
      is_share ? "share" : (kind == catalog::NameKind::kSchema ? "schema" : "table");
  const YamlNode* node = fields.Find("name");
  if (node == nullptr) {
    if (!Holds(owner, "name"))
      reader_.Problem(owner.line, fmt::format("the {} has no 'name'", word));
    return {};
  }
  const Status checked = catalog::CheckName(kind, node->text);
  if (!checked.has_value()) {
    reader_.Problem(node->line, checked.error().message);
    return {};
  }
  const auto [first, is_new] = names.try_emplace(AsciiLower(node->text), node->line);
  if (!is_new) {
    const std::string where = is_share ? "" : fmt::format(" in '{}'", parent);
    reader_.Problem(node->line,
                    fmt::format("the {} '{}' stands twice{}, first in line {} (names are "
                                "compared without regard to case)",
                                word, node->text, where, first->second));
  }
  return node->text;
}

}  // namespace

std::vector<catalog::ShareEntry> ReadShares(const YamlNode& list, ConfigReader& reader) {
  return SharesReader(reader).Read(list);
}

}  // namespace sluice::server
