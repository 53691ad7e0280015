#include "catalog/search.h"

#include <gmock/gmock.h>

#include "catalog/recipient_view.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Searching : public testing::ShareCatalog, public ::testing::Test {
 protected:
  std::vector<std::string> Names(const Caller& who, std::string_view query,
                                 const std::vector<Kind>& kinds = {}) {
    const auto picture = Now();
    const Access access(*picture, who.principal, catalog->clock().Now());
    std::vector<std::string> names;
    for (const Securable* one : Search(*picture, access, query, kinds).securables) {
      names.push_back(picture->FullName(*one));
    }
    return names;
  }
};

TEST_F(Searching, TheBestComeFirst) {
  AddSchema("main", "orders_old");
  AddTable("main.hr", "all_orders");
  Alter(Kind::kTable, "main.hr.people", [](Securable& on) { on.comment = "who sent Orders"; });
  EXPECT_THAT(Names(root, "ORDERS"),
              ElementsAre("main.sales.orders", "other.sales.orders", "main.orders_old",
                          "main.hr.all_orders", "main.hr.people"));
}

TEST_F(Searching, AllWordsAreNeeded) {
  Alter(Kind::kTable, "main.hr.people", [](Securable& on) { on.comment = "staff of all lands"; });
  EXPECT_THAT(Names(root, "people staff"), ElementsAre("main.hr.people"));
  EXPECT_THAT(Names(root, "people boats"), IsEmpty());
  EXPECT_THAT(Names(root, "  "), IsEmpty());
}

TEST_F(Searching, AWordWithADotIsAFullName) {
  EXPECT_THAT(Names(root, "other.sales.ord"), ElementsAre("other.sales.orders"));
}

TEST_F(Searching, KindsAreChosen) {
  EXPECT_THAT(Names(root, "sales", {Kind::kSchema}),
              UnorderedElementsAre("main.sales", "other.sales"));
}

TEST_F(Searching, WhatACallerMayNotSeeIsNotFound) {
  EXPECT_THAT(Names(bob, "orders"), IsEmpty());
  EXPECT_THAT(Names(ada, "orders"), ::testing::Not(IsEmpty()));
}

TEST(FilterText, IsSql) {
  PartitionFilter filter;
  filter.tuples = {{{"country", PartitionOp::kEqual, {"O'X"}, {}},
                    {"day", PartitionOp::kGreaterThanOrEqual, {"2024-01-01"}, {}}},
                   {{"country", PartitionOp::kEqual, {}, {}}},
                   {{"kind", PartitionOp::kIn, {"a", "b"}, {}}}};
  EXPECT_EQ(FilterText(filter),
            "(country = 'O''X' AND day >= '2024-01-01') OR country IS NULL OR kind IN ('a', 'b')");
  filter.tuples = {{{"country", PartitionOp::kEqual, {}, "land"}}};
  EXPECT_EQ(FilterText(filter), "country = CURRENT_RECIPIENT().land");
  EXPECT_EQ(FilterText({}), "");
}

}  // namespace
}  // namespace sluice::catalog
