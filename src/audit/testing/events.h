// audit/testing/events.h -- events for tests, all members set.
#pragma once

#include <string>

#include "audit/event.h"

namespace sluice::audit::testing {

// The result of reading `table` ("schema.table") of `share`.
inline Event ReadEvent(std::string recipient, std::string share, std::string table, int64_t bytes,
                       TimePoint time) {
  Event event;
  event.time = time;
  event.action = "deltaSharingQueriedTable";
  event.request_id = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  event.source_ip = "192.0.2.7";
  event.user_agent = "Delta-Sharing-Python/1.4.1 pandas/2.2.3 Linux/6.1";
  event.principal = recipient;
  event.principal_id = "recipient:3f2504e0-4f89-41d3-9a0c-0305e82c3301";
  event.params = {{"share", share}, {"recipient_name", recipient}, {"limitHint", "Some(1)"}};
  event.result = {{"tableName", table}, {"tableVersion", "12"}, {"activeAddFiles", "4"}};
  event.reason = "granted";
  event.share = std::move(share);
  event.recipient = std::move(recipient);
  event.table = std::move(table);
  event.bytes_read = bytes;
  return event;
}

inline Event DenialEvent(std::string recipient, int status, TimePoint time) {
  Event event;
  event.time = time;
  event.action = "deltaSharingQueryTable";
  event.principal = recipient;
  event.recipient = std::move(recipient);
  event.status = status;
  event.error = "share 'sales' was not found";
  return event;
}

inline Event ChangeEvent(std::string action, std::string principal, TimePoint time) {
  Event event;
  event.time = time;
  event.action = std::move(action);
  event.principal = std::move(principal);
  event.params = {{"name", "sales"}};
  return event;
}

}  // namespace sluice::audit::testing
