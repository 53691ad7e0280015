#include "notify/rows.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"

namespace sluice::notify {
namespace {

using db::Row;
using db::Session;

std::string KindsText(const std::vector<Kind>& kinds) {
  std::string text;
  for (const Kind kind : kinds) {
    if (!text.empty()) text += ' ';
    text += KindName(kind);
  }
  return text;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string PlaceOf(TimePoint time, std::string_view id) {
  return fmt::format("{:016x}{}", UINT64_MAX - static_cast<uint64_t>(ToUnixMillis(time)), id);
}

constexpr std::string_view kNotifyKnown =
    "CREATE TABLE notify_known (key TEXT PRIMARY KEY, value TEXT NOT NULL)";
constexpr std::string_view kNotifications =
    "CREATE TABLE notifications (id TEXT PRIMARY KEY, holder TEXT NOT NULL, "
    "place TEXT NOT NULL, fact TEXT NOT NULL, kind TEXT NOT NULL, time INTEGER NOT NULL, "
    "title TEXT NOT NULL, body TEXT NOT NULL, recipient TEXT NOT NULL, "
    "share TEXT NOT NULL, shared_table TEXT NOT NULL, request TEXT NOT NULL, "
    "is_read INTEGER NOT NULL, UNIQUE (holder, fact), UNIQUE (holder, place))";
constexpr std::string_view kNotificationsByTime =
    "CREATE INDEX notifications_by_time ON notifications (time)";
constexpr std::string_view kNotificationDestinations =
    "CREATE TABLE notification_destinations (id TEXT PRIMARY KEY, "
    "display_name TEXT NOT NULL, type INTEGER NOT NULL, addresses TEXT NOT NULL, "
    "webhook TEXT NOT NULL, has_username INTEGER NOT NULL, has_password INTEGER NOT NULL, "
    "created_at INTEGER NOT NULL)";
constexpr std::string_view kNotificationSubscriptions =
    "CREATE TABLE notification_subscriptions (id TEXT PRIMARY KEY, "
    "destination TEXT NOT NULL REFERENCES notification_destinations (id), "
    "kinds TEXT NOT NULL, share TEXT NOT NULL, recipient TEXT NOT NULL, "
    "created_at INTEGER NOT NULL)";
constexpr std::string_view kNotificationDeliveries =
    "CREATE TABLE notification_deliveries (id TEXT PRIMARY KEY, "
    "destination TEXT NOT NULL REFERENCES notification_destinations (id), "
    "fact TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL, "
    "first_at INTEGER NOT NULL, next_at INTEGER NOT NULL, UNIQUE (destination, fact))";
constexpr std::string_view kNotificationDeliveriesByTime =
    "CREATE INDEX notification_deliveries_by_time ON notification_deliveries (next_at)";

constexpr std::string_view kUsageReports =
    "CREATE TABLE usage_reports (id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, "
    "definition TEXT NOT NULL, paused INTEGER NOT NULL, next_run INTEGER NOT NULL, "
    "created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, last_run TEXT NOT NULL)";
constexpr std::string_view kUsageReportDestinations =
    "CREATE TABLE usage_report_destinations (report TEXT NOT NULL REFERENCES usage_reports (id), "
    "destination TEXT NOT NULL REFERENCES notification_destinations (id), "
    "PRIMARY KEY (report, destination))";
constexpr std::string_view kUsageReportResults =
    "CREATE TABLE usage_report_results (report TEXT PRIMARY KEY REFERENCES usage_reports (id), "
    "result TEXT NOT NULL)";

}  // namespace

std::span<const db::Migration> Migrations() {
  static const std::vector<db::Migration> kMigrations = {
      {.name = "notify",
       .statements = {kNotifyKnown, kNotifications, kNotificationsByTime, kNotificationDestinations,
                      kNotificationSubscriptions, kNotificationDeliveries,
                      kNotificationDeliveriesByTime}},
      {.name = "usage reports",
       .statements = {kUsageReports, kUsageReportDestinations, kUsageReportResults}},
  };
  return kMigrations;
}

Result<Known> LoadKnown(Session& session) {
  Known known;
  TRY(session.Query("SELECT key, value FROM notify_known", {}, [&](const Row& row) -> Status {
    std::string key = TRY(db::Text(row, 0));
    known.emplace(std::move(key), TRY(db::Text(row, 1)));
    return {};
  }));
  return known;
}

Status PutKnown(Session& session, std::string_view key, std::string_view value) {
  TRY(
      session.Run("INSERT INTO notify_known (key, value) VALUES (?, ?) "
                  "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                  {std::string(key), std::string(value)}));
  return {};
}

Status EraseKnown(Session& session, std::string_view key) {
  TRY(session.Run("DELETE FROM notify_known WHERE key = ?", {std::string(key)}));
  return {};
}

Status PutInInboxes(Session& session, const Posting& posting) {
  const Fact& fact = posting.fact;
  for (size_t i = 0; i < fact.holders.size(); ++i) {
    const std::string& id = posting.ids.at(i);
    TRY(session.Run(
        "INSERT INTO notifications (id, holder, place, fact, kind, time, title, body, recipient, "
        "share, shared_table, request, is_read) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "
        "ON CONFLICT DO NOTHING",
        {id, fact.holders[i], PlaceOf(posting.now, id), fact.key, std::string(KindName(fact.kind)),
         ToUnixMillis(posting.now), fact.title, fact.text, fact.recipient, fact.share, fact.table,
         fact.request_id}));
  }
  return {};
}

Result<std::vector<Notification>> ReadInbox(Session& session, std::string_view holder,
                                            Unread unread, std::string_view after, size_t most) {
  std::vector<Notification> found;
  TRY(session.Query(
      "SELECT id, place, time, kind, title, body, recipient, share, shared_table, request, is_read "
      "FROM notifications WHERE holder = ? AND place > ? AND is_read <= ? "
      "ORDER BY place LIMIT ?",
      {std::string(holder), std::string(after), int64_t{unread == Unread::kAll},
       static_cast<int64_t>(most)},
      [&](const Row& row) -> Status {
        Notification one;
        one.id = TRY(db::Text(row, 0));
        one.place = TRY(db::Text(row, 1));
        one.time = FromUnixMillis(TRY(db::Int(row, 2)));
        const auto kind = ParseKind(TRY(db::Text(row, 3)));
        if (!kind) return {};  // of a newer program
        one.fact.kind = *kind;
        one.fact.title = TRY(db::Text(row, 4));
        one.fact.text = TRY(db::Text(row, 5));
        one.fact.recipient = TRY(db::Text(row, 6));
        one.fact.share = TRY(db::Text(row, 7));
        one.fact.table = TRY(db::Text(row, 8));
        one.fact.request_id = TRY(db::Text(row, 9));
        one.read = TRY(db::Int(row, 10)) != 0;
        found.push_back(std::move(one));
        return {};
      }));
  return found;
}

Result<int64_t> CountUnread(Session& session, std::string_view holder) {
  int64_t count = 0;
  TRY(session.Query("SELECT count(*) FROM notifications WHERE holder = ? AND is_read = 0",
                    {std::string(holder)}, [&](const Row& row) -> Status {
                      count = TRY(db::Int(row, 0));
                      return {};
                    }));
  return count;
}

Status MarkRead(Session& session, std::string_view holder,
                const std::optional<std::vector<std::string>>& ids) {
  if (!ids) {
    TRY(session.Run("UPDATE notifications SET is_read = 1 WHERE holder = ? AND is_read = 0",
                    {std::string(holder)}));
    return {};
  }
  for (const std::string& id : *ids) {
    TRY(session.Run("UPDATE notifications SET is_read = 1 WHERE id = ? AND holder = ?",
                    {id, std::string(holder)}));
  }
  return {};
}

Status DropOlder(Session& session, TimePoint than) {
  TRY(session.Run("DELETE FROM notifications WHERE time < ?", {ToUnixMillis(than)}));
  return {};
}

Status Put(Session& session, const Destination& d) {
  TRY(session.Run(
      "INSERT INTO notification_destinations (id, display_name, type, addresses, webhook, "
      "has_username, has_password, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, "
      "addresses = excluded.addresses, webhook = excluded.webhook, "
      "has_username = excluded.has_username, has_password = excluded.has_password",
      {d.id, d.display_name, static_cast<int64_t>(d.type), Joined(d.addresses), d.webhook.text,
       int64_t{d.has_username}, int64_t{d.has_password}, ToUnixMillis(d.created_at)}));
  return {};
}

Result<bool> EraseDestination(Session& session, std::string_view id) {
  const db::Row which = {std::string(id)};
  TRY(session.Run("DELETE FROM notification_deliveries WHERE destination = ?", which));
  TRY(session.Run("DELETE FROM notification_subscriptions WHERE destination = ?", which));
  TRY(session.Run("DELETE FROM usage_report_destinations WHERE destination = ?", which));
  return TRY(session.Run("DELETE FROM notification_destinations WHERE id = ?", which)) > 0;
}

Result<std::vector<Destination>> ReadDestinations(Session& session) {
  std::vector<Destination> all;
  TRY(session.Query(
      "SELECT id, display_name, type, addresses, webhook, has_username, has_password, created_at "
      "FROM notification_destinations ORDER BY id",
      {}, [&](const Row& row) -> Status {
        Destination d;
        d.id = TRY(db::Text(row, 0));
        d.display_name = TRY(db::Text(row, 1));
        d.type = static_cast<DestinationType>(TRY(db::Int(row, 2)));
        d.addresses = Words(TRY(db::Text(row, 3)));
        d.webhook.text = TRY(db::Text(row, 4));
        d.has_username = TRY(db::Int(row, 5)) != 0;
        d.has_password = TRY(db::Int(row, 6)) != 0;
        d.created_at = FromUnixMillis(TRY(db::Int(row, 7)));
        all.push_back(std::move(d));
        return {};
      }));
  return all;
}

Status Put(Session& session, const Subscription& s) {
  TRY(session.Run(
      "INSERT INTO notification_subscriptions (id, destination, kinds, share, recipient, "
      "created_at) VALUES (?, ?, ?, ?, ?, ?)",
      {s.id, s.destination, KindsText(s.kinds), s.share_id, s.recipient_id,
       ToUnixMillis(s.created_at)}));
  return {};
}

Result<bool> EraseSubscription(Session& session, std::string_view id) {
  return TRY(session.Run("DELETE FROM notification_subscriptions WHERE id = ?",
                         {std::string(id)})) > 0;
}

Result<std::vector<Subscription>> ReadSubscriptions(Session& session) {
  std::vector<Subscription> all;
  TRY(
      session.Query("SELECT id, destination, kinds, share, recipient, created_at "
                    "FROM notification_subscriptions ORDER BY created_at, id",
                    {}, [&](const Row& row) -> Status {
                      Subscription s;
                      s.id = TRY(db::Text(row, 0));
                      s.destination = TRY(db::Text(row, 1));
                      for (const std::string& word : Words(TRY(db::Text(row, 2)))) {
                        if (const auto kind = ParseKind(word)) s.kinds.push_back(*kind);
                      }
                      s.share_id = TRY(db::Text(row, 3));
                      s.recipient_id = TRY(db::Text(row, 4));
                      s.created_at = FromUnixMillis(TRY(db::Int(row, 5)));
                      all.push_back(std::move(s));
                      return {};
                    }));
  return all;
}

Status PutNew(Session& session, const Delivery& d) {
  TRY(session.Run(
      "INSERT INTO notification_deliveries (id, destination, fact, body, attempts, first_at, "
      "next_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      {d.id, d.destination, d.fact, d.body, d.attempts, ToUnixMillis(d.first_at),
       ToUnixMillis(d.next_at)}));
  return {};
}

Status Postpone(Session& session, const Delivery& d) {
  TRY(session.Run("UPDATE notification_deliveries SET attempts = ?, next_at = ? WHERE id = ?",
                  {d.attempts, ToUnixMillis(d.next_at), d.id}));
  return {};
}

Status EraseDelivery(Session& session, std::string_view id) {
  TRY(session.Run("DELETE FROM notification_deliveries WHERE id = ?", {std::string(id)}));
  return {};
}

Result<std::vector<Delivery>> ReadDue(Session& session, TimePoint now, size_t most) {
  std::vector<Delivery> due;
  TRY(
      session.Query("SELECT id, destination, fact, body, attempts, first_at, next_at "
                    "FROM notification_deliveries WHERE next_at <= ? ORDER BY next_at, id LIMIT ?",
                    {ToUnixMillis(now), static_cast<int64_t>(most)}, [&](const Row& row) -> Status {
                      Delivery d;
                      d.id = TRY(db::Text(row, 0));
                      d.destination = TRY(db::Text(row, 1));
                      d.fact = TRY(db::Text(row, 2));
                      d.body = TRY(db::Text(row, 3));
                      d.attempts = TRY(db::Int(row, 4));
                      d.first_at = FromUnixMillis(TRY(db::Int(row, 5)));
                      d.next_at = FromUnixMillis(TRY(db::Int(row, 6)));
                      due.push_back(std::move(d));
                      return {};
                    }));
  return due;
}

}  // namespace sluice::notify
