#include "audit/event_json.h"

#include "audit/line_keys.h"
#include "audit/testing/events.h"
#include "base/json.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using ::sluice::testing::IsError;
using ::testing::HasSubstr;

const TimePoint kTime = FromUnixMillis(1'735'787'045'123);  // 2025-01-02T03:04:05.123Z

Event FullEvent() {
  Event event = testing::ReadEvent("acme", "sales", "default.orders", 4096, kTime);
  event.id = "0194-1";
  event.status = 403;
  event.error = "you may \"not\"\n";
  return event;
}

void ExpectEqual(const Event& a, const Event& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.service, b.service);
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.request_id, b.request_id);
  EXPECT_EQ(a.source_ip, b.source_ip);
  EXPECT_EQ(a.user_agent, b.user_agent);
  EXPECT_EQ(a.principal, b.principal);
  EXPECT_EQ(a.principal_id, b.principal_id);
  EXPECT_EQ(a.params, b.params);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.error, b.error);
  EXPECT_EQ(a.result, b.result);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.share, b.share);
  EXPECT_EQ(a.recipient, b.recipient);
  EXPECT_EQ(a.table, b.table);
  EXPECT_EQ(a.bytes_read, b.bytes_read);
}

TEST(EventJson, HasTheColumnsOfTheSystemTable) {
  EXPECT_EQ(
      EventJson(FullEvent(), {.account_id = "m1", .event_id = "not used"}),
      R"({"account_id":"m1","workspace_id":"0","version":"2.0",)"
      R"("event_time":"2025-01-02T03:04:05.123Z","event_date":"2025-01-02",)"
      R"("source_ip_address":"192.0.2.7",)"
      R"("user_agent":"Delta-Sharing-Python/1.4.1 pandas/2.2.3 Linux/6.1","session_id":null,)"
      R"("user_identity":{"email":"acme",)"
      R"("subject_name":"recipient:3f2504e0-4f89-41d3-9a0c-0305e82c3301"},)"
      R"("service_name":"unityCatalog","action_name":"deltaSharingQueriedTable",)"
      R"("request_id":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
      R"("share_name":"sales","recipient_name":"acme","table_name":"default.orders",)"
      R"("bytes_read":4096,"reason":"granted","audit_level":"ACCOUNT_LEVEL","event_id":"0194-1",)"
      R"("identity_metadata":{"run_by":"acme"},)"
      R"("response":{"status_code":403,"error_message":"you may \"not\"\n",)"
      R"("result":"{\"tableName\":\"default.orders\",\"tableVersion\":\"12\",)"
      R"(\"activeAddFiles\":\"4\"}"},)"
      R"j("request_params":{"share":"sales","recipient_name":"acme","limitHint":"Some(1)"}})j");
}

TEST(EventJson, IsReadBack) {
  const auto read = ParseEvent(EventJson(FullEvent()));
  ASSERT_TRUE(read.has_value());
  ExpectEqual(*read, FullEvent());
}

TEST(EventJson, OfAnEventThatIsMostlyEmpty) {
  Event event;
  event.action = "listShares";
  const std::string text = EventJson(event, {.event_id = "given", .time = kTime});
  const auto read = ParseEvent(text);
  ASSERT_TRUE(read.has_value());
  event.id = "given";
  event.time = kTime;
  ExpectEqual(*read, event);
  EXPECT_THAT(text, HasSubstr(R"("error_message":null,"result":null},"request_params":{})"));
}

TEST(EventJson, CutsTextsThatAreTooLong) {
  Event event = FullEvent();
  event.user_agent = std::string(kMaxText - 4, 'a') + "\xc3\xa9" + std::string(100, 'b');
  const auto read = ParseEvent(EventJson(event));
  ASSERT_TRUE(read.has_value());
  // The two bytes of a character are not parted.
  EXPECT_EQ(read->user_agent, std::string(kMaxText - 4, 'a') + "...");
  event.user_agent = std::string(kMaxText, 'a');
  EXPECT_EQ(ParseEvent(EventJson(event))->user_agent, event.user_agent);
}

TEST(EventJson, KeepsFactsWhole) {
  Event event = FullEvent();
  event.params = {{"changes", std::string(100'000, '"')}};
  const auto read = ParseEvent(EventJson(event));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->params, event.params);
  EXPECT_EQ(WrittenSize(event.params), 200'000 + std::string_view(R"({"changes":""})").size());
}

TEST(EventJson, ShortensTexts) {
  EXPECT_EQ(Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(Shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(Shortened("ab\xc3\xa9"
                      "defg",
                      6),
            "ab...");
}

TEST(EventJson, RefusesWhatIsNoEvent) {
  for (const char* text : {"", "[]", "{}", R"({"event_time":"2025-01-02T03:04:05Z"})",
                           R"({"event_time":7,"action_name":"a"})"}) {
    EXPECT_THAT(ParseEvent(text), IsError(Code::kCorrupt)) << text;
  }
}

TEST(LineKeys, AreThoseOfTheEventWhateverIsInIt) {
  Event event = FullEvent();
  // Texts that look like members.
  event.user_agent = R"(","action_name":"forged",)";
  event.principal = R"(a"b\)";
  event.params = {{"action_name", "other"}, {"share_name", "other"}};
  const std::string line = EventJson(event);
  const auto keys = ScanLine(line);
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->time, kTime);
  EXPECT_EQ(keys->action, event.action);
  EXPECT_EQ(AsMeant(keys->principal), event.principal);
  EXPECT_EQ(keys->principal, AsWritten(event.principal));
  EXPECT_EQ(keys->share, event.share);
  EXPECT_EQ(keys->recipient, event.recipient);
  EXPECT_EQ(keys->table, event.table);
  EXPECT_EQ(keys->bytes_read, 4096);
  EXPECT_EQ(keys->status, 403);
  EXPECT_EQ(AsMeant(keys->error), event.error);
}

TEST(LineKeys, OfOtherTextAreNone) {
  const std::string line = EventJson(FullEvent());
  for (size_t length = 0; length < line.find(",\"result\":"); ++length) {
    const auto keys = ScanLine(std::string_view(line).substr(0, length));
    EXPECT_FALSE(keys.has_value()) << length;
  }
}

}  // namespace
}  // namespace sluice::audit
