// server/demo_player.h -- plays the plan of the demo's week against a server, by HTTP alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/demo_clock.h"
#include "server/demo_live_tables.h"
#include "server/demo_week.h"
#include "server/services.h"

namespace sluice::server {

// Where it is played. All are borrowed.
struct DemoStage {
  Services& services;  // started; takes X-Forwarded-For from this machine; runs by `clock`
  DemoClock& clock;
  DemoLiveTables& tables;
  std::string lake;  // the folder of `tables`
};

struct DemoPlayed {
  uint64_t reads = 0;     // tables, their changes
  uint64_t requests = 0;  // these, and all others of recipients
  uint64_t refused = 0;   // of `requests`
  size_t recipients = 0;  // who read
  std::string analyst_token{};
};

// Errors: kUnavailable  the server does not answer
//         kInternal     it answers otherwise than planned; the message says to what
Result<DemoPlayed> PlayDemoWeek(const DemoStage& stage, const std::vector<DemoAct>& acts);

}  // namespace sluice::server
