#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "server/demo_week_parts.h"

namespace sluice::server {
namespace {

namespace chrono = std::chrono;

enum class Days { kAll, kWeekdays };

// From so many hours after the begin of the week on, and until so many.
struct Span {
  chrono::hours from{0};
  chrono::hours to{24 * 30};
};

// In each hour from..to of each such day, every `step` hours, so many times as `least` to `most`.
struct Habit {
  const char* who;
  const char* what;  // "orders/query", a row of kTables before the slash
  Days days;
  int from;
  int to;
  int step;
  int least;
  int most;
  const char* body = "{}";  // of queries
  int downloads = 0;
  int status = 200;
  Span span{};
  DemoAct::Token token = DemoAct::Token::kOwn;
  const char* address = "";
};

struct Shared {
  std::string_view name;
  std::string_view path;
};
constexpr Shared kTables[] = {
    {"orders", "/shares/retail/schemas/sales/tables/orders"},
    {"customers", "/shares/retail/schemas/sales/tables/customers"},
    {"products", "/shares/retail/schemas/sales/tables/products"},
    {"own_orders", "/shares/regional/schemas/sales/tables/orders"},
    {"visits", "/shares/storefront/schemas/web/tables/visits"},
    {"articles", "/shares/storefront/schemas/web/tables/articles"},
    {"stock", "/shares/supply/schemas/supply/tables/stock"},
    {"deliveries", "/shares/supply/schemas/supply/tables/deliveries"},
};

// A sheet of a dashboard wants one month, an analyst wants a region.
constexpr const char* kDecember = R"({"predicateHints":["order_month = '2024-12-01'"]})";
constexpr const char* kAsia = R"({"predicateHints":["region = 'Asia Pacific'"]})";
constexpr const char* kFirst = R"({"limitHint":500})";

constexpr Habit kHabits[] = {
    // Nightly dashboard, with a second look before the shops open.
    {"brightwater-bi", "orders/version", Days::kAll, 2, 6, 2, 1, 1},
    {"brightwater-bi", "orders/query", Days::kAll, 2, 6, 4, 2, 4, kDecember, 6},
    {"brightwater-bi", "customers/query", Days::kAll, 2, 2, 1, 1, 1, "{}", 2},
    {"brightwater-bi", "products/query", Days::kAll, 2, 6, 4, 1, 2, "{}", 1},
    // Works in office hours, looks around a lot.
    {kDemoAnalyst, "orders/metadata", Days::kWeekdays, 8, 17, 1, 0, 2},
    {kDemoAnalyst, "orders/query", Days::kWeekdays, 8, 17, 1, 1, 6, kAsia, 2},
    {kDemoAnalyst, "customers/query", Days::kWeekdays, 9, 16, 2, 0, 3, kFirst, 1},
    {kDemoAnalyst, "products/query", Days::kWeekdays, 9, 16, 3, 1, 3, "{}", 1},
    {kDemoAnalyst, "visits/query", Days::kAll, 8, 18, 2, 1, 3, kFirst, 1, 200, {kDemoApproved}},
    // Somebody tries it on a Sunday as well.
    {kDemoAnalyst, "orders/query", Days::kAll, 20, 20, 1, 0, 2, kFirst, 1},
    // Asks for something new each quarter of an hour, and takes it.
    {"quayside-logistics", "stock/version", Days::kAll, 0, 23, 1, 4, 4},
    {"quayside-logistics", "stock/query", Days::kAll, 0, 23, 1, 1, 1, "{}", 1},
    {"quayside-logistics",
     "deliveries/query",
     Days::kAll,
     5,
     20,
     5,
     1,
     1,
     "{}",
     1,
     200,
     {kDemoDeliveries}},
    // Opens its shops, closes them, and looks in between.
    {"fjord-outfitters", "own_orders/query", Days::kAll, 7, 20, 3, 1, 2, "{}", 3},
    {"quayside-logistics",
     "deliveries/changes",
     Days::kAll,
     6,
     22,
     8,
     1,
     1,
     "",
     0,
     200,
     {kDemoDeliveries}},
    {"fjord-outfitters", "own_orders/metadata", Days::kWeekdays, 7, 7, 1, 1, 1},
    // Reports for campaigns; longer days on Thursdays and Fridays are left to chance.
    {"maple-street-media", "visits/query", Days::kWeekdays, 9, 18, 1, 1, 4, "{}", 1},
    {"maple-street-media", "articles/query", Days::kWeekdays, 9, 17, 4, 1, 1, "{}", 1},
    {"maple-street-media", "visits/version", Days::kAll, 6, 22, 4, 1, 1},
    // A job with the token that was replaced: good until the grace ends, then refused.
    {"maple-street-media",
     "visits/query",
     Days::kAll,
     1,
     23,
     4,
     1,
     1,
     "{}",
     1,
     200,
     {kDemoRotated + chrono::hours(1), kDemoRotated + kDemoRotationGrace},
     DemoAct::Token::kOld},
    {"maple-street-media",
     "visits/query",
     Days::kAll,
     1,
     23,
     4,
     1,
     1,
     "{}",
     0,
     401,
     {kDemoRotated + kDemoRotationGrace, kDemoRotated + chrono::hours(72)},
     DemoAct::Token::kOld},
    // Its job does not know that the study is over.
    {"tidewater-research",
     "customers/query",
     Days::kAll,
     1,
     23,
     2,
     1,
     2,
     kFirst,
     1,
     200,
     {chrono::hours(0), kDemoRevoked}},
    {"tidewater-research",
     "products/query",
     Days::kAll,
     3,
     23,
     6,
     1,
     1,
     kFirst,
     1,
     200,
     {chrono::hours(0), kDemoRevoked}},
    {"tidewater-research",
     "customers/query",
     Days::kAll,
     0,
     23,
     1,
     1,
     2,
     kFirst,
     0,
     404,
     {kDemoRevoked}},
    // Tried doors: what is not granted, from another network than allowed, with a guess.
    {kDemoAnalyst, "stock/query", Days::kWeekdays, 14, 14, 1, 0, 1, "{}", 0, 404},
    {"fjord-outfitters",
     "own_orders/query",
     Days::kAll,
     16,
     16,
     1,
     0,
     2,
     "{}",
     0,
     403,
     {},
     DemoAct::Token::kOwn,
     "203.0.113.9"},
    {"tidewater-research",
     "orders/query",
     Days::kAll,
     3,
     3,
     1,
     0,
     3,
     "{}",
     0,
     401,
     {},
     DemoAct::Token::kMadeUp,
     "192.0.2.250"},
};

// The same numbers in each run: SplitMix64.
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}
  int Between(int least, int most) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    value ^= value >> 31;
    return least + static_cast<int>(value % static_cast<uint64_t>(most - least + 1));
  }

 private:
  uint64_t state_;
};

DemoAct ReadOf(const Habit& habit, TimePoint time) {
  const std::string_view what = habit.what;
  const size_t slash = what.find('/');
  const auto* table = std::ranges::find(kTables, what.substr(0, slash), &Shared::name);
  const std::string_view operation = what.substr(slash + 1);
  DemoAct act{.time = time,
              .who = habit.who,
              .address = habit.address,
              .token = habit.token,
              .status = habit.status,
              .downloads = habit.downloads};
  act.target = std::string(table->path) + "/" + std::string(operation);
  act.method = operation == "query" ? "POST" : "GET";
  if (operation == "query") act.body = habit.body;
  if (operation == "changes") act.target += "?startingVersion=0";
  return act;
}

bool Works(const Habit& habit, TimePoint day) {
  const chrono::weekday weekday(chrono::floor<chrono::days>(day));
  return habit.days == Days::kAll || (weekday != chrono::Saturday && weekday != chrono::Sunday);
}

// The reads of one hour, spread over it.
void AddHour(const Habit& habit, TimePoint hour, Chance& chance, std::vector<DemoAct>& reads) {
  const int count = chance.Between(habit.least, habit.most);
  for (int i = 0; i < count; ++i) {
    const int second = 3600 * i / count + chance.Between(0, 3599 / count);
    reads.push_back(ReadOf(habit, hour + chrono::seconds(second) + Millis(i)));
  }
}

// Nothing is read before the links of the first day are open.
constexpr chrono::minutes kFirstRead{20};

void AddHabit(const Habit& habit, TimePoint begin, TimePoint now, uint64_t seed,
              std::vector<DemoAct>& reads) {
  Chance chance(seed);
  std::vector<DemoAct> planned;
  for (TimePoint day = begin; day <= now; day += chrono::days(1)) {
    for (int hour = habit.from; hour <= habit.to; hour += habit.step) {
      if (Works(habit, day)) AddHour(habit, day + chrono::hours(hour), chance, planned);
    }
  }
  const TimePoint from =
      begin + std::max<Millis>(habit.span.from + chrono::minutes(10), kFirstRead);
  const TimePoint to = std::min(begin + habit.span.to, now);
  std::erase_if(planned, [&](const DemoAct& act) { return act.time < from || act.time >= to; });
  reads.insert(reads.end(), planned.begin(), planned.end());
}

// A loop without a pause, from a machine not seen before: far more in an hour than on other days.
void AddBurst(TimePoint now, std::vector<DemoAct>& reads) {
  constexpr int kReads = 190;
  Habit loop{"quayside-logistics", "stock/query", Days::kAll, 0, 0, 1, 1, 1, "{}", 1};
  loop.address = "192.0.2.57";
  for (int i = 0; i < kReads; ++i) {
    reads.push_back(ReadOf(loop, now - chrono::minutes(95) + chrono::seconds(18 * i)));
  }
}

}  // namespace

std::vector<DemoAct> DemoReads(TimePoint begin, TimePoint now) {
  std::vector<DemoAct> reads;
  uint64_t seed = 2024;
  for (const Habit& habit : kHabits) AddHabit(habit, begin, now, ++seed * 0x1000193, reads);
  AddBurst(now, reads);
  return reads;
}

}  // namespace sluice::server
