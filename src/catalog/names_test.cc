#include "catalog/names.h"

#include "base/testing/matchers.h"

namespace sluice::catalog {
namespace {

using testing::IsError;
using testing::IsOk;

constexpr NameKind kAllKinds[] = {NameKind::kShare, NameKind::kSchema, NameKind::kTable};

TEST(CheckName, TakesWhatTheProtocolAllows) {
  for (const NameKind kind : kAllKinds) {
    EXPECT_THAT(CheckName(kind, "orders"), IsOk());
    EXPECT_THAT(CheckName(kind, "Orders_2024-Q1"), IsOk());
    EXPECT_THAT(CheckName(kind, "größe"), IsOk());
    EXPECT_THAT(CheckName(kind, "a'b\"c;--"), IsOk());
    EXPECT_THAT(CheckName(kind, "\xF0\x9F\x9A\xB0"), IsOk());
  }
}

TEST(CheckName, CountsCharactersAndNotBytes) {
  std::string two_bytes_each;
  for (int i = 0; i < 255; ++i) two_bytes_each += "ü";
  EXPECT_THAT(CheckName(NameKind::kTable, two_bytes_each), IsOk());
  EXPECT_THAT(CheckName(NameKind::kTable, two_bytes_each + "x"),
              IsError(Code::kInvalidArgument, "256 characters"));
  EXPECT_THAT(CheckName(NameKind::kTable, std::string(255, 'x')), IsOk());
  EXPECT_THAT(CheckName(NameKind::kTable, std::string(256, 'x')),
              IsError(Code::kInvalidArgument, "at most 255"));
}

TEST(CheckName, ADotOnlyInShares) {
  EXPECT_THAT(CheckName(NameKind::kShare, "acme.sales"), IsOk());
  EXPECT_THAT(CheckName(NameKind::kSchema, "acme.sales"), IsError(Code::kInvalidArgument, "'.'"));
  EXPECT_THAT(CheckName(NameKind::kTable, "acme.sales"), IsError(Code::kInvalidArgument, "'.'"));
  EXPECT_THAT(CheckName(NameKind::kTable, ".."), IsError(Code::kInvalidArgument, "'.'"));
}

TEST(CheckName, RefusesWhatTheProtocolForbids) {
  for (const NameKind kind : kAllKinds) {
    EXPECT_THAT(CheckName(kind, ""), IsError(Code::kInvalidArgument, "has no name"));
    EXPECT_THAT(CheckName(kind, "a b"), IsError(Code::kInvalidArgument, "a space"));
    EXPECT_THAT(CheckName(kind, " a"), IsError(Code::kInvalidArgument, "a space"));
    EXPECT_THAT(CheckName(kind, "a/b"), IsError(Code::kInvalidArgument, "'/'"));
    EXPECT_THAT(CheckName(kind, "a\nb"), IsError(Code::kInvalidArgument, "0x0a"));
    EXPECT_THAT(CheckName(kind, "a\x7f"), IsError(Code::kInvalidArgument, "0x7f"));
    EXPECT_THAT(CheckName(kind, std::string_view("a\0b", 3)),
                IsError(Code::kInvalidArgument, "0x00"));
  }
}

TEST(CheckName, AControlCharacterIsNotRepeatedInTheMessage) {
  const Status status = CheckName(NameKind::kShare, "a\x1b[31mred");
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message.find('\x1b'), std::string::npos);
  const Status both = CheckName(NameKind::kShare, "a b\x1b[31mred");
  ASSERT_FALSE(both.has_value());
  EXPECT_EQ(both.error().message.find('\x1b'), std::string::npos);
}

TEST(CheckName, RefusesWhatIsNotUtf8) {
  for (const std::string_view bad :
       {"\xff", "a\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_THAT(CheckName(NameKind::kTable, bad), IsError(Code::kInvalidArgument, "UTF-8"));
  }
}

}  // namespace
}  // namespace sluice::catalog
