#include "server/config_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ip_network.h"

namespace sluice::server {
namespace {

constexpr size_t kMaxProblemsShown = 100;
constexpr size_t kMostTexts = kMostNetworks;

}  // namespace

const YamlNode* Fields::Find(std::string_view leaf) const {
  for (const auto& [setting, node] : fields_) {
    if (node->key == leaf) return node;
  }
  return nullptr;
}

std::string_view Fields::Text(std::string_view leaf) const {
  const YamlNode* node = Find(leaf);
  return node == nullptr ? std::string_view() : std::string_view(node->text);
}

bool Holds(const YamlNode& map, std::string_view key) {
  return std::ranges::find(map.children, key, &YamlNode::key) != map.children.end();
}

Fields ConfigReader::ReadMap(const YamlNode& map, std::string_view group) {
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
      const Status assigned = Assign(settings, *setting, child.text);
      if (!assigned.has_value()) {
        Problem(child.line, assigned.error().message);
        continue;
      }
    }
    const bool texts =
        std::holds_alternative<std::vector<std::string> Settings::*>(setting->target);
    if (texts && !ReadTexts(child, *setting)) continue;
    if (!setting->no_effect.empty()) {
      Warn(child.line, fmt::format("'{}' has no effect: {}", child.key, setting->no_effect));
    }
    fields.Add(setting, &child);
  }
  return fields;
}

bool ConfigReader::FitsKind(const YamlNode& node, const Setting& setting) {
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

bool ConfigReader::ReadTexts(const YamlNode& list, const Setting& setting) {
  const size_t before = problems_.size();
  if (list.children.size() > kMostTexts) {
    Problem(list.line, fmt::format("'{}' has more than {} entries", setting.key, kMostTexts));
    return false;
  }
  for (const YamlNode& entry : list.children) {
    if (entry.kind != YamlNode::Kind::kScalar) {
      Problem(entry.line, fmt::format("an entry of '{}' must be a single value", setting.key));
      continue;
    }
    const Status assigned = Assign(settings, setting, entry.text);
    if (!assigned.has_value()) Problem(entry.line, assigned.error().message);
  }
  return problems_.size() == before;
}

void ConfigReader::Problem(int line, std::string_view text) {
  problems_.emplace_back(line, fmt::format("{}:{}: {}", name_, line, text));
}

void ConfigReader::Warn(int line, std::string_view text) {
  warnings.push_back(fmt::format("{}:{}: {}", name_, line, text));
}

bool ConfigReader::HasProblemWith(std::string_view words) const {
  return std::ranges::any_of(problems_, [&](const auto& problem) {
    return problem.second.find(words) != std::string::npos;
  });
}

std::string ConfigReader::AllProblems() {
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

}  // namespace sluice::server
