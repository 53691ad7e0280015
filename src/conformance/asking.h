// conformance/asking.h -- requests that many checks make.
#pragma once

#include <string>
#include <string_view>

#include "conformance/context.h"

namespace sluice::conformance {

// An answer about a table, and what stands in it.
struct Told {
  Answer answer;
  TableAnswer table;
};

// Of Context::table(). The check ends where the status is not 200 or lines are broken.
Result<Told> AskMetadata(Context& context, HeaderList headers = {});
Result<Told> AskQuery(Context& context, HeaderList headers = {}, std::string body = "{}");

// Headers that ask for delta format, as the official Python client does.
HeaderList DeltaHeaders();
// The query's answer in delta format. TRY: a server that answers in parquet format does not know
// the header, and the check is skipped.
Result<Told> AskDeltaQuery(Context& context);

// Letters of the other case: names are compared without regard to it.
std::string SwapCase(std::string_view name);

// "/shares/s" and "/shares/s/schemas/c", encoded.
std::string SharePath(const TableName& table);
std::string SchemaPath(const TableName& table);

}  // namespace sluice::conformance
