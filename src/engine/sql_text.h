// engine/sql_text.h -- how foreign text gets into a statement of DuckDB's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::engine {

// 'it''s': a string literal.
std::string SqlString(std::string_view text);
// "a ""b""": an identifier.
std::string SqlName(std::string_view name);
// A literal that read_parquet takes for exactly this file: characters that would be a pattern are
// escaped. Errors: kUnsupported  the path has both pattern characters and backslashes
Result<std::string> SqlFile(std::string_view path);

}  // namespace sluice::engine
