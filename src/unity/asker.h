// unity/asker.h -- who calls a route that is for recipients and users alike.
#pragma once

#include <string>
#include <string_view>

#include "catalog/request_list.h"
#include "net/http.h"

namespace sluice::unity {

inline catalog::Asker AskerOf(const net::Request& request) {
  constexpr std::string_view kRecipient = "recipient:";
  const std::string_view who = request.principal;
  return {.id = std::string(who.substr(who.find(':') + 1)),
          .is_recipient = who.starts_with(kRecipient)};
}

}  // namespace sluice::unity
