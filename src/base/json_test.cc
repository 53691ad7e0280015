#include "base/json.h"

#include "base/testing/matchers.h"

namespace sluice::json {
namespace {

using sluice::testing::IsError;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(text, out);
  return out;
}

TEST(Json, ParsesValuesAndSaysWhereTextIsBroken) {
  const Result<Value> value = Parse(R"({"a":[1,2.5,"x",null,true]})");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->at("a").as_array().size(), 5U);
  EXPECT_THAT(Parse("{\"a\":}"), IsError(Code::kInvalidArgument, "byte 5"));
  EXPECT_THAT(Parse("{\"a\":1"), IsError(Code::kInvalidArgument, "incomplete"));
  EXPECT_THAT(Parse(""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Parse("{} x"), IsError(Code::kInvalidArgument, "after the value"));
  EXPECT_TRUE(Parse("{} \n").has_value());
  EXPECT_THAT(Parse("{\"a\":\"\xff\"}"), IsError(Code::kInvalidArgument));
}

TEST(Json, NumbersBeyondDoublesAreRefusedWhereverTheyStand) {
  EXPECT_THAT(Parse("-2.5e910"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Parse(R"([{"a":[1,2.5e910,null]}])"), IsError(Code::kInvalidArgument));
  EXPECT_TRUE(Parse("[1e308,-1e308,1e-400]").has_value());
}

TEST(Json, QuotesTheSameWhereverACharacterStands) {
  const std::pair<std::string_view, std::string_view> kinds[] = {
      {"\"", "\\\""},      {"\\", "\\\\"},           {"\n", "\\n"},
      {"\x1f", "\\u001f"}, {"\xc3\xa9", "\xc3\xa9"}, {"\xe2\x80\xa8", "\\u2028"},
      {"\x7f", "\x7f"},    {"\xff", "\xef\xbf\xbd"}};
  for (const auto& [special, escaped] : kinds) {
    for (size_t before = 0; before < 40; ++before) {
      for (const size_t after : {0U, 1U, 15U, 16U, 600U}) {
        const std::string head(before, 'a');
        const std::string tail(after, 'z');
        EXPECT_EQ(Quoted(head + std::string(special) + tail),
                  '"' + head + std::string(escaped) + tail + '"');
      }
    }
  }
  EXPECT_EQ(Quoted(std::string(1000, '"')).size(), 2002U);
}

TEST(Json, LimitsAreKept) {
  EXPECT_THAT(Parse("[1,2,3,4]", {.size = {5}}), IsError(Code::kResourceExhausted));
  const std::string deep = std::string(101, '[') + std::string(101, ']');
  EXPECT_THAT(Parse(deep), IsError(Code::kResourceExhausted, "100"));
  EXPECT_TRUE(Parse(deep.substr(1, 200)).has_value());
}

TEST(Json, QuotesWhatJsonAndLineReadersNeed) {
  EXPECT_EQ(Quoted("plain"), "\"plain\"");
  EXPECT_EQ(Quoted("a\"b\\c\n\t\x01"), "\"a\\\"b\\\\c\\n\\t\\u0001\"");
  EXPECT_EQ(Quoted("x\xe2\x80\xa8y\xe2\x80\xa9z\xc2\x85"), "\"x\\u2028y\\u2029z\\u0085\"");
  EXPECT_EQ(Quoted("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

TEST(Json, BrokenUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(Quoted("a\xff"
                   "b"),
            "\"a\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");      // overlong '/'
  EXPECT_EQ(Quoted("\xed\xa0\x80").find("\xed"), std::string::npos);  // a surrogate
  EXPECT_EQ(Quoted("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");      // cut off
}

TEST(Json, EveryQuotedTextParsesBack) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; second += 7) {
      std::string text = {static_cast<char>(first), static_cast<char>(second), 'x'};
      EXPECT_TRUE(Parse(Quoted(text)).has_value()) << first << " " << second;
    }
  }
}

TEST(Json, IntegersOfAllSizes) {
  std::string out;
  AppendInt(INT64_MIN, out);
  out += ' ';
  AppendInt(INT64_MAX, out);
  EXPECT_EQ(out, "-9223372036854775808 9223372036854775807");
}

}  // namespace
}  // namespace sluice::json
