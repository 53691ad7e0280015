#include <fmt/format.h>

#include <chrono>

#include "server/demo_week_parts.h"

namespace sluice::server {
namespace {

namespace chrono = std::chrono;
using Kind = DemoAct::Kind;

const std::string kUc = "/api/2.1/unity-catalog";
const std::string kRequests = "/api/2.1/sluice/requests";

class Events {
 public:
  explicit Events(TimePoint begin) : begin_(begin) {}

  void Manage(Millis at, const char* method, std::string target, std::string body) {
    Add(Kind::kManage, at, "admin", method, std::move(target), std::move(body));
  }
  void Ask(Millis at, const char* who, std::string body) {
    Add(Kind::kAsk, at, who, "POST", kRequests, std::move(body));
  }
  void Activate(Millis at, const char* who) { Add(Kind::kActivate, at, who, "POST", "", ""); }
  void NewVersion(Millis at, const char* table) { Add(Kind::kNewVersion, at, "", "", table, ""); }
  void Table(Millis at, const std::string& name) {
    Manage(
        at, "POST", kUc + "/tables",
        R"({"name":")" + name + R"(","catalog_name":"demo","schema_name":"supply",)" +
            R"("table_type":"EXTERNAL","data_source_format":"DELTA","storage_location":"{lake}/)" +
            name + R"("})");
  }
  void Grant(Millis at, const std::string& who, const std::string& share) {
    Manage(at, "PATCH", kUc + "/shares/" + share + "/permissions",
           fmt::format(R"({{"changes":[{{"principal":"{}","add":["SELECT"]}}]}})", who));
  }
  // `more`: further members, as JSON with a comma before.
  void Recipient(Millis at, const char* who, const std::string& more = {}) {
    Manage(at, "POST", kUc + "/recipients",
           fmt::format(R"({{"name":"{}","authentication_type":"TOKEN","comment":"{}"{}}})", who,
                       FindDemoCompany(who)->comment, more));
  }
  std::vector<DemoAct> Take() { return std::move(acts_); }

 private:
  void Add(Kind kind, Millis at, const char* who, const char* method, std::string target,
           std::string body) {
    // Two of the same minute keep their order and differ in time.
    const Millis apart(static_cast<int64_t>(acts_.size()) * 150);
    acts_.push_back({.kind = kind,
                     .time = begin_ + at + apart,
                     .who = who,
                     .method = method,
                     .target = std::move(target),
                     .body = std::move(body)});
  }

  const TimePoint begin_;
  std::vector<DemoAct> acts_;
};

void MakeShares(Events& events) {
  const Millis at = chrono::minutes(3);
  events.Manage(at, "PATCH", kUc + "/metastores/{metastore}",
                R"({"delta_sharing_organization_name":"Sandpiper Retail"})");
  events.Manage(
      at, "POST", kUc + "/schemas",
      R"({"name":"supply","catalog_name":"demo","comment":"Warehouses, as they are now"})");
  events.NewVersion(at, "stock");
  events.Table(at, "stock");
  events.Manage(
      at, "POST", kUc + "/shares",
      R"({"name":"supply","comment":"The schema as a whole: new tables appear by themselves"})");
  events.Manage(
      at, "PATCH", kUc + "/shares/supply",
      R"({"updates":[{"action":"ADD","data_object":{"name":"demo.supply","data_object_type":"SCHEMA"}}]})");
  events.Manage(at, "POST", kUc + "/shares",
                R"({"name":"storefront","comment":"What visitors do, without who they are"})");
  events.Manage(at, "PATCH", kUc + "/shares/storefront", R"({"updates":[
    {"action":"ADD","data_object":{"name":"demo.web.events","data_object_type":"TABLE",
      "shared_as":"web.visits","comment":"July to December 2024"}},
    {"action":"ADD","data_object":{"name":"demo.sales.products","data_object_type":"TABLE",
      "shared_as":"web.articles"}}]})");
}

void MakeRecipients(Events& events, TimePoint now) {
  const Millis at = chrono::minutes(6);
  events.Recipient(at, "brightwater-bi",
                   fmt::format(R"(,"expiration_time":{})", ToUnixMillis(now + chrono::days(6))));
  events.Recipient(at, kDemoAnalyst);
  events.Recipient(at, "quayside-logistics");
  events.Recipient(at, "fjord-outfitters",
                   R"(,"properties_kvpairs":{"properties":{"region":"Europe"}},
    "ip_access_list":{"allowed_ip_addresses":["203.0.113.128/26"]})");
  events.Recipient(at, "maple-street-media");
  events.Recipient(at, "tidewater-research");
  const std::pair<const char*, const char*> kGrants[] = {
      {"brightwater-bi", "retail"},         {kDemoAnalyst, "retail"},
      {"quayside-logistics", "supply"},     {"fjord-outfitters", "regional"},
      {"maple-street-media", "storefront"}, {"tidewater-research", "retail"}};
  for (const auto& [who, share] : kGrants) events.Grant(chrono::minutes(9), who, share);
  for (const auto& [who, share] : kGrants) events.Activate(chrono::minutes(12), who);
}

void WriteTables(Events& events, TimePoint begin, TimePoint now) {
  for (Millis at = chrono::hours(6); begin + at < now; at += chrono::hours(6)) {
    events.NewVersion(at, "stock");
  }
  events.NewVersion(kDemoDeliveries, "deliveries");
  events.Table(kDemoDeliveries, "deliveries");
  for (Millis at = kDemoDeliveries + chrono::hours(13); begin + at < now; at += chrono::days(1)) {
    events.NewVersion(at, "deliveries");
  }
}

void ChangeAccess(Events& events, TimePoint now) {
  events.Manage(kDemoRevoked, "PATCH", kUc + "/shares/retail/permissions",
                R"({"changes":[{"principal":"tidewater-research","remove":["SELECT"]}]})");
  events.Manage(kDemoRotated, "POST", kUc + "/recipients/maple-street-media/rotate-token",
                fmt::format(R"({{"existing_token_expire_in_seconds":{}}})",
                            chrono::seconds(kDemoRotationGrace).count()));
  events.Activate(kDemoRotated + chrono::minutes(40), "maple-street-media");
  events.Ask(kDemoApproved - chrono::hours(2), kDemoAnalyst,
             R"({"kind":"access","share":"storefront","comment":
      "We would like to see how visits lead to orders, for the forecast of the first quarter."})");
  events.Manage(
      kDemoApproved, "PATCH", kRequests + "/{request " + kDemoAnalyst + "}",
      R"({"status":"APPROVED","grant":true,"answer":"Gladly. For a trial, until next week."})");
  events.Manage(
      kDemoApproved + chrono::minutes(4), "PATCH", kUc + "/shares/storefront/permissions",
      fmt::format(R"({{"changes":[{{"principal":"{}","add":["SELECT"],"expires_at":{}}}]}})",
                  kDemoAnalyst, ToUnixMillis(now + chrono::days(4))));
}

void TalkAndPilot(Events& events, TimePoint begin, TimePoint now) {
  events.Ask(chrono::hours(5 * 24 + 14), "fjord-outfitters",
             R"({"kind":"feedback","share":"regional","table":"sales.orders","comment":
      "Is total before or after discount? A comment on the column would help."})");
  // These stand in relation to now, so that they wait for an answer whenever the demo is opened.
  const Millis now_at = now - begin;
  events.Ask(now_at - chrono::hours(5), "maple-street-media",
             R"({"kind":"access","share":"retail","table":"sales.orders","comment":
      "For the year's review we need orders by month and region."})");
  const Millis pilot = now_at - chrono::hours(54);
  events.Recipient(pilot, "ironbark-foods");
  events.Grant(pilot + chrono::minutes(1), "ironbark-foods", "storefront");
}

}  // namespace

std::vector<DemoAct> DemoEvents(TimePoint begin, TimePoint now) {
  Events events(begin);
  MakeShares(events);
  MakeRecipients(events, now);
  WriteTables(events, begin, now);
  ChangeAccess(events, now);
  TalkAndPilot(events, begin, now);
  return events.Take();
}

}  // namespace sluice::server
