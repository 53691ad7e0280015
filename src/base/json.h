// base/json.h -- JSON from outside (parsed within limits) and JSON to outside (written in a
// stream).
//
// Values are Boost.JSON's. Delta log lines do not come here: delta reads them with simdjson.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

struct Limits {
  ByteCount size = MiB(1);
  size_t depth = 100;
};

// Errors: kInvalidArgument   not JSON, the message says where and what; or a number beyond doubles
//         kResourceExhausted larger or deeper than `limits`
Result<Value> Parse(std::string_view text, Limits limits = {});

std::string Serialize(const Value& value);

// Appends `text` as a quoted JSON string. Escapes what JSON demands, and U+0085, U+2028 and
// U+2029 too: some clients split lines at them. Bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string& out);
// The same without the quotes, for a string that is put together from parts.
void AppendEscaped(std::string_view text, std::string& out);
void AppendInt(int64_t value, std::string& out);

}  // namespace sluice::json
