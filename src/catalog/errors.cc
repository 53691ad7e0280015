#include "catalog/errors.h"

#include <fmt/format.h>

namespace sluice::catalog {

std::unexpected<Error> ShareNotFound(std::string_view share) {
  return Fail(Code::kNotFound, fmt::format("share '{}' not found", share));
}

std::unexpected<Error> SchemaNotFound(std::string_view schema) {
  return Fail(Code::kNotFound, fmt::format("schema '{}' not found", schema));
}

std::unexpected<Error> TableNotFound(const TableName& name) {
  return Fail(Code::kNotFound,
              fmt::format("[Share/Schema/Table] '{}/{}/{}' does not exist, please contact your "
                          "share provider for further information.",
                          name.share, name.schema, name.table));
}

std::unexpected<Error> TableIdNotFound() {
  return Fail(Code::kNotFound, "the table of this link does not exist or is no longer shared");
}

}  // namespace sluice::catalog
