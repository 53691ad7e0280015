#include "base/encoding.h"
#include "sharing/item_json.h"
#include "sharing/list_page.h"
#include "sharing/operations.h"

namespace sluice::sharing {

Result<net::Response> ListSchemas(const Services& services, const net::Request& request) {
  const auto share = TRY(services.resolver.FindShare(request.principal, request.Param("share")));
  ListPage page =
      TRY(ListPage::Parse(services, request, {"ListSchemas", request.principal, share->id}));
  for (const auto& schema : share->schemas) {
    if (!page.Offer(AsciiLower(schema.name),
                    [&](std::string& out) { AppendSchema(schema, out); })) {
      break;
    }
  }
  return page.Finish();
}

}  // namespace sluice::sharing
