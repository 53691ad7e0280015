#include "catalog/quotas.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using testing::ShareCatalog;

class Quota : public ::testing::Test {
 protected:
  const Securable& At(Kind kind, std::string_view name) const {
    return *world.Now()->FindByName(kind, name);
  }
  Result<QuotaUsage> Get(const Caller& who, std::string_view type, std::string_view parent,
                         std::string_view name) const {
    const auto picture = world.Now();
    const Access access(*picture, who.principal, world.clock.Now());
    return GetQuota(*picture, world.catalog->quotas(), access, type, parent, name);
  }
  // "main.sales table-quota 2/10000", behind a key.
  std::vector<std::string> All(std::string_view after = {}, size_t most = 1000) {
    std::vector<std::string> all;
    VisitQuotas(*world.Now(), world.catalog->quotas(), after,
                [&](std::string_view key, const QuotaUsage& usage) {
                  if (all.size() == most) return false;
                  last_key = key;
                  const bool metastore = usage.parent == Kind::kMetastore;
                  all.push_back(fmt::format("{} {} {}/{}", metastore ? "-" : usage.parent_full_name,
                                            usage.name, usage.count, usage.limit));
                  return true;
                });
    return all;
  }

  ShareCatalog world;
  std::string last_key;
};

TEST_F(Quota, LeavesRoomUpToTheLimit) {
  Quotas quotas;
  quotas.tables_per_schema = 3;
  const auto picture = world.Now();
  const Securable& sales = At(Kind::kSchema, "main.sales");
  EXPECT_THAT(CheckQuota(*picture, quotas, Kind::kTable, sales), IsOk());
  const auto full = CheckQuota(*picture, quotas, Kind::kTable, sales, 2);
  ASSERT_THAT(full, IsError(Code::kInvalidArgument,
                            "Cannot create 2 Table(s) in Schema main.sales (estimated count: 2, "
                            "limit: 3)"));
  EXPECT_EQ(full.error().reason, "QUOTA_EXCEEDED");
}

TEST_F(Quota, CountsTablesInTheMetastoreToo) {
  Quotas quotas;
  quotas.tables = world.Now()->Count(Kind::kTable);
  EXPECT_EQ(quotas.tables, 4U);
  EXPECT_THAT(CheckQuota(*world.Now(), quotas, Kind::kTable, At(Kind::kSchema, "main.hr")),
              IsError(Code::kInvalidArgument, "in Metastore"));
  world.Erase(Kind::kTable, "main.hr.people");
  EXPECT_THAT(CheckQuota(*world.Now(), quotas, Kind::kTable, At(Kind::kSchema, "main.hr")), IsOk());
}

TEST_F(Quota, StopsWhoMakesMoreShares) {
  Quotas quotas;
  quotas.shares = 2;
  world.catalog->SetQuotas(quotas);
  world.MakeShare("a", {});
  world.MakeShare("b", {});
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = "c"}),
              IsError(Code::kInvalidArgument, "Cannot create 1 Share(s)"));
}

TEST_F(Quota, StopsWhoPutsMoreIntoAShare) {
  Quotas quotas;
  quotas.tables_per_share = 1;
  quotas.schemas_per_share = 1;
  quotas.updates_per_change = 2;
  world.catalog->SetQuotas(quotas);
  world.MakeShare("a", {{.name = "main.sales.orders"}, {.name = "main.hr", .type = "SCHEMA"}});
  ShareChange tables;
  tables.updates.push_back({ObjectAction::kAdd, {.name = "main.sales.customers"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "a", tables),
              IsError(Code::kInvalidArgument, "Cannot create 1 Table(s) in Share a"));
  ShareChange schemas;
  schemas.updates.push_back({ObjectAction::kAdd, {.name = "main.sales", .type = "SCHEMA"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "a", schemas),
              IsError(Code::kInvalidArgument, "Cannot create 1 Schema(s) in Share a"));
  // One goes, one comes: within one change.
  tables.updates.insert(tables.updates.begin(),
                        {ObjectAction::kRemove, {.name = "main.sales.orders"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "a", tables), IsOk());
}

TEST_F(Quota, IsToldToWhoManagesTheParent) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  const auto usage = Get(world.root, "schema", "main.sales", "table-quota");
  ASSERT_THAT(usage, IsOk());
  EXPECT_EQ(usage->count, 2U);
  EXPECT_EQ(usage->limit, 10'000U);
  EXPECT_EQ(usage->parent_full_name, "main.sales");
  const std::string metastore = world.Now()->metastore().id;
  const auto recipients = Get(world.root, "METASTORE", metastore, "recipient-quota");
  ASSERT_THAT(recipients, IsOk());
  EXPECT_EQ(recipients->count, 2U);
  EXPECT_EQ(recipients->limit, 50'000U);
  EXPECT_EQ(recipients->parent_full_name, metastore);
  EXPECT_EQ(Get(world.ada, "share", "s", "table-quota")->count, 1U);
  EXPECT_THAT(Get(world.ada, "metastore", metastore, "share-quota"),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(Get(world.ada, "schema", "main.sales", "table-quota"),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(Get(world.bob, "schema", "main.sales", "table-quota"), IsError(Code::kNotFound));
  EXPECT_THAT(Get(world.bob, "share", "s", "table-quota"), IsError(Code::kNotFound));
  EXPECT_THAT(Get(world.root, "schema", "main.nothing", "table-quota"), IsError(Code::kNotFound));
  EXPECT_THAT(Get(world.root, "schema", "main.sales", "share-quota"),
              IsError(Code::kInvalidArgument, "no quota 'share-quota' of a schema"));
  EXPECT_THAT(Get(world.root, "planet", "main.sales", "table-quota"),
              IsError(Code::kInvalidArgument, "planet"));
}

TEST_F(Quota, ListsAllInOneOrderThatPagesFollow) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  const std::vector<std::string> all = All();
  EXPECT_THAT(all, ElementsAre("- catalog-quota 2/1000", "- external-location-quota 0/500",
                               "- provider-quota 0/1000", "- recipient-quota 2/50000",
                               "- share-quota 1/1000", "- storage-credential-quota 1/200",
                               "- table-quota 4/1000000", "main schema-quota 2/10000",
                               "main.hr table-quota 1/10000", "main.sales table-quota 2/10000",
                               "other schema-quota 1/10000", "other.sales table-quota 1/10000",
                               "s schema-quota 0/500", "s table-quota 1/1000"));
  std::vector<std::string> paged;
  last_key.clear();
  for (;;) {
    const std::vector<std::string> page = All(std::string(last_key), 3);
    if (page.empty() || paged.size() > all.size()) break;
    paged.insert(paged.end(), page.begin(), page.end());
  }
  EXPECT_EQ(paged, all);
}

}  // namespace
}  // namespace sluice::catalog
