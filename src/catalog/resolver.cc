#include "catalog/resolver.h"

#include <algorithm>

#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::catalog {

Result<std::shared_ptr<const SharedSchema>> FindSchema(const Resolver& resolver,
                                                       std::string_view principal,
                                                       std::string_view share,
                                                       std::string_view schema) {
  std::shared_ptr<const GrantedShare> found = TRY(resolver.FindShare(principal, share));
  const std::string folded = AsciiLower(schema);
  const auto at =
      std::ranges::lower_bound(found->schemas, folded, std::less<>{},
                               [](const SharedSchema& each) { return AsciiLower(each.name); });
  if (at == found->schemas.end() || !EqualsIgnoreCase(at->name, schema)) {
    return SchemaNotFound(schema);
  }
  const SharedSchema* inner = &*at;
  return std::shared_ptr<const SharedSchema>(std::move(found), inner);
}

}  // namespace sluice::catalog
