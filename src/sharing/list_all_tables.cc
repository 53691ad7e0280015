#include "base/encoding.h"
#include "sharing/item_json.h"
#include "sharing/list_page.h"
#include "sharing/operations.h"

namespace sluice::sharing {
namespace {

// Orders tables by schema, then by name: '\x1f' sorts before every character of a name.
std::string OrderKey(const catalog::SharedTable& table) {
  return AsciiLower(table.schema) + '\x1f' + AsciiLower(table.name);
}

}  // namespace

Result<net::Response> ListAllTables(const Services& services, const net::Request& request) {
  const auto share = TRY(services.resolver.FindShare(request.principal, request.Param("share")));
  ListPage page =
      TRY(ListPage::Parse(services, request, {"ListAllTables", request.principal, share->id}));
  for (const auto& schema : share->schemas) {
    for (const auto& table : schema.tables) {
      if (!page.Offer(OrderKey(*table), [&](std::string& out) { AppendTable(*table, out); })) {
        return page.Finish();
      }
    }
  }
  return page.Finish();
}

}  // namespace sluice::sharing
