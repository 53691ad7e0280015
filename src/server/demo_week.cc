#include "server/demo_week.h"

#include <algorithm>
#include <chrono>

#include "server/demo_week_parts.h"

namespace sluice::server {

// The addresses are those that RFC 5737 sets aside for documents.
const std::vector<DemoCompany>& DemoCompanies() {
  static const std::vector<DemoCompany> kCompanies = {
      {"brightwater-bi", "Nightly dashboards for store managers", "203.0.113.20",
       "Delta-Sharing-PowerBI/2.138"},
      {kDemoAnalyst, "Demand forecasts, contract 2024-117", "198.51.100.14",
       "Delta-Sharing-Python/1.3.2 pandas/2.2.3 Python/3.12"},
      {"quayside-logistics", "Stock levels for two warehouses", "192.0.2.41",
       "Delta-Sharing-Spark/3.2.1 Scala/2.12"},
      {"fjord-outfitters", "Franchise in Europe: its own region's orders", "203.0.113.130",
       "Delta-Sharing-Spark/3.3.0 Scala/2.13"},
      {"maple-street-media", "Campaign reports", "198.51.100.77",
       "Delta-Sharing-Python/1.2.0 pandas/2.1.4 Python/3.11"},
      {"tidewater-research", "Market study, ended this week", "192.0.2.180",
       "Delta-Sharing-R/0.4 R/4.4.1"},
      {"ironbark-foods", "Pilot: has not opened its link yet", "203.0.113.201", ""},
  };
  return kCompanies;
}

const DemoCompany* FindDemoCompany(const std::string& name) {
  const auto& all = DemoCompanies();
  const auto found =
      std::ranges::find(all, name, [](const DemoCompany& one) { return std::string(one.name); });
  return found == all.end() ? nullptr : &*found;
}

TimePoint DemoWeekBegin(TimePoint now) {
  // Shortly after midnight the day that has just ended counts as today.
  const TimePoint today = now - std::chrono::hours(3);
  return TimePoint(std::chrono::floor<std::chrono::days>(today) - std::chrono::days(7));
}

std::vector<DemoAct> PlanDemoWeek(TimePoint now) {
  const TimePoint begin = DemoWeekBegin(now);
  std::vector<DemoAct> acts = DemoEvents(begin, now);
  std::vector<DemoAct> reads = DemoReads(begin, now);
  acts.insert(acts.end(), std::make_move_iterator(reads.begin()),
              std::make_move_iterator(reads.end()));
  std::erase_if(acts, [&](const DemoAct& act) { return act.time > now; });
  std::ranges::sort(acts, {}, &DemoAct::time);
  return acts;
}

}  // namespace sluice::server
