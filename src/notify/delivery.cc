#include "notify/delivery.h"

#include <algorithm>
#include <set>

#include "base/log.h"

namespace sluice::notify {
namespace {

constexpr size_t kMostAtOnce = 50;
constexpr Millis kFirstWait{2'000};
constexpr Millis kLongestWait = std::chrono::hours(1);

}  // namespace

std::string SealContext(const std::string& destination) {
  return "notification destination " + destination;
}

Millis Backoff(int64_t attempts, Random& random) {
  Millis wait = kFirstWait;
  for (int64_t i = 1; i < attempts && wait < kLongestWait; ++i) wait *= 4;
  wait = std::min(wait, kLongestWait);
  // Three quarters of it to five quarters.
  const auto byte = static_cast<unsigned char>(random.Bytes(1)[0]);
  return wait * 3 / 4 + wait * byte / 510;
}

Status Delivering::Send(const Destination& to, const Message& message) {
  if (to.type == DestinationType::kEmail) return transport_.SendMail(to.addresses, message);
  const std::string plain = TRY(catalog_.Unseal(to.webhook, SealContext(to.id)));
  return transport_.PostWebhook(TRY(ReadWebhook(plain)), message);
}

Status Delivering::SendOne(const std::vector<Destination>& destinations, const Delivery& delivery) {
  const auto to = std::ranges::find(destinations, delivery.destination, &Destination::id);
  // It was deleted meanwhile, and its row goes with it.
  if (to == destinations.end()) return {};
  return Send(*to, {delivery.id, catalog_.clock().Now(), delivery.body});
}

Result<Delivering::Round> Delivering::SendDue() {
  std::vector<Delivery> due;
  std::vector<Destination> destinations;
  TRY(database_.Read([&](db::Session& session) -> Status {
    due = TRY(ReadDue(session, catalog_.clock().Now(), kMostAtOnce));
    if (!due.empty()) destinations = TRY(ReadDestinations(session));
    return {};
  }));
  Round round;
  round.more = due.size() == kMostAtOnce;
  std::set<std::string> failing;
  for (Delivery& delivery : due) {
    if (stopping_) break;
    // One that does not answer is not asked fifty times: the rest wait as if they had failed.
    const bool skipped = failing.contains(delivery.destination);
    const Status sent = skipped ? Status(Fail(Code::kUnavailable, "the one before failed"))
                                : SendOne(destinations, delivery);
    if (sent) {
      TRY(database_.Write(
          [&](db::Session& session) { return EraseDelivery(session, delivery.id); }));
      ++round.sent;
      continue;
    }
    if (!skipped) {
      failing.insert(delivery.destination);
      log::Warn("notification {} could not be delivered, attempt {}: {} [{}]", delivery.id,
                delivery.attempts + 1, sent.error().message, sent.error().detail);
    }
    ++delivery.attempts;
    const TimePoint now = catalog_.clock().Now();
    if (now - delivery.first_at >= kGiveUpAfter) {
      round.given_up.push_back(delivery);
      continue;
    }
    delivery.next_at = now + Backoff(delivery.attempts, catalog_.random());
    TRY(database_.Write([&](db::Session& session) { return Postpone(session, delivery); }));
    ++round.postponed;
  }
  return round;
}

}  // namespace sluice::notify
