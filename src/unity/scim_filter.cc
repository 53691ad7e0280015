#include "unity/scim_filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "catalog/errors.h"

namespace sluice::unity {

struct ScimFilter::Node {
  enum class What { kAnd, kOr, kNot, kEqual, kUnequal, kContains, kStarts, kEnds, kPresent };
  What what = What::kPresent;
  std::string path{};   // of a condition, lower case
  std::string value{};  // lower case
  bool is_null = false;
  std::shared_ptr<const Node> left{};
  std::shared_ptr<const Node> right{};
};

namespace {

using Node = ScimFilter::Node;
using NodePtr = std::shared_ptr<const Node>;
using enum Node::What;

constexpr size_t kLongest = 4096;
constexpr int kDeepest = 32;

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".:_-$").find(c) != std::string_view::npos;
}

// "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName" -> "name.givenname"
std::string PathOf(std::string_view name) {
  std::string path = AsciiLower(name);
  if (path.starts_with("urn:")) path.erase(0, path.rfind(':') + 1);
  return path;
}

std::optional<Node::What> Comparison(std::string_view word) {
  const std::string lower = AsciiLower(word);
  if (lower == "eq") return kEqual;
  if (lower == "ne") return kUnequal;
  if (lower == "co") return kContains;
  if (lower == "sw") return kStarts;
  if (lower == "ew") return kEnds;
  if (lower == "pr") return kPresent;
  return std::nullopt;
}

bool Fits(const Node& node, const std::string& value) {
  const std::string lower = AsciiLower(value);
  switch (node.what) {
    case kEqual:
    case kUnequal: return lower == node.value;
    case kContains: return lower.find(node.value) != std::string::npos;
    case kStarts: return lower.starts_with(node.value);
    case kEnds: return lower.ends_with(node.value);
    default: return !value.empty();
  }
}

Result<bool> Holds(const Node& node, const ScimFilter::Values& values) {
  if (node.what == kNot) return !TRY(Holds(*node.left, values));
  if (node.what == kAnd || node.what == kOr) {
    // Both sides are asked: an attribute that does not exist is an error wherever it stands.
    const bool left = TRY(Holds(*node.left, values));
    const bool right = TRY(Holds(*node.right, values));
    return node.what == kAnd ? left && right : left || right;
  }
  const std::vector<std::string> all = TRY(values(node.path));
  const bool any = node.is_null
                       ? std::ranges::all_of(all, &std::string::empty)
                       : std::ranges::any_of(all, [&](const auto& one) { return Fits(node, one); });
  return node.what == kUnequal ? !any : any;
}

}  // namespace

// One text, from the left to the right.
class ScimParser {
 public:
  explicit ScimParser(std::string_view text) : text_(text) {}

  Result<ScimFilter> Whole() {
    NodePtr root = TRY(Or("", 0));
    if (!AtEnd()) return Wrong("'and', 'or' or the end");
    return ScimFilter(std::move(root));
  }

  Result<ScimPath> Path() {
    ScimPath path;
    path.attribute = TRY(Name());
    if (Take('[')) {
      path.filter = ScimFilter(TRY(Or("", 1)));
      if (!Take(']')) return Wrong("']'");
      // The dot of ".value" is a character of names.
      if (!AtEnd()) {
        const std::string sub = TRY(Name());
        if (!sub.starts_with('.') || sub.size() == 1) return Wrong("'.' and an attribute");
        path.sub_attribute = sub.substr(1);
      }
    }
    if (!AtEnd()) return Wrong("the end");
    return path;
  }

 private:
  std::unexpected<Error> Wrong(std::string_view wanted) const {
    return catalog::InvalidParameter(
        fmt::format("The filter or path is wrong at character {}: expected {}.", at_ + 1, wanted));
  }
  void SkipSpace() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view Peek() {
    SkipSpace();
    size_t end = at_;
    while (end < text_.size() && IsNameChar(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool TakeWord(std::string_view word) {
    if (!EqualsIgnoreCase(Peek(), word)) return false;
    at_ += word.size();
    return true;
  }
  Result<std::string> Name() {
    const std::string_view name = Peek();
    std::string path = PathOf(name);
    if (path.empty()) return Wrong("an attribute");
    at_ += name.size();
    return path;
  }

  static NodePtr Make(Node node) { return std::make_shared<const Node>(std::move(node)); }

  // `around`: the attribute with the bracket that this stands in, and a '.'.
  Result<NodePtr> Or(const std::string& around, int depth) {
    if (depth > kDeepest) return Wrong("fewer brackets");
    NodePtr left = TRY(And(around, depth));
    while (TakeWord("or")) {
      NodePtr right = TRY(And(around, depth));
      left = Make({.what = kOr, .left = std::move(left), .right = std::move(right)});
    }
    return left;
  }
  Result<NodePtr> And(const std::string& around, int depth) {
    NodePtr left = TRY(Factor(around, depth));
    while (TakeWord("and")) {
      NodePtr right = TRY(Factor(around, depth));
      left = Make({.what = kAnd, .left = std::move(left), .right = std::move(right)});
    }
    return left;
  }
  Result<NodePtr> Factor(const std::string& around, int depth) {
    if (TakeWord("not")) {
      if (!Take('(')) return Wrong("'('");
      NodePtr inner = TRY(Bracket(around, depth, ')'));
      return Make({.what = kNot, .left = std::move(inner)});
    }
    if (Take('(')) return Bracket(around, depth, ')');
    std::string name = TRY(Name());
    if (Take('[')) {
      if (!around.empty()) return Wrong("no bracket within a bracket");
      return Bracket(name + '.', depth, ']');
    }
    return Condition(around + name);
  }
  Result<NodePtr> Bracket(const std::string& around, int depth, char end) {
    NodePtr inner = TRY(Or(around, depth + 1));
    if (!Take(end)) return Wrong(end == ')' ? "')'" : "']'");
    return inner;
  }
  Result<NodePtr> Condition(std::string path) {
    const std::string_view word = Peek();
    const auto what = Comparison(word);
    if (!what) return Wrong("eq, ne, co, sw, ew or pr");
    at_ += word.size();
    Node node{.what = *what, .path = std::move(path)};
    if (*what != kPresent) TRY(ReadValue(node));
    return Make(std::move(node));
  }
  // A JSON string, true, false, null or a number.
  Status ReadValue(Node& node) {
    SkipSpace();
    if (at_ < text_.size() && text_[at_] == '"') return ReadString(node);
    const std::string word = AsciiLower(Peek());
    const bool number = !word.empty() && std::ranges::all_of(word, [](char c) {
      return (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
    if (word != "true" && word != "false" && word != "null" && !number) {
      return Wrong("a value in quotes, true, false or a number");
    }
    at_ += word.size();
    node.is_null = word == "null";
    node.value = word;
    if (node.is_null && node.what != kEqual && node.what != kUnequal) {
      return Wrong("eq or ne before null");
    }
    return {};
  }
  Status ReadString(Node& node) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return Wrong("a '\"' at the end of the value");
    const auto value = json::Parse(text_.substr(at_, end + 1 - at_));
    if (!value || !value->is_string()) return Wrong("a value as JSON writes it");
    node.value = AsciiLower(std::string_view(value->as_string().data(), value->as_string().size()));
    at_ = end + 1;
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

Result<ScimFilter> ScimFilter::Parse(std::string_view text) {
  if (text.size() > kLongest) return catalog::InvalidParameter("The filter is too long.");
  return ScimParser(text).Whole();
}

Result<bool> ScimFilter::Matches(const Values& values) const { return Holds(*root_, values); }

Result<ScimPath> ParseScimPath(std::string_view text) {
  if (text.size() > kLongest) return catalog::InvalidParameter("The path is too long.");
  return ScimParser(text).Path();
}

}  // namespace sluice::unity
