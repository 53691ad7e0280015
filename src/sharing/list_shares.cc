#include "base/encoding.h"
#include "base/json.h"
#include "sharing/item_json.h"
#include "sharing/list_page.h"
#include "sharing/operations.h"

namespace sluice::sharing {

Result<net::Response> ListShares(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(services, request, {"ListShares", request.principal, ""}));
  for (const auto& share : services.resolver.Shares(request.principal)) {
    if (!page.Offer(AsciiLower(share.name), [&](std::string& out) { AppendShare(share, out); })) {
      break;
    }
  }
  return page.Finish();
}

}  // namespace sluice::sharing
