#include "sharing/routes.h"

#include <fmt/format.h>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/testing/one_table.h"

namespace sluice::sharing {
namespace {

class NoCheckpoints final : public delta::CheckpointReader {
 public:
  Result<delta::CheckpointHeader> Read(const storage::ObjectStore&,
                                       const std::vector<storage::ObjectInfo>&,
                                       const delta::AddFileSink&) const override {
    return Fail(Code::kInternal, "none");
  }
};

// Who may call what, in one place: a row that changes its level changes this text.
TEST(Routes, EveryRowAndItsAccessLevel) {
  const catalog::testing::OneTable resolver;
  const NoCheckpoints reader;
  const sluice::testing::ManualClock clock(FromUnixMillis(0));
  SecureRandom random;
  Metrics metrics;
  storage::Stores stores({clock, random, metrics});
  delta::Snapshots snapshots(stores, reader, clock, metrics, {});
  const std::string key(32, 'k');
  const LinkKey link_key(key);
  const TokenSealer tokens(key, random, clock);
  AsyncQueries async_queries({}, clock, metrics, {});
  const Services services{resolver, snapshots, link_key, tokens, async_queries, clock, metrics, {}};

  std::string rows;
  for (const net::Route& route : Routes(services).routes) {
    rows += fmt::format("{:<4} {} {} {}\n", net::MethodName(route.method),
                        net::AccessName(route.access), route.operation, route.pattern);
  }
  const std::string table = "/shares/{share}/schemas/{schema}/tables/{table}";
  EXPECT_EQ(rows,
            "GET  recipient ListShares /shares\n"
            "GET  recipient GetShare /shares/{share}\n"
            "GET  recipient ListSchemas /shares/{share}/schemas\n"
            "GET  recipient ListTables /shares/{share}/schemas/{schema}/tables\n"
            "GET  recipient ListAllTables /shares/{share}/all-tables\n"
            "GET  recipient GetTable " +
                table +
                "\n"
                "HEAD recipient QueryTableVersion " +
                table +
                "\n"
                "GET  recipient QueryTableVersion " +
                table +
                "/version\n"
                "HEAD recipient QueryTableVersion " +
                table +
                "/version\n"
                "GET  recipient QueryTableMetadata " +
                table +
                "/metadata\n"
                "POST recipient QueryTable " +
                table +
                "/query\n"
                "GET  recipient QueryTableChanges " +
                table +
                "/changes\n"
                "POST recipient GetQueryInfo " +
                table +
                "/queries/{queryId}\n"
                "POST recipient GenerateTemporaryTableCredential " +
                table +
                "/temporary-table-credentials\n"
                "GET  signed_link GetFile /files/{payload}/{name}\n"
                "HEAD signed_link GetFile /files/{payload}/{name}\n");
}

}  // namespace
}  // namespace sluice::sharing
