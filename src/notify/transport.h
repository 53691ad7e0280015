// notify/transport.h -- how a message leaves the house.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "notify/destination.h"

namespace sluice::notify {

// One message on its way.
struct Message {
  std::string_view id;
  TimePoint now{};
  std::string_view body;  // of MessageBody
};

// Used by one thread at a time, but for tests of a destination. A success: the other side took it.
class Transport {
 public:
  virtual ~Transport() = default;
  // Errors of both: kUnavailable and others; `message` may be shown to an administrator
  virtual Status PostWebhook(const WebhookConfig& to, const Message& message) = 0;
  virtual Status SendMail(const std::vector<std::string>& to, const Message& message) = 0;
};

}  // namespace sluice::notify
