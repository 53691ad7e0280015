// JSON bodies: what parses is written so that it parses again; any bytes can be quoted.
#include "base/json.h"

#include "fuzz.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  if (const auto value = sluice::json::Parse(text)) {
    // Not to the same text: numbers of many digits may differ in the last one.
    const std::string written = sluice::json::Serialize(*value);
    Require(sluice::json::Parse(written, {.size = sluice::MiB(64)}).has_value());
  }

  std::string quoted;
  sluice::json::AppendQuoted(text, quoted);
  const auto string = sluice::json::Parse(quoted, {.size = sluice::MiB(64)});
  Require(string.has_value() && string->is_string());
  return 0;
}
