// server/yaml_document.h -- a YAML text as a plain tree with line numbers.
//
// The only place that names yaml-cpp. Built from its events, so that what a configuration has no
// use for is refused while it is read and not after it was expanded: anchors and aliases, tags of
// one's own, keys that are not plain text, a key that stands twice, a second document, deep
// nesting.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::server {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 1;        // where its key stands, or the value itself in a list
  std::string key;     // in a map
  std::string text;    // of a scalar
  bool plain = false;  // a scalar without quotes: what looks like a number is one
  std::vector<YamlNode> children;
};

struct YamlLimits {
  size_t depth = 32;
  size_t nodes = 5'000'000;
};

// Errors: kInvalidArgument  not a single YAML document within `limits`; the message begins with
//                           "name:line: "
Result<YamlNode> ParseYaml(std::string_view text, std::string_view name, YamlLimits limits = {});

}  // namespace sluice::server
