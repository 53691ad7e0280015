#include "unity/usage_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/timestamp.h"

namespace sluice::unity {
namespace {

using catalog::Kind;
using catalog::Securable;

constexpr int64_t kLookBackDays = kFindingsLookBack.count();
constexpr int64_t kDayMs = 86'400'000;
constexpr double kTimesMedian = 5;
constexpr uint64_t kFewReads = 20;
constexpr size_t kDaysForMedian = 7;  // on which it read: fewer say nothing
constexpr uint64_t kManyDenied = 10;
constexpr double kDeniedPart = 0.2;

struct Day {
  uint64_t reads = 0;
  int64_t bytes = 0;
};

struct OfRecipient {
  std::map<int64_t, Day> days;  // 0: the last 24 hours, 1: those before ...
  uint64_t asked = 0;           // in the last 24 hours
  uint64_t denied = 0;
  int64_t last_read_ms = 0;
};

struct Seen {
  std::map<std::string, OfRecipient> recipients;
  std::set<std::pair<std::string, std::string>> tables;  // share, folded "schema.table"
};

Status Look(const audit::UsageBook& book, UsageScope& scope, TimePoint now, Seen& seen) {
  const audit::Hours hours = audit::HoursOf(now - kFindingsLookBack, now);
  return book.Visit(hours, [&](const audit::UsageKey& key, const audit::UsageSum& sum) {
    if (sum.reads > 0 && scope.Counts(scope.Share(key.share), key, sum)) {
      seen.tables.emplace(scope.Share(key.share).text, AsciiLower(key.table));
    }
    const UsageScope::Name& recipient = scope.Recipient(key.recipient);
    if (!scope.Counts(recipient, key, sum)) return;
    OfRecipient& of = seen.recipients[recipient.text];
    const int64_t ago = (hours.to - 1 - key.hour) / 24;
    of.days[ago].reads += sum.reads;
    of.days[ago].bytes += sum.bytes;
    of.last_read_ms = std::max(of.last_read_ms, sum.last_read_ms);
    if (ago > 0) return;
    of.asked += sum.reads + sum.denied + sum.client_errors + sum.server_errors;
    of.denied += sum.denied;
  });
}

// Of the days on which it read, the last one aside.
template <class Number>
std::optional<double> MedianOf(const OfRecipient& of, Number Day::* what) {
  std::vector<Number> values;
  for (const auto& [ago, day] : of.days) {
    if (ago > 0 && day.reads > 0) values.push_back(day.*what);
  }
  if (values.size() < kDaysForMedian) return std::nullopt;
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1
             ? static_cast<double>(values[half])
             : (static_cast<double>(values[half - 1]) + static_cast<double>(values[half])) / 2;
}

void FindMuchMore(const std::string& name, const OfRecipient& of,
                  std::vector<UsageFinding>& found) {
  const auto today = of.days.find(0);
  if (today == of.days.end() || today->second.reads < kFewReads) return;
  const auto reads = MedianOf(of, &Day::reads);
  const auto bytes = MedianOf(of, &Day::bytes);
  if (!reads || !bytes) return;
  const auto now_reads = static_cast<double>(today->second.reads);
  const auto now_bytes = static_cast<double>(today->second.bytes);
  if (now_reads < kTimesMedian * *reads && (*bytes == 0 || now_bytes < kTimesMedian * *bytes)) {
    return;
  }
  found.push_back(
      {"read_much_more",
       fmt::format("{} read {} times and {} in the last 24 hours; on a usual day of the last {} it "
                   "reads {} times and {}.",
                   name, today->second.reads,
                   HumanBytes({static_cast<uint64_t>(today->second.bytes)}), kLookBackDays, *reads,
                   HumanBytes({static_cast<uint64_t>(*bytes)})),
       {{"reads", now_reads},
        {"median_reads", *reads},
        {"bytes_read", now_bytes},
        {"median_bytes_read", *bytes}},
       name});
}

void FindRefused(const std::string& name, const OfRecipient& of, std::vector<UsageFinding>& found) {
  const double part =
      static_cast<double>(of.denied) / static_cast<double>(std::max(of.asked, uint64_t{1}));
  if (of.denied < kManyDenied || part < kDeniedPart) return;
  found.push_back(
      {"refused_often",
       fmt::format("{} was refused {} times of {} in the last 24 hours ({:.0f} %).", name,
                   of.denied, of.asked, part * 100),
       {{"denied", static_cast<double>(of.denied)}, {"asked", static_cast<double>(of.asked)}},
       name});
}

Status FindAddresses(const audit::UsageBook& book, UsageScope& scope, TimePoint now,
                     std::vector<UsageFinding>& found) {
  const int64_t day_ago = ToUnixMillis(now) - kDayMs;
  std::map<std::string, std::map<std::string, audit::SeenAddress>> recipients;
  TRY(book.VisitAddresses(audit::HoursOf(now - kFindingsLookBack, now),
                          [&](const auto& recipient, const auto& ip, const auto& seen) {
                            const UsageScope::Name& name = scope.Recipient(recipient);
                            if (!scope.Counts(name, seen)) return;
                            const auto [at, added] = recipients[name.text].emplace(ip, seen);
                            at->second.first_ms = std::min(at->second.first_ms, seen.first_ms);
                            at->second.last_ms = std::max(at->second.last_ms, seen.last_ms);
                          }));
  for (const auto& [name, addresses] : recipients) {
    const auto known = std::ranges::count_if(
        addresses, [&](const auto& one) { return one.second.first_ms < day_ago; });
    // Whoever came today for the first time is from nowhere else.
    if (known == 0) continue;
    for (const auto& [ip, seen] : addresses) {
      if (seen.first_ms < day_ago) continue;
      found.push_back(
          {"new_address",
           fmt::format("{} came from {} at {}; in the {} days before it came from {}, "
                       "never from this one.",
                       name, ip, FormatTimestamp(FromUnixMillis(seen.first_ms)), kLookBackDays,
                       known == 1 ? std::string("one other address")
                                  : fmt::format("{} other addresses", known)),
           {{"known_addresses", static_cast<double>(known)},
            {"first_seen", static_cast<double>(seen.first_ms)}},
           name,
           {},
           {},
           ip});
    }
  }
  return {};
}

// A schema that is shared as a whole grows by itself: its tables are looked at one by one there.
std::string SharedName(const catalog::Picture& picture, const catalog::SharedObject& object) {
  if (!object.shared_as.empty()) return object.shared_as;
  const Securable* table = picture.Find(object.object);
  const Securable* schema = table == nullptr ? nullptr : picture.Find(table->parent);
  return schema == nullptr ? std::string() : schema->name + "." + table->name;
}

void FindUnread(const catalog::Picture& picture, UsageScope& scope, const Seen& seen, TimePoint now,
                std::vector<UsageFinding>& found) {
  picture.VisitChildren(
      Kind::kShare, picture.metastore().id, "", [&](const catalog::SecurablePtr& share) {
        if (!scope.sees_all() && !scope.Share(share->name).own) return true;
        const bool granted = std::ranges::any_of(
            share->grants, [&](const catalog::Grant& grant) { return grant.HoldsAt(now); });
        if (!granted) return true;
        for (const catalog::SharedObject& object : share->As<catalog::Share>().objects) {
          if (object.kind != Kind::kTable || now - object.added_at < kFindingsLookBack) continue;
          const std::string table = SharedName(picture, object);
          if (table.empty() || seen.tables.contains({share->name, AsciiLower(table)})) continue;
          found.push_back({"unread_table",
                           fmt::format("Nobody read {} of share {} in the last {} days.", table,
                                       share->name, kLookBackDays),
                           {{"days", static_cast<double>(kLookBackDays)}},
                           {},
                           share->name,
                           table});
        }
        return true;
      });
}

void FindUnused(const catalog::Picture& picture, UsageScope& scope, const Seen& seen, TimePoint now,
                std::vector<UsageFinding>& found) {
  picture.VisitChildren(
      Kind::kRecipient, picture.metastore().id, "", [&](const catalog::SecurablePtr& recipient) {
        if (!scope.sees_all() && !scope.Recipient(recipient->name).own) return true;
        const auto of = seen.recipients.find(recipient->name);
        if (of != seen.recipients.end() && of->second.last_read_ms > 0) return true;
        const auto& tokens = recipient->As<catalog::Recipient>().tokens;
        const auto open = std::ranges::find_if(tokens, [&](const catalog::RecipientToken& token) {
          return token.hash && (!token.expires_at || now < *token.expires_at) &&
                 now - token.updated_at >= kFindingsLookBack;
        });
        if (open == tokens.end()) return true;
        const auto days = std::chrono::floor<std::chrono::days>(now - open->updated_at).count();
        found.push_back(
            {"unused_token",
             fmt::format("The token of {} was fetched {} days ago and is valid; nothing "
                         "was read with it in the last {} days.",
                         recipient->name, days, kLookBackDays),
             {{"days", static_cast<double>(kLookBackDays)},
              {"age_days", static_cast<double>(days)}},
             recipient->name});
        return true;
      });
}

}  // namespace

Result<std::vector<UsageFinding>> FindUnusual(const audit::UsageBook& book,
                                              const catalog::Picture& picture, UsageScope& scope,
                                              TimePoint now) {
  Seen seen;
  TRY(Look(book, scope, now, seen));
  std::vector<UsageFinding> found;
  for (const auto& [name, of] : seen.recipients) {
    FindMuchMore(name, of, found);
    FindRefused(name, of, found);
  }
  TRY(FindAddresses(book, scope, now, found));
  FindUnused(picture, scope, seen, now, found);
  FindUnread(picture, scope, seen, now, found);
  return found;
}

}  // namespace sluice::unity
