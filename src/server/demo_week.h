// server/demo_week.h -- the plan of the demo's week: who does what, and when.
//
// Companies share a retailer's tables for seven days up to now: a nightly dashboard, an analyst who
// works on weekdays, a poller that goes mad at the end, one whose access is taken back, one who
// never opens its link. The plan is made of rows (demo_habits, demo_events) and says the same
// whenever it is made for the same moment. It is played by demo_player.h.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace sluice::server {

struct DemoAct {
  enum class Kind {
    kManage,      // the administrator's call of REST
    kAsk,         // the same, by a recipient with its token
    kActivate,    // the recipient opens its link
    kNewVersion,  // a live table gets its next version; `target` is its name
    kRead,        // a request of the sharing protocol
  };
  // With which token a recipient comes: its newest, the one before, or one that nobody made.
  enum class Token { kOwn, kOld, kMadeUp };

  Kind kind = Kind::kRead;
  TimePoint time{};
  std::string who{};      // a company; of kManage "admin"
  std::string address{};  // where it comes from; empty: the company's
  Token token = Token::kOwn;
  std::string method{};  // "GET"
  // A path; of kRead below the endpoint. In it and in `body` "{metastore}" stands for its id,
  // "{lake}" for the folder of the live tables and "{request acme}" for what acme asked for last.
  std::string target{};
  std::string body{};  // JSON; empty: none
  int status = 200;    // that is answered
  int downloads = 0;   // of kRead: so many files of the answer are fetched by their links
};

// How a recipient reaches the server: for the audit log.
struct DemoCompany {
  const char* name;
  const char* comment;
  const char* address;
  const char* program;  // User-Agent
};
const std::vector<DemoCompany>& DemoCompanies();
// Null: there is none of that name.
const DemoCompany* FindDemoCompany(const std::string& name);

// Whose token is kept, to see the portal as it sees it.
inline constexpr const char* kDemoAnalyst = "lumen-analytics";

// A midnight (UTC), at least seven days and three hours before `now`: what counts as unusual is
// held against seven whole days.
TimePoint DemoWeekBegin(TimePoint now);

// All acts from then to `now`, in order of time.
std::vector<DemoAct> PlanDemoWeek(TimePoint now);

}  // namespace sluice::server
