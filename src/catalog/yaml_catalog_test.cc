#include "catalog/yaml_catalog.h"

#include "base/testing/matchers.h"

namespace sluice::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;
using ::testing::Pointee;

constexpr std::string_view kMe = "recipient:0123456789abcdef";

std::vector<ShareEntry> Retail() {
  return {
      {"Zulu", {}},
      {"retail",
       {{"Web", {}},
        {"default",
         {{.name = "orders",
           .location = "/data/orders",
           .id = "id-1",
           .history_shared = true,
           .start_version = 3},
          {.name = "Customers", .location = "/data/customers"}}}}},
      {"acme.retail", {{"default", {{.name = "orders", .location = "/data/other"}}}}},
  };
}

std::unique_ptr<const YamlCatalog> Built(std::vector<ShareEntry> shares) {
  auto made = YamlCatalog::Build(std::move(shares), std::string(kMe));
  EXPECT_THAT(made, IsOk());
  return made.has_value() ? *std::move(made) : nullptr;
}

TEST(YamlCatalog, ListsInOrderOfLowerCaseNamesInTheConfiguredSpelling) {
  const auto catalog = Built(Retail());
  EXPECT_THAT(catalog->Shares(kMe),
              ElementsAre(Field(&ShareName::name, "acme.retail"), Field(&ShareName::name, "retail"),
                          Field(&ShareName::name, "Zulu")));
  const auto share = catalog->FindShare(kMe, "RETAIL");
  ASSERT_THAT(share, IsOk());
  EXPECT_THAT((*share)->schemas, ElementsAre(Field(&SharedSchema::name, "default"),
                                             Field(&SharedSchema::name, "Web")));
  EXPECT_THAT((*share)->schemas[0].tables,
              ElementsAre(Pointee(Field(&SharedTable::name, "Customers")),
                          Pointee(Field(&SharedTable::name, "orders"))));
}

TEST(YamlCatalog, FindsATableInAnyCase) {
  const auto catalog = Built(Retail());
  const auto table = catalog->FindTable(kMe, {"Retail", "DEFAULT", "oRDERS"});
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->share, "retail");
  EXPECT_EQ((*table)->schema, "default");
  EXPECT_EQ((*table)->name, "orders");
  EXPECT_EQ((*table)->id, "id-1");
  EXPECT_EQ((*table)->location, "/data/orders");
  EXPECT_TRUE((*table)->history_shared);
  EXPECT_EQ((*table)->start_version, 3);
  EXPECT_EQ((*table)->share_id, (*catalog->FindShare(kMe, "retail"))->id);
}

TEST(YamlCatalog, WhatDoesNotExistIsNamedInTheWordsOfTheReference) {
  const auto catalog = Built(Retail());
  EXPECT_THAT(catalog->FindShare(kMe, "zzz"), IsError(Code::kNotFound, "share 'zzz' not found"));
  EXPECT_THAT(FindSchema(*catalog, kMe, "zzz", "default"),
              IsError(Code::kNotFound, "share 'zzz' not found"));
  EXPECT_THAT(FindSchema(*catalog, kMe, "retail", "zzz"),
              IsError(Code::kNotFound, "schema 'zzz' not found"));
  const auto table = catalog->FindTable(kMe, {"a", "b", "c"});
  ASSERT_THAT(table, IsError(Code::kNotFound));
  EXPECT_EQ(table.error().message,
            "[Share/Schema/Table] 'a/b/c' does not exist, please contact your share provider for "
            "further information.");
}

TEST(YamlCatalog, ATableIsOnlyFoundUnderItsOwnShareAndSchema) {
  const auto catalog = Built(Retail());
  EXPECT_THAT(catalog->FindTable(kMe, {"retail", "Web", "orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTable(kMe, {"Zulu", "default", "orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTable(kMe, {"retail/default", "orders", ""}), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTable(kMe, {"", "retail", "default/orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTable(kMe, {"retail", "default/orders", ""}), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTable(kMe, {"", "", ""}), IsError(Code::kNotFound));
}

TEST(YamlCatalog, FindsSchemasInAnyCaseAndKeepsThemAlive) {
  auto catalog = Built(Retail());
  const auto schema = FindSchema(*catalog, kMe, "retail", "WEB");
  catalog.reset();
  EXPECT_THAT(schema, IsOkAnd(Pointee(Field(&SharedSchema::name, "Web"))));
}

TEST(YamlCatalog, NothingExistsForAnybodyElse) {
  const auto catalog = Built(Retail());
  for (const std::string_view other :
       {"", "anonymous", "recipient:0123456789abcdee", "Recipient:0123456789abcdef"}) {
    EXPECT_THAT(catalog->Shares(other), IsEmpty());
    EXPECT_THAT(catalog->FindShare(other, "retail"),
                IsError(Code::kNotFound, "share 'retail' not found"));
    EXPECT_THAT(FindSchema(*catalog, other, "retail", "default"), IsError(Code::kNotFound));
    EXPECT_THAT(catalog->FindTable(other, {"retail", "default", "orders"}),
                IsError(Code::kNotFound));
    EXPECT_THAT(catalog->FindTableById(other, "id-1"), IsError(Code::kNotFound));
  }
}

TEST(YamlCatalog, NeedsAPrincipal) {
  EXPECT_THAT(YamlCatalog::Build(Retail(), ""), IsError(Code::kInvalidArgument));
}

TEST(YamlCatalog, FindsByIdAndSaysNothingAboutOthers) {
  const auto catalog = Built(Retail());
  EXPECT_THAT(catalog->FindTableById(kMe, "id-1"),
              IsOkAnd(Pointee(Field(&SharedTable::name, "orders"))));
  EXPECT_THAT(catalog->FindTableById(kMe, "ID-1"), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTableById(kMe, ""), IsError(Code::kNotFound));
  EXPECT_THAT(catalog->FindTableById(kMe, TableIdOf({"retail", "default", "orders"})),
              IsError(Code::kNotFound));
}

// These ids are promised to stay: recipients keep them.
TEST(YamlCatalog, MadeIdsNeverChange) {
  EXPECT_EQ(TableIdOf({"retail", "default", "orders"}), "b71836fc-5d02-5fe0-a017-716dc7d811f0");
  EXPECT_EQ(ShareIdOf("retail"), "7254a2b4-1dd0-5b22-b791-90fc7bd7b663");
  EXPECT_EQ(TableIdOf({"Retail", "DEFAULT", "Orders"}), TableIdOf({"retail", "default", "orders"}));
  EXPECT_NE(TableIdOf({"retail", "default", "orders"}), TableIdOf({"retail", "web", "orders"}));
  EXPECT_NE(ShareIdOf("retail.default.orders"), TableIdOf({"retail", "default", "orders"}));
  const auto catalog = Built(Retail());
  EXPECT_THAT(catalog->FindTableById(kMe, TableIdOf({"retail", "default", "customers"})),
              IsOkAnd(Pointee(Field(&SharedTable::location, "/data/customers"))));
}

TEST(YamlCatalog, RefusesTwoOfOneNameInAnyCase) {
  EXPECT_THAT(YamlCatalog::Build({{"a", {}}, {"A", {}}}, "p"),
              IsError(Code::kAlreadyExists, "two shares 'A'"));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s", {}}, {"S", {}}}}}, "p"),
              IsError(Code::kAlreadyExists, "two schemas 'a.S'"));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s", {{.name = "t"}, {.name = "T"}}}}}}, "p"),
              IsError(Code::kAlreadyExists, "two tables 'a.s.T'"));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s", {{.name = "t"}}}, {"r", {{.name = "t"}}}}}}, "p"),
              IsOk());
}

TEST(YamlCatalog, OneIdIsOneLocation) {
  const auto with = [](std::string second_location) {
    return std::vector<ShareEntry>{
        {"a", {{"s", {{.name = "t", .location = "/x", .id = "same"}}}}},
        {"b", {{"s", {{.name = "t", .location = std::move(second_location), .id = "same"}}}}}};
  };
  EXPECT_THAT(YamlCatalog::Build(with("/x"), "p"), IsOk());
  EXPECT_THAT(YamlCatalog::Build(with("/y"), "p"),
              IsError(Code::kAlreadyExists, "'b.s.t' has the id of 'a.s.t'"));
}

TEST(YamlCatalog, RefusesWhatCannotBeServed) {
  EXPECT_THAT(YamlCatalog::Build({{"a/b", {}}}, "p"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s.s", {}}}}}, "p"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s", {{.name = ""}}}}}}, "p"),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s", {{.name = "t", .start_version = -1}}}}}}, "p"),
              IsError(Code::kInvalidArgument, "negative"));
  EXPECT_THAT(YamlCatalog::Build({{"a", {{"s", {{.name = "t", .id = "a\nb"}}}}}}, "p"),
              IsError(Code::kInvalidArgument, "control character"));
  EXPECT_THAT(
      YamlCatalog::Build({{"a", {{"s", {{.name = "t", .id = std::string(256, 'x')}}}}}}, "p"),
      IsError(Code::kInvalidArgument, "at most 255"));
}

TEST(YamlCatalog, AnEmptyOneIsFine) {
  const auto catalog = Built({});
  EXPECT_THAT(catalog->Shares(kMe), IsEmpty());
}

}  // namespace
}  // namespace sluice::catalog
