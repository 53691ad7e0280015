// unity/notifier_of.h -- the notifier, where there is one.
#pragma once

#include "base/result.h"
#include "notify/notifier.h"
#include "unity/services.h"

namespace sluice::unity {

// Errors: kUnavailable
inline Result<notify::Notifier*> NotifierOf(const Services& services) {
  if (services.notifier == nullptr) return Fail(Code::kUnavailable, "There are no notifications.");
  return services.notifier;
}

}  // namespace sluice::unity
