// notify/report.h -- a report on usage that somebody has made and sent again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/usage_book.h"
#include "audit/usage_sums.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"
#include "notify/schedule.h"

namespace sluice::notify {

// What has a row of its own. A table is one of a share: with `table` goes `share`.
struct GroupBy {
  bool recipient = false;
  bool share = false;
  bool table = false;
};

// One recipient or share alone; it goes by its name of now while it is there.
struct Only {
  catalog::Id id{};
  std::string name{};  // empty: all
};

struct LastRun {
  TimePoint at{};
  std::string error{};  // empty: it went well
  audit::Hours hours{};
  int64_t rows = 0;
};

struct Report {
  std::string id{};
  std::string name{};
  GroupBy group_by{};
  Only recipient{};
  Only share{};
  Period period = Period::kPreviousDay;
  Schedule schedule{};
  std::set<std::string> destinations{};  // ids
  bool inbox = true;                     // of its owner
  bool paused = false;
  catalog::Id owner{};
  std::string owner_name{};  // as it was then
  TimePoint created_at{};
  TimePoint updated_at{};
  TimePoint next_run{};
  std::optional<LastRun> last_run{};
};

// A report as somebody makes or changes it; what is not given stays.
struct ReportChange {
  std::optional<std::string> name{};
  std::optional<GroupBy> group_by{};
  std::optional<Only> recipient{};
  std::optional<Only> share{};
  std::optional<Period> period{};
  std::optional<Schedule> schedule{};
  std::optional<std::set<std::string>> destinations{};
  std::optional<bool> inbox{};
  std::optional<bool> paused{};
};

// What a report asks, and what it is told: with the rights that its owner has then, the largest
// first.
struct UsageQuestion {
  catalog::Id owner{};
  audit::Hours hours{};
  GroupBy group_by{};
  std::string recipient{};  // empty: all
  std::string share{};
};
struct UsageRow {
  std::string recipient{};
  std::string share{};
  std::string table{};
  audit::UsageSum sum{};
};
struct UsageTable {
  std::vector<UsageRow> rows{};
  audit::UsageSum total{};
};
// Errors: kResourceExhausted  too many rows; kUnavailable  the log
using CountUsage = std::function<Result<UsageTable>(const UsageQuestion&)>;

// What of a report the database keeps as one text.
std::string WriteDefinition(const Report& report);
// Errors: kCorrupt
Status ReadDefinition(std::string_view text, Report& report);
std::string WriteLastRun(const std::optional<LastRun>& run);
Result<std::optional<LastRun>> ReadLastRun(std::string_view text);

}  // namespace sluice::notify
