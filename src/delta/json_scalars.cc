#include "delta/json_scalars.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace sluice::delta {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kMaxText = size_t{16} << 20;

// A name on the way to a path's end.
struct Node {
  std::string name;
  std::optional<size_t> index;  // of the path that ends here
  std::vector<Node> children;   // in order of names once all are there
};

bool Before(const Node& node, std::string_view name) { return node.name < name; }

void Insert(Node& root, const JsonScalars::Path& path, size_t index) {
  Node* node = &root;
  for (const std::string& name : path) {
    auto& children = node->children;
    auto place = std::lower_bound(children.begin(), children.end(), name, Before);
    if (place == children.end() || place->name != name) {
      place = children.insert(place, Node{name, {}, {}});
    }
    node = &*place;
  }
  node->index = index;
}

const Node* Find(const Node& parent, std::string_view name) {
  const auto& children = parent.children;
  const auto place = std::lower_bound(children.begin(), children.end(), name, Before);
  return place != children.end() && place->name == name ? &*place : nullptr;
}

std::string_view Trimmed(std::string_view token) {
  const size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// What `value` is if it is not an object; false: it is broken.
bool ReadScalar(ondemand::value value, ondemand::json_type type, Scalar& scalar) {
  if (scalar.kind != Scalar::Kind::kMissing) {
    scalar.kind = Scalar::Kind::kOdd;
    return true;
  }
  switch (type) {
    case ondemand::json_type::string:
      scalar.kind = Scalar::Kind::kText;
      return value.get_string().get(scalar.text) == simdjson::SUCCESS;
    case ondemand::json_type::number:
      scalar = {Scalar::Kind::kNumber, Trimmed(value.raw_json_token())};
      return true;
    case ondemand::json_type::boolean:
      scalar = {Scalar::Kind::kBool, Trimmed(value.raw_json_token())};
      return true;
    case ondemand::json_type::null: scalar.kind = Scalar::Kind::kNull; return true;
    default: scalar.kind = Scalar::Kind::kOdd; return true;
  }
}

bool ReadObject(ondemand::object object, const Node& node, std::vector<Scalar>& scalars) {
  for (auto element : object) {
    ondemand::field field;
    std::string_view name;
    if (std::move(element).get(field) != simdjson::SUCCESS) return false;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    const Node* child = Find(node, name);
    if (child == nullptr) continue;
    ondemand::value value = field.value();
    ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::object && !child->children.empty()) {
      if (child->index.has_value()) scalars[*child->index].kind = Scalar::Kind::kOdd;
      ondemand::object inner;
      if (value.get_object().get(inner) != simdjson::SUCCESS) return false;
      if (!ReadObject(inner, *child, scalars)) return false;
    } else if (child->index.has_value() && !ReadScalar(value, type, scalars[*child->index])) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct JsonScalars::State {
  Node root;
  ondemand::parser parser;
  std::string buffer;  // simdjson reads a little beyond the text
};

JsonScalars::JsonScalars(const std::vector<Path>& paths)
    : state_(std::make_unique<State>()), scalars_(paths.size()) {
  for (size_t i = 0; i < paths.size(); ++i) Insert(state_->root, paths[i], i);
}
JsonScalars::~JsonScalars() = default;

bool JsonScalars::Read(std::string_view text) {
  std::fill(scalars_.begin(), scalars_.end(), Scalar{});
  if (text.empty() || text.size() > kMaxText) return false;
  std::string& buffer = state_->buffer;
  const size_t needed = text.size() + simdjson::SIMDJSON_PADDING;
  if (buffer.size() < needed) buffer.resize(2 * needed);
  std::memcpy(buffer.data(), text.data(), text.size());
  std::memset(buffer.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  ondemand::object object;
  const auto error =
      state_->parser.iterate(buffer.data(), text.size(), buffer.size()).get(document);
  const bool read = error == simdjson::SUCCESS &&
                    document.get_object().get(object) == simdjson::SUCCESS &&
                    ReadObject(object, state_->root, scalars_) &&
                    document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  if (!read) std::fill(scalars_.begin(), scalars_.end(), Scalar{});
  return read;
}

}  // namespace sluice::delta
