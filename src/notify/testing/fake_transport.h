// notify/testing/fake_transport.h -- a transport that keeps what it was given, and fails when told
// to.
#pragma once

#include <string>
#include <vector>

#include "notify/transport.h"

namespace sluice::notify::testing {

class FakeTransport final : public Transport {
 public:
  struct Sent {
    std::string to;
    std::string id;
    std::string body;
    std::string key{};
  };
  Status PostWebhook(const WebhookConfig& to, const Message& message) override {
    return Take({to.url, std::string(message.id), std::string(message.body), to.signing_key});
  }
  Status SendMail(const std::vector<std::string>& to, const Message& message) override {
    return Take({to.at(0), std::string(message.id), std::string(message.body)});
  }

  bool failing = false;
  std::vector<Sent> sent;
  std::vector<Sent> failed;

 private:
  Status Take(Sent one) {
    (failing ? failed : sent).push_back(std::move(one));
    if (failing) return Fail(Code::kUnavailable, "nobody there");
    return {};
  }
};

}  // namespace sluice::notify::testing
