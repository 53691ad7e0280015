#include "delta/partition_filter.h"

#include <gtest/gtest.h>

#include "base/testing/matchers.h"
#include "delta/testing/partitioned.h"

namespace sluice::delta {
namespace {

using Op = PartitionOp;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::OneOf;
using testing::Term;

PartitionTerms One(PartitionTerm term) { return {{{std::move(term)}}, "x"}; }

Result<std::shared_ptr<const PartitionFilter>> Compile(const PartitionTerms& terms,
                                                       const std::string& type) {
  return PartitionFilter::Compile(terms, {}, testing::PartitionedBy({{"c", type}}));
}

// Whether a file with this partition value is handed out.
Result<bool> Keeps(const std::string& type, PartitionTerm term, const std::string& value_json) {
  const auto filter = TRY(Compile(One(std::move(term)), type));
  return PartitionSieve(filter).Keeps(R"({"c":)" + value_json + "}");
}

// A file's value, an operation and its value.
struct Case {
  std::string type;
  std::string file;
  Op op;
  std::string value;
};

Result<bool> Keeps(const Case& c) {
  std::string quoted;
  json::AppendQuoted(c.file, quoted);
  return Keeps(c.type, Term("c", c.op, {c.value}), quoted);
}

std::string Named(const Case& c) {
  return fmt::format("{} {} {} {}", c.type, c.file, static_cast<int>(c.op), c.value);
}

TEST(PartitionFilterTest, ValuesAreComparedByTheirTypes) {
  const Case kept[] = {
      {"integer", "9", Op::kLess, "10"},
      {"integer", "7", Op::kIn, "007"},
      {"long", "9223372036854775807", Op::kGreater, "9223372036854775806"},
      {"string", "9", Op::kGreater, "10"},
      {"string", "b", Op::kGreaterOrEqual, "b"},
      {"string", "é", Op::kGreater, "z"},
      {"decimal(10,2)", "1.50", Op::kIn, "1.5"},
      {"decimal(38,0)", "12345678901234567890123456789012345678", Op::kGreater,
       "12345678901234567890123456789012345677"},
      {"decimal(10,2)", "9.00", Op::kLess, "10"},
      {"double", "1e2", Op::kIn, "100.0"},
      {"double", "-0.0", Op::kIn, "0"},
      {"double", "NaN", Op::kIn, "NaN"},
      {"double", "NaN", Op::kGreater, "Infinity"},
      {"float", "0.1", Op::kIn, "0.1"},
      {"date", "2021-01-09", Op::kLess, "2021-01-10"},
      {"boolean", "true", Op::kIn, "true"},
      {"boolean", "false", Op::kLess, "true"},
      {"timestamp", "2021-01-01T10:00:00.000000Z", Op::kIn, "2021-01-01 11:00:00+01:00"},
      {"timestamp", "2021-01-01 10:00:00", Op::kIn, "2021-01-01T10:00:00.000"},
      {"timestamp_ntz", "2021-01-01 00:00:00", Op::kIn, "2021-01-01"},
  };
  for (const Case& c : kept) EXPECT_EQ(Keeps(c).value_or(false), true) << Named(c);
  const Case left_out[] = {
      {"integer", "10", Op::kLess, "9"},
      {"string", "se", Op::kIn, "SE"},
      {"string", "SE ", Op::kIn, "SE"},
      {"string", "SE", Op::kIn, ""},
      {"double", "NaN", Op::kLess, "Infinity"},
      {"double", "1", Op::kIn, "NaN"},
      {"boolean", "true", Op::kIn, "false"},
      {"timestamp", "2021-01-01T10:00:00Z", Op::kIn, "2021-01-01T10:00:00+01:00"},
      {"date", "2021-01-10", Op::kLess, "2021-01-10"},
      {"date", "2021-01-10", Op::kGreater, "2021-01-10"},
  };
  for (const Case& c : left_out) EXPECT_EQ(Keeps(c).value_or(true), false) << Named(c);
}

TEST(PartitionFilterTest, LikeLooksAtOneTextForEachValue) {
  const Case kept[] = {
      {"integer", "2021", Op::kLike, "20%"},
      {"integer", "-5", Op::kLike, "-_"},
      {"integer", "0", Op::kLike, "0"},
      {"integer", "007", Op::kLike, "7"},
      {"string", "a%b", Op::kLike, "a\\%b"},
      {"decimal(10,2)", "1.5", Op::kLike, "1.50"},
      {"decimal(10,2)", "-0.05", Op::kLike, "-0.05"},
      {"decimal(5,0)", "10", Op::kLike, "1_"},
      {"date", "2021-04-28", Op::kLike, "2021-04-%"},
      {"boolean", "true", Op::kLike, "t%"},
      {"timestamp", "2021-01-01T23:00:00.500000-02:00", Op::kLike, "2021-01-02 01:00:00.5"},
      {"timestamp_ntz", "1960-01-01 10:00:00.000000", Op::kLike, "1960-01-01 10:00:00"},
  };
  for (const Case& c : kept) EXPECT_EQ(Keeps(c).value_or(false), true) << Named(c);
  EXPECT_EQ(Keeps(Case{"string", "SE", Op::kLike, "s_"}).value_or(true), false);
  EXPECT_THAT(Keeps(Case{"double", "1.0", Op::kLike, "1%"}), IsError(Code::kCorrupt));
  EXPECT_THAT(Keeps(Case{"string", "a", Op::kLike, "a\\"}), IsError(Code::kCorrupt));
}

TEST(PartitionFilterTest, NullMatchesIsNullAlone) {
  EXPECT_EQ(Keeps("string", Term("c", Op::kIsNull), "null").value_or(false), true);
  EXPECT_EQ(Keeps("string", Term("c", Op::kIsNull), R"("null")").value_or(true), false);
  for (const Op op :
       {Op::kIn, Op::kLike, Op::kLess, Op::kLessOrEqual, Op::kGreater, Op::kGreaterOrEqual}) {
    EXPECT_EQ(Keeps("string", Term("c", op, {op == Op::kLike ? "%" : "a"}), "null").value_or(true),
              false)
        << static_cast<int>(op);
  }
}

TEST(PartitionFilterTest, ATupleHoldsWholeAndOneIsEnough) {
  const PartitionTerms terms = {{{OneOf("a", {"1", "2"}), OneOf("b", {"x"})}, {OneOf("a", {"3"})}},
                                "x"};
  const auto filter = PartitionFilter::Compile(
      terms, {}, testing::PartitionedBy({{"a", "integer"}, {"b", "string"}}));
  ASSERT_THAT(filter, IsOk());
  PartitionSieve sieve(*filter);
  const auto keeps = [&](std::string_view a, std::string_view b) {
    return sieve.Keeps(fmt::format(R"({{"b":"{}","a":"{}"}})", b, a)).value();
  };
  EXPECT_TRUE(keeps("1", "x"));
  EXPECT_TRUE(keeps("2", "x"));
  EXPECT_TRUE(keeps("3", "y"));
  EXPECT_FALSE(keeps("1", "y"));
  EXPECT_FALSE(keeps("4", "x"));
  EXPECT_TRUE(keeps("1", "x")) << "remembered";
}

TEST(PartitionFilterTest, FilesThatCannotBeJudgedFailTheRequest) {
  const auto refused = IsError(Code::kCorrupt);
  for (const char* json :
       {R"({})", R"({"d":"1"})", R"({"C":"1"})", R"({"c":1})", R"({"c":true})", R"({"c":["1"]})",
        R"({"c":"1","c":"1"})", R"({"c":"1")", "", "null", R"({"c":"one"})", R"({"c":"1.0"})",
        R"({"c":" 1"})", R"({"c":"99999999999"})"}) {
    const auto filter = Compile(One(OneOf("c", {"1"})), "integer").value();
    PartitionSieve sieve(filter);
    EXPECT_THAT(sieve.Keeps(json), refused) << json;
    EXPECT_THAT(sieve.Keeps(json), refused) << "again: " << json;
  }
  const auto of = [](const std::string& type, const std::string& filter, const std::string& file) {
    return Keeps(Case{type, file, Op::kIn, filter});
  };
  EXPECT_THAT(of("boolean", "true", "TRUE"), refused);
  EXPECT_THAT(of("date", "2021-01-01", "2021-1-1"), refused);
  EXPECT_THAT(of("decimal(4,2)", "1.25", "1.255"), refused);
  EXPECT_THAT(of("double", "1", "inf"), refused);
  EXPECT_THAT(of("timestamp_ntz", "2021-01-01", "2021-01-01T00:00:00Z"), refused);
  // Which moment a time without a zone was, only its writer knows.
  EXPECT_THAT(of("timestamp", "2021-01-01T00:00:00Z", "2021-01-01 00:00:00"), refused);
  EXPECT_THAT(of("timestamp", "2021-01-01 00:00:00", "2021-01-01T00:00:00Z"), refused);
}

// The columns of all tuples are looked at, whichever holds.
TEST(PartitionFilterTest, NoTupleHidesWhatIsWrongInAnother) {
  const PartitionTerms terms = {{{OneOf("a", {"1"})}, {OneOf("b", {"1"})}}, "x"};
  const auto filter = PartitionFilter::Compile(
      terms, {}, testing::PartitionedBy({{"a", "integer"}, {"b", "integer"}}));
  PartitionSieve sieve(filter.value());
  EXPECT_THAT(sieve.Keeps(R"({"a":"1"})"), IsError(Code::kCorrupt));
  EXPECT_THAT(sieve.Keeps(R"({"a":"1","b":"x"})"), IsError(Code::kCorrupt));
  EXPECT_EQ(sieve.Keeps(R"({"a":"1","b":null})").value_or(false), true);
}

TEST(PartitionFilterTest, FiltersThatDoNotFitTheTableAreRefused) {
  const auto refused = IsError(Code::kCorrupt);
  EXPECT_THAT(Compile(One(OneOf("id", {"1"})), "integer"), refused) << "no partition column";
  EXPECT_THAT(Compile(One(OneOf("nobody", {"1"})), "integer"), refused);
  EXPECT_THAT(Compile(One(OneOf("c", {"1", "x"})), "integer"), refused);
  EXPECT_THAT(Compile(One(OneOf("c", {""})), "integer"), refused);
  EXPECT_THAT(Compile(One(OneOf("c", {"1.255"})), "decimal(9,2)"), refused);
  EXPECT_THAT(Compile(One(OneOf("c", {"128"})), "byte"), refused);
  EXPECT_THAT(Compile(One(OneOf("c", {"x"})), "binary"), refused);
  EXPECT_THAT(Compile(One(Term("c", Op::kIsNull)), "interval"), refused);
  EXPECT_THAT(Compile(One(OneOf("c", {"2021-01-01", "2021-01-01T00:00:00Z"})), "timestamp"),
              refused);
  EXPECT_THAT(Compile({}, "integer"), refused) << "not the whole table";
  EXPECT_THAT(Compile({{{}}, "x"}, "integer"), refused) << "nor here";
  EXPECT_THAT(Compile(One(OneOf("c", {})), "integer"), refused);
  EXPECT_THAT(Compile(One(Term("c", Op::kIsNull, {"1"})), "integer"), refused);
  EXPECT_THAT(Compile(One(Term("c", Op::kLess, {"1", "2"})), "integer"), refused);
  const auto error = Compile(One(OneOf("secret", {"hush"})), "integer").error();
  for (const char* told : {"secret", "hush"}) {
    EXPECT_EQ(error.message.find(told), std::string::npos);
  }
  EXPECT_EQ(error.detail.find("hush"), std::string::npos);
}

TEST(PartitionFilterTest, ColumnsAreFoundByTheNamesThatClientsKnow) {
  const Metadata mapped = testing::PartitionedBy({{"Country", "string", "col-1"}});
  const auto keeps = [&](const std::string& column, std::string_view json) {
    const auto filter =
        PartitionFilter::Compile(One(OneOf(column, {"SE"})), testing::MappedProtocol(), mapped);
    return filter ? PartitionSieve(*filter).Keeps(json) : std::unexpected(filter.error());
  };
  EXPECT_EQ(keeps("country", R"({"col-1":"SE"})").value_or(false), true);
  EXPECT_EQ(keeps("Country", R"({"col-1":"NO"})").value_or(true), false);
  EXPECT_THAT(keeps("Country", R"({"Country":"SE"})"), IsError(Code::kCorrupt));
  EXPECT_THAT(keeps("col-1", R"({"col-1":"SE"})"), IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::delta
