#include <array>

#include "base/json.h"
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

struct Lines {
  std::vector<std::string> files;  // sizes: the tests give each file its own
  std::string next_page;
  std::string refresh_token;
  std::string status;  // of a queryStatus line
  std::string query_id;
  std::string message;
};

std::string Text(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains({name.data(), name.size()});
  return value == nullptr ? "" : std::string(value->as_string());
}

// One table, shared with "me".
class GetQueryInfoTest : public ::testing::Test {
 protected:
  GetQueryInfoTest() { Restart(); }

  // Another process: nothing in memory, the same key.
  void Restart() {
    services_.reset();
    async_queries_.reset();
    snapshots_ = std::make_unique<delta::Snapshots>(stores_, reader_, clock_, metrics_,
                                                    delta::SnapshotLimits{});
    async_queries_ = std::make_unique<AsyncQueries>(
        [this](const std::string& location, delta::Version version) {
          return snapshots_->At(location, version);
        },
        clock_, metrics_, AsyncLimits{});
    services_.reset(new Services{
        resolver_, *snapshots_, link_key_, tokens_, *async_queries_, clock_, metrics_, {}});
  }

  // Another table, with the files of sizes 7, 8, 9.
  void Replace() {
    std::string metadata(delta::testing::kMetadataLine);
    metadata.replace(metadata.find(R"("id":"t")"), 8, R"("id":"u")");
    table_.Commit(0, {std::string(delta::testing::kProtocolLine), metadata, AddLine("x", 7),
                      AddLine("y", 8), AddLine("z", 9)});
  }

  static catalog::SharedTable Shared(const delta::testing::TestTable& table) {
    catalog::SharedTable shared;
    shared.id = "t";
    shared.location = table.location();
    shared.history_shared = true;
    return shared;
  }

  static net::Request RequestOf(std::string body, std::string_view capabilities) {
    net::Request request;
    request.principal = "me";
    request.params = {{"share", "s"}, {"schema", "d"}, {"table", "t"}};
    request.headers.Add("Content-Type", "application/json");
    request.headers.Add("delta-sharing-capabilities", std::string(capabilities));
    request.body = std::move(body);
    return request;
  }
  Result<Lines> Query(std::string body, std::string_view capabilities = "") {
    return Read(QueryTable(*services_, RequestOf(std::move(body), capabilities)));
  }
  Result<Lines> Submit(std::string body) { return Query(std::move(body), "asyncquery=true"); }
  Result<Lines> Poll(const std::string& id, std::string body = "{}") {
    net::Request request = RequestOf(std::move(body), "");
    request.params.emplace_back("queryId", id);
    return Read(GetQueryInfo(*services_, request));
  }
  // Polls until there is an answer.
  Result<Lines> Await(const std::string& id, const std::string& body = "{}") {
    while (true) {
      Result<Lines> lines = Poll(id, body);
      if (!lines || lines->status != "pending") return lines;
      std::this_thread::yield();
    }
  }

  static Result<Lines> Read(Result<net::Response> response) {
    if (!response) return std::unexpected(response.error());
    std::string text;
    if (const auto* whole = std::get_if<std::string>(&response->body)) text = *whole;
    if (auto* body = std::get_if<std::unique_ptr<net::BodySource>>(&response->body)) {
      std::array<char, 65536> buffer;
      while (const size_t count = TRY((*body)->Next(buffer))) text.append(buffer.data(), count);
    }
    Lines lines;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      TakeLine(json::Parse(text.substr(begin, end - begin)).value().as_object(), lines);
      begin = end + 1;
    }
    return lines;
  }
  static void TakeLine(const json::Object& line, Lines& lines) {
    if (const json::Value* file = line.if_contains("file")) {
      lines.files.push_back(std::to_string(file->at("size").as_int64()));
    } else if (const json::Value* end = line.if_contains("endStreamAction")) {
      lines.next_page = Text(end->as_object(), "nextPageToken");
      lines.refresh_token = Text(end->as_object(), "refreshToken");
    } else if (const json::Value* status = line.if_contains("queryStatus")) {
      lines.status = Text(status->as_object(), "status");
      lines.query_id = Text(status->as_object(), "queryId");
      lines.message = Text(status->as_object(), "errorMessage");
    }
  }

  using Files = std::vector<std::string>;

  delta::testing::TestTable table_;
  catalog::testing::OneTable resolver_{Shared(table_)};
  const delta::testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  Metrics metrics_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  const LinkKey link_key_{std::string(32, 'k')};
  const TokenSealer tokens_{std::string(32, 'k'), random_, clock_};
  std::unique_ptr<delta::Snapshots> snapshots_;
  std::unique_ptr<AsyncQueries> async_queries_;
  std::unique_ptr<const Services> services_;
};

TEST_F(GetQueryInfoTest, IsAnsweredAtItsVersionAfterARestartToo) {
  table_.Start({AddLine("a", 1), AddLine("b", 2), AddLine("c", 3)});
  const Lines given = Submit(R"({"idempotencyKey":"k","maxFiles":1})").value();
  EXPECT_EQ(given.status, "pending");
  table_.Commit(1, {RemoveLine("a"), AddLine("d", 4)});
  EXPECT_EQ(Await(given.query_id).value().files, (Files{"1", "2", "3"}));
  Restart();
  const Lines first = Await(given.query_id, R"({"maxFiles":2})").value();
  EXPECT_EQ(first.files, (Files{"1", "2"}));
  // Whoever has a page is not put off again.
  Restart();
  const std::string next = R"({"maxFiles":2,"pageToken":")" + first.next_page + "\"}";
  const Lines second = Poll(given.query_id, next).value();
  EXPECT_EQ(second.status, "");
  EXPECT_EQ(second.files, Files{"3"});
  EXPECT_EQ(second.next_page, "");
}

TEST_F(GetQueryInfoTest, TheIdEndsAndBelongsToWhoAsked) {
  table_.Start({AddLine("a", 1)});
  const std::string id = Submit(R"({"idempotencyKey":"k"})").value().query_id;
  const auto unknown = IsError(Code::kNotFound, "The queryId is unknown or has expired.");
  net::Request request = RequestOf("{}", "");
  request.params.emplace_back("queryId", id);
  request.principal = "somebody else";  // the catalog says no before the token does
  EXPECT_THAT(GetQueryInfo(*services_, request), IsError(Code::kNotFound));
  const std::string theirs = tokens_.Seal(
      {"queryId", "somebody else", "t"},
      PackAsyncQuery({0, "", TokenHash(table_.location()), "", "", "{}"}), std::chrono::hours(1));
  EXPECT_THAT(Poll(theirs), unknown);
  const std::string other_table = tokens_.Seal(
      {"queryId", "me", "u"}, PackAsyncQuery({0, "", TokenHash(table_.location()), "", "", "{}"}),
      std::chrono::hours(1));
  EXPECT_THAT(Poll(other_table), unknown);
  const std::string another_place = tokens_.Seal(
      {"queryId", "me", "t"}, PackAsyncQuery({0, "", "", "", "", "{}"}), std::chrono::hours(1));
  EXPECT_THAT(Poll(another_place), unknown);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Await(id).value().files, Files{"1"});
  clock_.Advance(Millis(1));
  EXPECT_THAT(Poll(id), unknown);
}

TEST_F(GetQueryInfoTest, AnOldKeyIsANewQuery) {
  table_.Start({AddLine("a", 1)});
  const std::string id = Submit(R"({"idempotencyKey":"k"})").value().query_id;
  table_.Commit(1, {AddLine("b", 2)});
  EXPECT_EQ(Submit(R"({"idempotencyKey":"k"})").value().query_id, id);
  clock_.Advance(std::chrono::hours(1) + Millis(1));
  const std::string fresh = Submit(R"({"idempotencyKey":"k"})").value().query_id;
  EXPECT_NE(fresh, id);
  EXPECT_EQ(Await(fresh).value().files, (Files{"1", "2"}));
}

TEST_F(GetQueryInfoTest, FailsWithTheSentenceOfTheQueryItself) {
  table_.Start({AddLine("a", 1)});
  table_.Commit(1, {"not an action"});
  const std::string id = Submit(R"({"idempotencyKey":"k"})").value().query_id;
  const Lines failed = Await(id).value();
  EXPECT_EQ(failed.status, "failed");
  EXPECT_EQ(failed.message, Query("{}").error().message);
  EXPECT_EQ(failed.message.find(table_.location()), std::string::npos);
}

TEST_F(GetQueryInfoTest, PagesAreRefusedWhereAnotherTableStandsNow) {
  table_.Start({AddLine("a", 1), AddLine("b", 2)});
  const Lines page = Query(R"({"maxFiles":1,"includeRefreshToken":true})").value();
  const std::string next = R"({"maxFiles":1,"pageToken":")" + page.next_page + "\"}";
  const std::string refresh = R"({"refreshToken":")" + page.refresh_token + "\"}";
  EXPECT_EQ(Query(next).value().files, Files{"2"});
  EXPECT_EQ(Query(refresh).value().files, (Files{"1", "2"}));
  Replace();
  EXPECT_THAT(Query(next), IsError(Code::kInvalidArgument, "start again"));
  EXPECT_THAT(Query(refresh), IsError(Code::kInvalidArgument, "query the table again"));
}

TEST_F(GetQueryInfoTest, PagesOfChangesToo) {
  table_.Start({AddLine("a", 1), AddLine("b", 2)});
  const std::string range = R"({"startingVersion":0,"maxFiles":1)";
  const std::string token = Query(range + "}").value().next_page;
  const std::string next = range + R"(,"pageToken":")" + token + "\"}";
  EXPECT_THAT(Query(next), sluice::testing::IsOk());
  Replace();
  EXPECT_THAT(Query(next), IsError(Code::kInvalidArgument, "start again"));
}

TEST_F(GetQueryInfoTest, AQueryIsOfTheTableThatItWasAskedOf) {
  table_.Start({AddLine("a", 1), AddLine("b", 2)});
  const std::string asked = Submit(R"({"idempotencyKey":"asked"})").value().query_id;
  const std::string answered = Submit(R"({"idempotencyKey":"answered"})").value().query_id;
  EXPECT_EQ(Await(answered).value().files, (Files{"1", "2"}));
  // Somebody else keeps it in memory.
  const auto kept = snapshots_->Latest(table_.location()).value();
  Replace();
  const auto replaced = IsError(Code::kNotFound, "was replaced since");
  EXPECT_THAT(Await(asked), replaced);
  EXPECT_THAT(Await(answered), replaced);
  EXPECT_THAT(Await(answered), replaced) << "and so it stays";
  const std::string again = Submit(R"({"idempotencyKey":"again"})").value().query_id;
  EXPECT_EQ(Await(again).value().files, (Files{"7", "8", "9"}));
}

TEST_F(GetQueryInfoTest, NobodyIsGivenLinksOfATableThatIsGone) {
  table_.Start({AddLine("a", 1)});
  const std::string id = Submit(R"({"idempotencyKey":"k"})").value().query_id;
  EXPECT_EQ(Await(id).value().files, Files{"1"});
  const auto kept = snapshots_->Latest(table_.location()).value();
  table_.RemoveCommit(0);
  EXPECT_EQ(Await(id).value().status, "failed");
}

TEST_F(GetQueryInfoTest, PagesOfAVersionThatWasCleanedUpSaySo) {
  table_.Start({AddLine("a", 1), AddLine("b", 2)});
  const Lines page = Query(R"({"maxFiles":1,"includeRefreshToken":true})").value();
  table_.Commit(1, {RemoveLine("a")});
  table_.Checkpoint(1, {AddLine("b", 2)});
  table_.RemoveCommit(0);
  Restart();
  EXPECT_THAT(Query(R"({"maxFiles":1,"pageToken":")" + page.next_page + "\"}"),
              IsError(Code::kInvalidArgument, "not kept any more. The page token"));
  EXPECT_THAT(Query(R"({"refreshToken":")" + page.refresh_token + "\"}"),
              IsError(Code::kInvalidArgument, "not kept any more. The refresh token"));
}

TEST_F(GetQueryInfoTest, ARefreshTokenEnds) {
  table_.Start({AddLine("a", 1)});
  const std::string body = R"({"refreshToken":")" +
                           Query(R"({"includeRefreshToken":true})").value().refresh_token + "\"}";
  table_.Commit(1, {AddLine("b", 2)});
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Query(body).value().files, Files{"1"});
  clock_.Advance(Millis(1));
  EXPECT_THAT(Query(body), IsError(Code::kInvalidArgument, "query the table again without it"));
}

TEST_F(GetQueryInfoTest, NothingThatWasGivenOutlivesTheHistory) {
  table_.Start({AddLine("a", 1), AddLine("b", 2)});
  table_.Commit(1, {AddLine("c", 3)});
  catalog::SharedTable shared = Shared(table_);
  shared.history_shared = true;
  resolver_ = catalog::testing::OneTable(shared);
  const std::string first = Query(R"({"version":0,"maxFiles":1})").value().next_page;
  const std::string next = R"({"version":0,"maxFiles":1,"pageToken":")" + first + "\"}";
  const std::string submission = R"({"version":0,"idempotencyKey":"k"})";
  const std::string id = Submit(submission).value().query_id;
  const Lines answer = Await(id, R"({"maxFiles":1})").value();
  const std::string later = R"({"maxFiles":1,"pageToken":")" + answer.next_page + "\"}";
  EXPECT_EQ(Query(next).value().files, Files{"2"});
  EXPECT_EQ(Poll(id, later).value().files, Files{"2"});

  shared.history_shared = false;
  resolver_ = catalog::testing::OneTable(shared);
  const auto not_shared = IsError(Code::kInvalidArgument, "history sharing is not enabled");
  EXPECT_THAT(Query(next), not_shared);
  EXPECT_THAT(Submit(submission), not_shared);
  EXPECT_THAT(Poll(id), not_shared);
  EXPECT_THAT(Poll(id, later), not_shared);

  shared.history_shared = true;
  shared.start_version = 1;
  resolver_ = catalog::testing::OneTable(shared);
  EXPECT_THAT(Query(next), IsError(Code::kInvalidArgument, "start again"));
  EXPECT_THAT(Poll(id, later), IsError(Code::kInvalidArgument, "start again"));
  const Lines failed = Poll(id).value();
  EXPECT_EQ(failed.status, "failed");
  EXPECT_THAT(failed.message, ::testing::HasSubstr("Available versions: [1, 1]"));
}

TEST_F(GetQueryInfoTest, WithoutHistoryNoTokenLeadsOnToAVersionOfBefore) {
  const auto refresh = [](const Lines& lines, std::string_view more = "") {
    return R"({"includeRefreshToken":true,"refreshToken":")" + lines.refresh_token + "\"" +
           std::string(more) + "}";
  };
  catalog::SharedTable shared = Shared(table_);
  shared.history_shared = false;
  resolver_ = catalog::testing::OneTable(shared);
  table_.Start({AddLine("a", 1), AddLine("b", 2)});
  const Lines first = Query(R"({"maxFiles":1,"includeRefreshToken":true})").value();
  const Lines fresh = Query(refresh(first)).value();
  EXPECT_NE(fresh.refresh_token, first.refresh_token);
  const Lines submitted = Submit(refresh(first, R"(,"idempotencyKey":"k")")).value();
  EXPECT_EQ(submitted.status, "pending");

  // Who has begun comes to the end.
  table_.Commit(1, {RemoveLine("a")});
  const Lines second =
      Query(R"({"maxFiles":1,"includeRefreshToken":true,"pageToken":")" + first.next_page + "\"}")
          .value();
  EXPECT_EQ(second.files, Files{"2"});
  EXPECT_EQ(second.refresh_token, "");
  EXPECT_EQ(Await(submitted.query_id).value().files, (Files{"1", "2"}));
  const Lines again = Query(refresh(fresh)).value();
  EXPECT_EQ(again.files, (Files{"1", "2"}));
  EXPECT_EQ(again.refresh_token, fresh.refresh_token);
  const Lines at_once = Submit(refresh(fresh, R"(,"idempotencyKey":"l")")).value();
  EXPECT_EQ(at_once.files, (Files{"1", "2"}));
  EXPECT_EQ(at_once.refresh_token, fresh.refresh_token);

  shared.history_shared = true;
  resolver_ = catalog::testing::OneTable(shared);
  EXPECT_NE(Query(refresh(fresh)).value().refresh_token, fresh.refresh_token);
  shared.start_version = 1;
  resolver_ = catalog::testing::OneTable(shared);
  EXPECT_THAT(Query(refresh(fresh)), IsError(Code::kInvalidArgument, "query the table again"));
}

}  // namespace
}  // namespace sluice::sharing
