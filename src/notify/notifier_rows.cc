// The notifier's inboxes, destinations and subscriptions: what is asked for from outside.
#include <algorithm>

#include "base/crypto/uuid.h"
#include "notify/message.h"
#include "notify/notifier.h"
#include "notify/posting.h"

namespace sluice::notify {
namespace {

constexpr size_t kMostDestinations = 100;
constexpr size_t kMostSubscriptions = 1000;
constexpr size_t kKeyBytes = 32;

std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

std::unexpected<Error> NoDestination(const std::string& id) {
  return Fail(Code::kNotFound, "Notification destination '" + id + "' does not exist.");
}

Status CheckName(const std::string& name) {
  if (name.empty()) return Invalid("display_name must not be empty.");
  if (name.size() > 255) return Invalid("display_name must have at most 255 bytes.");
  return {};
}

// What of a change is for a webhook goes into `config`.
Status Apply(const DestinationChange& change, WebhookConfig& config) {
  if (change.url) {
    TRY(CheckUrl(*change.url));
    config.url = *change.url;
  }
  if (change.username) config.username = *change.username;
  if (change.password) config.password = *change.password;
  if (config.username.size() > 255 || config.password.size() > 1024 ||
      config.username.find(':') != std::string::npos) {
    return Invalid(
        "generic_webhook.username must have at most 255 bytes and no colon, the "
        "password at most 1024.");
  }
  return {};
}

}  // namespace

Result<std::vector<Notification>> Notifier::Inbox(std::string_view holder, Unread unread,
                                                  std::string_view after, size_t most) {
  std::vector<Notification> found;
  TRY(database_.Read([&](db::Session& session) -> Status {
    found = TRY(ReadInbox(session, holder, unread, after, most));
    return {};
  }));
  return found;
}

Result<int64_t> Notifier::UnreadCount(std::string_view holder) {
  int64_t count = 0;
  TRY(database_.Read([&](db::Session& session) -> Status {
    count = TRY(CountUnread(session, holder));
    return {};
  }));
  return count;
}

Status Notifier::MarkAsRead(std::string_view holder,
                            const std::optional<std::vector<std::string>>& ids) {
  return database_.Write([&](db::Session& session) { return MarkRead(session, holder, ids); });
}

Result<Notifier::Made> Notifier::CreateDestination(const DestinationChange& wanted) {
  Made made;
  Destination& destination = made.destination;
  TRY(CheckName(wanted.display_name.value_or("")));
  destination.id = crypto::RandomUuid(catalog_.random());
  destination.display_name = *wanted.display_name;
  destination.created_at = catalog_.clock().Now();
  if (wanted.addresses.has_value() == wanted.webhook) {
    return Invalid("config must have exactly one of email and generic_webhook.");
  }
  if (wanted.addresses) {
    TRY(CheckAddresses(*wanted.addresses));
    destination.addresses = *wanted.addresses;
  } else {
    if (!wanted.url) return Invalid("generic_webhook.url must be given.");
    destination.type = DestinationType::kWebhook;
    WebhookConfig config{.signing_key = catalog_.random().Bytes(kKeyBytes)};
    TRY(Apply(wanted, config));
    destination.has_username = !config.username.empty();
    destination.has_password = !config.password.empty();
    destination.webhook = catalog_.Seal(WriteWebhook(config), SealContext(destination.id));
    made.signing_key = ShownKey(config.signing_key);
  }
  TRY(database_.Write([&](db::Session& session) -> Status {
    if (TRY(ReadDestinations(session)).size() >= kMostDestinations) {
      return Invalid("There may be at most 100 notification destinations.");
    }
    return Put(session, destination);
  }));
  return made;
}

Result<Destination> Notifier::UpdateDestination(const std::string& id,
                                                const DestinationChange& change) {
  Destination after;
  TRY(database_.Write([&](db::Session& session) -> Status {
    const auto all = TRY(ReadDestinations(session));
    const auto found = std::ranges::find(all, id, &Destination::id);
    if (found == all.end()) return NoDestination(id);
    after = *found;
    const bool is_webhook = after.type == DestinationType::kWebhook;
    if ((change.webhook && !is_webhook) || (change.addresses && is_webhook)) {
      return Invalid("The type of a notification destination cannot be changed.");
    }
    if (change.display_name) {
      TRY(CheckName(*change.display_name));
      after.display_name = *change.display_name;
    }
    if (change.addresses) {
      TRY(CheckAddresses(*change.addresses));
      after.addresses = *change.addresses;
    }
    if (change.webhook) {
      const std::string plain = TRY(catalog_.Unseal(after.webhook, SealContext(id)));
      WebhookConfig config = TRY(ReadWebhook(plain));
      TRY(Apply(change, config));
      after.has_username = !config.username.empty();
      after.has_password = !config.password.empty();
      after.webhook = catalog_.Seal(WriteWebhook(config), SealContext(id));
    }
    return Put(session, after);
  }));
  return after;
}

Result<std::vector<Destination>> Notifier::Destinations() {
  std::vector<Destination> all;
  TRY(database_.Read([&](db::Session& session) -> Status {
    all = TRY(ReadDestinations(session));
    return {};
  }));
  return all;
}

Result<Destination> Notifier::FindDestination(const std::string& id) {
  const std::vector<Destination> all = TRY(Destinations());
  const auto found = std::ranges::find(all, id, &Destination::id);
  if (found == all.end()) return NoDestination(id);
  return *found;
}

Status Notifier::DeleteDestination(const std::string& id) {
  return database_.Write([&](db::Session& session) -> Status {
    if (!TRY(EraseDestination(session, id))) return NoDestination(id);
    return {};
  });
}

Status Notifier::TestDestination(const std::string& id) {
  const Destination to = TRY(FindDestination(id));
  const TimePoint now = catalog_.clock().Now();
  Fact fact{.title = "A test", .text = "This destination was tried out; nothing happened."};
  std::string body = MessageBody(fact, now);
  // No kind of what happens.
  const std::string_view kind = KindName(fact.kind);
  body.replace(body.find(kind), kind.size(), "test");
  const std::string message_id = "msg_" + crypto::RandomUuid(catalog_.random());
  return delivering_.Send(to, {message_id, now, body});
}

Result<Subscription> Notifier::Subscribe(Subscription wanted) {
  wanted.id = crypto::RandomUuid(catalog_.random());
  wanted.created_at = catalog_.clock().Now();
  if (wanted.kinds.empty()) return Invalid("kinds must name at least one kind.");
  TRY(database_.Write([&](db::Session& session) -> Status {
    const auto all = TRY(ReadDestinations(session));
    if (std::ranges::find(all, wanted.destination, &Destination::id) == all.end()) {
      return NoDestination(wanted.destination);
    }
    if (TRY(ReadSubscriptions(session)).size() >= kMostSubscriptions) {
      return Invalid("There may be at most 1000 notification subscriptions.");
    }
    return Put(session, wanted);
  }));
  return wanted;
}

Result<std::vector<Subscription>> Notifier::Subscriptions() {
  std::vector<Subscription> all;
  TRY(database_.Read([&](db::Session& session) -> Status {
    all = TRY(ReadSubscriptions(session));
    return {};
  }));
  return all;
}

Status Notifier::Unsubscribe(const std::string& id) {
  return database_.Write([&](db::Session& session) -> Status {
    if (TRY(EraseSubscription(session, id))) return {};
    return Fail(Code::kNotFound, "Notification subscription '" + id + "' does not exist.");
  });
}

}  // namespace sluice::notify
