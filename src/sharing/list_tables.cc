#include <algorithm>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "sharing/item_json.h"
#include "sharing/list_page.h"
#include "sharing/operations.h"

namespace sluice::sharing {

Result<net::Response> ListTables(const Services& services, const net::Request& request) {
  const auto share = TRY(services.resolver.FindShare(request.principal, request.Param("share")));
  const std::string_view name = request.Param("schema");
  const auto schema = std::ranges::find_if(
      share->schemas, [&](const auto& s) { return EqualsIgnoreCase(s.name, name); });
  if (schema == share->schemas.end()) return catalog::SchemaNotFound(name);
  const std::string list = share->id + "/" + AsciiLower(name);
  ListPage page = TRY(ListPage::Parse(services, request, {"ListTables", request.principal, list}));
  for (const auto& table : schema->tables) {
    if (!page.Offer(AsciiLower(table->name), [&](std::string& out) { AppendTable(*table, out); })) {
      break;
    }
  }
  return page.Finish();
}

}  // namespace sluice::sharing
