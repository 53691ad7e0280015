#include "sharing/table_changes.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/testing/one_table.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"
#include "sharing/operations.h"

namespace sluice::sharing {
namespace {

using delta::testing::AddLine;
using delta::testing::RemoveLine;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOkAnd;

// One table with a change feed, whose version 1 removed what was in version 0.
class TableChangesTest : public ::testing::Test {
 protected:
  TableChangesTest() {
    table_.Commit(0, {std::string(delta::testing::kProtocolLine),
                      delta::testing::MetadataLine(R"({"delta.enableChangeDataFeed":"true"})"),
                      AddLine("removed", 1)});
    table_.Commit(1, {RemoveLine("removed"), AddLine("kept", 2)});
    shared_.id = "t";
    shared_.location = table_.location();
    shared_.history_shared = true;
    shared_.start_version = 1;
    shared_.starts_after = true;
  }

  // The version that the answer begins with.
  template <class Operation>
  Result<std::string> Ask(Operation operation, net::Request request) {
    const catalog::testing::OneTable resolver(shared_);
    const Services services{resolver,       snapshots_, link_key_, tokens_,
                            async_queries_, clock_,     metrics_,  {}};
    request.principal = "me";
    request.params = {{"share", "s"}, {"schema", "d"}, {"table", "t"}};
    const net::Response response = TRY(operation(services, request));
    return std::string(response.headers.Find("delta-table-version").value_or(""));
  }
  Result<std::string> Changes(const std::string& query) {
    net::Request request;
    request.query = net::QueryParams::Parse(query).value();
    return Ask(QueryTableChanges, request);
  }
  Result<std::string> Version(const std::string& query) {
    net::Request request;
    request.query = net::QueryParams::Parse(query).value();
    return Ask(QueryTableVersion, request);
  }
  Result<std::string> Query(std::string body) {
    net::Request request;
    request.body = std::move(body);
    return Ask(QueryTable, request);
  }

  delta::testing::TestTable table_;
  catalog::SharedTable shared_;
  const delta::testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  Metrics metrics_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  const LinkKey link_key_{std::string(32, 'k')};
  const TokenSealer tokens_{std::string(32, 'k'), random_, clock_};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
  AsyncQueries async_queries_{[this](const std::string& location, delta::Version version) {
                                return snapshots_.At(location, version);
                              },
                              clock_, metrics_, AsyncLimits{}};
};

TEST_F(TableChangesTest, BehindAStartThatNobodyChose) {
  const auto since = IsError(Code::kInvalidArgument, "changes since version 2.");
  for (const char* first : {"0", "1"}) {
    EXPECT_THAT(Changes(std::string("startingVersion=") + first), since);
    EXPECT_THAT(Query(std::string(R"({"startingVersion":)") + first + "}"), since);
  }
  // The version itself is shared as it stands.
  EXPECT_THAT(Query(R"({"version":1})"), IsOkAnd("1"));
  EXPECT_THAT(Query(R"({"version":0})"), IsError(Code::kInvalidArgument, "[1, 1]"));
  // Who follows begins with what is next, be it not written yet.
  EXPECT_THAT(Version("startingTimestamp=1970-01-01T00:00:00Z"), IsOkAnd("2"));
  const auto later = IsError(Code::kInvalidArgument, "greater than the latest version");
  EXPECT_THAT(Changes("startingVersion=2"), later);
  EXPECT_THAT(Query(R"({"startingVersion":2})"), later);
  table_.Commit(2, {AddLine("new", 3)});
  EXPECT_THAT(Changes("startingVersion=2"), IsOkAnd("2"));
  EXPECT_THAT(Query(R"({"startingVersion":2})"), IsOkAnd("2"));
  EXPECT_THAT(Changes("startingVersion=1"), since);
}

TEST_F(TableChangesTest, FromAStartThatWasChosen) {
  shared_.starts_after = false;
  EXPECT_THAT(Changes("startingVersion=1"), IsOkAnd("1"));
  EXPECT_THAT(Query(R"({"startingVersion":1})"), IsOkAnd("1"));
  EXPECT_THAT(Changes("startingVersion=0"),
              IsError(Code::kInvalidArgument, "changes since version 1."));
  EXPECT_THAT(Version("startingTimestamp=1970-01-01T00:00:00Z"), IsOkAnd("1"));
}

TEST_F(TableChangesTest, WithoutHistory) {
  shared_.history_shared = false;
  EXPECT_THAT(Changes("startingVersion=2"), IsError(Code::kInvalidArgument, "cdf is not enabled"));
  shared_.cdf_shared = true;
  table_.Commit(2, {AddLine("new", 3)});
  EXPECT_THAT(Changes("startingVersion=2"), IsOkAnd("2"));
  EXPECT_THAT(Changes("startingVersion=1"), IsError(Code::kInvalidArgument, "since version 2."));
  EXPECT_THAT(Query(R"({"startingVersion":2})"),
              IsError(Code::kInvalidArgument, "history sharing is not enabled"));
}

}  // namespace
}  // namespace sluice::sharing
