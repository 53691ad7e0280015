#include "delta/stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::delta {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(NumRecords, FindsTheMember) {
  EXPECT_THAT(NumRecords(R"({"numRecords":7})"), Optional(7));
  EXPECT_THAT(NumRecords(R"({ "numRecords" : 0 , "x":1})"), Optional(0));
  EXPECT_THAT(NumRecords(R"({"minValues":{"a":"}{\""},"numRecords":12,"z":[{}]})"), Optional(12));
  EXPECT_THAT(NumRecords(R"({"numRecords":9223372036854775807})"), Optional(INT64_MAX));
}

TEST(NumRecords, TakesNoColumnForIt) {
  EXPECT_THAT(NumRecords(R"({"minValues":{"numRecords":3}})"), Eq(std::nullopt));
  EXPECT_THAT(NumRecords(R"({"minValues":{"numRecords":3},"numRecords":5})"), Optional(5));
  EXPECT_THAT(NumRecords(R"({"x":"numRecords","numRecords":5})"), Optional(5));
  EXPECT_THAT(NumRecords(R"({"x":"\"numRecords\":4"})"), Eq(std::nullopt));
}

TEST(NumRecords, IsNothingInBrokenStatistics) {
  for (const char* text : {"", "{", "null", "7", R"({"numRecords"})", R"({"numRecords":)",
                           R"({"numRecords":-1})", R"({"numRecords":1.5})", R"({"numRecords":1e3})",
                           R"({"numRecords":"7"})", R"({"numRecords":99999999999999999999})",
                           R"({"numRecords)", R"(["numRecords",7])", R"({"a\)"}) {
    EXPECT_THAT(NumRecords(text), Eq(std::nullopt)) << text;
  }
}

}  // namespace
}  // namespace sluice::delta
