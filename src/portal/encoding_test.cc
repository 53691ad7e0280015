#include "portal/encoding.h"

#include "base/testing/matchers.h"

namespace sluice::portal {
namespace {

TEST(Accepts, ReadsNamesAndWeights) {
  for (const char* header : {"br", "gzip, br", "gzip,BR;q=1.0", " br ; q=0.001 ,x", "*",
                             "x, *;q=0.5", "br, *;q=0", "br;q=", "br;x=0", ",,br,"}) {
    EXPECT_TRUE(Accepts(header, "br")) << header;
  }
  for (const char* header : {"", "gzip", "br;q=0", "br;q=0.000", "br ; Q=0 , gzip", "*;q=0",
                             "*, br;q=0", "brx", "xbr", "b r", ";", ",", "q=1"}) {
    EXPECT_FALSE(Accepts(header, "br")) << header;
  }
}

TEST(HasTag, ComparesWeakly) {
  for (const char* header :
       {"W/\"a\"", "\"a\"", "\"x\", W/\"a\"", "*", " \"a\" ", "\"x\",\"a\",\"y\""}) {
    EXPECT_TRUE(HasTag(header, "W/\"a\"")) << header;
  }
  for (const char* header : {"", "\"\"", "a", "\"ab\"", "W/a", ",", "\"x\"", "w/\"a\""}) {
    EXPECT_FALSE(HasTag(header, "W/\"a\"")) << header;
  }
}

}  // namespace
}  // namespace sluice::portal
