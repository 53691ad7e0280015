// notify/rows.h -- this room's rows: what is known, inboxes, destinations, subscriptions, and what
// waits to be delivered.
//
// Free functions on a session, so that who calls decides what goes into one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"
#include "notify/destination.h"
#include "notify/fact.h"
#include "notify/states.h"

namespace sluice::notify {

// The tables of this room, for Database::Migrate.
std::span<const db::Migration> Migrations();

// What is known.
Result<Known> LoadKnown(db::Session& session);
Status PutKnown(db::Session& session, std::string_view key, std::string_view value);
Status EraseKnown(db::Session& session, std::string_view key);

// An entry of an inbox.
struct Notification {
  std::string id{};
  std::string place{};  // in the inbox: the newest has the smallest
  TimePoint time{};
  Fact fact{};  // without key and ids
  bool read = false;
};
// Puts it into the inboxes; what is there already stays as it is.
struct Posting {
  const Fact& fact;
  TimePoint now;
  std::vector<std::string> ids{};  // one for each holder
};
Status PutInInboxes(db::Session& session, const Posting& posting);

enum class Unread { kOnly, kAll };
Result<std::vector<Notification>> ReadInbox(db::Session& session, std::string_view holder,
                                            Unread unread, std::string_view after, size_t most);
Result<int64_t> CountUnread(db::Session& session, std::string_view holder);
// Without ids: all.
Status MarkRead(db::Session& session, std::string_view holder,
                const std::optional<std::vector<std::string>>& ids);
Status DropOlder(db::Session& session, TimePoint than);

Status Put(db::Session& session, const Destination& destination);
// With its subscriptions and deliveries; reports go there no more. Returns whether there was one.
Result<bool> EraseDestination(db::Session& session, std::string_view id);
Result<std::vector<Destination>> ReadDestinations(db::Session& session);
Status Put(db::Session& session, const Subscription& subscription);
Result<bool> EraseSubscription(db::Session& session, std::string_view id);
Result<std::vector<Subscription>> ReadSubscriptions(db::Session& session);

// What waits to be delivered.
struct Delivery {
  std::string id{};  // "msg_...": the same at each attempt
  std::string destination{};
  std::string fact{};  // its key
  std::string body{};
  int64_t attempts = 0;
  TimePoint first_at{};
  TimePoint next_at{};
};
Status PutNew(db::Session& session, const Delivery& delivery);
Status Postpone(db::Session& session, const Delivery& delivery);
Status EraseDelivery(db::Session& session, std::string_view id);
Result<std::vector<Delivery>> ReadDue(db::Session& session, TimePoint now, size_t most);

}  // namespace sluice::notify
