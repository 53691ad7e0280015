#include "server/yaml_document.h"

#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using testing::IsError;
using testing::IsOk;
using NodeKind = YamlNode::Kind;

TEST(ParseYaml, GivesATreeWithLines) {
  const auto root = ParseYaml("# head\na: 1\nb:\n- x\n- \"\"\n-\nc: {d: 'e'}\n", "f");
  ASSERT_THAT(root, IsOk());
  ASSERT_EQ(root->kind, NodeKind::kMap);
  ASSERT_EQ(root->children.size(), 3U);
  EXPECT_EQ(root->children[0].key, "a");
  EXPECT_EQ(root->children[0].text, "1");
  EXPECT_EQ(root->children[0].line, 2);
  const YamlNode& list = root->children[1];
  EXPECT_EQ(list.kind, NodeKind::kList);
  EXPECT_EQ(list.line, 3);
  ASSERT_EQ(list.children.size(), 3U);
  EXPECT_EQ(list.children[0].line, 4);
  EXPECT_EQ(list.children[1].kind, NodeKind::kScalar);
  EXPECT_EQ(list.children[2].kind, NodeKind::kNull);
  EXPECT_EQ(root->children[2].children[0].text, "e");
}

TEST(ParseYaml, NothingIsNull) {
  for (const std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "~", "null"}) {
    const auto root = ParseYaml(text, "f");
    ASSERT_THAT(root, IsOk()) << text;
    EXPECT_EQ(root->kind, NodeKind::kNull) << text;
  }
}

TEST(ParseYaml, SaysWhereTheTextIsNotYaml) {
  EXPECT_THAT(ParseYaml("a: 1\nb: [1, 2\nc: 3\n", "f.yaml"),
              IsError(Code::kInvalidArgument, "f.yaml:"));
  EXPECT_THAT(ParseYaml("a: 1\n\tb: 2\n", "f"), IsError(Code::kInvalidArgument, "not YAML"));
  EXPECT_THAT(ParseYaml("a: 'x", "f"), IsError(Code::kInvalidArgument, "not YAML"));
  EXPECT_THAT(ParseYaml("a: 1\nb: c: d\n", "f"), IsError(Code::kInvalidArgument, "f:2: "));
}

TEST(ParseYaml, RefusesAKeyThatStandsTwice) {
  EXPECT_THAT(ParseYaml("a: 1\nb: 2\na: 3\n", "f"),
              IsError(Code::kInvalidArgument, "f:3: the key 'a' stands here twice"));
  EXPECT_THAT(ParseYaml("x: {a: 1, \"a\": 2}", "f"), IsError(Code::kInvalidArgument, "twice"));
  EXPECT_THAT(ParseYaml("a: 1\nb:\n  a: 1\n", "f"), IsOk());
}

TEST(ParseYaml, RefusesAnchorsAliasesAndSoEveryAliasBomb) {
  EXPECT_THAT(ParseYaml("a: &x 1\n", "f"), IsError(Code::kInvalidArgument, "f:1: anchors"));
  EXPECT_THAT(ParseYaml("a: &x [1]\n", "f"), IsError(Code::kInvalidArgument, "anchors"));
  EXPECT_THAT(ParseYaml("a: &x\n  b: 1\n", "f"), IsError(Code::kInvalidArgument, "anchors"));
  EXPECT_THAT(ParseYaml("a: *x\n", "f"), IsError(Code::kInvalidArgument));
  std::string bomb = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n";
  for (int i = 1; i < 30; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += "*a" + std::to_string(i - 1) + ",";
    bomb += "]\n";
  }
  EXPECT_THAT(ParseYaml(bomb, "f"), IsError(Code::kInvalidArgument, "f:1: anchors"));
}

TEST(ParseYaml, RefusesTagsKeysAndDocumentsItHasNoUseFor) {
  EXPECT_THAT(ParseYaml("a: !!str 1", "f"), IsOk());
  EXPECT_THAT(ParseYaml("a: !include x.yaml", "f"), IsError(Code::kInvalidArgument, "!include"));
  EXPECT_THAT(ParseYaml("? [a, b]\n: 1", "f"), IsError(Code::kInvalidArgument, "plain text"));
  EXPECT_THAT(ParseYaml("{a: 1}: 1", "f"), IsError(Code::kInvalidArgument, "plain text"));
  EXPECT_THAT(ParseYaml("~: 1", "f"), IsError(Code::kInvalidArgument, "plain text"));
  EXPECT_THAT(ParseYaml("a: 1\n---\nb: 2\n", "f"),
              IsError(Code::kInvalidArgument, "only one document"));
}

TEST(ParseYaml, HasLimits) {
  EXPECT_THAT(ParseYaml("[[[1]]]", "f", {.depth = 3, .nodes = 100}), IsOk());
  EXPECT_THAT(ParseYaml("[[[1]]]", "f", {.depth = 2, .nodes = 100}),
              IsError(Code::kInvalidArgument, "deeper than 2"));
  EXPECT_THAT(ParseYaml(std::string(100, '[') + std::string(100, ']'), "f"),
              IsError(Code::kInvalidArgument, "deeper than 32"));
  for (const std::string_view part : {"[", "{", "- ", "? ", "a: ", "[{", "[?", "!", "&a "}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += part;
    EXPECT_THAT(ParseYaml(deep, "f"), IsError(Code::kInvalidArgument)) << part;
  }
  std::string blocks;
  for (size_t i = 0; i < 1000; ++i) blocks += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(ParseYaml(blocks, "f"), IsError(Code::kInvalidArgument, "deeper than 32"));
  EXPECT_THAT(ParseYaml("[1,2,3,4]", "f", {.depth = 3, .nodes = 4}),
              IsError(Code::kInvalidArgument, "more than 4 values"));
}

// yaml-cpp repeats the character that it did not expect.
TEST(ParseYaml, AMessageIsSafeToPrint) {
  const auto refused = ParseYaml("a: \"\\\x1b[31m\"", "f");
  ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "not YAML"));
  EXPECT_EQ(refused.error().message.find('\x1b'), std::string::npos);
}

TEST(ParseYaml, HoldsForBytesThatAreNoText) {
  for (const std::string_view text :
       {std::string_view("\0\0\0", 3), std::string_view("\xff\xfe\x00\x00", 4),
        std::string_view("\xef\xbb\xbf"), std::string_view("%YAML 9.9\n"),
        std::string_view("a: \"\\x\""), std::string_view("a: \"\\uD800\""),
        std::string_view("%TAG ! a\n%TAG ! b\n---\n"), std::string_view("- - - :\n ?"),
        std::string_view("\xc3\x28: \x80")}) {
    const auto root = ParseYaml(text, "f");
    if (!root.has_value()) {
      EXPECT_EQ(root.error().code, Code::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace sluice::server
