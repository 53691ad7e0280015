#include "server/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <spanstream>
#include <unordered_set>
#include <utility>

#include "server/settings.h"

namespace sluice::server {
namespace {

// Thrown out of the parser's callbacks; never leaves ParseYaml.
struct Refusal : std::exception {
  Refusal(int at, std::string why) : line(at), text(std::move(why)) {}
  int line;
  std::string text;
};

int LineOf(const YAML::Mark& mark) { return mark.line < 0 ? 1 : mark.line + 1; }

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlLimits limits) : limits_(limits) {}
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override { root_.line = LineOf(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    // An empty key is the only null that can be one; it is refused like any key that is no text.
    Add(mark, {.kind = YamlNode::Kind::kNull,
               .line = LineOf(mark),
               .key = {},
               .text = {},
               .plain = false,
               .children = {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refusal(LineOf(mark), "aliases (*name) are not supported");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    Add(mark, {.kind = YamlNode::Kind::kScalar,
               .line = LineOf(mark),
               .key = {},
               .text = value,
               .plain = tag == "?",
               .children = {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map that is being filled.
  struct Frame {
    YamlNode node;
    bool has_key = false;
    std::string key;
    int key_line = 1;
    std::unordered_set<std::string> keys;
  };

  static void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      throw Refusal(LineOf(mark), "anchors (&name) are not supported");
    }
  }
  // "?" and "!" stand for plain and quoted text without a tag.
  static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    throw Refusal(LineOf(mark), "the tag " + Shown(tag) + " is not supported");
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().has_key) {
      throw Refusal(LineOf(mark), "a key must be plain text");
    }
    if (open_.size() >= limits_.depth) {
      throw Refusal(LineOf(mark), fmt::format("nested deeper than {} levels", limits_.depth));
    }
    Frame& frame = open_.emplace_back();
    frame.node.kind = kind;
    frame.node.line = LineOf(mark);
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Place(std::move(node));
  }

  void Add(const YAML::Mark& mark, YamlNode node) {
    if (open_.empty() || open_.back().node.kind != YamlNode::Kind::kMap || open_.back().has_key) {
      Place(std::move(node));
      return;
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      throw Refusal(LineOf(mark), "a key must be plain text");
    }
    Frame& frame = open_.back();
    if (!frame.keys.insert(node.text).second) {
      throw Refusal(LineOf(mark), "the key " + Shown(node.text) + " stands here twice");
    }
    frame.has_key = true;
    frame.key = std::move(node.text);
    frame.key_line = node.line;
  }

  void Place(YamlNode node) {
    if (++nodes_ > limits_.nodes) {
      throw Refusal(node.line, fmt::format("more than {} values", limits_.nodes));
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node.kind == YamlNode::Kind::kMap) {
      node.key = std::move(frame.key);
      node.line = frame.key_line;
      frame.has_key = false;
    }
    frame.node.children.push_back(std::move(node));
  }

  YamlLimits limits_;
  YamlNode root_;
  std::vector<Frame> open_;
  size_t nodes_ = 0;
};

std::unexpected<Error> FailAt(std::string_view name, int line, std::string_view text) {
  return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", name, line, text));
}

}  // namespace

Result<YamlNode> ParseYaml(std::string_view text, std::string_view name, YamlLimits limits) {
  try {
    std::ispanstream stream(std::span<const char>(text.data(), text.size()));
    YAML::Parser parser(stream);
    TreeBuilder builder(limits);
    if (!parser.HandleNextDocument(builder)) return YamlNode{};
    TreeBuilder second(limits);
    if (parser.HandleNextDocument(second)) {
      return FailAt(name, second.TakeRoot().line, "only one document may stand in the file");
    }
    return builder.TakeRoot();
  } catch (const Refusal& refusal) {
    return FailAt(name, refusal.line, refusal.text);
  } catch (const YAML::Exception& error) {
    return FailAt(name, LineOf(error.mark), "not YAML: " + Printable(error.msg));
  } catch (const std::exception& error) {
    return FailAt(name, 1, fmt::format("not YAML: {}", error.what()));
  }
}

}  // namespace sluice::server
