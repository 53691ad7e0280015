#include "server/config_external.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "delta/log_path.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

using Kind = storage::Location::Kind;

// A local folder as paths of a log are compared with it; empty: it is none, and the reader knows.
std::string ReadFolder(const YamlNode& node, const storage::Location& location,
                       ConfigReader& reader) {
  // A relative path would mean another place wherever the server is started.
  if (!node.text.starts_with('/') && !AsciiLower(node.text).starts_with("file:")) {
    reader.Problem(node.line, fmt::format("the external location {} must be absolute: a path that "
                                          "begins with '/', a file URI, or s3://bucket/folder",
                                          Shown(node.text)));
    return {};
  }
  const std::filesystem::path path = location.path;
  if (std::ranges::find(path, "..") != path.end()) {
    reader.Problem(node.line,
                   fmt::format("the external location {} must not hold '..'", Shown(node.text)));
    return {};
  }
  const std::string folder = delta::WithoutEmptySegments(location.path);
  if (folder.empty()) {
    reader.Problem(node.line,
                   "the external location '/' would let a table's log name every file that "
                   "the server can read: name the folders that hold data");
    return {};
  }
  return '/' + folder;
}

std::string ReadLocation(const YamlNode& node, ConfigReader& reader) {
  if (node.kind != YamlNode::Kind::kScalar) {
    reader.Problem(node.line,
                   "an entry of 'externalLocations' must be a location: /folder, or "
                   "s3://bucket/folder");
    return {};
  }
  const auto location = storage::ParseLocation(node.text);
  if (!location.has_value()) {
    // What was given is not repeated: old habits put keys into such URIs.
    const std::string& why = location.error().message;
    const size_t colon = why.find(": ");
    reader.Problem(node.line,
                   fmt::format("the external location is not valid: {}",
                               colon == std::string::npos ? why : why.substr(colon + 2)));
    return {};
  }
  if (location->kind == Kind::kLocal) return ReadFolder(node, *location, reader);
  return location->Text();
}

bool IsBelow(std::string_view location, std::string_view place) {
  return place.size() > location.size() && place.starts_with(location) &&
         place[location.size()] == '/';
}

// Files are reached by the rule of the location that covers them, not by a finer one.
void WarnOfFinerRules(const YamlNode& node, const std::string& location,
                      const std::vector<std::string>& all,
                      const std::vector<storage::StoreRule>& rules, ConfigReader& reader) {
  for (const storage::StoreRule& rule : rules) {
    if (!IsBelow(location, rule.prefix)) continue;
    const bool finer_location = std::ranges::any_of(all, [&](const std::string& other) {
      return IsBelow(location, other) && (other == rule.prefix || IsBelow(other, rule.prefix));
    });
    if (finer_location) continue;
    reader.Warn(node.line, fmt::format("files below {} are reached as those of {}; list it here, "
                                       "too, to have its own entry of 'storage' count",
                                       Shown(rule.prefix), Shown(location)));
  }
}

}  // namespace

std::vector<std::string> ReadExternalLocations(const YamlNode& list,
                                               const std::vector<storage::StoreRule>& rules,
                                               ConfigReader& reader) {
  std::vector<std::string> locations;
  ConfigReader::Names lines;
  for (const YamlNode& node : list.children) {
    std::string location = ReadLocation(node, reader);
    if (location.empty()) continue;
    const auto [first, is_new] = lines.try_emplace(location, node.line);
    if (!is_new) {
      reader.Problem(node.line,
                     fmt::format("the external location {} stands twice, first in line {}",
                                 Shown(location), first->second));
      continue;
    }
    locations.push_back(std::move(location));
  }
  if (reader.has_problems()) return locations;
  for (size_t i = 0; i < locations.size(); ++i) {
    WarnOfFinerRules(list.children[i], locations[i], locations, rules, reader);
  }
  return locations;
}

}  // namespace sluice::server
