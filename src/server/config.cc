#include "server/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/encoding.h"
#include "catalog/names.h"
#include "server/operator_file.h"
#include "server/yaml_document.h"

namespace sluice::server {
namespace {

constexpr size_t kMaxProblemsShown = 100;

// Schemes of the reference server that this one does not read yet.
constexpr std::array<std::string_view, 10> kKnownSchemes = {
    "s3", "s3a", "s3n", "gs", "wasb", "wasbs", "abfs", "abfss", "adl", "hdfs"};

// The children of a map by key, of which each is known and of the right kind.
class Fields {
 public:
  void Add(const Setting* setting, const YamlNode* node) { fields_.emplace_back(setting, node); }
  // The last segment of the key.
  const YamlNode* Find(std::string_view leaf) const {
    for (const auto& [setting, node] : fields_) {
      if (node->key == leaf) return node;
    }
    return nullptr;
  }
  const std::vector<std::pair<const Setting*, const YamlNode*>>& all() const { return fields_; }

 private:
  std::vector<std::pair<const Setting*, const YamlNode*>> fields_;
};

bool Holds(const YamlNode& map, std::string_view key) {
  return std::ranges::find(map.children, key, &YamlNode::key) != map.children.end();
}

class Reader {
 public:
  Reader(std::string_view name, Authorization authorization)
      : name_(name), authorization_(authorization) {
    config_.settings = DefaultSettings();
  }

  Result<Config> Read(const YamlNode& root) &&;

 private:
  // Names that must differ within one list, with the line where each stood first.
  using Names = std::unordered_map<std::string, int>;

  Fields ReadMap(const YamlNode& map, std::string_view group);
  bool FitsKind(const YamlNode& node, const Setting& setting);
  void CheckAccess(const Fields& top);
  void CheckTls(const Fields& top);
  void ReadShares(const YamlNode& list);
  catalog::ShareEntry ReadShare(const YamlNode& node, Names& names);
  catalog::SchemaEntry ReadSchema(const YamlNode& node, const std::string& share, Names& names);
  catalog::TableEntry ReadTable(const YamlNode& node, const std::string& schema, Names& names);
  void CheckLocation(const YamlNode& node);
  void CheckId(const YamlNode& node, const catalog::TableEntry& table);
  std::string ReadName(const Fields& fields, const YamlNode& owner, catalog::NameKind kind,
                       std::string_view parent, Names& names);

  void Problem(int line, std::string_view text) {
    problems_.emplace_back(line, fmt::format("{}:{}: {}", name_, line, text));
  }
  void Warn(int line, std::string_view text) {
    config_.warnings.push_back(fmt::format("{}:{}: {}", name_, line, text));
  }
  std::string AllProblems();

  std::string name_;
  Authorization authorization_;
  Config config_;
  std::vector<std::pair<int, std::string>> problems_;
  std::unordered_map<std::string, std::pair<std::string, int>> location_of_id_;
};

Result<Config> Reader::Read(const YamlNode& root) && {
  if (root.kind != YamlNode::Kind::kMap) {
    return Fail(Code::kInvalidArgument,
                fmt::format("{}:{}: {}", name_, root.line,
                            root.kind == YamlNode::Kind::kNull
                                ? "the file is empty; it must begin with 'version: 1'"
                                : "the file must hold keys and values, like 'version: 1'"));
  }
  const Fields top = ReadMap(root, "");
  if (top.Find("version") == nullptr) {
    Problem(1, "'version' is missing; write 'version: 1'");
  }
  for (const auto& [setting, node] : top.all()) {
    if (setting->kind == Kind::kGroup) ReadMap(*node, setting->key);
    if (setting->key == "shares") ReadShares(*node);
  }
  CheckAccess(top);
  CheckTls(top);
  std::string& endpoint = config_.settings.endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!problems_.empty()) return Fail(Code::kInvalidArgument, AllProblems());
  if (config_.shares.empty()) Warn(1, "no shares: nothing is shared");
  return std::move(config_);
}

// Keys of `map` that stand in the table below `group`; scalars are assigned on the way.
Fields Reader::ReadMap(const YamlNode& map, std::string_view group) {
  Fields fields;
  for (const YamlNode& child : map.children) {
    const std::string key = group.empty() ? child.key : fmt::format("{}.{}", group, child.key);
    const bool one_segment = child.key.find('.') == std::string::npos;
    const Setting* setting = one_segment ? FindSetting(key) : nullptr;
    if (setting == nullptr) {
      // Comparing takes a while, and what stands behind the last problem shown is only counted.
      const auto near =
          problems_.size() < kMaxProblemsShown ? NearestKey(group, child.key) : std::nullopt;
      Problem(child.line, fmt::format("unknown key {}{}", Shown(child.key),
                                      near ? fmt::format("; did you mean '{}'?", *near) : ""));
      continue;
    }
    if (!FitsKind(child, *setting)) continue;
    if (child.kind == YamlNode::Kind::kScalar) {
      const Status assigned = Assign(config_.settings, *setting, child.text);
      if (!assigned.has_value()) {
        Problem(child.line, assigned.error().message);
        continue;
      }
    }
    if (!setting->no_effect.empty()) {
      Warn(child.line, fmt::format("'{}' has no effect: {}", child.key, setting->no_effect));
    }
    fields.Add(setting, &child);
  }
  return fields;
}

bool Reader::FitsKind(const YamlNode& node, const Setting& setting) {
  using NodeKind = YamlNode::Kind;
  const bool is_map = node.kind == NodeKind::kMap;
  const bool is_list = node.kind == NodeKind::kList;
  if (setting.kind == Kind::kGroup) {
    if (is_map) return true;
    Problem(node.line, fmt::format("'{}' must hold keys and values below it", setting.key));
    return false;
  }
  if (setting.kind == Kind::kList) {
    if (is_list) return true;
    Problem(node.line, fmt::format("'{}' must be a list: lines that begin with '-'", setting.key));
    return false;
  }
  if (node.kind == NodeKind::kScalar) return true;
  Problem(node.line, fmt::format("'{}' {}", setting.key,
                                 is_map || is_list ? "must be a single value" : "has no value"));
  return false;
}

void Reader::CheckAccess(const Fields& top) {
  const YamlNode* group = top.Find("authorization");
  if (group == nullptr) {
    const bool mentioned = std::ranges::any_of(problems_, [](const auto& problem) {
      return problem.second.find("authorization") != std::string::npos;
    });
    if (authorization_ == Authorization::kMayBeAbsent || mentioned) return;
    Problem(1,
            "'authorization' is missing: write a bearerToken below it, or start with "
            "--insecure-no-auth to let everybody read everything");
    return;
  }
  const bool present = Holds(*group, "bearerToken");
  if (!present) Problem(group->line, "'authorization.bearerToken' is missing");
  if (present && authorization_ == Authorization::kMayBeAbsent) {
    Warn(group->line,
         "--insecure-no-auth has no effect: clients need the bearerToken of this file");
  }
}

void Reader::CheckTls(const Fields& top) {
  const YamlNode* group = top.Find("ssl");
  if (group == nullptr || config_.settings.ssl_self_signed) return;
  for (const std::string_view leaf : {"certificateFile", "certificateKeyFile"}) {
    if (!Holds(*group, leaf)) Problem(group->line, fmt::format("'ssl.{}' is missing", leaf));
  }
}

void Reader::ReadShares(const YamlNode& list) {
  Names names;
  for (const YamlNode& node : list.children) {
    if (node.kind != YamlNode::Kind::kMap) {
      Problem(node.line, "a share must hold keys: name, schemas");
      continue;
    }
    config_.shares.push_back(ReadShare(node, names));
  }
}

catalog::ShareEntry Reader::ReadShare(const YamlNode& node, Names& names) {
  catalog::ShareEntry share;
  const Fields fields = ReadMap(node, "shares[]");
  share.name = ReadName(fields, node, catalog::NameKind::kShare, "", names);
  const YamlNode* schemas = fields.Find("schemas");
  if (schemas == nullptr) return share;
  Names schema_names;
  for (const YamlNode& child : schemas->children) {
    if (child.kind != YamlNode::Kind::kMap) {
      Problem(child.line, "a schema must hold keys: name, tables");
      continue;
    }
    share.schemas.push_back(ReadSchema(child, share.name, schema_names));
  }
  return share;
}

catalog::SchemaEntry Reader::ReadSchema(const YamlNode& node, const std::string& share,
                                        Names& names) {
  catalog::SchemaEntry schema;
  const Fields fields = ReadMap(node, "shares[].schemas[]");
  schema.name = ReadName(fields, node, catalog::NameKind::kSchema, share, names);
  const YamlNode* tables = fields.Find("tables");
  if (tables == nullptr) return schema;
  Names table_names;
  const std::string full = share + '.' + schema.name;
  schema.tables.reserve(tables->children.size());
  for (const YamlNode& child : tables->children) {
    if (child.kind != YamlNode::Kind::kMap) {
      Problem(child.line, "a table must hold keys: name, location");
      continue;
    }
    schema.tables.push_back(ReadTable(child, full, table_names));
  }
  return schema;
}

catalog::TableEntry Reader::ReadTable(const YamlNode& node, const std::string& schema,
                                      Names& names) {
  constexpr std::string_view kGroup = "shares[].schemas[].tables[]";
  catalog::TableEntry table;
  const Fields fields = ReadMap(node, kGroup);
  table.name = ReadName(fields, node, catalog::NameKind::kTable, schema, names);
  if (!Holds(node, "location")) Problem(node.line, "the table has no 'location'");
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
void Reader::CheckLocation(const YamlNode& node) {
  const std::string& location = node.text;
  if (location.empty() || location.find('\0') != std::string::npos) {
    Problem(node.line, "'location' must be a path or a URI");
    return;
  }
  const size_t colon = location.find("://");
  const std::string scheme =
      colon == std::string::npos ? std::string() : AsciiLower(location.substr(0, colon));
  if (scheme.empty() || scheme == "file") return;
  if (std::ranges::find(kKnownSchemes, scheme) != kKnownSchemes.end()) {
    Warn(node.line, fmt::format("this version does not read {}:// locations: queries of this table "
                                "will be refused",
                                scheme));
    return;
  }
  Problem(node.line, fmt::format("'location' has the unknown scheme {}; a path or file:///path is "
                                 "expected",
                                 Shown(scheme)));
}

void Reader::CheckId(const YamlNode& node, const catalog::TableEntry& table) {
  const auto [at, is_new] = location_of_id_.try_emplace(table.id, table.location, node.line);
  if (is_new || at->second.first == table.location) return;
  Problem(node.line, fmt::format("the id {} is that of another location in line {}",
                                 Shown(table.id), at->second.second));
}

std::string Reader::ReadName(const Fields& fields, const YamlNode& owner, catalog::NameKind kind,
                             std::string_view parent, Names& names) {
  const bool is_share = kind == catalog::NameKind::kShare;
  const std::string_view word =
      is_share ? "share" : (kind == catalog::NameKind::kSchema ? "schema" : "table");
  const YamlNode* node = fields.Find("name");
  if (node == nullptr) {
    if (!Holds(owner, "name")) Problem(owner.line, fmt::format("the {} has no 'name'", word));
    return {};
  }
  const Status checked = catalog::CheckName(kind, node->text);
  if (!checked.has_value()) {
    Problem(node->line, checked.error().message);
    return {};
  }
  const auto [first, is_new] = names.try_emplace(AsciiLower(node->text), node->line);
  if (!is_new) {
    const std::string where = is_share ? "" : fmt::format(" in '{}'", parent);
    Problem(node->line, fmt::format("the {} '{}' stands twice{}, first in line {} (names are "
                                    "compared without regard to case)",
                                    word, node->text, where, first->second));
  }
  return node->text;
}

std::string Reader::AllProblems() {
  std::ranges::stable_sort(problems_, std::less<>{}, [](const auto& each) { return each.first; });
  std::string all;
  for (size_t i = 0; i < problems_.size() && i < kMaxProblemsShown; ++i) {
    if (i > 0) all += '\n';
    all += problems_[i].second;
  }
  if (problems_.size() > kMaxProblemsShown) {
    all += fmt::format("\n{}: {} more problems", name_, problems_.size() - kMaxProblemsShown);
  }
  return all;
}

}  // namespace

Result<Config> ParseConfig(std::string_view text, std::string_view name,
                           Authorization authorization) {
  const YamlNode root = TRY(ParseYaml(text, name));
  return Reader(name, authorization).Read(root);
}

Result<Config> LoadConfig(const std::string& path, Authorization authorization) {
  const FileText file = TRY(ReadOperatorFile(path, kMaxConfigSize));
  return ParseConfig(file.bytes, path, authorization);
}

}  // namespace sluice::server
