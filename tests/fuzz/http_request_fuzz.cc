// HTTP requests: no bytes break the parser, and what it accepts keeps what it promises.
#include "net/parse_request.h"

#include "fuzz.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = sluice::fuzz::View(data, size);
  const sluice::net::ParseLimits limits{.header = sluice::KiB(4), .body = sluice::KiB(1)};
  if (const auto request = sluice::net::ParseRequest(bytes, limits)) {
    Require(request->body.size() <= 1024);
    Require(request->path.starts_with('/') || request->path == "*");
    Require(request->path.find('\0') == std::string::npos);
  }
  return 0;
}
