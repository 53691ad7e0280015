// notify/net_transport.h -- webhooks by HTTP, mail by SMTP.
//
// A webhook is posted to public addresses only, unless private ones are allowed; redirects are not
// followed, proxies not used: what is connected to is what was looked at.
#pragma once

#include <string>

#include "net/mail_client.h"
#include "notify/transport.h"

namespace sluice::notify {

struct NetOptions {
  net::MailServer mail_server{};  // without a url: there is none
  std::string mail_from{};
  bool allow_private_targets = false;
};

class NetTransport final : public Transport {
 public:
  explicit NetTransport(NetOptions options) : options_(std::move(options)) {}
  Status PostWebhook(const WebhookConfig& to, const Message& message) override;
  Status SendMail(const std::vector<std::string>& to, const Message& message) override;

 private:
  const NetOptions options_;
};

}  // namespace sluice::notify
