#include "sharing/page_token.h"

#include "base/encoding.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOkAnd;
using ::sluice::testing::ManualClock;

class PageToken : public ::testing::Test {
 protected:
  SecureRandom random_;
  ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  TokenSealer sealer_{std::string(32, 'k'), random_, clock_};
  const TokenScope scope_{"QueryTable", "recipient:1", "table-1"};
};

TEST_F(PageToken, OpensInItsScopeUntilItExpires) {
  const std::string token = sealer_.Seal(scope_, "content", Millis(1000));
  EXPECT_THAT(sealer_.Open(scope_, token), IsOkAnd(std::string("content")));
  clock_.Advance(Millis(1000));
  EXPECT_THAT(sealer_.Open(scope_, token), IsOkAnd(std::string("content")));
  clock_.Advance(Millis(1));
  EXPECT_THAT(sealer_.Open(scope_, token), IsError(Code::kInvalidArgument));
}

TEST_F(PageToken, IsBoundToOperationPrincipalAndObject) {
  const std::string token = sealer_.Seal(scope_, "content", Millis(1000));
  EXPECT_THAT(sealer_.Open({"refresh", "recipient:1", "table-1"}, token),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(sealer_.Open({"QueryTable", "recipient:2", "table-1"}, token),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(sealer_.Open({"QueryTable", "recipient:1", "table-2"}, token),
              IsError(Code::kInvalidArgument));
  // Moving a character from one part to the next must not give the same context.
  EXPECT_THAT(sealer_.Open({"QueryTabler", "ecipient:1", "table-1"}, token),
              IsError(Code::kInvalidArgument));
}

TEST_F(PageToken, GarbageIsRefused) {
  for (const char* bad : {"", "bad", "====", "AAAA", "\xff\xfe"}) {
    EXPECT_THAT(sealer_.Open(scope_, bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

TEST_F(PageToken, QueryPagesRoundTrip) {
  const QueryPage page{
      42, {"p=1/part-0.parquet", "uabc@1"}, 1234, std::string(16, '\x80'), "table"};
  const Result<QueryPage> read = UnpackQueryPage(PackQueryPage(page));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->version, 42);
  EXPECT_EQ(read->after, page.after);
  EXPECT_EQ(read->rows_before, 1234);
  EXPECT_EQ(read->request, page.request);
  EXPECT_EQ(read->table, page.table);
  EXPECT_THAT(UnpackQueryPage("\x01"), IsError(Code::kInvalidArgument));
}

TEST_F(PageToken, ChangesPagesRoundTrip) {
  const ChangesPage page{3, 9, 5, 200, std::string(16, '\x80'), "table"};
  const Result<ChangesPage> read = UnpackChangesPage(PackChangesPage(page));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->first, 3);
  EXPECT_EQ(read->last, 9);
  EXPECT_EQ(read->version, 5);
  EXPECT_EQ(read->index, 200U);
  EXPECT_EQ(read->request, page.request);
  EXPECT_EQ(read->table, page.table);
  EXPECT_THAT(UnpackChangesPage("\x01"), IsError(Code::kInvalidArgument));
}

TEST_F(PageToken, AsyncQueriesRoundTrip) {
  const AsyncQuery query{42,  "delta", "place", std::string(16, '\x81'), std::string(16, '\0'),
                         "{}"};
  const Result<AsyncQuery> read = UnpackAsyncQuery(PackAsyncQuery(query));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->version, 42);
  EXPECT_EQ(read->file_ids, query.file_ids);
  EXPECT_EQ(read->place, query.place);
  EXPECT_EQ(read->key, query.key);
  EXPECT_EQ(read->request, query.request);
  EXPECT_EQ(read->asked, query.asked);
  EXPECT_THAT(UnpackAsyncQuery("\x01"), IsError(Code::kInvalidArgument));
}

// Whoever changes a token, however little, has none.
TEST_F(PageToken, NoBitAndNoLengthMayDiffer) {
  const std::string token = sealer_.Seal(scope_, "secret/path.parquet", Millis(1000));
  EXPECT_EQ(token.find("secret"), std::string::npos);
  const std::string bytes = DecodeBase64Url(token).value();
  EXPECT_EQ(bytes.find("secret"), std::string::npos);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string altered = bytes;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    EXPECT_THAT(sealer_.Open(scope_, Base64Url(altered)), IsError(Code::kInvalidArgument)) << bit;
  }
  for (size_t length = 0; length < token.size(); ++length) {
    EXPECT_THAT(sealer_.Open(scope_, token.substr(0, length)), IsError(Code::kInvalidArgument));
  }
  EXPECT_THAT(sealer_.Open(scope_, token + "A"), IsError(Code::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::sharing
