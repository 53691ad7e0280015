// audit/denial_watch.h -- notices a recipient that is refused again and again.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"

namespace sluice::audit {

// Counts answers 401, 403 and 404 of each recipient (what was not granted is told as not found).
// Thread-safe. Remembers the recipients that were refused last; one that is forgotten starts anew.
class DenialWatch {
 public:
  struct Limits {
    size_t denials = 15;                       // more than these ...
    Millis window = std::chrono::minutes(60);  // ... within this
    size_t recipients = 10'000;
  };

  DenialWatch(Limits limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  // Takes note of an event. The alert that it gives rise to, to be appended to the log
  // ("deltaSharingDeniedAccessAlert"): at most one for a recipient in a window.
  std::optional<Event> Note(const Event& event);

 private:
  struct Refused {
    std::string recipient;
    std::vector<TimePoint> times;  // a ring of the newest
    size_t next = 0;
    std::optional<TimePoint> alerted;
  };

  Refused& Find(std::string_view recipient);

  const Limits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  std::list<Refused> refused_;  // the one refused last in front
  std::unordered_map<std::string_view, std::list<Refused>::iterator> by_recipient_;
};

}  // namespace sluice::audit
