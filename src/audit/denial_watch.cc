#include "audit/denial_watch.h"

namespace sluice::audit {
namespace {

bool IsDenial(const Event& event) {
  return !event.recipient.empty() &&
         (event.status == 401 || event.status == 403 || event.status == 404);
}

Event Alert(const Event& event, const DenialWatch::Limits& limits, TimePoint now) {
  Event alert;
  alert.time = now;
  alert.action = "deltaSharingDeniedAccessAlert";
  alert.principal = event.principal;
  alert.principal_id = event.principal_id;
  alert.source_ip = event.source_ip;
  alert.recipient = event.recipient;
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(limits.window);
  alert.params = {{"recipient_name", event.recipient},
                  {"denied_requests", std::to_string(limits.denials + 1)},
                  {"window_minutes", std::to_string(minutes.count())},
                  {"last_action", event.action}};
  return alert;
}

}  // namespace

DenialWatch::Refused& DenialWatch::Find(std::string_view recipient) {
  const auto known = by_recipient_.find(recipient);
  if (known != by_recipient_.end()) {
    refused_.splice(refused_.begin(), refused_, known->second);
    return refused_.front();
  }
  if (refused_.size() >= limits_.recipients) {
    by_recipient_.erase(refused_.back().recipient);
    refused_.pop_back();
  }
  refused_.push_front({std::string(recipient), {}, 0, std::nullopt});
  by_recipient_[refused_.front().recipient] = refused_.begin();
  return refused_.front();
}

std::optional<Event> DenialWatch::Note(const Event& event) {
  if (!IsDenial(event)) return std::nullopt;
  const TimePoint now = clock_.Now();
  const std::lock_guard lock(mutex_);
  Refused& refused = Find(event.recipient);
  const size_t size = limits_.denials + 1;
  if (refused.times.size() < size) {
    refused.times.push_back(now);
    if (refused.times.size() < size) return std::nullopt;
  } else {
    refused.times[refused.next] = now;
    refused.next = (refused.next + 1) % size;
  }
  const TimePoint oldest = refused.times[refused.next];
  if (now - oldest >= limits_.window) return std::nullopt;
  if (refused.alerted && now - *refused.alerted < limits_.window) return std::nullopt;
  refused.alerted = now;
  return Alert(event, limits_, now);
}

}  // namespace sluice::audit
