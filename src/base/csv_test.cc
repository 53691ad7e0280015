#include "base/csv.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

std::string Cell(std::string_view text) {
  std::string out;
  AppendCsvCell(text, out);
  return out;
}

TEST(CsvCell, IsQuotedWhereItMustBe) {
  EXPECT_EQ(Cell(""), "");
  EXPECT_EQ(Cell("plain text"), "plain text");
  EXPECT_EQ(Cell("a,b"), "\"a,b\"");
  EXPECT_EQ(Cell("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(Cell("two\nlines"), "\"two\nlines\"");
}

TEST(CsvCell, IsNoFormula) {
  EXPECT_EQ(Cell("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
  for (const std::string_view text : {"+1", "-1", "@SUM(A1)", "\tx", "\rx"}) {
    EXPECT_EQ(Cell(text), fmt::format("\"'{}\"", text));
  }
  EXPECT_EQ(Cell("1=2"), "1=2");
}

}  // namespace
}  // namespace sluice
