// Configuration files: any bytes give settings or messages that name the file and a line.
#include "server/config.h"

#include "fuzz.h"

using sluice::fuzz::Require;
using sluice::server::Authorization;
using sluice::server::ParseConfig;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  const auto config = ParseConfig(text, "f.yaml", Authorization::kMayBeAbsent);
  if (!config) {
    Require(config.error().code == sluice::Code::kInvalidArgument);
    Require(config.error().message.starts_with("f.yaml"));
  }
  return 0;
}
