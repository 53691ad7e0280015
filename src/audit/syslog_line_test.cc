#include "audit/syslog_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include "audit/event_json.h"
#include "audit/testing/events.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using ::testing::StartsWith;

std::string Message(const Event& event, std::string_view host) {
  const std::string line = EventJson(event);
  return SyslogLine(ScanLine(line).value(), line, host);
}

TEST(SyslogLine, IsAMessageOfRfc5424) {
  const Event event =
      testing::ReadEvent("acme", "sales", "default.orders", 1, FromUnixMillis(1'735'787'045'123));
  EXPECT_EQ(Message(event, "host.example"),
            fmt::format("<109>1 2025-01-02T03:04:05.123Z host.example sluice {} "
                        "deltaSharingQueriedTable - {}",
                        ::getpid(), EventJson(event)));
}

TEST(SyslogLine, SaysHowBadItIs) {
  EXPECT_THAT(Message(testing::DenialEvent("acme", 404, {}), "h"), StartsWith("<108>1 "));
  EXPECT_THAT(Message(testing::DenialEvent("acme", 503, {}), "h"), StartsWith("<107>1 "));
}

TEST(SyslogLine, KeepsItsHeaderInOnePiece) {
  Event event = testing::DenialEvent("acme", 404, FromUnixMillis(0));
  event.action = "an action\nwith \xc3\xa9 and far too many letters";
  EXPECT_THAT(Message(event, ""),
              StartsWith(fmt::format("<108>1 1970-01-01T00:00:00.000Z - sluice {} "
                                     "an?action?with????and?far?too?ma - {{",
                                     ::getpid())));
}

}  // namespace
}  // namespace sluice::audit
