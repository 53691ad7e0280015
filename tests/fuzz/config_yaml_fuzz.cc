// Configuration files: any bytes give settings or messages that name the file and a line.
#include "server/config.h"

#include "fuzz.h"

using sluice::fuzz::Require;
using sluice::server::Authorization;
using sluice::server::ParseConfig;

// The text may name any file; none is opened.
static sluice::Result<sluice::server::FileText> ReadNothing(const std::string& path,
                                                            sluice::ByteCount /*limit*/) {
  if (path.size() % 2 == 0) return sluice::Fail(sluice::Code::kNotFound, "no such file");
  return sluice::server::FileText{.bytes = path, .mode = 0644};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  const auto config = ParseConfig(text, "f.yaml", Authorization::kMayBeAbsent, ReadNothing);
  if (!config) {
    Require(config.error().code == sluice::Code::kInvalidArgument);
    Require(config.error().message.starts_with("f.yaml"));
  }
  return 0;
}
