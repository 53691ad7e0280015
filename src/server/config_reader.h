// server/config_reader.h -- what reading any part of the configuration file takes: keys that are
// held to the table of settings, and all problems collected with their lines.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/operator_file.h"
#include "server/settings.h"
#include "server/yaml_document.h"

namespace sluice::server {

// Reads a file that the configuration names; ReadOperatorFile but in tests.
using FileReader = std::function<Result<FileText>(const std::string& path, ByteCount limit)>;

// The children of a map by key, of which each is known and of the right kind.
class Fields {
 public:
  void Add(const Setting* setting, const YamlNode* node) { fields_.emplace_back(setting, node); }
  // By the last segment of the key; null: not there.
  const YamlNode* Find(std::string_view leaf) const;
  // The text of a scalar, or "".
  std::string_view Text(std::string_view leaf) const;
  const std::vector<std::pair<const Setting*, const YamlNode*>>& all() const { return fields_; }

 private:
  std::vector<std::pair<const Setting*, const YamlNode*>> fields_;
};

// Whether `map` has the key at all, good or not.
bool Holds(const YamlNode& map, std::string_view key);

class ConfigReader {
 public:
  // Names that must differ within one list, with the line where each stood first.
  using Names = std::unordered_map<std::string, int>;

  // `name` stands before each message: "name:line: text".
  ConfigReader(std::string_view name, FileReader read_file)
      : name_(name), read_file_(std::move(read_file)) {}

  // Keys of `map` that stand in the table below `group` ("" at the top). Scalars are checked, and
  // assigned to `settings` where their row has a target; what is wrong is a problem and left out.
  Fields ReadMap(const YamlNode& map, std::string_view group);
  Result<FileText> ReadFile(const std::string& path, ByteCount limit) const {
    return read_file_(path, limit);
  }

  void Problem(int line, std::string_view text);
  void Warn(int line, std::string_view text);

  bool has_problems() const { return !problems_.empty(); }
  // Some problem's text holds `words`.
  bool HasProblemWith(std::string_view words) const;
  // A line for each, in the order of the file.
  std::string AllProblems();

  const std::string& name() const { return name_; }
  Settings settings = DefaultSettings();
  std::vector<std::string> warnings;

 private:
  bool FitsKind(const YamlNode& node, const Setting& setting);
  // The entries of a list of texts. False: one is none, and is a problem.
  bool ReadTexts(const YamlNode& list, const Setting& setting);

  std::string name_;
  FileReader read_file_;
  std::vector<std::pair<int, std::string>> problems_;
};

}  // namespace sluice::server
