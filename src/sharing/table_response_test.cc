#include "sharing/table_response.h"

#include <array>

#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/testing/one_table.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"
#include "sharing/table_request.h"

namespace sluice::sharing {
namespace {

using delta::testing::AddLine;
using ::testing::HasSubstr;

// Links that end at 123, and none for paths that begin with "bad".
class FakeLinks final : public FileLinks {
 public:
  Status Append(std::string_view file, std::optional<uint64_t> /*size*/, std::string_view extension,
                std::string& out) override {
    if (file.starts_with("bad")) return Fail(Code::kUnsupported, "not to be signed", "detail");
    out += "link:";
    out += file;
    out += extension;
    return {};
  }
  TimePoint expires() const override { return FromUnixMillis(123); }
  uint64_t bytes_elsewhere() const override { return 0; }
};

class TableResponseTest : public ::testing::Test {
 protected:
  // The answer to a query of a table with these files.
  Result<std::string> Answer(const std::vector<std::string>& adds, Format format,
                             bool end_stream_action) {
    table_.Start(adds);
    auto snapshot = snapshots_.Latest(table_.location());
    if (!snapshot) return std::unexpected(snapshot.error());
    QueryPlan plan;
    plan.table = std::make_shared<catalog::SharedTable>();
    plan.snapshot = *snapshot;
    plan.format = plan.id_scheme = format;
    plan.end_stream_action = end_stream_action;
    const auto body = QueryBody(services_, std::move(plan), std::make_unique<FakeLinks>(), "");
    std::string text;
    std::array<char, 65536> buffer;
    while (true) {
      const Result<size_t> count = body->Next(buffer);
      if (!count) return std::unexpected(count.error());
      if (*count == 0) return text;
      text.append(buffer.data(), *count);
    }
  }

  static std::vector<json::Object> Lines(const std::string& text) {
    std::vector<json::Object> lines;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      lines.push_back(json::Parse(text.substr(begin, end - begin)).value().as_object());
      begin = end + 1;
    }
    return lines;
  }

  const catalog::testing::OneTable resolver_;
  const delta::testing::LineCheckpointReader reader_;
  const sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  Metrics metrics_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
  const LinkKey link_key_{std::string(32, 'k')};
  const TokenSealer tokens_{std::string(32, 'k'), random_, clock_};
  AsyncQueries async_queries_{{}, clock_, metrics_, {}};
  const Services services_{resolver_,      snapshots_, link_key_, tokens_,
                           async_queries_, clock_,     metrics_,  {}};
  delta::testing::TestTable table_;
};

TEST_F(TableResponseTest, LinesHaveTheLinksAndTheirEnd) {
  const auto text = Answer({AddLine("a.parquet"), AddLine("b.parquet")}, Format::kParquet, true);
  ASSERT_TRUE(text.has_value());
  const auto lines = Lines(*text);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("file").at("url"), "link:a.parquet.parquet");
  EXPECT_EQ(lines[0].at("file").at("expirationTimestamp"), 123);
  EXPECT_EQ(lines[1].at("file").at("url"), "link:b.parquet.parquet");
  EXPECT_EQ(lines[2].at("endStreamAction").at("minUrlExpirationTimestamp"), 123);
}

TEST_F(TableResponseTest, DeltaLinesToo) {
  const auto text = Answer({AddLine("a.parquet")}, Format::kDelta, true);
  ASSERT_TRUE(text.has_value());
  const auto lines = Lines(*text);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("file").at("deltaSingleAction").at("add").at("path"),
            "link:a.parquet.parquet");
  EXPECT_EQ(lines[0].at("file").at("expirationTimestamp"), 123);
  EXPECT_EQ(lines[1].at("endStreamAction").at("minUrlExpirationTimestamp"), 123);
}

TEST_F(TableResponseTest, FileIdsAreHashesOfTheSchemesLength) {
  // sha256("a.parquet"), which clients keep: it must never change.
  const std::string hash = "cb8eb0d4cd41f22dddc703d705e2fb67";
  const auto parquet = Answer({AddLine("a.parquet")}, Format::kParquet, false);
  const auto delta = Answer({AddLine("a.parquet")}, Format::kDelta, false);
  ASSERT_TRUE(parquet.has_value() && delta.has_value());
  const std::string one(Lines(*parquet)[0].at("file").at("id").as_string());
  const std::string two(Lines(*delta)[0].at("file").at("id").as_string());
  EXPECT_EQ(one.size(), 32U);
  EXPECT_EQ(two.size(), 64U);
  EXPECT_TRUE(two.starts_with(one));
  EXPECT_EQ(one, hash);
}

TEST_F(TableResponseTest, AFileThatMayNotBeLinkedEndsTheStreamWithItsMessage) {
  for (const Format format : {Format::kParquet, Format::kDelta}) {
    const auto text =
        Answer({AddLine("a.parquet"), AddLine("bad.parquet"), AddLine("c.parquet")}, format, true);
    ASSERT_TRUE(text.has_value());
    const auto lines = Lines(*text);  // every line is whole
    ASSERT_EQ(lines.size(), 2U) << *text;
    EXPECT_TRUE(lines[0].contains("file"));
    EXPECT_EQ(lines[1].at("endStreamAction").at("errorMessage"), "not to be signed");
    EXPECT_THAT(*text, ::testing::Not(HasSubstr("detail")));
  }
}

TEST_F(TableResponseTest, WithoutThatLineTheAnswerBreaks) {
  EXPECT_THAT(Answer({AddLine("a.parquet"), AddLine("bad.parquet")}, Format::kParquet, false),
              sluice::testing::IsError(Code::kUnsupported));
}

TEST_F(TableResponseTest, ATableWithFilesOutsideIsRefusedBeforeTheFirstByte) {
  table_.Start({AddLine("a.parquet"), AddLine("s3://other/b.parquet")});
  catalog::SharedTable table;
  table.location = table_.location();
  Options covering;
  covering.external =
      std::make_shared<const delta::ExternalLocations>(std::vector<std::string>{"s3://other"});
  const Services covered{resolver_,      snapshots_, link_key_, tokens_,
                         async_queries_, clock_,     metrics_,  covering};
  const auto refused = sluice::testing::IsError(Code::kUnsupported,
                                                "outside of its own folder, which this server's");
  EXPECT_THAT(LoadSnapshot(services_, table, {}), refused);
  EXPECT_THAT(LoadTokenVersion(services_, table, 0), refused);
  EXPECT_THAT(LoadSnapshot(covered, table, {}), sluice::testing::IsOk());
  EXPECT_THAT(LoadTokenVersion(covered, table, 0), sluice::testing::IsOk());
  // What one configuration allowed, the next one does not, though the snapshot is the same.
  const auto again = LoadSnapshot(services_, table, {});
  ASSERT_THAT(again, refused);
  EXPECT_EQ(again.error().message.find("other"), std::string::npos);
}

}  // namespace
}  // namespace sluice::sharing
