#include "delta/like_pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "delta/testing/random_rows.h"
#include "delta/testing/slow_like.h"

namespace sluice::delta {
namespace {

bool IsLike(std::string_view text, std::string_view pattern) {
  const auto like = LikePattern::Parse(pattern);
  EXPECT_TRUE(like.has_value()) << pattern;
  return like.has_value() && like->Matches(text);
}

TEST(LikePattern, WildcardsStandForText) {
  for (const auto& [text, pattern] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", ""},         {"", "%"},          {"", "%%"},     {"a", "a"},
           {"a", "_"},       {"a", "%"},         {"abc", "a%"},  {"abc", "%c"},
           {"abc", "a%c"},   {"abc", "a_c"},     {"abc", "%b%"}, {"abc", "___"},
           {"aab", "%ab"},   {"aXbXc", "a%X%c"}, {"20", "20%"},  {"50%", "50\\%"},
           {"a_b", "a\\_b"}, {"a\\b", "a\\\\b"}, {"ab", "_%_"},  {"mississippi", "%iss%ip_i"}}) {
    EXPECT_TRUE(IsLike(text, pattern)) << text << " like " << pattern;
  }
  for (const auto& [text, pattern] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a", ""},
                                                                  {"", "_"},
                                                                  {"", "a"},
                                                                  {"a", "A"},
                                                                  {"a", "aa"},
                                                                  {"aa", "a"},
                                                                  {"abc", "ab"},
                                                                  {"abc", "bc"},
                                                                  {"abc", "a_"},
                                                                  {"501", "50\\%"},
                                                                  {"aXb", "a\\_b"},
                                                                  {"a", "_%_"},
                                                                  {"abd", "a%c"},
                                                                  {"mississippi", "%iss%ip"}}) {
    EXPECT_FALSE(IsLike(text, pattern)) << text << " like " << pattern;
  }
}

TEST(LikePattern, CharactersAreThoseOfUnicode) {
  EXPECT_TRUE(IsLike("é", "_"));
  EXPECT_TRUE(IsLike("🐤", "_"));
  EXPECT_TRUE(IsLike("a🐤b", "a_b"));
  EXPECT_FALSE(IsLike("é", "__"));
  EXPECT_FALSE(IsLike("🐤", "____"));
  EXPECT_TRUE(IsLike("Malmö", "%ö"));
  EXPECT_FALSE(IsLike("MALMÖ", "%ö"));
  EXPECT_FALSE(IsLike("o\xCC\x88", "ö"));  // the same letter, put together
}

TEST(LikePattern, BrokenTextIsByteByByte) {
  EXPECT_TRUE(IsLike("\xFF", "_"));
  EXPECT_TRUE(IsLike("\xC3", "\xC3"));
  EXPECT_FALSE(IsLike("\xFF", "\xFE"));
  EXPECT_TRUE(IsLike("\xC0\xAF", "__"));            // too long a form
  EXPECT_TRUE(IsLike("\xED\xA0\x80", "___"));       // half of a pair
  EXPECT_TRUE(IsLike("\xF4\x90\x80\x80", "____"));  // behind the last one
  EXPECT_TRUE(IsLike("\xE2\x82", "__"));            // cut off
}

TEST(LikePattern, OddEscapesAreRefused) {
  for (const char* pattern : {"\\", "a\\", "\\a", "%\\", "\\\\\\"}) {
    EXPECT_FALSE(LikePattern::Parse(pattern).has_value()) << pattern;
  }
  EXPECT_TRUE(LikePattern::Parse(std::string(LikePattern::kMaxBytes, 'a')).has_value());
  EXPECT_FALSE(LikePattern::Parse(std::string(LikePattern::kMaxBytes + 1, 'a')).has_value());
}

// Patterns on both sides of a word's end.
TEST(LikePattern, IsAsLongAsItHasToBe) {
  for (size_t size = 60; size < 200; ++size) {
    const std::string text(size, 'a');
    EXPECT_TRUE(IsLike(text, text));
    EXPECT_TRUE(IsLike(text, std::string(size, '_')));
    EXPECT_TRUE(IsLike(text, "%" + text + "%"));
    EXPECT_FALSE(IsLike(text, text + "a"));
    EXPECT_FALSE(IsLike(text, text.substr(1)));
    EXPECT_FALSE(IsLike(text, text.substr(1) + "b"));
  }
}

// What would take a backtracking matcher longer than there is time.
TEST(LikePattern, TakesLinearTime) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "%a_";
  EXPECT_FALSE(IsLike(std::string(20'000, 'a') + "b", pattern + "c"));
  EXPECT_TRUE(IsLike(std::string(20'000, 'a'), pattern + "%"));
}

TEST(LikePattern, IsWhatTheDefinitionSays) {
  testing::Dice dice(7);
  const std::vector<std::string> pieces = {"a", "b", "é", "🐤", "%", "_", "\\%", "\\_", "\\\\"};
  const std::vector<std::string> letters = {"a", "b", "é", "🐤", "%", "_", "\\"};
  int matches = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern, text;
    for (int i = dice.Roll(7); i > 0; --i) pattern += dice.Of(pieces);
    for (int i = dice.Roll(7); i > 0; --i) text += dice.Of(letters);
    const bool is_like = IsLike(text, pattern);
    ASSERT_EQ(is_like, testing::IsLikeSlowly(text, pattern)) << text << " like " << pattern;
    matches += is_like ? 1 : 0;
  }
  EXPECT_GT(matches, 1'000);
}

}  // namespace
}  // namespace sluice::delta
