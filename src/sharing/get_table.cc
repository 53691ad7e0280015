#include "sharing/item_json.h"
#include "sharing/operations.h"
#include "sharing/table_request.h"

namespace sluice::sharing {

Result<net::Response> GetTable(const Services& services, const net::Request& request) {
  const auto table = TRY(ResolveTable(services, request));
  std::string body;
  AppendTable(*table, body);
  body.pop_back();
  body += R"(,"format":"delta"})";
  return net::Response::Text(200, "application/json; charset=utf-8", std::move(body));
}

}  // namespace sluice::sharing
