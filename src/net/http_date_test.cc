#include "net/http_date.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(ParseHttpDate, ReadsTheThreeForms) {
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(ParseHttpDate(text), FromUnixMillis(784'111'777'000)) << text;
  }
}

TEST(ParseHttpDate, RefusesTheRest) {
  for (const std::string_view text : {"", "120", "soon", "99:99:99", "Sun, 99 Nov 1994 08:49:37"}) {
    EXPECT_FALSE(ParseHttpDate(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sluice::net
