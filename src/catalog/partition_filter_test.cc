#include "catalog/partition_filter.h"

#include <gtest/gtest.h>

#include "base/testing/matchers.h"

namespace sluice::catalog {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;

PartitionTerm Term(std::string column, PartitionOp op, std::vector<std::string> values,
                   std::string property = {}) {
  return {std::move(column), op, std::move(values), std::move(property)};
}

PartitionTerm Equal(std::string column, std::string value) {
  return Term(std::move(column), PartitionOp::kEqual, {std::move(value)});
}

Status Check(PartitionTerm term) { return CheckPartitionFilter({{{std::move(term)}}}); }

std::string Hash(std::vector<PartitionTuple> tuples) { return HashOf({std::move(tuples)}); }

TEST(PartitionFilter, OperationsHaveNames) {
  for (const std::string_view name : {"EQUAL", "LIKE", "IN", "GREATER_THAN",
                                      "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL"}) {
    const auto op = ParsePartitionOp(name);
    ASSERT_TRUE(op.has_value()) << name;
    EXPECT_EQ(PartitionOpName(*op), name);
  }
  for (const std::string_view name : {"", "equal", "NOT_EQUAL", "EQUALS"}) {
    EXPECT_EQ(ParsePartitionOp(name), std::nullopt) << name;
  }
}

TEST(PartitionFilter, EachOperationHasItsValues) {
  EXPECT_THAT(Check(Equal("c", "x")), IsOk());
  EXPECT_THAT(Check(Equal("c", "")), IsOk());
  EXPECT_THAT(Check(Term("c", PartitionOp::kEqual, {})), IsOk());  // NULL
  EXPECT_THAT(Check(Term("c", PartitionOp::kEqual, {}, "country")), IsOk());
  EXPECT_THAT(Check(Term("c", PartitionOp::kIn, {"x", "y"})), IsOk());
  EXPECT_THAT(Check(Term("c", PartitionOp::kLike, {"20%"})), IsOk());
  EXPECT_THAT(Check(Term("c", PartitionOp::kLessThan, {}, "until")), IsOk());

  const PartitionTerm wrong[] = {
      Equal("", "x"),
      Term("c", PartitionOp::kEqual, {"x", "y"}),
      Term("c", PartitionOp::kEqual, {"x"}, "country"),
      Term("c", PartitionOp::kIn, {}),
      Term("c", PartitionOp::kIn, {}, "country"),
      Term("c", PartitionOp::kLike, {}),
      Term("c", PartitionOp::kLike, {"a\\"}),
      Term("c", PartitionOp::kLike, {"\\a"}),
      Term("c", PartitionOp::kGreaterThan, {}),
      Term("c", PartitionOp::kLessThanOrEqual, {"1", "2"}),
      Term("c", static_cast<PartitionOp>(99), {"1"}),
      Equal(std::string(kMaxPartitionName + 1, 'c'), "x"),
      Equal("c", std::string(kMaxPartitionValue + 1, 'x')),
      Term("c", PartitionOp::kEqual, {}, std::string(kMaxPartitionName + 1, 'k')),
  };
  for (const PartitionTerm& term : wrong) {
    EXPECT_THAT(Check(term), IsError(Code::kInvalidArgument))
        << term.column << ' ' << PartitionOpName(term.op) << ' ' << term.values.size();
  }
}

// A tuple without terms holds for every file, and a filter without tuples may be taken for none.
TEST(PartitionFilter, NothingIsEmpty) {
  EXPECT_THAT(CheckPartitionFilter({}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(CheckPartitionFilter({{{Equal("c", "x")}, {}}}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Bind({}, {}), IsError(Code::kInvalidArgument));
}

TEST(PartitionFilter, HasLimits) {
  const PartitionTuple one = {Equal("c", "x")};
  EXPECT_THAT(CheckPartitionFilter({std::vector(kMaxPartitionTuples, one)}), IsOk());
  EXPECT_THAT(CheckPartitionFilter({std::vector(kMaxPartitionTuples + 1, one)}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(CheckPartitionFilter({{PartitionTuple(kMaxPartitionTerms, one[0])}}), IsOk());
  EXPECT_THAT(CheckPartitionFilter({{PartitionTuple(kMaxPartitionTerms + 1, one[0])}}),
              IsError(Code::kInvalidArgument));
  const auto in = [](size_t count, size_t size) {
    return Check(
        Term("c", PartitionOp::kIn, std::vector<std::string>(count, std::string(size, 'x'))));
  };
  EXPECT_THAT(in(kMaxPartitionValues, 3), IsOk());
  EXPECT_THAT(in(kMaxPartitionValues + 1, 3), IsError(Code::kInvalidArgument));
  EXPECT_THAT(in(60, kMaxPartitionValue), IsOk());
  EXPECT_THAT(in(70, kMaxPartitionValue), IsError(Code::kInvalidArgument));
}

TEST(PartitionFilter, IsBoundToTheRecipientsProperties) {
  const PartitionFilter filter{
      {{Term("country", PartitionOp::kEqual, {}, "country"), Equal("year", "2021")}}};
  const auto bound = Bind(filter, {{"country", "SE"}, {"other", "NO"}});
  ASSERT_THAT(bound, IsOk());
  const PartitionTuple expected = {Equal("country", "SE"), Equal("year", "2021")};
  EXPECT_EQ((*bound)->tuples, std::vector<PartitionTuple>{expected});
  EXPECT_EQ((*bound)->hash, HashOf(**bound));
  EXPECT_EQ((*bound)->hash.size(), 64U);
  // Not NULL, nor all: an empty value is a value.
  const auto empty = Bind(filter, {{"country", ""}});
  ASSERT_THAT(empty, IsOk());
  EXPECT_EQ((*empty)->tuples[0][0], Equal("country", ""));
}

TEST(PartitionFilter, WhatIsNotDefinedIsRefused) {
  const PartitionFilter filter{
      {{Equal("year", "2021")}, {Term("country", PartitionOp::kEqual, {}, "country")}}};
  for (const RecipientProperties& properties :
       {RecipientProperties{}, RecipientProperties{{"Country", "SE"}},
        RecipientProperties{{"country", std::string(kMaxPartitionValue + 1, 'x')}}}) {
    const auto bound = Bind(filter, properties);
    ASSERT_THAT(bound, IsError(Code::kPermissionDenied));
    EXPECT_EQ(bound.error().reason, "DELTA_SHARING_CURRENT_RECIPIENT_PROPERTY_UNDEFINED");
    EXPECT_EQ(bound.error().message.find("SE"), std::string::npos);
  }
  const PartitionFilter like{{{Term("country", PartitionOp::kLike, {}, "country")}}};
  EXPECT_THAT(Bind(like, {{"country", "a\\"}}), IsError(Code::kPermissionDenied));
}

TEST(PartitionFilter, TheHashIsOfWhatItSays) {
  const PartitionTerm a = Equal("a", "1");
  const PartitionTerm b = Equal("b", "2");
  const std::string hash = Hash({{a, b}, {a}});
  EXPECT_EQ(hash, Hash({{a}, {b, a}}));
  EXPECT_EQ(hash, Hash({{a, b}, {a}, {b, a, a}}));
  EXPECT_EQ(Hash({{Term("a", PartitionOp::kIn, {"1", "2"})}}),
            Hash({{Term("a", PartitionOp::kIn, {"2", "1", "2"})}}));
  // Tokens and links outlive a process.
  EXPECT_EQ(Hash({{Equal("country", "SE")}}),
            "4efd96271c3dd686ef7bc8c5b60996f6c2e908cebc2f2e6bbf66270c731362dc");
}

TEST(PartitionFilter, WhatIsDifferentHasAnotherHash) {
  const PartitionOp like = PartitionOp::kLike;
  const PartitionOp in = PartitionOp::kIn;
  const std::vector<std::vector<PartitionTuple>> all = {
      {{Equal("a", "1")}},
      {{Equal("a", "2")}},
      {{Equal("b", "1")}},
      {{Equal("a1", "")}},
      {{Equal("a", "")}},
      {{Term("a", PartitionOp::kEqual, {})}},
      {{Term("a", PartitionOp::kEqual, {}, "1")}},
      {{Term("a", like, {"1"})}},
      {{Term("a", PartitionOp::kLessThan, {"1"})}},
      {{Term("a", PartitionOp::kLessThanOrEqual, {"1"})}},
      {{Term("a", in, {"1", "2"})}},
      {{Term("a", in, {"12"})}},
      {{Term("a", in, {"1", "2", ""})}},
      {{Equal("a", "1"), Equal("b", "1")}},
      {{Equal("a", "1")}, {Equal("b", "1")}},
  };
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(Hash(all[i]), Hash(all[j])) << i << ' ' << j;
  }
}

}  // namespace
}  // namespace sluice::catalog
