// net/mail_client.h -- hands one message to a mail server (SMTP), over libcurl.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::net {

struct MailServer {
  // "smtp://mail.example.org:587", with STARTTLS where the server offers it; "smtps://...".
  std::string url{};
  // Only ever sent over TLS.
  std::string user{};
  std::string password{};
  Millis timeout{20'000};
};

struct OutgoingMail {
  std::string from;
  std::vector<std::string> to;
  std::string text;  // whole, lines that end with CR LF
};

// A success: the server took it, for all addresses.
// Errors: kUnavailable  it does not answer, or refuses; the detail says what it said
Status SendMail(const MailServer& server, const OutgoingMail& mail);

}  // namespace sluice::net
