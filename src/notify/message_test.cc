#include "notify/message.h"

#include "base/json.h"
#include "base/testing/matchers.h"
#include "notify/destination.h"
#include "notify/report_result.h"
#include "notify/table_watch.h"

namespace sluice::notify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kTime = FromUnixMillis(1'735'689'600'000);  // 2025-01-01

// Computed with Python's hmac.
TEST(Message, TheSignatureIsThatOfStandardWebhooks) {
  EXPECT_EQ(
      WebhookSignature("key of 32 bytes, more or less ..", "msg_1", 1'735'689'600, "{\"a\":1}"),
      "v1,n7DntacM8ZTK5AlSDovfh54tbmXF1uY3eyHzv+2NY0s=");
  EXPECT_EQ(ShownKey("key of 32 bytes, more or less .."),
            "whsec_a2V5IG9mIDMyIGJ5dGVzLCBtb3JlIG9yIGxlc3MgLi4=");
}

TEST(Message, TheBodyIsJsonWithoutWhatIsEmpty) {
  EXPECT_EQ(
      MessageBody({.kind = Kind::kTableChanged, .title = "a \"b\"", .text = "c", .share = "s"},
                  kTime),
      R"({"type":"table_changed","timestamp":"2025-01-01T00:00:00.000Z",)"
      R"("data":{"title":"a \"b\"","text":"c","share":"s"}})");
}

TEST(Message, MailHasBothFormsAndNoLineThatNamesCouldAdd) {
  const Fact fact{.kind = Kind::kAccessGranted,
                  .title = "Freigabe für <b>\r\nBcc: eve@example.org</b> " + std::string(200, 'x'),
                  .text = "text"};
  const auto mail = MailText({.from = "sluice@example.org",
                              .to = {"ada@example.org", "bob@example.org"},
                              .id = "msg_1",
                              .time = kTime},
                             MessageBody(fact, kTime));
  ASSERT_TRUE(mail.has_value());
  EXPECT_THAT(*mail, HasSubstr("Date: Wed, 01 Jan 2025 00:00:00 +0000\r\n"));
  EXPECT_THAT(*mail, HasSubstr("To: <ada@example.org>,\r\n <bob@example.org>\r\n"));
  EXPECT_THAT(*mail, HasSubstr("Message-ID: <msg_1@example.org>\r\n"));
  EXPECT_THAT(*mail, HasSubstr("Content-Type: text/plain; charset=utf-8"));
  EXPECT_THAT(*mail, HasSubstr("Content-Type: text/html; charset=utf-8"));
  EXPECT_THAT(*mail, Not(HasSubstr("Bcc")));
  size_t begin = 0;
  while (begin < mail->size()) {
    const size_t end = mail->find("\r\n", begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - begin, 78U) << mail->substr(begin, end - begin);
    begin = end + 2;
  }
  EXPECT_FALSE(MailText({}, "none").has_value());
}

TEST(Message, MailOfAReportHasATableAndAFile) {
  UsageTable table{.rows = {{.recipient = "acme & sons", .sum = {.reads = 3}}}, .total = {}};
  const Report report{.name = "r", .group_by = {.recipient = true}};
  const Fact fact{.kind = Kind::kUsageReport, .title = "r", .text = "3 reads"};
  json::Object result = ResultOf(report, {0, 24}, table);
  const auto mail = MailText({.from = "s@example.org", .to = {"a@example.org"}, .id = "msg_1"},
                             ReportBody(fact, result, kTime));
  ASSERT_TRUE(mail.has_value());
  EXPECT_THAT(*mail, HasSubstr("multipart/mixed; boundary=\"=_msg_1\""));
  EXPECT_THAT(*mail, HasSubstr("multipart/alternative; boundary=\"=_msg_1-text\""));
  EXPECT_THAT(*mail, HasSubstr("attachment; filename=\"usage-1970-01-01.csv\""));
  EXPECT_TRUE(mail->ends_with("\r\n--=_msg_1--\r\n"));
}

TEST(TableWatch, WhichColumnsChanged) {
  const std::string before = ColumnsOf(
      R"({"fields":[{"name":"a","type":"long"},{"name":"b","type":{"type":"array","x":1}}]})");
  const std::string after =
      ColumnsOf(R"({"fields":[{"name":"a","type":"integer"},{"name":"c","type":"long"}]})");
  EXPECT_EQ(ColumnChanges(before, before), "");
  EXPECT_EQ(ColumnChanges(before, after),
            R"(added: a integer, c long; removed: a long, b {"type":"array","x":1})");
  EXPECT_EQ(ColumnsOf("{"), "");
  EXPECT_LE(ColumnChanges("", std::string(100'000, 'x')).size(), 1600U);
  const TableKnown known{7, before, kTime};
  const auto read = ReadTableKnown(WriteTableKnown(known));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->version, 7);
  EXPECT_EQ(read->columns, before);
  EXPECT_EQ(read->told_at, kTime);
  EXPECT_FALSE(ReadTableKnown("{}").has_value());
}

}  // namespace
}  // namespace sluice::notify
