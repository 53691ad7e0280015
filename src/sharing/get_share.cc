#include "sharing/item_json.h"
#include "sharing/operations.h"

namespace sluice::sharing {

Result<net::Response> GetShare(const Services& services, const net::Request& request) {
  const auto share = TRY(services.resolver.FindShare(request.principal, request.Param("share")));
  std::string body = R"({"share":)";
  AppendShare({share->name, share->id}, body);
  body += '}';
  return net::Response::Text(200, "application/json; charset=utf-8", std::move(body));
}

}  // namespace sluice::sharing
