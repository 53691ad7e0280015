#include "base/timestamp.h"

#include "base/testing/matchers.h"

namespace sluice {
namespace {

using testing::IsError;
using testing::IsOkAnd;

TEST(Timestamp, ParsesTheProtocolsFormat) {
  EXPECT_THAT(ParseTimestamp("1970-01-01T00:00:00Z"), IsOkAnd(FromUnixMillis(0)));
  EXPECT_THAT(ParseTimestamp("2022-01-01T00:00:00Z"), IsOkAnd(FromUnixMillis(1640995200000)));
  EXPECT_THAT(ParseTimestamp("2024-02-29T23:59:59.5Z"), IsOkAnd(FromUnixMillis(1709251199500)));
  EXPECT_THAT(ParseTimestamp("2022-01-01T01:30:00.123456+01:30"),
              IsOkAnd(FromUnixMillis(1640995200123)));
  EXPECT_THAT(ParseTimestamp("1969-12-31T23:59:59.999Z"), IsOkAnd(FromUnixMillis(-1)));
}

TEST(Timestamp, RefusesEverythingElse) {
  for (const char* bad : {"", "xyz", "2022-01-01", "2022-01-01 00:00:00", "2022-01-01T00:00:00",
                          "2022-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2022-01-01T24:00:00Z",
                          "2022-01-01T00:60:00Z", "2022-01-01T00:00:00.Z", "2022-01-01T00:00:00Zx",
                          "2022-01-01T00:00:00+25:00", "2022-01-01T00:00:00.1234567890Z",
                          "+022-01-01T00:00:00Z", "2022-00-10T00:00:00Z"}) {
    EXPECT_THAT(ParseTimestamp(bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

TEST(Timestamp, RefusesWhatAnOffsetMovesOutOfTheYearsOfFourDigits) {
  EXPECT_THAT(ParseTimestamp("0000-01-01T00:30:10+00:30"),
              IsOkAnd(FromUnixMillis(-62167219190000)));
  EXPECT_THAT(ParseTimestamp("0000-01-01T00:30:10+01:00"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(ParseTimestamp("9999-12-31T23:59:59.999Z"), IsOkAnd(FromUnixMillis(253402300799999)));
  EXPECT_THAT(ParseTimestamp("9999-12-31T23:59:59-00:01"), IsError(Code::kInvalidArgument));
}

TEST(Timestamp, FormatAndParseAgree) {
  for (const int64_t ms :
       {int64_t{0}, int64_t{-1}, int64_t{1709251199500}, int64_t{253402300799999}}) {
    EXPECT_THAT(ParseTimestamp(FormatTimestamp(FromUnixMillis(ms))), IsOkAnd(FromUnixMillis(ms)));
  }
  EXPECT_EQ(FormatTimestamp(FromUnixMillis(1640995200007)), "2022-01-01T00:00:00.007Z");
}

}  // namespace
}  // namespace sluice
