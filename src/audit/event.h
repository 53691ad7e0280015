// audit/event.h -- one entry of the audit log: who did what, and what came of it.
//
// The fields are those of Databricks' system.access.audit, so that queries written for it work
// here, and ours behind them. A read of a shared table makes two entries: the decision, written
// before the first byte of the answer leaves ("deltaSharingQueryTable"), and the result, after its
// last
// ("deltaSharingQueriedTable": files, bytes, version).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace sluice::audit {

using Facts = std::vector<std::pair<std::string, std::string>>;

struct Event {
  std::string id;  // UUID
  TimePoint time{};
  std::string service = "unityCatalog";  // service_name
  std::string action;                    // action_name: "createShare"
  std::string request_id;
  std::string source_ip;
  std::string user_agent;
  std::string principal;     // user_identity.email, or the recipient's name
  std::string principal_id;  // "user:<id>", "recipient:<id>", empty: nobody we know
  // What was asked, by the names of the API. Never a secret: who makes an event names what goes in.
  Facts params{};  // request_params
  int status = 200;
  std::string error{};   // response.error_message: "" for a success
  Facts result{};        // response.result
  std::string reason{};  // why access was given or refused, in words

  // Of reads of shared tables.
  std::string share{};
  std::string recipient{};
  std::string table{};  // share's names: "schema.table"
  int64_t bytes_read = 0;
};

}  // namespace sluice::audit
