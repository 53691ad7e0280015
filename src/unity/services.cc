#include "unity/services.h"

namespace sluice::unity {

catalog::Caller CallerOf(const Services& services, const net::Request& request) {
  constexpr std::string_view kUser = "user:";
  const std::string id = request.principal.starts_with(kUser)
                             ? request.principal.substr(kUser.size())
                             : request.principal;
  return {.principal = id, .name = services.catalog.Now()->PrincipalName(id)};
}

}  // namespace sluice::unity
