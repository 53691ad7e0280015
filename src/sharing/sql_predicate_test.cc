#include "sharing/sql_predicate.h"

#include <ranges>
#include <span>

#include "base/testing/matchers.h"
#include "delta/testing/predicate_text.h"

namespace sluice::sharing {
namespace {

std::string Read(std::string_view text) {
  return delta::testing::PredicateText(ParseSqlPredicate(text));
}

struct Case {
  std::string_view text;
  std::string_view predicate;
};

void Check(std::span<const Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(Read(c.text), c.predicate) << c.text;
}

TEST(SqlPredicate, ReadsTheExpressionsOfTheSpecification) {
  constexpr Case kCases[] = {
      {"col = 123", "(= col number'123')"},   {"col > 'foo'", "(< string'foo' col)"},
      {"'foo' < col", "(< string'foo' col)"}, {"col >= 123", "(<= number'123' col)"},
      {"123 <= col", "(<= number'123' col)"}, {"col <> 'foo'", "(not (= col string'foo'))"},
      {"col IS NULL", "(null col)"},          {"col IS NOT NULL", "(not (null col))"},
  };
  Check(kCases);
}

// Expression.sql of Spark 2.4 to 4.0, with the rewriting of the Delta Sharing connector.
TEST(SqlPredicate, ReadsWhatSparkSends) {
  constexpr Case kCases[] = {
      {"(CAST(partitionValues.date AS DATE) IS NOT NULL)", "(not (null date))"},
      {"(CAST(`partitionValues.date` AS DATE) = DATE '2021-04-28')", "(= date date'2021-04-28')"},
      {"(CAST(partitionValues.c AS SMALLINT) = 5S)", "(= c int'5')"},
      {"(CAST(partitionValues.c AS DECIMAL(10,2)) > 1.50BD)", "(< number'1.50' c)"},
      {"(CAST(CAST(partitionValues.c AS INT) AS STRING) = '05')", "(= c as string string'05')"},
      {"((date >= DATE '2021-01-01') AND (date <= DATE '2021-01-31'))",
       "(and (<= date'2021-01-01' date) (<= date date'2021-01-31'))"},
      {"(`a` IS NOT NULL)", "(not (null a))"},
      {"(cast(x as int) = 5)", "(= x as int number'5')"},
      {"(NOT (a = 'x'))", "(not (= a string'x'))"},
      {"(a IN (1, 2, 3))", "(in a number'1' number'2' number'3')"},
      {"(NOT (a IN ('x', 'y')))", "(not (in a string'x' string'y'))"},
      {"(a <=> 1)", "(or (and (null a) (or)) (and (not (null a)) (not (or)) (= a number'1')))"},
      {"(ts < TIMESTAMP '2021-04-28 01:02:03.5')", "(< ts timestamp'2021-04-28 01:02:03.5')"},
      {"(a = 5L)", "(= a long'5')"},
      {"(a = 5Y)", "(= a int'5')"},
      {"(a = 1.5D)", "(= a double'1.5')"},
      {"(a = -1.5D)", "(= a double'-1.5')"},
      {"(a = CAST(1.5 AS FLOAT))", "(= a float'1.5')"},
      {"(a = CAST('NaN' AS DOUBLE))", "(= a double'NaN')"},
      {"(a = CAST(NULL AS INT))", "(= a null'')"},
      {"b", "(= b bool'true')"},
      {"(NOT b)", "(not (= b bool'true'))"},
      {"true", "(and)"},
      {"(startswith(s, 'x'))", "(starts s as string string'x')"},
      {"s LIKE 'x%'", "(starts s as string string'x')"},
      {"(contains(s, 'x') AND (a = 1))", "(and ? (= a number'1'))"},
      {"((a + 1) = 5)", "?"},
      {"((a % 2) = 0) AND (b.c = 1)", "(and ? (= b.c number'1'))"},
      {"(x'1F' = a) OR (a = 1)", "(or ? (= a number'1'))"},
  };
  Check(kCases);
}

TEST(SqlPredicate, OperatorsBindAsInSql) {
  constexpr Case kCases[] = {
      {"a = 1 OR b = 2 AND c = 3", "(or (= a number'1') (and (= b number'2') (= c number'3')))"},
      {"NOT a = 1 AND b", "(and (not (= a number'1')) (= b bool'true'))"},
      {"NOT NOT NOT b", "(not (= b bool'true'))"},
      {"NOT NOT b", "(= b bool'true')"},
      {"a = 1 and b = 2 And c = 3", "(and (= a number'1') (= b number'2') (= c number'3'))"},
      {"a = 1 OR b OR c", "(or (= a number'1') (= b bool'true') (= c bool'true'))"},
      {"a BETWEEN 1 AND 2 AND b", "(and (and (<= number'1' a) (<= a number'2')) (= b bool'true'))"},
      {"a NOT BETWEEN 1 AND 2", "(not (and (<= number'1' a) (<= a number'2')))"},
      {"a NOT IN (1)", "(not (in a number'1'))"},
      {"a != 1", "(not (= a number'1'))"},
      {"a == 1", "(= a number'1')"},
      {"((a)) = ((1))", "(= a number'1')"},
      {"a=-1", "(= a number'-1')"},
      {"a = - 1", "(= a number'-1')"},
      {"a<>b", "(not (= a b))"},
      // Which of the two comes first is not the same everywhere.
      {"a = b = c", "?"},
      {"a = b IS NULL", "?"},
      {"a BETWEEN 1 AND 2 = TRUE", "?"},
      {"x = 5 AND a = 1 || b = 2", "?"},
  };
  Check(kCases);
}

TEST(SqlPredicate, ReadsNamesAndLiterals) {
  constexpr Case kCases[] = {
      {"`a b`.`c``d` = 1", "(= a b.c`d number'1')"},
      {"stra\xc3\x9f"
       "e = 'it''s'",
       "(= stra\xc3\x9f"
       "e string'it's')"},
      {"date = 1", "(= date number'1')"},
      {"timestamp > TIMESTAMP '2021-01-01T00:00:00Z'",
       "(< timestamp'2021-01-01T00:00:00Z' timestamp)"},
      {"a = .5", "(= a number'.5')"},
      {"a = 5.", "(= a number'5.')"},
      {"a = 1e3", "(= a double'1e3')"},
      {"a = 1.5E-3D", "(= a double'1.5E-3')"},
      {"a = 1.5F", "(= a float'1.5')"},
      {"a = TRUE", "(= a bool'true')"},
      {"a = NULL", "(= a null'')"},
      {"a IN (1, NULL)", "(in a number'1' null'')"},
      {"a = ''", "(= a string'')"},
      {"\n\ta\r=\n1 ", "(= a number'1')"},
      // Numbers that are none.
      {"a = 1e", "?"},
      {"a = 1ee5", "?"},
      {"a = 1.5L", "?"},
      {"a = 1x AND b", "(and ? (= b bool'true'))"},
      {"a = - 'x' AND b", "(and ? (= b bool'true'))"},
  };
  Check(kCases);
}

TEST(SqlPredicate, CastsOfLiteralsMustKeepTheirValue) {
  constexpr Case kCases[] = {
      {"a = CAST('2021-04-28' AS DATE)", "(= a date'2021-04-28')"},
      {"a = CAST('5' AS BIGINT)", "(= a long'5')"},
      {"a = CAST(5 AS INT)", "(= a int'5')"},
      {"a = CAST(-5 AS BIGINT)", "(= a long'-5')"},
      {"a = CAST(3000000000 AS INT)", "?"},
      {"a = CAST(1.7 AS INT)", "?"},
      {"a = CAST(1.5F AS DOUBLE)", "?"},
      {"a = CAST(5 AS STRING)", "?"},
      {"a = CAST(TIMESTAMP '2021-04-28 00:00:00' AS DATE)", "?"},
      {"a = CAST('5' AS DECIMAL(10,2))", "?"},
      {"a = CAST(b = 1 AS INT)", "?"},
  };
  Check(kCases);
}

TEST(SqlPredicate, CastsOfColumnsSayAsWhatTheyAreLookedAt) {
  constexpr Case kCases[] = {
      {"CAST(a AS STRING) = 'x'", "(= a as string string'x')"},
      {"CAST(a AS BIGINT) IS NULL", "(null a as long)"},
      {"CAST(a AS BOOLEAN)", "(= a as bool bool'true')"},
      {"CAST(a AS INT)", "?"},
      {"CAST(a AS TINYINT) = 5", "?"},
      {"CAST(a AS VARCHAR(3)) = 'abc'", "?"},
      {"CAST(CAST(a AS INT) AS STRING) = '5'", "?"},
      {"startswith(CAST(a AS DATE), '2021')", "?"},
      {"CAST(a AS STRING) LIKE '2021%'", "(starts a as string string'2021')"},
      {"CAST(a AS TIMESTAMP WITH TIME ZONE) = 5 AND b", "?"},
  };
  Check(kCases);
}

TEST(SqlPredicate, OfPatternsOnlyPrefixesAndWholeTexts) {
  constexpr Case kCases[] = {
      {"s LIKE 'x'", "(= s as string string'x')"},
      {"s LIKE '%'", "(starts s as string string'')"},
      {"s NOT LIKE 'x%'", "(not (starts s as string string'x'))"},
      {"s LIKE '%x'", "?"},
      {"s LIKE 'a_b%'", "?"},
      {"s LIKE 'a_'", "?"},
      {"s LIKE 'a%%'", "?"},
      {"s LIKE 'a!%' ESCAPE '!' AND b", "(and ? (= b bool'true'))"},
      {"s ILIKE 'a%' AND b", "(and ? (= b bool'true'))"},
      {"s LIKE t AND b", "(and ? (= b bool'true'))"},
      {"'x' LIKE 'x%'", "?"},
  };
  Check(kCases);
}

TEST(SqlPredicate, ANullSafeComparisonIsNeverNull) {
  EXPECT_EQ(Read("a <=> NULL"),
            "(or (and (null a) (and)) (and (not (null a)) (not (and)) (= a null'')))");
  EXPECT_EQ(Read("a <=> b"),
            "(or (and (null a) (null b)) (and (not (null a)) (not (null b)) (= a b)))");
  // Text that is no number may become null.
  EXPECT_EQ(Read("a <=> CAST('x' AS INT)"),
            "(or (and (null a) ?) (and (not (null a)) (not ?) (= a int'x')))");
}

// One a line.
constexpr std::string_view kBroken = R"--(
(
)
a =
= 1
a = 1)
(a = 1
a = 1 b
a = 1; DROP TABLE t
a = 1 -- b
a = 1 /* b */
a = "x"
"a" = 1
a = 'it\'s'
a = 'x\n'
a = 'x
`a = 1
a = 'x' 'y'
a IN ()
a IN 1
a IN (SELECT 1)
a IN (1,)
(a, b) = (1, 2)
a IS
a IS NOT
a IS TRUE
a NOT NULL
a NOT = 1
a BETWEEN 1
a BETWEEN 1 OR 2
CASE WHEN a THEN b END
a = ?
a = :x
a::int = 5
a[0] = 1
a || b = 'x'
a & 1 = 1
!a
! (a = 1)
- - 1 = a
--1 = a
CAST(a = 5
CAST(a AS)
CAST(a, INT) = 1
f(a
f(a = 1
a. = 1
a.1 = 1
a = INTERVAL 1 DAY
NOT
AND
a OR
a AND AND b
?
)--";

TEST(SqlPredicate, WhatCannotBeReadIsUnknown) {
  for (const auto line : std::views::split(kBroken, '\n')) {
    const std::string_view text(line.begin(), line.end());
    EXPECT_EQ(Read(text), "?") << text;
  }
  EXPECT_EQ(Read(" "), "?");
  EXPECT_EQ(Read("a = 1 \x01"), "?");
  EXPECT_EQ(Read(std::string_view("a = 1\0", 6)), "?");
}

TEST(SqlPredicate, WhatIsReadOverIsUnknownByItself) {
  constexpr Case kCases[] = {
      {"f(a, (b), 'x)') = 1 AND b", "(and ? (= b bool'true'))"},
      {"s.f(a) = 1 AND b", "(and ? (= b bool'true'))"},
      {"a > ALL (SELECT 1) AND b", "(and ? (= b bool'true'))"},
      {"EXISTS (SELECT 1) AND b", "(and ? (= b bool'true'))"},
      {"startswith(a) AND b", "(and ? (= b bool'true'))"},
      {"(a = 1) = TRUE AND b", "(and ? (= b bool'true'))"},
      {"a IN (1, f(2)) AND b", "(and ? (= b bool'true'))"},
      {"a = 2 * 3 - b / 4 AND b", "(and ? (= b bool'true'))"},
      {"5 AND b", "(and ? (= b bool'true'))"},
      {"NULL AND b", "(and ? (= b bool'true'))"},
  };
  Check(kCases);
}

std::string Repeat(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

TEST(SqlPredicate, AHundredParenthesesDeepAndNoMore) {
  EXPECT_EQ(Read(Repeat("(", 100) + "b" + Repeat(")", 100)), "(= b bool'true')");
  EXPECT_EQ(Read(Repeat("(", 101) + "b" + Repeat(")", 101)), "?");
  EXPECT_EQ(Read(Repeat("NOT (", 101) + "b" + Repeat(")", 101)), "?");
  EXPECT_EQ(Read(Repeat("CAST(", 101) + "b" + Repeat(" AS INT)", 101)), "?");
}

TEST(SqlPredicate, NoTextTakesLong) {
  for (const std::string_view part :
       {"(", "NOT ", "f(", "cast(", "startswith(", "a IN (", "- ", "a = ", "((a = 1) AND ", "a.",
        "a BETWEEN ", "a LIKE ", "''", "``", "1", "a AND ", "a OR NOT ", "a IS NOT NULL ", "f("}) {
    const int count = static_cast<int>((1 << 18) / part.size());
    ParseSqlPredicate(Repeat(part, count));
    ParseSqlPredicate(Repeat(part, count / 2) + "b" + Repeat(")", count / 2));
  }
}

TEST(SqlPredicate, LongListsAndChainsAreRead) {
  const delta::Predicate list = ParseSqlPredicate("a IN (" + Repeat("1,", 100'000) + "1)");
  EXPECT_EQ(list.operands.size(), 100'002U);
  const delta::Predicate chain = ParseSqlPredicate(Repeat("a = 1 OR ", 50'000) + "b");
  EXPECT_EQ(chain.children.size(), 50'001U);
}

TEST(SqlPredicate, AMebibyteAndNoMore) {
  const std::string text = "a = 1";
  EXPECT_NE(Read(text + std::string((1 << 20) - text.size(), ' ')), "?");
  EXPECT_EQ(Read(text + std::string((1 << 20) - text.size() + 1, ' ')), "?");
}

}  // namespace
}  // namespace sluice::sharing
