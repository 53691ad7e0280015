#include "base/markup.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Escaped, LeavesNothingThatXmlForbids) {
  EXPECT_EQ(Escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(Escaped(std::string_view("\0\x1f", 2)), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(Escaped("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(Escaped("\xc3\xa4\n"), "\xc3\xa4&#10;");
}

}  // namespace
}  // namespace sluice
