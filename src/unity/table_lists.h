// unity/table_lists.h -- tables as JSON, and the two lists of them.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "catalog/picture.h"
#include "net/http.h"
#include "unity/services.h"

namespace sluice::unity {

struct TableOmits {
  bool columns = false;
  bool properties = false;
  bool username = false;
};
json::Object RenderTable(const catalog::Picture& picture, const catalog::Securable& securable,
                         const TableOmits& omits);

// SQL's LIKE without regard to case: '%' is any text, '_' any character.
bool IsLike(std::string_view text, std::string_view pattern);

Result<net::Response> ListTables(const Services& services, const net::Request& request);
Result<net::Response> ListTableSummaries(const Services& services, const net::Request& request);

}  // namespace sluice::unity
