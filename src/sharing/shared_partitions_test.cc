// A table of which a share hands out some partitions, from the catalog's filter to the bytes of
// every answer.
#include "sharing/shared_partitions.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/partitioned.h"
#include "delta/testing/test_table.h"
#include "sharing/errors.h"
#include "sharing/item_json.h"
#include "sharing/operations.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
using Files = std::vector<std::string>;

catalog::PartitionTerm Equal(std::string column, std::string value) {
  return {std::move(column), catalog::PartitionOp::kEqual, {std::move(value)}, {}};
}

std::shared_ptr<const catalog::PartitionFilter> Bound(catalog::PartitionTerm term) {
  return catalog::Bind({{{std::move(term)}}}, {}).value();
}

// Shares one table with "me", as it is set.
class OneShare final : public catalog::Resolver {
 public:
  catalog::SharedTable table;

  std::vector<catalog::ShareName> Shares(std::string_view) const override { return {}; }
  Result<std::shared_ptr<const catalog::GrantedShare>> FindShare(std::string_view,
                                                                 std::string_view) const override {
    return Fail(Code::kNotFound, "none");
  }
  Result<std::shared_ptr<const catalog::SharedTable>> FindTable(
      std::string_view principal, const catalog::TableName& /*name*/) const override {
    return FindTableById(principal, table.id);
  }
  Result<std::shared_ptr<const catalog::SharedTable>> FindTableById(
      std::string_view principal, std::string_view id) const override {
    if (principal != "me" || id != table.id) return Fail(Code::kNotFound, "none");
    return std::make_shared<const catalog::SharedTable>(table);
  }
};

std::string Line(std::string_view action, std::string_view path, std::string_view country, int size,
                 std::string_view vector = {}) {
  return fmt::format(R"({{"{}":{{"path":"{}","partitionValues":{{"country":"{}"}},"size":{},)"
                     R"("modificationTime":5,"deletionTimestamp":5,"dataChange":true,)"
                     R"("stats":"{{\"numRecords\":10}}"{}}}}})",
                     action, path, country, size, delta::testing::VectorField(vector));
}

// What the lines of an answer say.
struct Answer {
  Files files;  // sign and size of each: the tests give each file its own
  std::vector<std::string> links;
  int64_t num_files = -1;
  int64_t size = -1;
  std::string next_page, refresh_token, query_id, status, text;
};

std::string TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains({name.data(), name.size()});
  return value == nullptr ? "" : std::string(value->as_string());
}

void TakeMetadata(const json::Object& metadata, Answer& answer) {
  if (const json::Value* count = metadata.if_contains("numFiles")) {
    answer.num_files = count->as_int64();
    answer.size = metadata.at("size").as_int64();
  }
}

void TakeFile(std::string_view kind, const json::Object& line, Answer& answer) {
  const json::Object* file = &line;
  std::string_view sign = kind == "add" ? "+" : kind == "remove" ? "-" : kind == "cdf" ? "~" : "";
  if (const json::Value* action = line.if_contains("deltaSingleAction")) {
    file = &action->as_object().begin()->value().as_object();
  }
  const json::Value* link = file->if_contains("url");
  if (link == nullptr) link = file->if_contains("path");
  answer.links.emplace_back(link->as_string());
  answer.files.push_back(fmt::format("{}{}", sign, file->at("size").as_int64()));
}

void TakeLine(const json::Object& line, Answer& answer) {
  const auto& [kind, value] = *line.begin();
  const json::Object& inner = value.as_object();
  if (kind == "metaData") return TakeMetadata(inner, answer);
  if (kind == "protocol") return;
  if (kind == "endStreamAction") {
    answer.next_page = TextOf(inner, "nextPageToken");
    answer.refresh_token = TextOf(inner, "refreshToken");
    return;
  }
  if (kind == "queryStatus") {
    answer.query_id = TextOf(inner, "queryId");
    answer.status = TextOf(inner, "status");
    return;
  }
  TakeFile(kind, inner, answer);
}

Result<Answer> Read(Result<net::Response> response) {
  if (!response) return std::unexpected(response.error());
  Answer answer;
  if (const auto* whole = std::get_if<std::string>(&response->body)) answer.text = *whole;
  if (auto* body = std::get_if<std::unique_ptr<net::BodySource>>(&response->body)) {
    std::array<char, 65536> buffer;
    while (const size_t count = TRY((*body)->Next(buffer))) {
      answer.text.append(buffer.data(), count);
    }
  }
  for (size_t begin = 0; begin < answer.text.size();) {
    const size_t end = answer.text.find('\n', begin);
    TakeLine(json::Parse(answer.text.substr(begin, end - begin)).value().as_object(), answer);
    begin = end + 1;
  }
  return answer;
}

class SharedPartitionsTest : public ::testing::Test {
 protected:
  SharedPartitionsTest() {
    share_.table.share = "s";
    share_.table.schema = "d";
    share_.table.name = "t";
    share_.table.id = "t";
    share_.table.location = table_.location();
    share_.table.history_shared = true;
    Give("SE");
    const auto by_country = delta::testing::PartitionedBy({{"country", "string"}});
    table_.Commit(
        0, {std::string(delta::testing::kProtocolLine), delta::testing::MetadataLineOf(by_country),
            Line("add", "a", "SE", 1), Line("add", "b", "NO", 2), Line("add", "c", "SE", 4),
            Line("add", "d", "NO", 8), Line("add", "e", "SE", 16)});
  }

  void Give(const std::string& country) { share_.table.filter = Bound(Equal("country", country)); }
  void GiveAll() { share_.table.filter = nullptr; }

  static net::Request RequestOf(std::string body = {}, std::string_view capabilities = {}) {
    net::Request request;
    request.principal = "me";
    request.params = {{"share", "s"}, {"schema", "d"}, {"table", "t"}};
    request.headers.Add("Content-Type", "application/json");
    request.headers.Add("delta-sharing-capabilities", std::string(capabilities));
    request.body = std::move(body);
    return request;
  }
  Result<Answer> Query(std::string body = "{}", std::string_view capabilities = {}) {
    return Read(QueryTable(services_, RequestOf(std::move(body), capabilities)));
  }
  Result<Answer> Changes(std::string_view query, std::string_view capabilities = {}) {
    net::Request request = RequestOf({}, capabilities);
    request.query = net::QueryParams::Parse(query).value();
    return Read(QueryTableChanges(services_, request));
  }
  Result<Answer> Poll(const std::string& id) {
    net::Request request = RequestOf("{}");
    request.params.emplace_back("queryId", id);
    while (true) {
      Result<Answer> answer = Read(GetQueryInfo(services_, request));
      if (!answer || answer->status != "pending") return answer;
      std::this_thread::yield();
    }
  }
  Result<net::Response> Follow(const std::string& link) {
    const size_t files = link.find("/files/") + 7;
    const size_t query = link.find('?');
    net::Request request;
    request.query = net::QueryParams::Parse(link.substr(query + 1)).value();
    request.params = {{"payload", link.substr(files, link.find('/', files) - files)},
                      {"name", "x.parquet"}};
    return GetFile(services_, request);
  }

  delta::testing::TestTable table_;
  OneShare share_;
  const delta::testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{SystemClock().Now() + std::chrono::seconds(5)};
  SecureRandom random_;
  Metrics metrics_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
  const LinkKey link_key_{std::string(32, 'k')};
  const TokenSealer tokens_{std::string(32, 'k'), random_, clock_};
  AsyncQueries async_queries_{[this](const std::string& location, delta::Version version) {
                                return snapshots_.At(location, version);
                              },
                              clock_, metrics_, AsyncLimits{}};
  const Services services_{share_,         snapshots_, link_key_, tokens_,
                           async_queries_, clock_,     metrics_,  {}};
};

constexpr std::string_view kDelta = "responseformat=delta;readerfeatures=deletionvectors";

TEST_F(SharedPartitionsTest, AnswersHaveTheirFilesAndCountsAlone) {
  for (const std::string_view capabilities : {std::string_view(), kDelta}) {
    const auto answer = Query("{}", capabilities);
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->files, (Files{"1", "4", "16"}));
    EXPECT_EQ(answer->num_files, 3);
    EXPECT_EQ(answer->size, 21);
    EXPECT_THAT(answer->text, Not(HasSubstr("NO")));
    const auto metadata = Read(QueryTableMetadata(services_, RequestOf({}, capabilities)));
    ASSERT_THAT(metadata, IsOk());
    EXPECT_EQ(metadata->num_files, 3);
    EXPECT_EQ(metadata->size, 21);
  }
  Give("NO");
  EXPECT_EQ(Query()->files, (Files{"2", "8"}));
  Give("DK");
  EXPECT_EQ(Query()->files, Files{});
  EXPECT_EQ(Query()->num_files, 0);
  GiveAll();
  EXPECT_EQ(Query()->files.size(), 5U);
}

TEST_F(SharedPartitionsTest, HintsAndLimitsCountWhatIsShared) {
  EXPECT_EQ(Query(R"({"limitHint":15})")->files, (Files{"1", "4"}));
  EXPECT_EQ(Query(R"({"predicateHints":["country = 'NO'"]})")->files, Files{});
  EXPECT_EQ(Query(R"({"predicateHints":["country = 'SE'"],"limitHint":1})")->files, Files{"1"});
}

TEST_F(SharedPartitionsTest, OlderVersionsAreFilteredToo) {
  table_.Commit(
      1, {delta::testing::RemoveLine("a"), Line("add", "f", "NO", 32), Line("add", "g", "SE", 64)});
  EXPECT_EQ(Query()->files, (Files{"4", "16", "64"}));
  EXPECT_EQ(Query(R"({"version":0})")->files, (Files{"1", "4", "16"}));
  EXPECT_EQ(Query(R"({"version":0})")->num_files, 3);
}

// A deletion vector takes the parquet format away: one in a partition of others does not.
TEST_F(SharedPartitionsTest, FeaturesOfOtherPartitionsDoNotCount) {
  table_.Commit(1, {Line("add", "f", "NO", 32, "abcd")});
  EXPECT_EQ(Query("{}", "responseformat=parquet")->files, (Files{"1", "4", "16"}));
  Give("NO");
  EXPECT_THAT(Query("{}", "responseformat=parquet"), IsError(Code::kUnsupported));
  EXPECT_EQ(Query("{}", kDelta)->files, (Files{"2", "8", "32"}));
}

TEST_F(SharedPartitionsTest, ChangesAreFiltered) {
  table_.Commit(1, {delta::testing::RemoveLine("a"), delta::testing::RemoveLine("b"),
                    Line("add", "f", "NO", 32), Line("add", "g", "SE", 64)});
  table_.Commit(
      2, {Line("cdc", "_change_data/x", "SE", 128), Line("cdc", "_change_data/y", "NO", 256)});
  EXPECT_EQ(Changes("startingVersion=1")->files, (Files{"+64", "-1", "~128"}));
  EXPECT_EQ(Changes("startingVersion=1", kDelta)->files.size(), 3U);
  EXPECT_EQ(Query(R"({"startingVersion":0})")->files, (Files{"+1", "+4", "+16", "+64", "-1"}));
}

TEST_F(SharedPartitionsTest, ChangesMayBeSharedWithoutHistory) {
  share_.table.history_shared = false;
  EXPECT_THAT(Changes("startingVersion=0"), IsError(Code::kInvalidArgument));
  share_.table.cdf_shared = true;
  EXPECT_EQ(Changes("startingVersion=0")->files, (Files{"+1", "+4", "+16"}));
  EXPECT_THAT(Query(R"({"version":0})"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Query(R"({"startingVersion":0})"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Query()->text, HasSubstr(R"("enableChangeDataFeed":"true")"));
}

TEST_F(SharedPartitionsTest, TokensEndWithTheirFilter) {
  const Answer page = Query(R"({"maxFiles":1,"includeRefreshToken":true})").value();
  const std::string next = R"({"maxFiles":9,"pageToken":")" + page.next_page + "\"}";
  const std::string refresh = R"({"refreshToken":")" + page.refresh_token + "\"}";
  const Answer changes = Changes("startingVersion=0&maxFiles=1").value();
  const std::string rest = "startingVersion=0&maxFiles=9&pageToken=" + changes.next_page;
  EXPECT_EQ(Query(next)->files, (Files{"4", "16"}));
  EXPECT_EQ(Query(refresh)->files, (Files{"1", "4", "16"}));
  EXPECT_EQ(Changes(rest)->files, (Files{"+4", "+16"}));
  const auto again = [&](bool work) {
    EXPECT_EQ(Query(next).has_value(), work);
    EXPECT_EQ(Query(refresh).has_value(), work);
    EXPECT_EQ(Changes(rest).has_value(), work);
  };
  Give("NO");
  again(false);
  EXPECT_THAT(Query(next), IsError(Code::kInvalidArgument, std::string(errors::kStartAgain)));
  GiveAll();
  again(false);
  Give("SE");
  again(true);
  // One that was given for all of the table is void as soon as it is not.
  GiveAll();
  const Answer whole = Query(R"({"maxFiles":1})").value();
  const std::string more = R"({"maxFiles":9,"pageToken":")" + whole.next_page + "\"}";
  EXPECT_EQ(Query(more)->files, (Files{"2", "4", "8", "16"}));
  Give("SE");
  EXPECT_THAT(Query(more), IsError(Code::kInvalidArgument, std::string(errors::kStartAgain)));
}

TEST_F(SharedPartitionsTest, QueriesThatAreAnsweredLaterEndWithTheirFilter) {
  const auto submit = [&] {
    return Query(R"({"idempotencyKey":"k"})", "asyncquery=true")->query_id;
  };
  const std::string id = submit();
  EXPECT_EQ(Poll(id)->files, (Files{"1", "4", "16"}));
  Give("NO");
  EXPECT_THAT(Poll(id), IsError(Code::kNotFound));
  const std::string other = submit();
  EXPECT_NE(other, id);
  EXPECT_EQ(Poll(other)->files, (Files{"2", "8"}));
}

TEST_F(SharedPartitionsTest, LinksEndWithTheirFilter) {
  std::ofstream(std::filesystem::path(table_.location()) / "a") << "x";
  const std::string link = Query()->links.front();
  EXPECT_THAT(Follow(link), IsOk());
  Give("NO");
  EXPECT_THAT(Follow(link), IsError(Code::kPermissionDenied, std::string(errors::kLinkRefused)));
  GiveAll();
  EXPECT_THAT(Follow(link), IsError(Code::kPermissionDenied));
  const std::string whole = Query()->links.front();
  EXPECT_THAT(Follow(whole), IsOk());
  Give("SE");
  EXPECT_THAT(Follow(whole), IsError(Code::kPermissionDenied));
  EXPECT_THAT(Follow(link), IsOk());
  // A filter that was not bound is not none.
  share_.table.filter = std::make_shared<const catalog::PartitionFilter>();
  EXPECT_THAT(Follow(whole), IsError(Code::kPermissionDenied));
}

TEST_F(SharedPartitionsTest, FoldersAreNotLent) {
  share_.table.directory = "s3://lake/t";
  std::string item;
  AppendTable(share_.table, item);
  EXPECT_THAT(item, Not(HasSubstr("accessModes")));
  EXPECT_THAT(item, Not(HasSubstr("s3://")));
  EXPECT_THAT(Query()->text, Not(HasSubstr("s3://")));
  EXPECT_THAT(GenerateTemporaryTableCredential(services_, RequestOf()),
              IsError(Code::kUnsupported));
  GiveAll();
  AppendTable(share_.table, item);
  EXPECT_THAT(item, HasSubstr("accessModes"));
}

// Nobody reads by a filter that does not fit, in any way there is.
TEST_F(SharedPartitionsTest, FiltersThatDoNotFitRefuseAll) {
  const auto expect = [&](Code code) {
    for (const std::string_view capabilities : {std::string_view(), kDelta}) {
      EXPECT_THAT(Query("{}", capabilities), IsError(code));
      EXPECT_THAT(Query(R"({"version":0})", capabilities), IsError(code));
      EXPECT_THAT(Query(R"({"startingVersion":0})", capabilities), IsError(code));
      EXPECT_THAT(Changes("startingVersion=0", capabilities), IsError(code));
      EXPECT_THAT(QueryTableMetadata(services_, RequestOf({}, capabilities)), IsError(code));
    }
    EXPECT_EQ(Query().error().message.find("hush"), std::string::npos);
  };
  share_.table.filter = Bound(Equal("id", "1"));  // no partition column
  expect(Code::kCorrupt);
  share_.table.filter = Bound(Equal("nobody", "hush"));
  expect(Code::kCorrupt);
  const catalog::PartitionFilter unbound{
      {{{"country", catalog::PartitionOp::kEqual, {}, "country"}}}};
  share_.table.filter = std::make_shared<const catalog::PartitionFilter>(unbound);
  expect(Code::kPermissionDenied);
  catalog::PartitionFilter half = unbound;
  half.hash = "as if";
  share_.table.filter = std::make_shared<const catalog::PartitionFilter>(half);
  expect(Code::kPermissionDenied);
  share_.table.filter = std::make_shared<const catalog::PartitionFilter>();
  expect(Code::kPermissionDenied);
  catalog::PartitionFilter none;
  none.hash = "none";
  share_.table.filter = std::make_shared<const catalog::PartitionFilter>(none);
  expect(Code::kCorrupt);
}

TEST_F(SharedPartitionsTest, FilesThatCannotBeJudgedRefuseAll) {
  table_.Commit(1, {R"({"add":{"path":"z","partitionValues":{},"size":1,"modificationTime":5,)"
                    R"("dataChange":true}})"});
  EXPECT_THAT(Query(), IsError(Code::kCorrupt));
  EXPECT_THAT(QueryTableMetadata(services_, RequestOf()), IsError(Code::kCorrupt));
  EXPECT_THAT(Changes("startingVersion=0"), IsError(Code::kCorrupt));
  EXPECT_EQ(Query(R"({"version":0})")->files.size(), 3U);
}

TEST_F(SharedPartitionsTest, EveryOperationGetsThrough) {
  using catalog::PartitionOp;
  const auto files = [&](PartitionOp op, std::vector<std::string> values) {
    share_.table.filter = Bound({"country", op, std::move(values), {}});
    return Query()->files;
  };
  table_.Commit(1, {R"({"add":{"path":"z","partitionValues":{"country":null},"size":32,)"
                    R"("modificationTime":5,"dataChange":true}})",
                    Line("add", "f", "DK", 64)});
  const Files se = {"1", "4", "16"};
  EXPECT_EQ(files(PartitionOp::kEqual, {"SE"}), se);
  EXPECT_EQ(files(PartitionOp::kEqual, {}), Files{"32"});
  EXPECT_EQ(files(PartitionOp::kLike, {"S%"}), se);
  EXPECT_EQ(files(PartitionOp::kIn, {"NO", "DK"}), (Files{"2", "8", "64"}));
  EXPECT_EQ(files(PartitionOp::kGreaterThan, {"NO"}), se);
  EXPECT_EQ(files(PartitionOp::kGreaterThanOrEqual, {"SE"}), se);
  EXPECT_EQ(files(PartitionOp::kLessThan, {"NO"}), Files{"64"});
  EXPECT_EQ(files(PartitionOp::kLessThanOrEqual, {"DK"}), Files{"64"});
}

}  // namespace
}  // namespace sluice::sharing
