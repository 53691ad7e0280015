#include "server/config.h"

#include <fmt/format.h>

#include <utility>

#include "server/config_external.h"
#include "server/config_shares.h"
#include "server/config_storage.h"
#include "server/yaml_document.h"
#include "storage/location.h"
#include "storage/stores.h"

namespace sluice::server {
namespace {

void CheckAccess(const Fields& top, Authorization authorization, ConfigReader& reader) {
  const YamlNode* group = top.Find("authorization");
  if (group == nullptr) {
    const bool mentioned = reader.HasProblemWith("authorization");
    if (authorization == Authorization::kMayBeAbsent || mentioned) return;
    reader.Problem(1,
                   "'authorization' is missing: write a bearerToken below it, or start with "
                   "--insecure-no-auth to let everybody read everything");
    return;
  }
  const bool present = Holds(*group, "bearerToken");
  if (!present) reader.Problem(group->line, "'authorization.bearerToken' is missing");
  if (present && authorization == Authorization::kMayBeAbsent) {
    reader.Warn(group->line,
                "--insecure-no-auth has no effect: clients need the bearerToken of this file");
  }
}

void CheckTls(const Fields& top, ConfigReader& reader) {
  const YamlNode* group = top.Find("ssl");
  if (group == nullptr || reader.settings.ssl_self_signed) return;
  for (const std::string_view leaf : {"certificateFile", "certificateKeyFile"}) {
    if (!Holds(*group, leaf)) reader.Problem(group->line, fmt::format("'ssl.{}' is missing", leaf));
  }
}

// Directory access shows the whole log, so it is for tables whose whole history is shared.
void OfferDirectories(Config& config) {
  for (catalog::ShareEntry& share : config.shares) {
    for (catalog::SchemaEntry& schema : share.schemas) {
      for (catalog::TableEntry& table : schema.tables) {
        if (!table.history_shared || table.start_version > 0) continue;
        const auto location = storage::ParseLocation(table.location);
        if (!location.has_value() || !storage::LendsFolder(config.storage_rules, *location)) {
          continue;
        }
        table.directory = location->Text();
      }
    }
  }
}

Result<Config> Read(const YamlNode& root, Authorization authorization, ConfigReader& reader) {
  if (root.kind != YamlNode::Kind::kMap) {
    return Fail(Code::kInvalidArgument,
                fmt::format("{}:{}: {}", reader.name(), root.line,
                            root.kind == YamlNode::Kind::kNull
                                ? "the file is empty; it must begin with 'version: 1'"
                                : "the file must hold keys and values, like 'version: 1'"));
  }
  Config config;
  const Fields top = reader.ReadMap(root, "");
  if (top.Find("version") == nullptr) {
    reader.Problem(1, "'version' is missing; write 'version: 1'");
  }
  for (const auto& [setting, node] : top.all()) {
    if (setting->kind == Kind::kGroup) reader.ReadMap(*node, setting->key);
    if (setting->key == "shares") config.shares = ReadShares(*node, reader);
    if (setting->key == "storage") config.storage_rules = ReadStorage(*node, reader);
  }
  if (const YamlNode* external = top.Find("externalLocations"); external != nullptr) {
    config.external_locations = ReadExternalLocations(*external, config.storage_rules, reader);
  }
  if (!reader.has_problems()) OfferDirectories(config);
  CheckAccess(top, authorization, reader);
  CheckTls(top, reader);
  if (reader.has_problems()) return Fail(Code::kInvalidArgument, reader.AllProblems());
  if (config.shares.empty()) reader.Warn(1, "no shares: nothing is shared");
  config.settings = std::move(reader.settings);
  std::string& endpoint = config.settings.endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  config.warnings = std::move(reader.warnings);
  return config;
}

}  // namespace

Result<Config> ParseConfig(std::string_view text, std::string_view name,
                           Authorization authorization, const FileReader& read_file) {
  const YamlNode root = TRY(ParseYaml(text, name));
  ConfigReader reader(name, read_file);
  return Read(root, authorization, reader);
}

Result<Config> LoadConfig(const std::string& path, Authorization authorization) {
  const FileText file = TRY(ReadOperatorFile(path, kMaxConfigSize));
  return ParseConfig(file.bytes, path, authorization);
}

}  // namespace sluice::server
